"""What the statistics cost over a million cases, and the lists that their numbers open, for who watches over a city and a county.

`python -m bench.work_figures`, or with a number of cases. A request is what the route does below HTTP: session and person, directory, the
counts or the page. The peer of a report is the same count by plain SQL over the facts, as if no counts were kept; a list has none.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

import psycopg
import uvloop

from api import figures, list_reading
from api.commands import Commands
from api.desk import Desk, open_desk
from api.figure_filters import Counted
from api.recording import unseen
from api.services import Services
from bench import stand
from bench.figures import Judged, Report, ms, percentile
from domain.access import Principal, list_scope
from domain.command import Actor
from domain.directory.circle import ways
from ledger import rules
from ledger.directory import DirectoryCache, extend
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import WORKER, Database
from ops.engines import Engines
from ops.example.directory import directory_events, people_accounts
from ops.example.network import network_events
from readmodels.search import CaseQuery

CASES, YEARS, ROUNDS, BUDGET, PEER_ROUNDS = 1_000_000, 10, 20, 0.100, 3
FIRST = date(2017, 1, 1)
YEAR = "2026"
WATCHING = (("auditor", "B-CITY"), ("supervisor", "C-CITY"), ("supervisor", "C-ADX"))
_BATCH = 100_000
_PUT_CASES = """
    INSERT INTO case_list (case_id, version, register_number, stage, state, centre, outlet, lawyers, excluded, categories, kind, cause,
        channel, recipient_count, applicant, opened_on, updated_at)
    SELECT md5('case ' || n)::uuid, 1, 'R-' || n, 'ended', 'archived', centre, CASE WHEN h %% 3 > 0 THEN outlet END, '{}',
        CASE WHEN h %% 500 = 0 THEN '{P-NOBODY}' ELSE '{}' END::text[], '{}', 'civil', 'wages', 'walk_in', 1, '{"name": "x"}', day, day
    FROM (SELECT n, h, centre, outlet, %(first)s::date + (n::bigint * 3652 / %(cases)s)::int AS day
        FROM (SELECT n, abs(hashint8(n)) AS h FROM generate_series(%(low)s, %(high)s - 1) n) made
        JOIN LATERAL (SELECT (%(centres)s::text[])[1 + h %% cardinality(%(centres)s)] AS centre,
            (%(outlets)s::text[])[1 + h %% cardinality(%(outlets)s)] AS outlet) at ON true) x
"""
"""Work station by work station, a third at the centre itself, spread evenly over ten years; one of five hundred behind somebody's wall."""
_PUT_FACTS = """
    INSERT INTO case_facts (case_id, fact, key, day, centre, kind, place, days, amount)
    SELECT l.case_id, f.fact, f.key, l.opened_on + f.days, l.centre,
        (ARRAY['civil', 'civil', 'criminal', 'administrative', 'unknown'])[1 + h %% 5], f.place, f.days, f.amount
    FROM (SELECT *, abs(hashtext(case_id::text)::bigint) AS h FROM case_list WHERE opened_on >= %(from)s AND opened_on < %(to)s) l,
    LATERAL (VALUES
        ('kind', (ARRAY['civil', 'civil', 'criminal', 'administrative', 'unknown'])[1 + h %% 5], '', 0, 1),
        ('channel', (ARRAY['walk_in', 'hotline', 'letter', 'web', 'outlet', 'referral', 'organ_notice'])[1 + h / 7 %% 7], '', 0, 0),
        ('category', (ARRAY['migrant_worker', 'minor', 'woman', 'elderly', 'disabled', 'other'])[1 + h / 11 %% 6], '', 0, 0),
        ('township', (%(towns)s::text[])[1 + abs(hashint8(substr(l.register_number, 3)::bigint)) %% cardinality(%(towns)s)],
            coalesce(l.outlet, l.centre), 0, 0),
        ('decision', (ARRAY['granted', 'granted', 'accepted_first', 'refused'])[1 + h / 17 %% 4], '', (h / 19 %% 30)::int, 0),
        ('assignment', '', '', (h / 19 %% 30 + 3)::int, 0),
        ('outcome', (ARRAY['won', 'partly_won', 'mediated', 'other'])[1 + h / 23 %% 4], '', 0, 0),
        ('money', 'recovered', '', 0, (h %% 10000000)::int),
        ('subsidy', '', '', 0, 150000)) f(fact, key, place, days, amount)
"""
_PEER = """
    SELECT fact, key, place, days, NULL AS month, count(*), sum(amount) FROM case_facts f JOIN case_list l USING (case_id)
    WHERE day BETWEEN %(first)s AND %(last)s AND (%(all)s OR l.centre = ANY(%(centres)s) OR l.outlet = ANY(%(outlets)s))
        AND NOT (l.excluded && %(codes)s)
    GROUP BY GROUPING SETS ((fact, key, place, days), (fact, date_trunc('month', day)))
"""


