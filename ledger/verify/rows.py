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
from struct import error as StructError  # noqa: N812 -- its name in the module says nothing
from typing import Any, NamedTuple, Protocol

from ledger import chain

type Raw = tuple[Any, ...]
"""A row's columns in the order of `COLUMNS`, each the bytes of its binary form; None for an absent one."""
type Wire = bytes
"""A row as binary COPY sends it: the number of columns, and each in the order of `ORDER` behind its length."""
COLUMNS = (*chain.CHAINED[:-1], "body", "digest", "chain_hash")
_FIXED = ("position", "version", "schema_version", "recorded_at", "decided_at", "effective_on", "digest", "chain_hash")
ORDER = (*_FIXED, *(column for column in COLUMNS if column not in _FIXED))
"""How the loop wants the columns: those of one size first, so that one look tells them all; the body comes last."""

_HEAD = Struct("!h iq ii ii iq iq ii i32s i32s")
_SIZES = (20, 8, 4, 4, 8, 8, 4, 32, 32)
_LENGTH = Struct("!i").unpack_from
_PLACES = tuple(ORDER.index(column) for column in COLUMNS)
_SINCE_1970 = 946_684_800_000_000
"""Microseconds from 1970 to 2000, from where PostgreSQL counts."""
_DAY_ONE = date(2000, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ABSENT = b"n" + bytes(8)
_TEXT = b"s" + bytes(4)
"""Before a text as COPY sends it, which has four bytes of length itself."""
_INT = tuple(b"i" + n.to_bytes(8) for n in range(32))
_TIME = tuple(b"t" + n.to_bytes(8) for n in range(32))
_HASH = b"b" + (32).to_bytes(8)


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
    """The hash object, fed with everything but the previous chain hash's bytes."""
    wire: Wire


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
    """Of the first and last row's `recorded_at` the microseconds since 2000."""
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


def walk(rows: Iterable[Wire], ledger: str, expected: int, sink: Sink, deep: Callable[[Raw, int], None] | None = None) -> Walked:  # noqa: C901, PLR0912, PLR0915 -- one loop, written out: each call in it costs a tenth of the budget
    """Hash the rows of a ledger in order of position, the first of which should be `expected`.

    `deep` is called with every row beside, for what costs more than hashing. A hole ends the tiles: what comes after it has no place in a
    tree, and `Sink.tile` is not called any more.
    """
    found = Walked()
    name = chain.ALG.encode(), ledger.encode()
    named = b"".join(len(each).to_bytes(4) + each for each in name)
    start = b"yuanshou-event-v1" + b"".join(_TEXT + len(each).to_bytes(4) + each for each in name)
    after_names, fixed, length = _HEAD.size + len(named), _HEAD.unpack_from, _LENGTH
    text, whole, moment, absent, hash_, joined, sha, genesis = _TEXT, _INT, _TIME, _ABSENT, _HASH, b"".join, sha256, chain.GENESIS
    days: dict[int, bytes] = {}
    kinds: dict[bytes, tuple[int, bytes]] = {}
    last: dict[bytes, tuple[int, bytes]] = {}  # of each stream the last row in this piece: at most as many as the piece has rows
    chains: list[bytes] = []
    waiting: list[Link] = []
    planted = True
    before = 0

    def plant(position: int, chained: bytes) -> None:
        if planted:
            chains.append(chained)
            if not position & 255:
                sink.tile(chains, position)
                chains.clear()

    for row in rows:
        (
            columns, a, number, b, nth, c, shape, d, recorded_at, e, decided_at, f, effective_on, g, digest, h, chained,
        ) = fixed(row)  # fmt: skip
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
        found.rows += 1
        if deep is not None:
            deep(fields(row), number)
        if (columns, a, b, c, d, e, f, g, h) != _SIZES or not row.startswith(named, _HEAD.size):
            plant(number, _odd(found, row, number, name[0], last))
            continue
        try:
            at = after_names
            to = at + 4 + length(row, at)[0]
            stream = row[at:to]
            at, to = to, to + 4 + length(row, to)[0]
            kind = row[at:to]
            at, to = to, to + 4 + length(row, to)[0]
            actor = row[at:to]
            at, size = to, length(row, to)[0]
            to = at + 4 + max(size, 0)
            behalf = absent if size < 0 else text + row[at:to]
            at, to = to, to + 4 + length(row, to)[0]
            role = row[at:to]
            at, to = to, to + 4 + length(row, to)[0]
            office = row[at:to]
            at, to = to, to + 4 + length(row, to)[0]
            command = row[at:to]
            at, to = to, to + 4 + length(row, to)[0]
            correlation = row[at:to]
            at, size = to, length(row, to)[0]
            to = at + 4 + max(size, 0)
            causation = absent if size < 0 else text + row[at:to]
            known_kind = kinds.get(kind)
            if known_kind is None or known_kind[0] != shape:
                known_kind = kinds[kind] = _kind(found, kind, shape, number)
            day = days.get(effective_on)
            if day is None:
                day = days[effective_on] = _day(effective_on)
        except (StructError, UnicodeDecodeError):  # a text that may not be absent is
            plant(number, _odd(found, row, number, name[0], last))
            continue
        if recorded_at < before:
            _keep(found, found.back, number)
        elif found.first_at is None:
            found.first_at = recorded_at
        before = recorded_at

        n, v = b"%d" % number, b"%d" % nth
        t, u = b"%d" % (recorded_at + _SINCE_1970), b"%d" % (decided_at + _SINCE_1970)
        message = joined((
            start, whole[len(n)], n, text, stream, whole[len(v)], v, known_kind[1], moment[len(t)], t, moment[len(u)], u, day,
            text, actor, behalf, text, role, text, office, text, command, text, correlation, causation, hash_, digest, hash_,
        ))  # fmt: skip

        if sha(row[to + 4 :]).digest() != digest:
            _suspect(found, Suspect("body_changed", number, fields(row), None))
        known = last.get(stream)
        previous = None
        if known is not None and known[0] == nth - 1:
            previous = known[1]
        elif nth == 1:
            previous = genesis
        if previous is not None:
            if sha(message + previous).digest() != chained and reference(fields(row), previous) != chained:
                _suspect(found, Suspect("row_changed", number, fields(row), previous))
        elif known is None or known[0] < nth:
            waiting.append(Link(stream[4:], nth, number, sha(message), row))
            if len(waiting) >= LINKS:
                sink.links(waiting)
                waiting.clear()
        if known is not None and known[0] >= nth:
            _suspect(found, Suspect("duplicate", number, fields(row), None))
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
    found.last_at = before if found.first_at is not None else None
    return found


def _odd(found: Walked, row: Wire, number: int, alg: bytes, last: dict[bytes, tuple[int, bytes]]) -> bytes:
    """A row that no program of ours wrote: another alg, a hash of another length, an empty column. Its chain hash, as it stands there."""
    raw = fields(row)
    by_name = dict(zip(COLUMNS, raw, strict=True))
    if by_name["alg"] != alg:
        code = "unknown_alg"
    elif by_name["body"] is None or sha256(by_name["body"]).digest() != by_name["digest"]:
        code = "body_changed"
    else:
        code = "row_changed"
    _suspect(found, Suspect(code, number, raw, None))
    chained: bytes = by_name["chain_hash"] or b""
    if by_name["stream"] is not None and by_name["version"] is not None:
        stream = len(by_name["stream"]).to_bytes(4) + by_name["stream"]
        last[stream] = (int.from_bytes(by_name["version"], signed=True), chained)
    return chained


def fields(row: Wire) -> Raw:
    """The row's columns, in the order of `COLUMNS`."""
    parts: list[bytes | None] = []
    at = 2
    for _ in ORDER:
        (size,) = _LENGTH(row, at)
        at += 4
        parts.append(None if size < 0 else row[at : at + size])
        at += max(size, 0)
    return tuple(parts[place] for place in _PLACES)


def linked(link: Link, previous: bytes) -> bool:
    """Whether a row that waited for it continues that chain hash."""
    sha = link.begun.copy()
    sha.update(previous)
    raw = fields(link.wire)
    return sha.digest() == raw[-1] or reference(raw, previous) == raw[-1]


def reference(raw: Raw, previous: bytes, **other: Any) -> bytes | None:
    """The chain hash by `ledger.chain`, with some columns set otherwise; None where a column holds what has no form to be hashed in."""
    try:
        return chain.chain_hash({**decoded(raw), **other}, previous)
    except (ValueError, OverflowError):
        return None


def decoded(raw: Raw) -> Mapping[str, Any]:
    """The row's columns as values. Raises ValueError or OverflowError for a moment or a day that no calendar has."""
    row: dict[str, Any] = dict(zip(COLUMNS, raw, strict=True))
    for column, value in row.items():
        if value is None:
            continue
        if column in ("position", "version", "schema_version"):
            row[column] = int.from_bytes(value, signed=True)
        elif column in ("recorded_at", "decided_at"):
            row[column] = moment_of(value)
        elif column == "effective_on":
            row[column] = date.fromordinal(_DAY_ONE + int.from_bytes(value, signed=True))
        elif column not in ("body", "digest", "chain_hash"):
            row[column] = value.decode()
    return row


def moment_of(value: bytes) -> datetime:
    """A `timestamptz` in its binary form. Raises OverflowError for one outside the calendar."""
    return _EPOCH + timedelta(microseconds=int.from_bytes(value, signed=True) + _SINCE_1970)


def _kind(found: Walked, kind: bytes, shape: int, position: int) -> tuple[int, bytes]:
    """The fields of an event's type (as COPY sends it) and schema version, kept for the next event of the type."""
    digits = b"%d" % shape
    if len(found.kinds) < KEPT:
        found.kinds.setdefault((kind[4:].decode(), shape), position)
    return shape, _TEXT + kind + _INT[len(digits)] + digits


def _day(days: int) -> bytes:
    """The field of a day, counted from 2000; of one that no calendar has, what no row was ever hashed with."""
    try:
        return b"d" + (10).to_bytes(8) + date.fromordinal(_DAY_ONE + days).isoformat().encode("ascii")
    except (ValueError, OverflowError):
        return b"?"


def _suspect(found: Walked, suspect: Suspect) -> None:
    _keep(found, found.suspects, suspect)


def _keep[T](found: Walked, into: list[T], what: T) -> None:
    if len(into) < KEPT:
        into.append(what)
    else:
        found.more += 1
