"""What row-level security costs on the case list: the same request as the role it holds and as the one it lets pass, turn by turn.

`python -m bench.wall`. A request is what `GET /cases` does below HTTP: the session and its person, the directory looked after, the page of
the list by its scope, names opened for display. The peer has the role `worker`, whose policies are `true`, and everything else
alike: so the difference is the wall's own, on the list and on each table that a request touches besides.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import psycopg
import uvloop
from psycopg.types.json import Jsonb

from api import list_reading
from api.commands import Commands
from api.desk import open_desk
from api.recording import unseen
from api.services import Services
from bench import stand
from bench.figures import Judged, Report, ms, percentile
from domain.command import Actor, Role
from domain.directory import Directory
from domain.lifecycle import STAGE_OF, STATES
from ledger import rules
from ledger.directory import DirectoryCache, extend
from ledger.events import stream_of
from ledger.keys import KeyRing
from ledger.personal import new_subject_key, seal
from ledger.settings import Settings
from ledger.store import WORKER, Database
from ops.engines import Engines
from ops.example.directory import directory_events, people_accounts
from readmodels.search import CaseQuery, Sort

CASES = 120_000
ROUNDS = 40
BUDGET = 1.15
"""The wall's p50 at most, times that of the peer."""
ROLES: Sequence[Role] = ("caseworker", "liaison", "lawyer", "finance_officer", "bureau_officer", "supervisor", "auditor")
SORTS: Sequence[Sort] = ("-updated_at", "due_at")
_INSERT = (
    "INSERT INTO case_list (case_id, version, stage, state, centre, outlet, unit, lawyers, owner, categories, recipient_count, applicant,"
    " opened_on, updated_at, due_at) VALUES (%s, 1, %s, %s, %s, %s, %s, %s, %s, '{migrant_worker}', 1, %s, %s, %s, %s)"
)


@dataclass(slots=True)
class Line:
    """A role's list in one order, with the wall and without."""

    role: Role
    session: str
    sort: Sort
    held: list[float] = field(default_factory=list[float])
    free: list[float] = field(default_factory=list[float])
    rows: int = 0


