"""A verification of everything that was asked for: the ledgers, what they speak of beside, and the answer that is kept."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg

from ledger.durable import replace_file
from ledger.events import LEDGERS
from ledger.note import Checkpoint, Note, NoteFault, Vkey
from ledger.settings import SealingSettings
from ledger.verify import kinds, things
from ledger.verify.bodies import master_keys
from ledger.verify.claims import Claim, Kept, Trouble, Trusted, judge
from ledger.verify.findings import NOTES, Finding, LedgerResult, placed
from ledger.verify.piece import Job, Piece, Reader, Source, look, look_apart
from ledger.verify.said import said
from ledger.verify.stamped import stamped
from ledger.verify.trunk import PIECE
from ledger.verify.whole import Run, Wanted, verify_ledger

KEPT_FILE = "verified.json"
"""In `$YUANSHOU_HOME`: what the last verification came to."""
CLEAN, TAMPERED, NOT_RUN, STALE = 0, 1, 2, 3
_LEDGERS = (
    "WITH RECURSIVE found (ledger) AS (SELECT min(ledger) FROM events UNION ALL"
    " SELECT (SELECT min(ledger) FROM events e WHERE e.ledger > found.ledger) FROM found WHERE found.ledger IS NOT NULL)"
    " SELECT ledger FROM found WHERE ledger IS NOT NULL"
)  # by the primary key: `DISTINCT` reads every row
_TABLES = "SELECT bool_and(to_regclass('public.' || name) IS NOT NULL) FROM unnest(ARRAY['events', 'tiles', 'checkpoints']) AS name"
_UNIQUE = (
    "SELECT count(*) FROM pg_index WHERE indrelid = 'public.events'::regclass AND indisunique AND indisvalid AND indpred IS NULL"
    " AND (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey))"
    " = ARRAY['stream', 'version']"
)
_TWICE = "SELECT stream, version, max(position) FROM events GROUP BY stream, version HAVING count(*) > 1 ORDER BY 3 LIMIT 1000"

type Told = Callable[[str, int, int], None]
"""Hears of which ledger how many events of how many were looked at."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be verified. `dsn` is the address of a role that reads every row."""

    dsn: str
    home: Path
    anchors: Path
    ledgers: tuple[str, ...]
    """The ledgers there are."""
    anchor_max_age: timedelta
    """How long events may wait for an anchor before the answer is `STALE`."""
    only: tuple[str, ...] = ()
    """Ledgers to be looked at; none named: all."""
    vkeys: Path | None = None
    """Public keys to believe instead of the home's own: a copy that was kept elsewhere."""
    witnesses: tuple[str, ...] = ()
    """vkeys of witnesses, whose cosignatures must hold where they stand."""
    stamp_roots: Path | None = None
    """PEM file of the certificates that time stamps are believed under."""
    since: Path | None = None
    """A checkpoint's note that was kept elsewhere: what it holds is not hashed again."""
    jobs: int = 1
    """Processes that hash, beside this one; a ledger of one piece is looked at here."""
    canonical: bool = False
    personal: bool = False
    files: bool = False
    erased: Path | None = None
    """The list of erased people, where it is not the home's own `shredded`."""

    @classmethod
    def of(cls, dsn: str, home: Path, settings: SealingSettings) -> Request:
        """A verification of the ledgers of a home, as its settings say; `dsn` is the address of the role `worker`."""
        return cls(
            dsn,
            home,
            settings.anchors,
            LEDGERS,
            settings.anchor_max_age,
            witnesses=(settings.witness.vkey,) if settings.witness else (),
            stamp_roots=settings.tsa.roots if settings.tsa else None,
        )


