"""The ledger's append alone against plain psycopg inserting the very same rows: same engine, same run, turn by turn.

`python -m bench.append`. The product's side is its own path: a transaction of `Database`, the ledger's lock, the head read, a dense
position, the chain hash. The peer's is `execute` and `commit` on a connection of its own, into a table of the same shape.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
import uvloop

from bench import stand
from bench.figures import Judged, Report, ms, percentile
from domain.command import Happened, Stamp
from domain.stages.any_stage import NoteAdded
from domain.values import Sealed
from ledger import events
from ledger.schema import events as ledger_table
from ledger.sql import Row
from ledger.store import WORKER, Database
from ops.engines import Engines

ROUNDS = 20
APPENDS = 50
"""Events a line and round."""
A_STREAM = 10
"""Events a stream: what an ordinary case holds before its lawyer is named."""
BUDGET = 1.5
"""The append's p50 at most, times plain psycopg's."""

_COLUMNS = [column.name for column in ledger_table.columns]
_VALUES = ", ".join(f"%({name})s" for name in _COLUMNS)


def _insert(table: str) -> bytes:
    return f"INSERT INTO {table} ({', '.join(_COLUMNS)}) VALUES ({_VALUES})".encode()  # noqa: S608 - names of ours


@dataclass(slots=True)
class Line:
    """One way of bringing a row to the disk, and the seconds each row took."""

    name: str
    seconds: list[float] = field(default_factory=list[float])


class Ledger(Line):
    """The product's append; the rows it wrote are kept for the peers."""

    def __init__(self, database: Database) -> None:
        super().__init__("`ledger.events.append`")
        self._database = database
        self._count = 0
        self._stream = ""
        self.rows: list[Row] = []

    async def turn(self, count: int) -> None:
        """Append `count` events, each in a transaction of its own. What an event becomes before it is appended is not measured."""
        self.rows = []
        for _ in range(count):
            expected = self._count % A_STREAM
            if expected == 0:
                self._stream = events.stream_of(str(uuid.uuid4()))
            draft = events.draft(note(expected + 1), str(uuid.uuid4()), None)
            started = time.perf_counter()
            async with self._database.transaction(WORKER, pipeline=True, keyed=True) as conn:  # as the recorder does
                written = await events.append(conn, self._stream, expected, [draft])
            self.seconds.append(time.perf_counter() - started)
            self.rows += written
            self._count += 1


class Plain(Line):
    """psycopg as it comes, with the statement prepared from its first use on, as the product's are."""

    def __init__(self, name: str, conn: psycopg.AsyncConnection, table: str) -> None:
        super().__init__(name)
        self._conn, self._insert = conn, _insert(table)

    async def turn(self, rows: list[Row]) -> None:
        for row in rows:
            started = time.perf_counter()
            await self._conn.execute(self._insert, row)
            if not self._conn.autocommit:
                await self._conn.commit()
            self.seconds.append(time.perf_counter() - started)


def note(version: int) -> Happened:
    """A note on a case, its text sealed: 150 characters of Chinese make a box of some 640."""
    now = datetime.now(UTC)
    at = Stamp(version, now, now.date(), "P-CITY-07", "caseworker", stand.CENTRE, str(uuid.uuid4()))
    return Happened(at, NoteAdded(text=Sealed(subject=uuid.uuid4(), box="x" * 640)))


@asynccontextmanager
async def _plain(engines: Engines, name: str, table: str, *, autocommit: bool) -> AsyncGenerator[Plain]:
    """The peer as the product's own role, on a table that differs from the ledger's by its name alone."""
    with psycopg.connect(engines.owner_dsn) as owner:
        owner.execute(f"CREATE TABLE {table} (LIKE events INCLUDING ALL)".encode())
        owner.execute(f"GRANT SELECT, INSERT ON {table} TO app".encode())
    async with await psycopg.AsyncConnection.connect(engines.app_dsn, prepare_threshold=0, autocommit=autocommit) as conn:
        yield Plain(name, conn, table)


async def _measure(engines: Engines, rounds: int, appends: int) -> tuple[Ledger, list[Plain]]:
    async with (
        Database(engines.worker_dsn, size=1, name="bench") as database,
        _plain(engines, "plain psycopg, `execute` and `commit`", "bench_plain", autocommit=False) as plain,
        _plain(engines, "plain psycopg, one statement in autocommit", "bench_bare", autocommit=True) as bare,
    ):
        ledger = Ledger(database)
        peers = [plain, bare]
        lines: list[Ledger | Plain] = [ledger, *peers]
        await ledger.turn(A_STREAM)  # a warm start: the statements are prepared, and the peers have rows for a first turn
        for peer in peers:
            await peer.turn(ledger.rows)
        await ledger.turn(appends)
        for line in lines:
            line.seconds.clear()
        for turn in range(rounds):
            rows = ledger.rows  # the round before: whoever begins, the peers' rows are there
            for line in lines[turn % 3 :] + lines[: turn % 3]:
                await (line.turn(appends) if isinstance(line, Ledger) else line.turn(rows))
    return ledger, peers


def report(ledger: Ledger, peers: list[Plain], rounds: int, appends: int) -> Report:
    """The append beside its peers; the first peer is the floor."""
    floor = percentile(peers[0].seconds, 0.5)
    lines: list[Line] = [*peers, ledger]
    table: list[tuple[str, ...]] = []
    kept = True
    for line in lines:
        p50, p95 = percentile(line.seconds, 0.5), percentile(line.seconds, 0.95)
        cost = Judged(p50 / floor, BUDGET, "at_most")
        judged = line is ledger
        kept = kept and (cost.kept or not judged)
        table.append((line.name, ms(p50, 2), ms(p95, 2), *(cost.cells() if judged else (cost.cells()[0], "", ""))))
    how = (
        f"One event a transaction, {rounds * appends} a line, the lines taking turns in {rounds} rounds of {appends} on the same engine. "
        "The peers insert the very rows that the ledger appended (columns, body, digest and hash alike), as the same role, prepared, "
        "with the same commit to the disk, into tables made `LIKE events INCLUDING ALL`. The ledger's share begins with a draft of the "
        "event and holds the pool's check, the session's name, the ledger's lock, the head, the position and the chain hash."
    )
    return Report("The append alone", "python -m bench.append", how, (("", "p50", "p95", "p50 / plain", "budget", ""), table), kept)


def run(rounds: int = ROUNDS, appends: int = APPENDS) -> Report:
    """Measure; some seconds."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(*runner.run(_measure(engines, rounds, appends)), rounds, appends)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The ledger's append against plain psycopg.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    found = run(parser.parse_args().rounds)
    print(found.text())
    sys.exit(0 if found.kept else 1)
