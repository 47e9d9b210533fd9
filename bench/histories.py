"""What a page of histories costs over a ledger of ten million events, filter by filter, for whoever watches over a city and a county.

`python -m bench.histories`, or with a number of events. A page is what the route does below HTTP: session and person, directory, the
query with row-level security, fifty events read back, their values opened. The peer is the same as the database role whose policies let
every row pass, as in `bench.wall`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import cast

import psycopg
import uvloop

from api import list_reading
from api.commands import Commands
from api.desk import open_desk
from api.history_filters import Asked
from api.recording import unseen
from api.services import Services
from bench import stand
from bench.figures import Judged, Report, ms, percentile
from domain.command import Actor
from ledger import rules
from ledger.directory import DirectoryCache, extend
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import WORKER, Database
from ops.engines import Engines
from ops.example.directory import directory_events, people_accounts
from readmodels.history import EventQuery

EVENTS, EACH, OPEN, ROUNDS, BUDGET = 10_000_000, 50, 10_000, 20, 0.100
"""Events in all; of each case; cases that are worked on at a time; rounds; seconds that a page may take at the 95th percentile."""
BEGAN = datetime(2021, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=5 * 365)
OFFICES = ("C-CITY", "C-ADX")
_INDEXES = ("events_by_type", "events_by_actor", "events_by_office", "events_by_legal_day")
_CASE = "md5('case ' || c)::uuid"
_PUT_CASES = f"""
    INSERT INTO case_list (case_id, version, register_number, stage, state, centre, owner, lawyers, categories, kind, cause, channel,
        recipient_count, applicant, opened_on, updated_at)
    SELECT {_CASE}, %(each)s, 'R-' || c, 'ended', 'archived', (%(centre_of)s::text[])[1 + c %% cardinality(%(centre_of)s)], NULL, '{{}}',
        CASE WHEN c %% 10 = 0 THEN '{{migrant_worker}}' ELSE '{{other}}' END::text[], 'civil',
        CASE WHEN c %% 1000 = 0 THEN 'custody' ELSE 'wages' END, 'walk_in', 1, '{{}}', %(began)s::timestamptz, %(began)s::timestamptz
    FROM generate_series(0, %(cases)s - 1) c
"""  # noqa: S608 -- made of this file's own words
_PUT_EVENTS = f"""
    INSERT INTO events (alg, ledger, position, stream, version, type, schema_version, recorded_at, decided_at, effective_on, actor,
        role, office, command_id, correlation_id, body, digest, chain_hash)
    SELECT 'sha256-v1', 'case', %(base)s::bigint + p + 1, 'case/' || {_CASE}, v + 1,
        CASE WHEN h %% 100000 = 7 THEN %(rare)s ELSE (%(types)s::text[])[1 + h %% cardinality(%(types)s)] END, 1,
        %(began)s::timestamptz + p * %(step)s::interval, %(began)s::timestamptz + p * %(step)s::interval,
        (%(began)s::timestamptz + p * %(step)s::interval)::date - (h %% 4)::int,
        (%(people)s::text[])[1 + (h / 7) %% cardinality(%(people)s)], 'caseworker',
        (%(offices)s::text[])[1 + c %% cardinality(%(offices)s)], 'bench/' || p, 'bench', %(body)s, %(hash)s, %(hash)s
    FROM (SELECT p, (p / (%(open)s::bigint * %(each)s)) * %(open)s + p %% %(open)s AS c, ((p / %(open)s) %% %(each)s)::int AS v,
            abs(hashint8(p)::bigint) AS h
        FROM generate_series(%(first)s, %(last)s - 1) p) made
"""  # noqa: S608 -- made of this file's own words
"""A case's events lie among those of ten thousand others, as months of work do."""
_PUT_OFFICES = """
    INSERT INTO case_offices (case_id, office, version) SELECT substr(stream, 6)::uuid, office, min(version) FROM events
    WHERE ledger = 'case' AND starts_with(stream, 'case/') GROUP BY stream, office
"""
_OFFICES_FOLLOWED = """
    INSERT INTO followers (name, position) SELECT 'case_offices', max(position) FROM events WHERE ledger = 'case'
    ON CONFLICT (name) DO UPDATE SET position = excluded.position
"""
TYPES = ("papers_supplied", "papers_completed", "acceptance_confirmed", "lawyer_chosen", "closing_file_accepted", "callback_recorded")
"""Events that may say nothing beside their envelope."""
RARE = "peer_review_scored"


