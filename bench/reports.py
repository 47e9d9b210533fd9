"""What the reports of supervision cost over the clocks of a city's year: the promise and the forecast, with row-level security and without.

`python -m bench.reports`. A request is what the route does below HTTP: the session and its person, the directory looked after, the counts,
the answer. The peer has the role `worker`, whose policies are `true`, as in `bench.wall`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
import uvloop

from api import forecast, promise
from api.commands import Commands
from api.desk import Desk, open_desk
from api.recording import unseen
from api.services import Services
from bench import stand
from bench.figures import Report, ms, percentile
from domain.command import Actor
from ledger import rules
from ledger.directory import DirectoryCache, extend
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import WORKER, Database
from ops.engines import Engines
from ops.example.directory import directory_events, people_accounts

CASES, CLOCKS_EACH, ROUNDS = 50_000, 4, 10
OFFICES = ("C-CITY", "B-CITY", "C-ADX")
LIMITS = ("examine_application", "decide", "assign_unit", "supply_papers", "notify_decision", "submit_closing_file", "pay_subsidy")
_PUT_CASES = (
    "INSERT INTO case_list (case_id, version, stage, state, centre, owner, lawyers, categories, recipient_count, applicant, opened_on,"
    " updated_at) SELECT gen_random_uuid(), 1, 'application', 'received', (%(centres)s::text[])[1 + n %% cardinality(%(centres)s)], NULL,"
    " '{}', '{}', 1, '{}', now(), now() FROM generate_series(1, %(cases)s) n"
)
_PUT_CLOCKS = """
    INSERT INTO clock_list (case_id, clock_id, kind, limit_id, state, live, unit, started_on, due_on, due_at, first_due_on, moves,
        ended_on, paused_days, confirmed, provisional, centre)
    SELECT case_id, id, 'case', limit_id, CASE WHEN is_open THEN CASE WHEN due < today THEN 'missed' ELSE 'running' END
            WHEN took <= days THEN 'met' ELSE 'met_late' END,
        is_open, 'calendar_day', start, due, due + time '23:59:59', due, 0, CASE WHEN NOT is_open THEN start + took END, 0, true, false,
        centre
    FROM (SELECT *, start + took > today AS is_open, start + days AS due
        FROM (SELECT l.case_id, l.centre, 'x/' || n AS id, current_date AS today, current_date - (random() * 400)::int AS start,
                5 + 3 * k AS days, (-ln(1 - random()) * (5 + 3 * k) / 2)::int AS took, (%(limits)s::text[])[1 + k] AS limit_id
            FROM (SELECT *, (random() * (cardinality(%(limits)s::text[]) - 1))::int AS k
                FROM case_list, generate_series(1, %(each)s) n) l) a) b
"""
"""Limits of 5 to 23 days, started over 400 days; how long they took is drawn with half their days as the mean."""


@dataclass(slots=True)
class Line:
    """A report as somebody asks for it, with the wall and without."""

    name: str
    session: str
    ask: Callable[[Desk], Awaitable[Mapping[str, Any]]]
    held: list[float] = field(default_factory=list[float])
    free: list[float] = field(default_factory=list[float])
    clocks: int = 0


async def _promise(desk: Desk) -> Mapping[str, Any]:
    return await promise.report(desk, first=None, last=None, by="office", office=None, limit=None)


async def _forecast(desk: Desk) -> Mapping[str, Any]:
    return await forecast.report(desk, days=7, office=None, limit=None, most=200)


async def _furnish(database: Database, engines: Engines) -> Sequence[str]:
    """The example's directory, a session for an auditor and for a supervisor of the city and of a county, and the clocks."""
    clerk = Actor("system", "system_administrator", "system")
    await extend(database, directory_events(), actor=clerk, now=datetime.now(UTC), command_id="bench-directory")
    async with database.transaction(WORKER) as conn:
        directory = await DirectoryCache().read(conn)
    centres = [office.code for office in directory.offices() if office.kind == "centre"]
    roles = [a for a in people_accounts() if a.role in ("supervisor", "auditor") and a.office in OFFICES]
    with psycopg.connect(engines.worker_dsn) as own:
        for account in roles:
            own.execute("INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '')", [account.username, account.person])
            own.execute(
                "INSERT INTO sessions (token_hash, username, kind, expires_at) VALUES (%s, %s, 'bearer', now() + interval '1 day')",
                [hashlib.sha256(account.username.encode()).digest(), account.username],
            )
    with psycopg.connect(engines.owner_dsn, autocommit=True) as owner:
        owner.execute("SELECT setseed(0.7)")
        owner.execute(_PUT_CASES, {"centres": centres, "cases": CASES})
        owner.execute(_PUT_CLOCKS, {"limits": list(LIMITS), "each": CLOCKS_EACH})
        owner.execute("VACUUM ANALYZE")
    return [f"{a.role}, {a.office}\n{a.username}" for a in roles]


