"""The event store beside pyeventsourcing on the same PostgreSQL: an event appended, and a history read back and folded.

`python -m bench.peer`. Either side goes its own ordinary way: the product a transaction of `Database` with `append` and `folded`, the
peer `Application.save` and `Repository.get` of an aggregate whose events carry what the ledger's rows say of a command. The peer's rows
have no digest, no chain and no wall.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import cast

import psycopg
import uvloop
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict

from bench import append, stand
from bench.figures import Report, ms, percentile
from ledger import events, streams
from ledger.store import WORKER, Database
from ops.engines import Engines

ROUNDS, APPENDS, READS = 20, 50, 10
"""Rounds; events and reads of each length a side and round."""
LENGTHS = (10, 500)
"""Events of a history: an ordinary case before its lawyer is named, and a long one."""
TEXT = "x" * 640
"""As in `bench.append`: the box of a note of 150 characters."""
ENVELOPE = {"actor": "P-CITY-07", "role": "caseworker", "office": stand.CENTRE, "effective_on": "2026-03-10"}


class Noted(Aggregate):
    """The peer's case: what happens to it are notes."""

    def __init__(self) -> None:
        self.notes = 0

    @event("NoteAdded")
    def note(self, text: str, command_id: str, said: dict[str, str]) -> None:  # noqa: ARG002 -- recorded
        self.notes += 1

    def once_more(self) -> None:
        self.note(TEXT, str(uuid.uuid4()), ENVELOPE)


@dataclass(slots=True)
class Took:
    """Seconds of one act, here and there."""

    name: str
    ours: list[float] = field(default_factory=list[float])
    theirs: list[float] = field(default_factory=list[float])


@dataclass(slots=True)
class Peer:
    """pyeventsourcing's application over PostgreSQL, in a schema of its own."""

    app: Application[uuid.UUID]
    open: Noted | None = None

    @classmethod
    def on(cls, engines: Engines) -> Peer:
        with psycopg.connect(engines.owner_dsn) as owner:
            owner.execute("CREATE SCHEMA bench_peer")
        at = conninfo_to_dict(engines.owner_dsn)
        names = {"DBNAME": "dbname", "HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
        env = {f"POSTGRES_{name}": str(at.get(key) or "") for name, key in names.items()}
        return cls(Application(env | {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_SCHEMA": "bench_peer"}))

    def turn(self, count: int, into: list[float]) -> None:
        """Append `count` events, each in a transaction of its own, to aggregates of `append.A_STREAM`."""
        for _ in range(count):
            case = self.open
            if case is None or case.version == append.A_STREAM:
                case = self.open = Noted()
            else:
                case.once_more()
            started = time.perf_counter()
            self.app.save(case)
            into.append(time.perf_counter() - started)

    def long(self, length: int) -> uuid.UUID:
        case = Noted()
        while case.version < length:
            case.once_more()
        self.app.save(case)
        return case.id

    def read(self, case_id: uuid.UUID, length: int) -> float:
        started = time.perf_counter()
        case = cast("Noted", self.app.repository.get(case_id))
        seconds = time.perf_counter() - started
        assert case.version == length
        return seconds


async def _long(database: Database, length: int) -> str:
    case_id = str(uuid.uuid4())
    drafts = [events.draft(append.note(version + 1), str(uuid.uuid4()), None) for version in range(length)]
    async with database.transaction(WORKER, pipeline=True, keyed=True) as conn:
        await events.append(conn, events.stream_of(case_id), 0, drafts)
    return case_id


async def _read(database: Database, case_id: str, length: int) -> float:
    started = time.perf_counter()
    async with database.transaction(WORKER) as conn:
        state = await streams.folded(conn, case_id, "case")
    seconds = time.perf_counter() - started
    assert state.version == length
    return seconds


async def _measure(engines: Engines, rounds: int) -> list[Took]:
    async with Database(engines.worker_dsn, size=1, name="bench") as database:
        ledger, peer = append.Ledger(database), Peer.on(engines)
        appended = Took("an event appended")
        replayed = {length: Took(f"a history of {length} events read and folded") for length in LENGTHS}
        long = {length: (await _long(database, length), peer.long(length)) for length in LENGTHS}
        for turn in range(-1, rounds):
            ours_first = turn % 2 == 0
            for side in (0, 1) if ours_first else (1, 0):
                if side == 0:
                    await ledger.turn(APPENDS)
                else:
                    peer.turn(APPENDS, appended.theirs)
                for length, took in replayed.items():
                    mine, others = long[length]
                    for _ in range(READS):
                        if side == 0:
                            took.ours.append(await _read(database, mine, length))
                        else:
                            took.theirs.append(peer.read(others, length))
            if turn < 0:  # a warm start
                ledger.seconds.clear()
                for took in (appended, *replayed.values()):
                    took.ours.clear()
                    took.theirs.clear()
        appended.ours = ledger.seconds
        peer.app.close()
    return [appended, *replayed.values()]


def report(found: list[Took], rounds: int) -> Report:
    rows: list[tuple[str, ...]] = []
    for took in found:
        ours, theirs = percentile(took.ours, 0.5), percentile(took.theirs, 0.5)
        ends = (ms(percentile(took.ours, 0.95), 2), ms(percentile(took.theirs, 0.95), 2))
        rows.append((took.name, ms(ours, 2), ends[0], ms(theirs, 2), ends[1], f"{ours / theirs:.2f} ×"))
    how = (
        f"{rounds * APPENDS} events and {rounds * READS} reads of each length a side, the sides taking turns on the same engine; a"
        " transaction each, prepared where the library does so. Here an event is checked against the ledger's head, chained and walled,"
        " and a history is validated event by event as it is read; the peer does neither."
    )
    head = ("", "p50", "p95", "pyeventsourcing p50", "p95", "p50 / peer")
    return Report("The event store beside pyeventsourcing", "python -m bench.peer", how, (head, rows), kept=True)


def run(rounds: int = ROUNDS) -> Report:
    """Measure; half a minute."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_measure(engines, rounds)), rounds)


if __name__ == "__main__":
    print(run(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS).text())
