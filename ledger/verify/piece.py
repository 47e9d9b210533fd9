"""One piece of a ledger: its rows hashed, chained and put into the tree, in memory that does not grow with the ledger."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, Self, cast

import psycopg

from ledger.verify import rows
from ledger.verify.claims import Anchors, Claim, Judged, Kept, Trusted, judge
from ledger.verify.findings import Finding
from ledger.verify.rows import Link, Suspect, Walked, Wire
from ledger.verify.said import Said, said
from ledger.verify.trunk import PIECE, Trunk

if TYPE_CHECKING:
    from ledger.verify.bodies import Bodies

type Plain = psycopg.Connection[tuple[Any, ...]]

LATE = timedelta(minutes=5)
"""How much earlier than a checkpoint that does not hold it an event may be recorded: longer than any append keeps the ledger's lock."""
_COPY = cast(
    "LiteralString",
    f"COPY (SELECT {', '.join(rows.ORDER)} FROM events WHERE ledger = %s AND position BETWEEN %s AND %s ORDER BY position)"  # noqa: S608 -- names of the table's columns
    " TO STDOUT (FORMAT BINARY)",
)
_SIGNATURE, _TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""Around the rows of a binary COPY: the first comes in one message with the first row."""
_TILES = "SELECT level, n, hashes, root FROM tiles WHERE ledger = %s AND (level = 0 AND n BETWEEN %s AND %s OR level = 1 AND n = %s)"
_CHECKPOINTS = "SELECT size, root, note FROM checkpoints WHERE ledger = %s AND size BETWEEN %s AND %s ORDER BY size"
_BEFORE = (
    "SELECT e.stream, e.version, e.position, e.ledger, e.chain_hash FROM unnest(%s::text[], %s::int[]) AS k(stream, version)"
    " JOIN events e USING (stream, version)"
)
_NEXT = (
    "SELECT position, recorded_at FROM events WHERE ledger = %s AND position = ANY(%s)"
    " AND recorded_at BETWEEN '1970-01-01' AND '9999-01-01'"  # what no calendar has does not hash either
)
_MANY = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where a verification reads from; what every process of it is given."""

    dsn: str
    anchors: Path
    trusted: Trusted
    snapshot: str | None = None
    """The snapshot that all connections share, so that they see one state of the database; None: the first one makes it."""
    canonical: bool = False
    keys: Path | None = None
    """The folder of the key ring, where personal values are to be opened."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece to be looked at: the positions behind a multiple of 65,536, as many at most."""

    ledger: str
    first: int
    last: int
    sealed: int
    anchored: tuple[str, ...] = ()
    """Names of the anchors on sizes in the piece."""
    more: tuple[Claim, ...] = ()
    """Other good claims on sizes in the piece."""


@dataclass(slots=True)
class Piece:
    """What a job found."""

    job: Job
    walked: Walked
    edge: tuple[bytes, ...]
    upto: int
    """The last position that has its place in the tree."""
    roots: dict[int, bytes]
    changed: list[tuple[int, Said]]
    claims: list[Claim] = field(default_factory=list[Claim])
    """Good claims on sizes in the piece, by size."""
    findings: list[Finding] = field(default_factory=list[Finding])


class Reader:
    """Two connections on one snapshot: one copies rows out, the other answers questions meanwhile."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.asked = stack.enter_context(_connected(self.source))
            if self.source.snapshot is None:
                [(snapshot,)] = self.ask("SELECT pg_export_snapshot()")
                self.source = replace(self.source, snapshot=snapshot)
            self.rows = stack.enter_context(_connected(self.source))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def copied(self, ledger: str, first: int, last: int) -> Iterator[Wire]:
        """Rows by position, as they come through the wire."""
        with self.rows.cursor() as cursor, cursor.copy(_COPY, [ledger, first, last]) as copy:
            blocks = map(bytes, copy)
            begin = next(blocks).removeprefix(_SIGNATURE)
            if begin != _TRAILER:
                yield begin
            for block in blocks:
                if block != _TRAILER:
                    yield block

    def ask(self, query: LiteralString, *given: Any) -> list[tuple[Any, ...]]:
        return self.asked.execute(query, given).fetchall()

    def checkpoints(self, ledger: str, first: int, last: int) -> Iterator[tuple[int, bytes, str]]:
        """Stored checkpoints on sizes from … up to and with …, by size: size, root and note."""
        with self.asked.cursor("checkpoints") as cursor:
            for size, root, note in cursor.execute(_CHECKPOINTS, [ledger, first, last]):
                yield size, bytes(root), note


def _connected(source: Source) -> Plain:
    connection = psycopg.connect(source.dsn, application_name="yuanshou-verify")
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    if source.snapshot is not None:
        connection.execute(cast("LiteralString", f"SET TRANSACTION SNAPSHOT '{source.snapshot}'"))
    # Whoever sets another path for this role could show it another table of the ledger's name.
    connection.execute("SET search_path = pg_catalog, public")
    return connection


class _Looked:
    """The walk's sink: tiles go to the tree, rows without a known predecessor are looked up."""

    def __init__(self, reader: Reader, job: Job, trunk: Trunk) -> None:
        self._reader, self._job = reader, job
        self._trunk = trunk
        self.suspects: list[Suspect] = []
        self.findings: list[Finding] = []

    def tile(self, chains: list[bytes], upto: int) -> None:
        self._trunk.tile(chains, upto)

    def links(self, links: list[Link]) -> None:
        streams, versions = [link.stream.decode() for link in links], [link.version - 1 for link in links]
        before = {
            (stream.encode(), version): (position, ledger, bytes(chained))
            for stream, version, position, ledger, chained in self._reader.ask(_BEFORE, streams, versions)
        }
        for link in links:
            position, ledger, chained = before.get((link.stream, link.version - 1), (None, "", b""))
            if position is None or ledger != self._job.ledger:
                self._gap(link, said("before_missing", version=link.version - 1, stream=link.stream.decode()))
            elif position > link.position:
                self._gap(link, said("before_behind", version=link.version - 1, stream=link.stream.decode(), position=position))
            elif not rows.linked(link, chained) and len(self.suspects) < rows.KEPT:
                self.suspects.append(Suspect("row_changed", link.position, rows.fields(link.wire), chained))

    def _gap(self, link: Link, why: Said) -> None:
        if len(self.findings) < rows.KEPT:
            place = f"{link.stream.decode()} version {link.version}"
            self.findings.append(Finding("version_gap", why, self._job.ledger, link.position, place))
            self.suspects.append(Suspect("version_gap", link.position, rows.fields(link.wire), None))