async def _furnish(database: Database, engines: Engines, keys: KeyRing) -> Mapping[Role, str]:
    """The example's directory, a session for the first person of each role, and the cases; sessions by role."""
    clerk = Actor("system", "system_administrator", "system")
    await extend(database, directory_events(), actor=clerk, now=datetime.now(UTC), command_id="bench-directory")
    async with database.transaction(WORKER) as conn:
        directory = await DirectoryCache().read(conn)
        subject = uuid.uuid4()
        key = await new_subject_key(conn, keys.master, subject)
    people = {role: next(a for a in people_accounts() if a.role == role) for role in ROLES}
    with psycopg.connect(engines.worker_dsn) as own:
        for role, account in people.items():
            own.execute("INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '')", [account.username, account.person])
            own.execute(
                "INSERT INTO sessions (token_hash, username, kind, expires_at) VALUES (%s, %s, 'bearer', now() + interval '1 day')",
                [hashlib.sha256(role.encode()).digest(), account.username],
            )
        own.cursor().executemany(_INSERT, _cases(directory, subject, key))
    with psycopg.connect(engines.owner_dsn, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    return {role: role for role in people}


def _cases(directory: Directory, subject: uuid.UUID, key: bytes) -> list[tuple[Any, ...]]:
    """Cases spread over every outlet, unit, lawyer and owner; one in fifty has a wall."""
    chance = random.Random(7)  # noqa: S311 -- the same cases every time
    outlets = [o.code for o in directory.offices() if o.kind not in ("bureau", "centre")]
    centres = [o.code for o in directory.offices() if o.kind == "centre"]
    units, lawyers, people = list(directory.unit_of), list(directory.lawyer_of), list(directory.person_of)
    begun = datetime(2024, 1, 1, tzinfo=UTC)
    rows: list[tuple[Any, ...]] = []
    for _ in range(CASES):
        case_id, state = str(uuid.UUID(int=chance.getrandbits(128), version=4)), chance.choice(STATES)
        outlet = chance.choice([None, *outlets])
        under = directory.centre_of(outlet)
        name = seal(key, subject, stream_of(case_id), "name", "欧阳·𠮷某").model_dump(mode="json")
        changed = begun + timedelta(seconds=chance.randrange(60_000_000))
        rows.append((
            case_id, STAGE_OF[state], state, under.code if under else chance.choice(centres), outlet, chance.choice([None, *units]),
            [chance.choice(lawyers)], chance.choice(people), Jsonb({"name": name}), date(2024, 1, 1), changed,
            chance.choice([None, changed + timedelta(days=30)]),
        ))  # fmt: skip
    return rows


async def _ask(services: Services, line: Line) -> tuple[float, int]:
    """One page of the list; the seconds it took and its rows."""
    started = time.perf_counter()
    with unseen():
        async with open_desk(services, line.session) as desk:
            found = await list_reading.cases(desk, CaseQuery(sort=line.sort))
    return time.perf_counter() - started, len(found["items"])


async def _measure(engines: Engines) -> list[Line]:
    os.environ.update(engines.environment())
    keys = KeyRing.open(Settings.from_environment().keys)
    async with AsyncExitStack() as stack:
        held = await stack.enter_async_context(Database(engines.app_dsn, worker=engines.worker_dsn, size=1, name="bench"))
        free = await stack.enter_async_context(Database(engines.worker_dsn, size=1, name="bench"))
        sessions = await _furnish(held, engines, keys)

        async def ready() -> Mapping[str, bool]:
            return {}

        commands = cast("Commands", None)  # a list is read: nobody commands anything
        walled = Services(held, DirectoryCache(), rules.current, keys, commands, lambda: datetime.now(UTC), ready)
        bare = replace(walled, database=free, directory=DirectoryCache())
        lines = [Line(role, session, sort) for role, session in sessions.items() for sort in SORTS]
        for line in lines:
            for services in (walled, bare) * 8:  # a warm start: statements are prepared, the rows are in memory
                await _ask(services, line)
        for turn in range(ROUNDS):
            for line in lines:
                for services in (walled, bare) if turn % 2 else (bare, walled):
                    seconds, line.rows = await _ask(services, line)
                    (line.held if services is walled else line.free).append(seconds)
    return lines


def report(lines: Sequence[Line]) -> Report:
    """Each list with the wall beside the same without; the budget is on the whole."""
    rows: list[tuple[str, ...]] = []
    for line in lines:
        held, free = percentile(line.held, 0.5), percentile(line.free, 0.5)
        p95 = (ms(percentile(line.held, 0.95)), ms(percentile(line.free, 0.95)))
        rows.append((line.role, line.sort, ms(held), p95[0], ms(free), p95[1], f"{held / free:.2f} ×", "", ""))
    every = (sum(percentile(line.held, 0.5) for line in lines), sum(percentile(line.free, 0.5) for line in lines))
    whole = Judged(every[0] / every[1], BUDGET, "at_most")
    rows.append(("all, each once", "", ms(every[0]), "", ms(every[1]), "", *whole.cells()))
    how = (
        f"A page of the list out of {CASES:,} cases, {ROUNDS} rounds in which walled and bare take turns on the same rows; each role as its"
        " first person in the worked example. Session, directory, list and names are in it, HTTP is not. Bare is the same request as the "
        "database role whose policies let every row pass."
    )
    head = ("list of", "order", "wall p50", "p95", "bare p50", "p95", "wall / bare", "budget", "")
    return Report("Row-level security on the case list", "python -m bench.wall", how, (head, rows), whole.kept)


def run() -> Report:
    """Measure; about a minute."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_measure(engines)))


if __name__ == "__main__":
    result = run()
    print(result.text())
    sys.exit(0 if result.kept else 1)