@dataclass(slots=True)
class Outcome:
    """What a verification came to."""

    at: datetime
    """By the database's clock, at its beginning."""
    ledgers: list[LedgerResult] = field(default_factory=list[LedgerResult])
    beside: list[Finding] = field(default_factory=list[Finding])
    """Findings of no ledger's rows: files, keys, read models, the schema."""
    noted: list[Finding] = field(default_factory=list[Finding])
    """Notes of no ledger's rows."""
    stale: bool = False
    seconds: float = 0.0

    @property
    def findings(self) -> list[Finding]:
        return [*(finding for result in self.ledgers for finding in result.findings), *self.beside]

    @property
    def notes(self) -> list[Finding]:
        return [*(note for result in self.ledgers for note in result.notes), *self.noted]

    @property
    def status(self) -> int:
        """0 clean · 1 tampering · 3 clean, and the last anchor is older than the policy."""
        return TAMPERED if self.findings else STALE if self.stale else CLEAN

    def as_dict(self) -> dict[str, Any]:
        """As it is kept and shown as JSON: sizes in events, roots in base64, seconds."""
        return {
            "at": self.at.isoformat(),
            "exit": self.status,
            "ledgers": {
                result.ledger: {
                    "events": result.events,
                    "hashed": result.hashed,
                    "size": result.size,
                    "root": b64encode(result.root).decode() if result.root else None,
                    "claims": result.checkpoints,
                    "anchored": result.anchored,
                    "anchored_at": result.anchored_at.isoformat() if result.anchored_at else None,
                    "unanchored_since": result.unanchored_since.isoformat() if result.unanchored_since else None,
                    "more_findings": result.more,
                }
                for result in self.ledgers
            },
            "findings": [finding.as_dict() for finding in self.findings],
            "notes": [note.as_dict() for note in self.notes],
            "seconds": round(self.seconds, 3),
        }


def silent(ledger: str, done: int, of: int) -> None:
    """Nobody looks on."""
    del ledger, done, of


def verify(request: Request, told: Told = silent) -> Outcome:
    """Verify. Raises `Trouble` where it could not be carried out: the exit status is 2."""
    started = time.monotonic()
    try:
        with Reader(_source(request)) as reader:
            outcome = _verify(reader, request, told)
    except psycopg.Error as fault:
        raise Trouble(f"the database cannot be read: {str(fault).strip().splitlines()[0]}") from fault
    outcome.seconds = time.monotonic() - started
    return outcome


def store(home: Path, outcome: Mapping[str, Any]) -> None:
    """Write what a verification came to where the audit page finds it: the whole of it, or the one before."""
    replace_file(home / KEPT_FILE, json.dumps(outcome, ensure_ascii=False, indent=1))


