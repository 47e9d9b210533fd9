"""What a channel is to the sender: it takes a letter, or says whether trying again makes sense."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class Later(Exception):  # noqa: N818 -- an answer, not an error of ours
    """Not now: try again; after that many seconds, where the other side said so."""

    def __init__(self, fault: str, after: float | None = None) -> None:
        super().__init__(fault)
        self.after = after


class Refused(Exception):  # noqa: N818 -- an answer
    """Never: an address that is none, a request that the other side will not take. `gone`: the endpoint itself wants no more."""

    def __init__(self, fault: str, *, gone: bool = False) -> None:
        super().__init__(fault)
        self.gone = gone


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. `id` stays the same however often it is sent, so that a receiver can tell a repeat."""

    id: str
    to: str
    kind: str
    subject: str
    text: str
    short: str
    """For an SMS: nothing but what fits."""
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """For programs: ids, codes and dates."""
    secrets: tuple[str, ...] = ()
    """Keys to sign with, the newest first."""


class Channel(Protocol):
    """A way out of the house."""

    async def send(self, letter: Letter) -> None:
        """Hand the letter over. Raises `Later` or `Refused`; a fault of the network (`OSError`, a timeout) counts as `Later`."""
        ...