@dataclass(slots=True)
class Line:
    """A question as somebody asks it; `peer` are the values of the plain count, where there is one."""

    what: str
    who: str
    session: str
    ask: Callable[[Desk], Awaitable[Mapping[str, Any]]]
    peer: Mapping[str, Any] | None = None
    took: list[float] = field(default_factory=list[float])
    plain: list[float] = field(default_factory=list[float])
    told: int = 0


def _put(engines: Engines, cases: int, given: Mapping[str, Sequence[str]]) -> None:
    with psycopg.connect(engines.owner_dsn, autocommit=True) as owner:
        for low in range(0, cases, _BATCH):
            high = min(low + _BATCH, cases)
            owner.execute(_PUT_CASES.encode(), {**given, "cases": cases, "first": FIRST, "low": low, "high": high})
        owner.execute("VACUUM ANALYZE case_list")
        for year in range(FIRST.year, FIRST.year + YEARS):
            owner.execute(_PUT_FACTS.encode(), {**given, "from": date(year, 1, 1), "to": date(year + 1, 1, 1)})
        owner.execute("VACUUM ANALYZE")


def _report(first: str, last: str, office: str | None = None) -> Callable[[Desk], Awaitable[Mapping[str, Any]]]:
    return lambda desk: figures.report(desk, first=first, last=last, office=office, kind=None)


def _list(counted: Counted) -> Callable[[Desk], Awaitable[Mapping[str, Any]]]:
    def ask(desk: Desk) -> Awaitable[Mapping[str, Any]]:
        return list_reading.cases(desk, CaseQuery(fact=counted.of(desk.directory, rules.current().policy.circle)))

    return ask


async def _furnish(database: Database, engines: Engines, cases: int) -> list[Line]:
    """The example's directory with its whole network, sessions for who watches, the cases; every question of each."""
    clerk = Actor("system", "system_administrator", "system")
    events = [*directory_events(), *network_events()]
    await extend(database, events, actor=clerk, now=datetime(2021, 1, 1, tzinfo=UTC), command_id="bench-directory")
    async with database.transaction(WORKER) as conn:
        directory = await DirectoryCache().read(conn)
    people = [next(a for a in people_accounts() if (a.role, a.office) == each or a.role == each[0] == "auditor") for each in WATCHING]
    with psycopg.connect(engines.worker_dsn) as own:
        for account in people:
            own.execute("INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '')", [account.username, account.person])
            own.execute(
                "INSERT INTO sessions (token_hash, username, kind, expires_at) VALUES (%s, %s, 'bearer', now() + interval '1 day')",
                [hashlib.sha256(account.username.encode()).digest(), account.username],
            )
    stations = {town: station for town, station in ways(directory) if station.startswith("W-")}
    places = [(centre.code, station, town) for town, station in stations.items() if (centre := directory.centre_of(station))]
    given: dict[str, list[str]] = dict(zip(("centres", "outlets", "towns"), map(list, zip(*places, strict=True)), strict=True))
    await asyncio.to_thread(_put, engines, cases, given)
    year, ever = (f"{YEAR}-01", f"{YEAR}-12"), (f"{FIRST.year}-01", f"{YEAR}-12")
    asked = {
        "the year": _report(*year),
        "ten years": _report(*ever),
        "a county's year": _report(*year, "C-YTX"),
        "list: a channel's year": _list(Counted("channel", "hotline", *year)),
        "list: all of ten years": _list(Counted("kind", None, *ever)),
        "list: a township": _list(Counted("township", next(iter(directory.township_of)), *year)),
        "list: beyond the circle": _list(Counted("township", None, *year, circle="beyond")),
    }
    lines: list[Line] = []
    for account in people:
        principal = Principal(account.username, account.person, ((account.role, account.office),))
        scope = list_scope(principal, directory)
        by_column = {name: {code for r in scope.reaches if r.column == name for code in r.values} for name in ("centre", "outlet")}
        whose = {"all": scope.everything, "codes": sorted(scope.excluded)}
        whose |= {f"{name}s": sorted(codes) for name, codes in by_column.items()}
        spans = {"the year": (date(2026, 1, 1), date(2026, 12, 31)), "ten years": (FIRST, date(2026, 12, 31))}
        for what, ask in asked.items():
            peer = {**whose, "first": spans[what][0], "last": spans[what][1]} if what in spans else None
            lines.append(Line(what, f"{account.role}, {account.office}", account.username, ask, peer))
    return lines