def stored(home: Path) -> dict[str, Any] | None:
    """What the last verification came to; None where there was none, or where it cannot be read."""
    try:
        return dict(json.loads((home / KEPT_FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return None


def _source(request: Request) -> Source:
    file = request.vkeys or request.home / "keys" / "checkpoint.vkeys"
    if request.vkeys is not None and not file.is_file():
        raise Trouble(f"{file} is not there")
    try:
        witnesses = [Vkey.parse(text) for text in request.witnesses]
    except NoteFault as fault:
        raise Trouble(f"a witness's key is none: {fault}") from fault
    keys = request.home / "keys" if request.personal else None
    return Source(request.dsn, request.anchors, Trusted.read(file, witnesses), canonical=request.canonical, keys=keys)


def _verify(reader: Reader, request: Request, told: Told) -> Outcome:
    [(whole,)] = reader.ask(_TABLES)
    if not whole:
        raise Trouble("the database has no ledger of this program's shape: `yuanshou migrate` brings it there")
    [(now,)] = reader.ask("SELECT clock_timestamp()")
    outcome = Outcome(now)
    since = _since(request, reader.source.trusted)
    with ExitStack() as stack:
        pool: ProcessPoolExecutor | None = None
        for ledger in request.only or request.ledgers:
            [(end,)] = reader.ask("SELECT coalesce(max(position), 0) FROM events WHERE ledger = %s", ledger)
            if end > PIECE and pool is None:
                pool = stack.enter_context(_processes(request.jobs))
            run = _shared(pool, reader.source, request.jobs) if pool is not None and end > PIECE else _alone(reader)
            wanted = Wanted(ledger, request.home / "signer" / f"{ledger}.note", since.get(ledger))
            outcome.ledgers.append(verify_ledger(reader, wanted, run, partial(told, ledger)))
    known = kinds.known()  # once the other processes are gone: with the models of events this one weighs twice as much
    for result in outcome.ledgers:
        ledger = result.ledger
        for found in stamped(request.anchors, ledger, request.stamp_roots):
            (result.notes if found.code in NOTES else result.findings).append(placed(found, result.good))
        for (kind, version), position in sorted(result.kinds.items()):
            if version > known.get(kind, 0):
                why = said("unknown_type", type=kind, version=version, position=position)
                result.notes.append(Finding("unknown_type", why, ledger, position))
        if result.unanchored_since is not None and _waits(result, now) > request.anchor_max_age:
            outcome.stale = True
            hours = round(_waits(result, now).total_seconds() / 3600)
            why = said("not_anchored", size=result.anchored, hours=hours)
            result.notes.append(Finding("not_anchored", why, ledger, result.anchored + 1))
    outcome.beside += _beside(reader, request)
    return outcome


def _waits(result: LedgerResult, now: datetime) -> timedelta:
    """How long an event has waited for an anchor: since it was recorded or the last anchor was made, whichever came later."""
    since = max(filter(None, (result.unanchored_since, result.anchored_at)))
    return now - since


def _beside(reader: Reader, request: Request) -> Iterator[Finding]:
    """What is of no ledger's rows."""
    for (ledger,) in reader.ask(_LEDGERS):
        if ledger not in request.ledgers:
            yield Finding("unknown_ledger", said("ledger_unknown", ledger=ledger), ledger)
    [(unique,)] = reader.ask(_UNIQUE)
    if not unique:
        yield Finding("schema_drift", said("versions_unkept"), place="events")
        for stream, version, position in reader.ask(_TWICE):
            place = f"{stream} version {version}"
            yield Finding("duplicate", said("version_twice", stream=stream, version=version), position=position, place=place)
    yield from things.keys_back(reader, request.erased or request.home / "shredded")
    if request.personal:
        yield from things.keys_changed(reader, master_keys(request.home / "keys"))
    if request.files:
        held = (request.home / "keys" / "master").is_file()
        yield from things.files(reader, master_keys(request.home / "keys") if held else None)


def _since(request: Request, trusted: Trusted) -> dict[str, Claim]:
    """By ledger the checkpoint that is believed. Raises `Trouble` where it is none of ours."""
    if request.since is None:
        return {}
    try:
        text = request.since.read_text(encoding="utf-8")
        ledger = Checkpoint.parse(Note.parse(text).text).ledger
    except (OSError, UnicodeDecodeError, NoteFault) as fault:
        raise Trouble(f"{request.since} cannot be read as a checkpoint: {fault}") from fault
    judged = judge(text, Kept(ledger, "anchor", request.since.name), trusted)
    if judged.claim is None or ledger not in request.ledgers:
        why = judged.finding.detail if judged.finding else f"there is no ledger {ledger}"
        raise Trouble(f"{request.since} is no checkpoint to begin from: {why}")
    return {ledger: judged.claim}


def _alone(reader: Reader) -> Run:
    return lambda jobs: (look(reader, job) for job in jobs)


@contextmanager
def _processes(count: int) -> Generator[ProcessPoolExecutor]:
    """Processes of their own, begun anew: a copy of this one would share its connections."""
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _shared(pool: ProcessPoolExecutor, source: Source, count: int) -> Run:
    """Pieces in the order they were asked for, some in work ahead: memory holds what a few of them found."""

    def run(jobs: Iterable[Job]) -> Iterator[Piece]:
        ahead: deque[Future[Piece]] = deque()
        for job in jobs:
            ahead.append(pool.submit(look_apart, source, job))
            if len(ahead) > 2 * count:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    return run
