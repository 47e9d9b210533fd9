"""What it costs to make every read model anew, to hold them against the ledger, and to see a long case as it stood.

`python -m bench.models`. The ledger is filled by COPY with the histories that the tests' random walks take, each with a case of its own;
the rebuild starts from empty tables, the check from whole ones. What a case as of a moment costs is what the route does below HTTP.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import psycopg
import uvloop

from api import case_reading, recording
from api.commands import Commands
from api.desk import Desk, open_desk
from api.services import Services
from bench import stand
from bench.figures import Judged, Report, ms, percentile
from domain.command import Actor, Happened
from ledger import chain, events, rules
from ledger.directory import DirectoryCache, extend
from ledger.keys import KeyRing
from ledger.schema import events as ledger_table
from ledger.settings import Settings
from ledger.store import WORKER, Database
from ops.engines import Engines
from ops.example.directory import directory_events, people_accounts
from readmodels.rebuild import check, rebuild
from tests import walks

EVENTS = 100_000
LONG, ASKED = 500, 200
RATE, AS_OF, DIFF = 10_000, 0.050, 0.100
_WALKS = 60
_WHO = "P-BENCH-SUPERVISOR"
_COLUMNS = [column.name for column in ledger_table.columns]
_BEGIN = datetime(2026, 3, 10, 4, tzinfo=UTC)


@dataclass(slots=True)
class Found:
    """Events a second, and seconds a request."""

    events: int
    streams: int
    rows: int
    rebuilt: float
    checked: float
    alone: float
    as_of: list[float] = field(default_factory=list[float])
    by_version: list[float] = field(default_factory=list[float])
    diff: list[float] = field(default_factory=list[float])


def _rows(position: int, stream: str, history: list[Happened]) -> Iterator[dict[str, Any]]:
    """The rows of a history, as the ledger would have written them."""
    previous = chain.GENESIS
    for happened in history:
        draft = events.draft(happened, f"{stream}/{happened.at.command_id}", None)
        position += 1
        row: dict[str, Any] = {
            "alg": chain.ALG, "ledger": events.CASE_LEDGER, "position": position, "stream": stream, "version": draft.version,
            "type": draft.type, "schema_version": draft.schema_version, "recorded_at": _BEGIN + timedelta(milliseconds=position),
            "decided_at": draft.decided_at, "effective_on": draft.effective_on, "actor": draft.actor, "on_behalf_of": draft.on_behalf_of,
            "role": draft.role, "office": draft.office, "command_id": draft.command_id, "correlation_id": draft.correlation_id,
            "causation": None, "body": draft.body, "digest": chain.digest(draft.body),
        }  # fmt: skip
        row["chain_hash"] = previous = chain.chain_hash(row, previous)
        yield row


def fill(dsn: str, count: int, first: int) -> str:
    """Bring so many events into the ledger after a position, the last of them those of one long case; its id."""
    chance = walks.dice(7)
    told = [walks.walk(chance, 14).history for _ in range(_WALKS)]
    long = walks.long(LONG).history
    position, n = first, 0
    with psycopg.connect(dsn) as conn:
        conn.execute("CREATE TEMP TABLE made (LIKE events)")  # COPY does not go through row-level security
        with conn.cursor().copy(f"COPY made ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            while position - first < count - len(long):
                for row in _rows(position, f"case/{walks.case_id(n)}", told[n % _WALKS]):
                    copy.write_row([row[name] for name in _COLUMNS])
                    position = row["position"]
                n += 1
            for row in _rows(position, f"case/{walks.case_id(n)}", long):
                copy.write_row([row[name] for name in _COLUMNS])
        conn.execute("INSERT INTO events SELECT * FROM made ORDER BY position")
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE events")
    return walks.case_id(n)


async def _furnish(database: Database, engines: Engines) -> str:
    """The example's directory and a session of the city's supervisor; its token."""
    clerk = Actor("system", "system_administrator", "system")
    await extend(database, directory_events(), actor=clerk, now=datetime.now(UTC), command_id="bench-directory")
    account = next(a for a in people_accounts() if a.role == "supervisor" and a.office == stand.CENTRE)
    with psycopg.connect(engines.worker_dsn) as own:
        own.execute("INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '')", [account.username, account.person])
        own.execute(
            "INSERT INTO sessions (token_hash, username, kind, expires_at) VALUES (%s, %s, 'bearer', now() + interval '1 day')",
            [hashlib.sha256(_WHO.encode()).digest(), account.username],
        )
    return _WHO


async def _timed(services: Services, session: str, ask: Callable[[Desk], Awaitable[Mapping[str, Any]]]) -> float:
    started = time.perf_counter()
    with recording.unseen():
        async with open_desk(services, session) as desk:
            await ask(desk)
    return time.perf_counter() - started


async def _ask(services: Services, session: str, case_id: str, found: Found) -> None:
    """The long case as it stood, and its changes, at moments and versions all over its life."""
    async with services.database.transaction(WORKER) as conn:
        history = await events.load_history(conn, case_id)
    chance = walks.dice(3)
    for turn in range(-5, ASKED):
        first, last = sorted(chance.sample(range(1, len(history) + 1), 2))
        moment = history[last - 1].recorded_at
        times = [
            await _timed(services, session, lambda desk, at=moment: case_reading.case(desk, case_id, as_of=at)),
            await _timed(services, session, lambda desk, at=last: case_reading.case(desk, case_id, version=at)),
            await _timed(services, session, lambda desk, a=first, b=last: case_reading.diff(desk, case_id, a, b)),
        ]
        if turn >= 0:  # before that a warm start
            for kept, seconds in zip((found.as_of, found.by_version, found.diff), times, strict=True):
                kept.append(seconds)


async def _measure(engines: Engines, count: int) -> Found:
    os.environ.update(engines.environment())
    keys = KeyRing.open(Settings.from_environment().keys)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(engines.app_dsn, worker=engines.worker_dsn, size=2, name="bench"))
        session = await _furnish(database, engines)
        async with database.transaction(WORKER) as conn:
            head = await events.end(conn)
        case_id = fill(engines.owner_dsn, count, head)
        cores = os.cpu_count() or 1
        seconds: list[float] = []
        for verb, processes in ((partial(rebuild, look_again=False), cores), (check, cores), (check, 0)):
            started = time.perf_counter()
            report = await verb(engines.owner_dsn, processes=processes)
            seconds.append(time.perf_counter() - started)
        assert report.same
        found = Found(report.events, report.streams, sum(t.rows for t in report.tallies), *seconds)

        async def ready() -> Mapping[str, bool]:
            return {}

        commands = cast("Commands", None)  # the case is read: nobody commands anything
        services = Services(database, DirectoryCache(), rules.current, keys, commands, lambda: datetime.now(UTC), ready)
        await _ask(services, session, case_id, found)
    return found


def report(found: Found) -> Report:
    rates = [found.events / seconds for seconds in (found.rebuilt, found.checked, found.alone)]
    made, held = (Judged(rate, RATE, "at_least", "events/s") for rate in rates[:2])
    rows: list[tuple[str, ...]] = [
        ("every read model, from empty tables", f"{found.rebuilt:.1f} s", *made.cells()),
        ("every read model folded anew and held against the ledger", f"{found.checked:.1f} s", *held.cells()),
        ("the same in one process", f"{found.alone:.1f} s", f"{rates[2]:,.0f} events/s", "", ""),
    ]
    kept = made.kept and held.kept
    for name, times, budget in (
        (f"a case of {LONG} events as of a recorded moment", found.as_of, AS_OF),
        ("the same by version", found.by_version, AS_OF),
        (f"the diff of two versions of a case of {LONG} events", found.diff, DIFF),
    ):
        p95 = percentile(times, 0.95)
        kept = kept and p95 <= budget
        verdict = "kept" if p95 <= budget else "**not kept**"
        rows.append((name, f"p50 {ms(percentile(times, 0.5))}", f"p95 {ms(p95)}", f"≤ {ms(budget, 0)}", verdict))
    how = (
        f"{found.events:,} events of {found.streams:,} cases, filled by COPY from {_WALKS} random walks; {found.rows:,} rows in all"
        f" read models. {os.cpu_count()} processes look. A rebuild of whole tables costs what the check costs: it writes only what differs."
        f" As of and diff: {ASKED} requests each, versions and moments drawn over the case's life; session, directory and answer are in it,"
        " HTTP is not."
    )
    head = ("what", "time", "figure", "budget", "")
    return Report("Read models and time travel", "python -m bench.models", how, (head, rows), kept)


def run(count: int = EVENTS) -> Report:
    """Measure; a minute."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_measure(engines, count)))


if __name__ == "__main__":
    figures = run(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
    print(figures.text())
    sys.exit(0 if figures.kept else 1)