async def _ask(services: Services, line: Line) -> tuple[float, int]:
    started = time.perf_counter()
    with unseen():
        async with open_desk(services, line.session) as desk:
            found = await line.ask(desk)
    return time.perf_counter() - started, found["total"]["cases"] if "total" in found else len(found["items"])


async def _measure(engines: Engines, cases: int) -> list[Line]:
    os.environ.update(engines.environment())
    keys = KeyRing.open(Settings.from_environment().keys)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(engines.app_dsn, worker=engines.worker_dsn, size=2, name="bench"))
        lines = await _furnish(database, engines, cases)

        async def ready() -> Mapping[str, bool]:
            return {}

        commands = cast("Commands", None)  # reports are read: nobody commands anything
        services = Services(database, DirectoryCache(), rules.current, keys, commands, lambda: datetime.now(UTC), ready)
        for turn in range(-2, ROUNDS):
            for line in lines:
                seconds, line.told = await _ask(services, line)
                if turn >= 0:  # before that a warm start
                    line.took.append(seconds)
        async with database.transaction(WORKER) as conn:
            for line in lines:
                for _ in range(PEER_ROUNDS if line.peer else 0):
                    started = time.perf_counter()
                    await (await conn.execute(_PEER, line.peer)).fetchall()
                    line.plain.append(time.perf_counter() - started)
    return lines


def report(lines: Sequence[Line], cases: int) -> Report:
    """Each question with its budget, a report beside the plain count."""
    rows: list[tuple[str, ...]] = []
    kept = True
    for line in lines:
        p50, p95 = percentile(line.took, 0.5), Judged(percentile(line.took, 0.95) * 1000, BUDGET * 1000, "at_most", "ms")
        kept = kept and p95.kept
        plain = percentile(line.plain, 0.5) if line.plain else None
        peer = (ms(plain), f"{p50 / plain:.2f} ×") if plain else ("", "")
        rows.append((line.who, line.what, f"{line.told:,}", ms(p50), *p95.cells(), *peer))
    how = (
        f"{cases:,} cases of {YEARS} years with nine facts each, over the centres and work stations of the worked example; {ROUNDS} rounds."
        " Session, directory, counts and answer are in it, HTTP is not. The plain count groups the facts themselves, with the same reach"
        " and walls, in one statement. A list is its first page of fifty."
    )
    head = ("who", "asked for", "cases", "p50", "p95", "budget", "", "plain count p50", "to it")
    return Report("Statistics", "python -m bench.work_figures", how, (head, rows), kept)


def run(cases: int = CASES) -> Report:
    """Measure; some ten minutes, nearly all of it to make the cases."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_measure(engines, cases)), cases)


if __name__ == "__main__":
    result = run(int(sys.argv[1]) if len(sys.argv) > 1 else CASES)
    print(result.text())
    sys.exit(0 if result.kept else 1)