@dataclass(slots=True)
class Line:
    """A question as somebody asks it, with the wall and without."""

    what: str
    who: str
    session: str
    asked: Asked
    held: list[float] = field(default_factory=list[float])
    free: list[float] = field(default_factory=list[float])
    rows: int = 0


def _put(engines: Engines, events: int, centre_of: Sequence[str], offices: Sequence[str], people: Sequence[str]) -> None:
    """The cases and their events, as the tables' owner; the indexes are made once the rows are there."""
    given = {
        "each": EACH, "open": OPEN, "centre_of": list(centre_of), "offices": list(offices), "people": list(people), "types": list(TYPES),
        "rare": RARE, "began": BEGAN, "step": SPAN / events, "cases": events // EACH, "body": b"{}", "hash": bytes(32),
    }  # fmt: skip
    with psycopg.connect(engines.owner_dsn, autocommit=True) as owner:
        owner.execute("SET maintenance_work_mem = '512MB'")
        row = owner.execute("SELECT max(position) FROM events WHERE ledger = 'case'").fetchone()
        given["base"] = row[0] if row and row[0] else 0
        owner.execute(_PUT_CASES, given)
        made = owner.execute("SELECT indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [list(_INDEXES)]).fetchall()
        for name in _INDEXES:
            owner.execute(f"DROP INDEX {name}".encode())
        for first in range(0, events, 500_000):
            owner.execute(_PUT_EVENTS, {**given, "first": first, "last": min(first + 500_000, events)})
        for (statement,) in made:
            owner.execute(str(statement).encode())
        owner.execute(_PUT_OFFICES)
        owner.execute(_OFFICES_FOLLOWED)
        owner.execute("VACUUM ANALYZE events")
        owner.execute("VACUUM ANALYZE case_offices")
        owner.execute("VACUUM ANALYZE case_list")


async def _furnish(database: Database, engines: Engines, events: int) -> list[Line]:
    """The example's directory, a session for an auditor and two supervisors, the ledger; every question of each of them."""
    clerk = Actor("system", "system_administrator", "system")
    await extend(database, directory_events(), actor=clerk, now=BEGAN, command_id="bench-directory")
    async with database.transaction(WORKER) as conn:
        directory = await DirectoryCache().read(conn)
    watching = [a for a in people_accounts() if (a.role == "supervisor" and a.office in OFFICES) or a.role == "auditor"]
    with psycopg.connect(engines.worker_dsn) as own:
        for account in watching:
            own.execute("INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '')", [account.username, account.person])
            own.execute(
                "INSERT INTO sessions (token_hash, username, kind, expires_at) VALUES (%s, %s, 'bearer', now() + interval '1 day')",
                [hashlib.sha256(account.username.encode()).digest(), account.username],
            )
    offices = [o.code for o in directory.offices() if directory.centre_of(o.code)]
    centre_of = [centre.code for office in offices if (centre := directory.centre_of(office))]
    people = [p.code for p in directory.person_of.values()]
    await asyncio.to_thread(_put, engines, events, centre_of, offices, people)
    middle = BEGAN + SPAN / 2
    with psycopg.connect(engines.worker_dsn) as own:
        row = own.execute("SELECT case_id::text FROM case_list ORDER BY case_id LIMIT 1").fetchone()
    some = str(row[0]) if row else None
    outlet, elsewhere = (
        next(o for o in offices if o != centre and directory.centre_of(o) == directory.office(centre)) for centre in ("C-ADX", "C-YTX")
    )
    questions = {
        "the newest": Asked(EventQuery(), None),
        "one type": Asked(EventQuery(types=TYPES[:1]), None),
        "three types": Asked(EventQuery(types=TYPES[:3]), None),
        "a rare type": Asked(EventQuery(types=(RARE,)), None),
        "a rare type and a common one": Asked(EventQuery(types=(RARE, TYPES[0])), None),
        "a person": Asked(EventQuery(actor=people[0]), None),
        "a person, a rare type": Asked(EventQuery(actor=people[0], types=(RARE,)), None),
        "a county's offices": Asked(EventQuery(), "C-ADX"),
        "an outlet": Asked(EventQuery(), outlet),
        "an outlet of another county": Asked(EventQuery(), elsewhere),
        "a month of recording": Asked(EventQuery(from_at=middle, to_at=middle + timedelta(days=30)), None),
        "a month of recording, a type": Asked(EventQuery(types=TYPES[:1], from_at=middle, to_at=middle + timedelta(days=30)), None),
        "a legal month": Asked(EventQuery(legal_from=date(2023, 5, 1), legal_to=date(2023, 5, 31)), None),
        "a category": Asked(EventQuery(category="migrant_worker"), None),
        "a rare cause": Asked(EventQuery(cause="custody"), None),
        "a case": Asked(EventQuery(case=some), None),
    }
    return [
        Line(what, f"{account.role}, {account.office}", account.username, asked)
        for account in watching
        for what, asked in questions.items()
    ]


async def _ask(services: Services, line: Line) -> tuple[float, int]:
    """One page; the seconds it took and its rows."""
    started = time.perf_counter()
    with unseen():
        async with open_desk(services, line.session) as desk:
            found = await list_reading.events(desk, line.asked.of(desk.directory))
    return time.perf_counter() - started, len(found["items"])


async def _measure(engines: Engines, events: int) -> list[Line]:
    os.environ.update(engines.environment())
    keys = KeyRing.open(Settings.from_environment().keys)
    async with AsyncExitStack() as stack:
        held = await stack.enter_async_context(Database(engines.app_dsn, worker=engines.worker_dsn, size=1, name="bench"))
        free = await stack.enter_async_context(Database(engines.worker_dsn, size=2, name="bench"))
        lines = await _furnish(held, engines, events)

        async def ready() -> Mapping[str, bool]:
            return {}

        commands = cast("Commands", None)  # histories are read: nobody commands anything
        walled = Services(held, DirectoryCache(), rules.current, keys, commands, lambda: datetime.now(UTC), ready)
        bare = replace(walled, database=free, directory=DirectoryCache())
        for turn in range(-3, ROUNDS):
            for line in lines:
                for services in (walled, bare) if turn % 2 else (bare, walled):
                    seconds, line.rows = await _ask(services, line)
                    if turn >= 0:  # before that a warm start
                        (line.held if services is walled else line.free).append(seconds)
    return lines


def report(lines: Sequence[Line], events: int) -> Report:
    """Each question with the wall beside the same without; the budget is on the page with the wall."""
    rows: list[tuple[str, ...]] = []
    kept = True
    for line in lines:
        p95 = Judged(percentile(line.held, 0.95) * 1000, BUDGET * 1000, "at_most", "ms")
        kept = kept and p95.kept
        free = percentile(line.free, 0.5)
        rows.append((line.who, line.what, str(line.rows), ms(percentile(line.held, 0.5)), *p95.cells(), ms(free)))
    how = (
        f"{events:,} events of {events // EACH:,} cases over five years, each case's among those of {OPEN:,} others; a page of fifty,"
        f" {ROUNDS} rounds in which walled and bare take turns. Session, directory, query, reading back and opening are in it, HTTP is not."
    )
    head = ("who", "asked for", "rows", "p50", "p95", "budget", "", "bare p50")
    return Report("Histories across cases", "python -m bench.histories", how, (head, rows), kept)


def run(events: int = EVENTS) -> Report:
    """Measure; a quarter of an hour, most of it to make the ledger."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_measure(engines, events)), events)


if __name__ == "__main__":
    result = run(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
    print(result.text())
    sys.exit(0 if result.kept else 1)