def _lines(people: Sequence[str]) -> list[Line]:
    asked = {"promise": _promise, "forecast": _forecast}
    told = [each.partition("\n") for each in people]
    return [Line(f"{name}, {who}", session, ask) for who, _, session in told for name, ask in asked.items()]


async def _ask(services: Services, line: Line) -> tuple[float, int]:
    """The seconds a report took and the clocks it tells of."""
    started = time.perf_counter()
    with unseen():
        async with open_desk(services, line.session) as desk:
            total = (await line.ask(desk))["total"]
    return time.perf_counter() - started, total["clocks"] if "clocks" in total else total["met"] + total["met_late"] + total["missed"]


async def _measure(engines: Engines) -> list[Line]:
    os.environ.update(engines.environment())
    keys = KeyRing.open(Settings.from_environment().keys)
    async with AsyncExitStack() as stack:
        held = await stack.enter_async_context(Database(engines.app_dsn, worker=engines.worker_dsn, size=1, name="bench"))
        free = await stack.enter_async_context(Database(engines.worker_dsn, size=1, name="bench"))
        lines = _lines(await _furnish(held, engines))

        async def ready() -> Mapping[str, bool]:
            return {}

        commands = cast("Commands", None)  # reports are read: nobody commands anything
        walled = Services(held, DirectoryCache(), rules.current, keys, commands, lambda: datetime.now(UTC), ready)
        bare = replace(walled, database=free, directory=DirectoryCache())
        for turn in range(-2, ROUNDS):
            for line in lines:
                for services in (walled, bare) if turn % 2 else (bare, walled):
                    seconds, line.clocks = await _ask(services, line)
                    if turn >= 0:  # before that a warm start
                        (line.held if services is walled else line.free).append(seconds)
    return lines


def report(lines: Sequence[Line]) -> Report:
    """Each report with the wall beside the same without; no budget is set."""
    rows: list[tuple[str, ...]] = []
    for line in lines:
        held, free = percentile(line.held, 0.5), percentile(line.free, 0.5)
        p95 = (ms(percentile(line.held, 0.95)), ms(percentile(line.free, 0.95)))
        rows.append((line.name, f"{line.clocks:,}", ms(held), p95[0], ms(free), p95[1], f"{held / free:.2f} ×"))
    how = (
        f"{CASES * CLOCKS_EACH:,} clocks of {CASES:,} cases, spread over 400 days and every centre of the worked example; {ROUNDS} rounds"
        " in which walled and bare take turns. The promise of the year so far by office, the forecast of seven days with its 200 likeliest."
        " Session, directory and answer are in it, HTTP is not. Bare is the same request as the database role whose policies let every row"
        " pass. There is no budget."
    )
    head = ("report, who", "clocks told of", "wall p50", "p95", "bare p50", "p95", "wall / bare")
    return Report("Reports of supervision", "python -m bench.reports", how, (head, rows), kept=True)


def run() -> Report:
    """Measure; a minute or two."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_measure(engines)))


if __name__ == "__main__":
    print(run().text())
    sys.exit(0)
