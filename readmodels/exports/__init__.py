"""Histories as other programs read them: XES, OCEL 2.0, CSV. One event is one `Line`, whatever the form it is written in.

A writer holds a page at a time, so that an export of any length needs the memory of one page; the same lines give the same bytes.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar, NamedTuple, Protocol

SYSTEM = "system"
"""The actor of what the product did by itself; it is nobody's name."""
_DOMAIN = b"yuanshou-export-v1"


class Case(NamedTuple):
    """What is said of a case beside its events, as it was when it was opened. Nothing of its people."""

    id: str
    opened_at: datetime
    kind: str | None
    cause: str | None
    channel: str | None
    centre: str | None


class Line(NamedTuple):
    """An event of a case without its data: a body may hold texts and codes of people, and no form of export needs it."""

    case: Case
    id: str
    version: int
    type: str
    recorded_at: datetime
    decided_at: datetime
    effective_on: date
    actor: str
    on_behalf_of: str | None
    role: str
    office: str


class Writer(Protocol):
    """A form of export. Lines come case by case, in each by version; `begin`, any number of `take`, `end`, in this order.

    `close` frees what it holds, wherever the export stopped; it may be called again.
    """

    media_type: ClassVar[str]
    ending: ClassVar[str]

    def __init__(self) -> None: ...

    def begin(self) -> bytes: ...

    def take(self, lines: Sequence[Line]) -> bytes: ...

    def end(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class Names(Protocol):
    """What cases, people and events are called in an export."""

    def of(self, kind: str, code: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Stand-ins: 128 bits of an HMAC-SHA-256 under a key that is kept outside the database.

    The same case and the same person have the same stand-in in every export made under the key, so that exports can be put together;
    nobody who has not the key can tell whose it is, or try out codes.
    """

    key: bytes

    def of(self, kind: str, code: str) -> str:
        told = hmac.new(self.key, b"\0".join((_DOMAIN, kind.encode(), code.encode())), hashlib.sha256)
        return told.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Plain:
    """Cases, people and events under the codes the house knows them by."""

    def of(self, kind: str, code: str) -> str:
        del kind
        return code


def moment(value: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
