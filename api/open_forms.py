"""Who has a form of a case open, as one process heard it: kept in no table, and forgotten within a minute."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

_log = structlog.get_logger(__name__)
LASTS_SECONDS = 45.0
"""After the last that was heard of a form; pages tell of theirs every 20 seconds."""


@dataclass(frozen=True, slots=True, order=True)
class Writer:
    """A person with the form of a command open."""

    person: str
    command: str


class OpenForms:
    """`clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[tuple[str, str, str], tuple[str, float]] = {}
        """By case, person and window: which command's, and until when."""

    def heard(self, payload: str) -> str:
        """Take in an announcement; the case it is about, empty where it cannot be read."""
        try:
            said = json.loads(payload)
            form = str(said["case"]), str(said["person"]), str(said["window"])
            command = str(said["command"])
        except (ValueError, KeyError, TypeError):
            _log.warning("an announcement of an open form could not be read")
            return ""
        now = self._clock()
        self._open = {each: held for each, held in self._open.items() if each != form and held[1] > now}
        if command:
            self._open[form] = command, now + LASTS_SECONDS
        return form[0]

    def of_others(self, case_id: str, person: str) -> tuple[Writer, ...]:
        """Who else has which form of the case open now, each once."""
        now = self._clock()
        found = {
            Writer(who, command)
            for (case, who, _), (command, until) in self._open.items()
            if case == case_id and who != person and until > now
        }
        return tuple(sorted(found))
