"""The hot loop: rows as PostgreSQL sends them (binary COPY), hashed again as `docs/ledger.md` says, byte by byte.

It does what `ledger.chain` does, from the bytes of the columns and without an object for each of them. A row that does not hold here is
asked again by `ledger.chain` itself (`reference`): the quick way never has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from struct import Struct
from typing import Any, NamedTuple, Protocol

from ledger import chain

type Raw = tuple[Any, ...]
"""A row's columns in the order of `COLUMNS`, each the bytes of its binary form; None for an absent one."""
COLUMNS = (*chain.CHAINED[:-1], "body", "digest", "chain_hash")
TILE = 256

_NUMBERS = Struct(">qiqq").unpack
_SINCE_1970 = 946_684_800_000_000
"""Microseconds from 1970 to 2000, from where PostgreSQL counts."""
_DAY_ONE = date(2000, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ABSENT = b"n" + bytes(8)
_LONG = 2048
_TEXT = tuple(b"s" + n.to_bytes(8) for n in range(_LONG))
_INT = tuple(b"i" + n.to_bytes(8) for n in range(32))
_TIME = tuple(b"t" + n.to_bytes(8) for n in range(32))
_DAY = b"d" + (10).to_bytes(8)
_HASH = b"b" + (32).to_bytes(8)
_FIRST = _HASH + chain.GENESIS


class Suspect(NamedTuple):
    """A row that does not hold, and the chain hash it was held against (None: the row before it is not there)."""

    code: str
    position: int
    raw: Raw
    previous: bytes | None


class Link(NamedTuple):
    """A row whose predecessor does not stand in the same piece: hashed up to the previous chain hash, which must be looked up."""

    stream: bytes
    version: int
    position: int
    begun: Any
    """The hash object, fed with everything but the previous chain hash."""
    raw: Raw


class Sink(Protocol):
    """Where a walk's results go."""

    def tile(self, chains: list[bytes], upto: int) -> None:
        """Chain hashes of neighbouring positions, the last of which is `upto`: 256 of them, fewer at a piece's end."""
        ...

    def links(self, links: list[Link]) -> None:
        """Rows whose predecessors must be looked up; the list is the walk's and is emptied afterwards."""
        ...


@dataclass(slots=True)
class Walked:
    """What a walk over neighbouring rows found."""

    rows: int = 0
    first_at: int | None = None
    last_at: int | None = None
    """Microseconds since 1970 of the first and last row's `recorded_at`."""
    suspects: list[Suspect] = field(default_factory=list[Suspect])
    holes: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """Positions from … up to and with … that have no row."""
    next: int = 0
    """The position that should come next."""
    twice: list[int] = field(default_factory=list[int])
    back: list[int] = field(default_factory=list[int])
    """Positions of rows recorded before the one in front of them."""
    kinds: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    """Types and schema versions there are, each with the first position it has here."""
    more: int = 0
    """What of all this was beyond the number that is kept."""


KEPT = 1_000
"""Suspects, holes and so on that are kept of a piece; a ledger that was rewritten whole has as many as rows."""
LINKS = 1_000
"""Rows that wait for their predecessor at most."""


def walk(rows: Iterable[Raw], ledger: str, expected: int, sink: Sink, deep: Callable[[Raw, int], None] | None = None) -> Walked:  # noqa: C901, PLR0912, PLR0915 -- one loop, written out: each call in it costs a tenth of the budget
    """Hash the rows of a ledger in order of position, the first of which should be `expected`.

    `deep` is called with every row beside, for what costs more than hashing. A hole ends the tiles: what comes after it has no place in a
    tree, and `Sink.tile` is not called any more.
    """
    found = Walked()
    alg, name = chain.ALG.encode(), ledger.encode()
    head = b"yuanshou-event-v1" + _TEXT[len(alg)] + alg + _TEXT[len(name)] + name
    text, whole, moment, absent, hash_ = _TEXT, _INT, _TIME, _ABSENT, _HASH
    numbers, joined, sha = _NUMBERS, b"".join, sha256
    days: dict[bytes, bytes] = {}
    kinds: dict[bytes, bytes] = {}
    last: dict[bytes, tuple[int, bytes]] = {}  # chain hash of each stream's last row in this piece: at most as many as the piece has rows
    chains: list[bytes] = []
    waiting: list[Link] = []
    planted = True
    before = 0
    for raw in rows:
        (
            row_alg, row_ledger, position, stream, version, kind, shape, recorded, decided, effective, actor, behalf, role, office,
            command, correlation, causation, body, digest, chained,
        ) = raw  # fmt: skip
        number, nth, recorded_at, decided_at = numbers(position + version + recorded + decided)
        if number != expected:
            if number < expected:
                _keep(found, found.twice, number)
                continue
            _keep(found, found.holes, (expected, number - 1))
            if chains and planted:
                sink.tile(chains, expected - 1)
            planted = False
            chains.clear()
        expected = number + 1
        if found.rows:
            if recorded_at < before:
                _keep(found, found.back, number)
        else:
            found.first_at = recorded_at + _SINCE_1970
        before = recorded_at
        found.rows += 1
        if deep is not None:
            deep(raw, number)

        try:
            n, v = b"%d" % number, b"%d" % nth
            t, d = b"%d" % (recorded_at + _SINCE_1970), b"%d" % (decided_at + _SINCE_1970)
            message = joined((
                head, whole[len(n)], n, text[len(stream)], stream, whole[len(v)], v,
                kinds.get(shape + kind) or _kind(found, kinds, shape, kind, number),
                moment[len(t)], t, moment[len(d)], d,
                days.get(effective) or days.setdefault(effective, _day(effective)),
                text[len(actor)], actor,
                absent if behalf is None else text[len(behalf)] + behalf,
                text[len(role)], role, text[len(office)], office, text[len(command)], command, text[len(correlation)], correlation,
                absent if causation is None else text[len(causation)] + causation,
                hash_, digest,
            ))  # fmt: skip
            quick = len(digest) == 32 and len(chained) == 32
        except (IndexError, ValueError, OverflowError):  # a very long text, a day that no calendar has: the reference decides
            message, quick = b"", False
        if row_alg != alg or row_ledger != name:
            _suspect(found, Suspect("unknown_alg" if row_alg != alg else "row_changed", number, raw, None))
            quick = False
        elif sha(body).digest() != digest:
            _suspect(found, Suspect("body_changed", number, raw, None))

        known = last.get(stream)
        if nth == 1:
            previous = chain.GENESIS
            if known is not None:
                _suspect(found, Suspect("duplicate", number, raw, None))
        elif known is not None and known[0] == nth - 1:
            previous = known[1]
        elif known is not None and known[0] >= nth:
            _suspect(found, Suspect("duplicate", number, raw, None))
            previous = None
        else:
            previous = None
            begun = sha(message) if quick else None
            waiting.append(Link(stream, nth, number, begun, raw))
            if len(waiting) >= LINKS:
                sink.links(waiting)
                waiting.clear()
        if previous is not None and row_alg == alg and row_ledger == name:
            holds = sha(message + hash_ + previous).digest() == chained if quick else reference(raw, previous) == chained
            if not holds and reference(raw, previous) != chained:
                _suspect(found, Suspect("row_changed", number, raw, previous))
        last[stream] = (nth, chained)

        if planted:
            chains.append(chained)
            if not number & 255:
                sink.tile(chains, number)
                chains.clear()
    if chains and planted:
        sink.tile(chains, expected - 1)
    if waiting:
        sink.links(waiting)
        waiting.clear()
    found.next = expected
    found.last_at = before + _SINCE_1970 if found.rows else None
    return found


def linked(link: Link, previous: bytes) -> bool:
    """Whether a row that waited for it continues that chain hash."""
    if link.begun is not None:
        sha = link.begun.copy()
        sha.update(_HASH + previous)
        if sha.digest() == link.raw[-1]:
            return True
    return reference(link.raw, previous) == link.raw[-1]


def reference(raw: Raw, previous: bytes, **other: Any) -> bytes | None:
    """The chain hash by `ledger.chain`, with some columns set otherwise; None where a column holds what has no form to be hashed in."""
    try:
        return chain.chain_hash({**decoded(raw), **other}, previous)
    except (ValueError, OverflowError):
        return None


def decoded(raw: Raw) -> Mapping[str, Any]:
    """The row's columns as values. Raises ValueError or OverflowError for a moment or a day that no calendar has."""
    row = dict(zip(COLUMNS, raw, strict=True))
    for column, value in row.items():
        if column in ("position", "version", "schema_version"):
            row[column] = int.from_bytes(value, signed=True)
        elif column in ("recorded_at", "decided_at"):
            row[column] = moment_of(value)
        elif column == "effective_on":
            row[column] = date.fromordinal(_DAY_ONE + int.from_bytes(value, signed=True))
        elif column not in ("body", "digest", "chain_hash") and value is not None:
            row[column] = value.decode()
    return row


def moment_of(value: bytes) -> datetime:
    """A `timestamptz` in its binary form. Raises OverflowError for one outside the calendar."""
    return _EPOCH + timedelta(microseconds=int.from_bytes(value, signed=True) + _SINCE_1970)


def _kind(found: Walked, kinds: dict[bytes, bytes], shape: bytes, kind: bytes, position: int) -> bytes:
    """The fields of an event's type and schema version, kept for the next event of the kind."""
    version = int.from_bytes(shape, signed=True)
    digits = b"%d" % version
    if len(kinds) < KEPT:
        found.kinds.setdefault((kind.decode(), version), position)
        kinds[shape + kind] = _TEXT[len(kind)] + kind + _INT[len(digits)] + digits
    return _TEXT[len(kind)] + kind + _INT[len(digits)] + digits


def _day(value: bytes) -> bytes:
    """Raises ValueError or OverflowError for a day that no calendar has."""
    return _DAY + date.fromordinal(_DAY_ONE + int.from_bytes(value, signed=True)).isoformat().encode("ascii")


def _suspect(found: Walked, suspect: Suspect) -> None:
    _keep(found, found.suspects, suspect)


def _keep[T](found: Walked, into: list[T], what: T) -> None:
    if len(into) < KEPT:
        into.append(what)
    else:
        found.more += 1