def look(reader: Reader, job: Job) -> Piece:
    """Verify one piece. Raises `claims.Trouble` for what cannot be read, `psycopg.Error` where the database is away."""
    claims, findings = _claims(reader, job)
    stored = _tiles(reader, job)
    trunk = Trunk(job.first, (claim.size for claim in claims), lambda level, n: stored.get((level, n)), job.sealed)
    sink = _Looked(reader, job, trunk)
    bodies = _bodies(reader, job)
    walked = rows.walk(reader.copied(job.ledger, job.first, job.last), job.ledger, job.first, sink, bodies.look if bodies else None)
    if walked.next <= job.last:
        walked.holes.append((walked.next, job.last))
    walked.suspects += sink.suspects
    findings += [*sink.findings, *_backdated(reader, job, claims), *_walked(job, walked)]
    if bodies is not None:
        bodies.finish()
        findings += bodies.findings
    return Piece(job, walked, trunk.edge, trunk.upto, trunk.roots, trunk.changed, claims, findings)


def _bodies(reader: Reader, job: Job) -> Bodies | None:
    source = reader.source
    if not source.canonical and source.keys is None:
        return None
    from ledger.verify.bodies import Bodies, master_keys  # noqa: PLC0415 -- the models of events weigh more than all the rest of a process here

    return Bodies(job.ledger, reader.asked, master_keys(source.keys) if source.keys else None, canonical=source.canonical)


def _tiles(reader: Reader, job: Job) -> dict[tuple[int, int], tuple[bytes, bytes]]:
    first = (job.first - 1) // 256
    given = [job.ledger, first, first + 255, (job.first - 1) // PIECE]
    held = reader.asked.execute(_TILES, given, binary=True)  # as text each would be sent in twice its length
    return {(level, n): (bytes(hashes), bytes(root)) for level, n, hashes, root in held}


def _claims(reader: Reader, job: Job) -> tuple[list[Claim], list[Finding]]:
    """What was signed of the piece's sizes, and what is wrong with signatures."""
    trusted, anchors = reader.source.trusted, Anchors(reader.source.anchors, job.ledger)
    judged: list[Judged] = []
    held: set[int] = set()
    for size, root, note in reader.checkpoints(job.ledger, job.first, job.last):
        held.add(size)
        verdict = judge(note, Kept(job.ledger, "checkpoint", f"checkpoint {size}", size), trusted)
        if verdict.claim is not None and verdict.claim.root != root:
            why = said("root_beside", place=f"checkpoint {size}")
            verdict = Judged(verdict.claim, Finding("checkpoint_forged", why, job.ledger, size, f"checkpoint {size}"))
        judged.append(verdict)
    for name in job.anchored:
        verdict = anchors.judge(name, trusted)
        if verdict.claim is not None and verdict.claim.size not in held:
            size = verdict.claim.size
            held.add(size)
            why = said("given_away", place=verdict.claim.place)
            verdict = Judged(verdict.claim, Finding("checkpoint_missing", why, job.ledger, size, verdict.claim.place))
        judged.append(verdict)
    claims = sorted((*job.more, *(v.claim for v in judged if v.claim is not None)), key=lambda claim: claim.size)
    return claims, [v.finding for v in judged if v.finding is not None]


def _backdated(reader: Reader, job: Job, claims: Iterable[Claim]) -> Iterator[Finding]:
    """Events behind a checkpoint that say they were recorded before it: it would hold them."""
    signed: dict[int, datetime] = {}
    for claim in claims:
        signed[claim.size + 1] = max(claim.at, signed.get(claim.size + 1, claim.at))
    wanted = sorted(signed)
    for at in range(0, len(wanted), _MANY):
        for position, recorded in cast("list[tuple[int, datetime]]", reader.ask(_NEXT, job.ledger, wanted[at : at + _MANY])):
            if recorded < signed[position] - LATE:
                why = said("not_in_checkpoint", recorded=recorded.isoformat(), signed=signed[position].isoformat())
                yield Finding("backdated", why, job.ledger, position)


def _walked(job: Job, walked: Walked) -> Iterator[Finding]:
    for first, last in walked.holes:
        what = said("no_event", position=first) if first == last else said("no_events", first=first, last=last)
        yield Finding("event_missing", what, job.ledger, first)
    for position in walked.twice:
        yield Finding("duplicate", said("position_twice", position=position), job.ledger, position)
    for position in walked.back:
        yield Finding("clock_back", said("clock_back"), job.ledger, position)


_readers: dict[Source, Reader] = {}
"""Of a process of the pool: its connections, kept from piece to piece and closed with the process."""


def look_apart(source: Source, job: Job) -> Piece:
    """As `look`, in a process of a pool."""
    if source not in _readers:
        gc.disable()  # nothing here makes cycles, and its walks through a piece's streams cost a tenth of the time
        _readers[source] = Reader(source).__enter__()
    return look(_readers[source], job)
