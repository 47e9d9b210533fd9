"""What the worked example does, written down before anything is sent: who issues which command, with which body, for which legal day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

type Learned = dict[str, dict[str, Any]]
"""What the answers so far said: by event type, the data of the latest such event and its `version`."""


class Told(NamedTuple):
    """A value of a body that only an earlier answer tells: a field of the latest event of a type, or its `version`."""

    event: str
    field: str


@dataclass(frozen=True, slots=True)
class Step:
    """One command of one person (by the name they sign in with), taking effect on the legal day `on`."""

    who: str
    command: str
    body: Mapping[str, Any]
    on: date

    def request(self, learned: Learned) -> dict[str, Any]:
        """The JSON body. Raises `KeyError` where it needs what no earlier answer told."""
        said = {name: learned[value.event][value.field] if isinstance(value, Told) else value for name, value in self.body.items()}
        return {**said, "effective_on": self.on.isoformat()}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case of a set, by the id of its facts, from the door to where it stands. `weeks`: by how many its days were moved."""

    set: Literal["archive", "desk"]
    case: str
    steps: tuple[Step, ...]
    weeks: int | None = None

    @property
    def name(self) -> str:
        return f"{self.set}-{self.case}"

    def key(self, n: int) -> str:
        """The idempotency key of step `n`: the same whenever the example is loaded."""
        return f"example-{self.name}-{n:02}"


def learn(learned: Learned, events: Iterable[Mapping[str, Any]]) -> None:
    """Keep what an answer's events (`type`, `version`, `data`) tell the steps after it."""
    for event in events:
        learned[event["type"]] = {**event["data"], "version": event["version"]}
