"""People searched and conflicts found among a million: what the database and the making of tokens take.

`python -m bench.people`. The scope of whoever asks is in every query. Opening what was found (some twenty seals) is not measured.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import uvloop

from bench import people_data, stand
from bench.figures import Judged, Report, ms, percentile
from bench.people_data import City
from domain.access import Scope, list_scope
from domain.case import CaseState, Recipient
from domain.command import Role
from domain.directory import Directory
from domain.values import Party
from ledger import accounts, marks
from ledger.directory import DirectoryCache
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import WORKER, Database
from ledger.tokens import readings, tokens_for_query
from ops.engines import Engines
from readmodels import conflicts, person_search, search
from readmodels.search import CaseQuery

PEOPLE = 1_000_000
SEARCH_MS, CONFLICT_MS = 50, 200
ASKING: tuple[Role, ...] = ("liaison", "caseworker", "supervisor")
TIMES = 60
PARTIES = 20


@dataclass(slots=True)
class Line:
    """One kind of question; `budget` in milliseconds of its 95th percentile."""

    name: str
    budget: int | None
    seconds: list[float] = field(default_factory=list[float])


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody signed in, and what they see."""

    role: Role
    session: str
    scope: Scope


async def _askers(database: Database, password: str) -> tuple[list[Asker], Directory]:
    """One person a role, signed in: row-level security, where it stands, is asked as in life."""
    await stand.furnish(database, password)
    askers: list[Asker] = []
    now = datetime.now(UTC)
    async with database.transaction(WORKER) as conn:
        directory = await DirectoryCache().read(conn)
    for role in ASKING:
        account = next(a for a in stand.people_accounts() if a.role == role)
        async with database.transaction(WORKER) as conn:
            if role not in stand.ROLES:
                await accounts.create_account(conn, account.username, account.person, password, now)
            signed_in = await accounts.sign_in(conn, account.username, password, now)
        if signed_in is None:
            raise stand.BenchError(f"{role} could not sign in")
        async with database.transaction(signed_in.token) as conn:
            session = await accounts.session_from(await accounts.ask_session(conn, signed_in.token, now), now, directory)
        if session is None:
            raise stand.BenchError(f"{role} has no session")
        askers.append(Asker(role, signed_in.token, list_scope(session.principal, directory)))
    return askers, directory


def questions(city: City, chance: random.Random) -> Mapping[str, Callable[[], str]]:
    """What people type, by kind."""

    def sound(take: Callable[[Sequence[str]], str]) -> Callable[[], str]:
        return lambda: take(next(readings(chance.choice(city.names))))

    return {
        "whole name": lambda: chance.choice(city.names),
        "surname alone": lambda: chance.choice(city.names)[0],
        "given name": lambda: chance.choice(city.names)[1:],
        "pinyin": sound("".join),
        "pinyin of the surname": sound(lambda said: said[0]),
        "initials": sound(lambda said: "".join(s[0] for s in said)),
        "ID number": lambda: chance.choice(city.numbers),
        "phone": lambda: chance.choice(city.phones),
        "phone tail": lambda: f"{chance.randrange(10_000):04d}",
    }


async def _searches(database: Database, keys: KeyRing, city: City, askers: Sequence[Asker]) -> list[Line]:
    chance = random.Random(7)  # noqa: S311 -- which question comes next
    lines = {name: Line(f"person search: {name}", SEARCH_MS) for name in questions(city, chance)}
    every = Line("person search: all together", SEARCH_MS)
    for turn in range(TIMES + 3):
        for name, ask in questions(city, chance).items():
            for asker in askers:
                query = ask()
                async with database.transaction(asker.session, pipeline=True) as conn:
                    await conn.execute("SELECT 1")
                    started = time.perf_counter()
                    tokens = [token for _, token in tokens_for_query(keys.search, query)]
                    seen = await person_search.bearers(conn, tokens, asker.scope)
                    await person_search.known(conn, seen.subjects, asker.scope)
                    taken = time.perf_counter() - started
                if turn >= 3:
                    lines[name].seconds.append(taken)
                    every.seconds.append(taken)
    return [*lines.values(), every]


async def _case_searches(database: Database, keys: KeyRing, city: City, askers: Sequence[Asker]) -> Line:
    """The list of cases by name, for comparison."""
    chance, line = random.Random(9), Line("`GET /cases?q=` by a whole name", None)  # noqa: S311 -- which question comes next
    for turn in range(TIMES // 3):
        for asker in askers:
            name = chance.choice(city.names)
            tokens = [token for _, token in tokens_for_query(keys.search, name)]
            async with database.transaction(asker.session, pipeline=True) as conn:
                await conn.execute("SELECT 1")
                started = time.perf_counter()
                await search.find(conn, asker.scope, CaseQuery(q=name, tokens=tokens))
                if turn:
                    line.seconds.append(time.perf_counter() - started)
    return line


def _case(city: City, chance: random.Random) -> CaseState:
    """A case of twenty parties whose like are among the city's people: half with numbers, half by name alone."""
    parties = tuple(
        Party(
            name=chance.choice(city.names),
            id_number=chance.choice(city.numbers) if n % 2 else None,
            subject_id=uuid4(),
        )
        for n in range(PARTIES)
    )
    return CaseState(
        case_id=str(UUID(int=chance.getrandbits(128))),
        parties=parties,
        recipients=tuple(Recipient(party_id=n) for n in range(PARTIES // 2)),
        opponents=tuple(range(PARTIES // 2, PARTIES)),
    )


async def _conflicts(database: Database, keys: KeyRing, city: City) -> tuple[Line, float]:
    """As the recorder asks, in a transaction whose plans serve all values; and how many hits a check brings."""
    chance, line, hits = random.Random(11), Line(f"conflict check, {PARTIES} parties", CONFLICT_MS), 0  # noqa: S311 -- who is in it
    for turn in range(TIMES):
        case = _case(city, chance)
        named = marks.kept(keys.search, case.parties)
        async with database.transaction(WORKER, pipeline=True, keyed=True) as conn:
            await conn.execute("SELECT 1")
            started = time.perf_counter()
            found = await conflicts.found(conn, case, named)
            if turn >= 3:
                line.seconds.append(time.perf_counter() - started)
                hits += len(found.hits)
    return line, hits / (TIMES - 3)


async def _measure(engines: Engines, people: int) -> tuple[list[Line], float]:
    os.environ.update(engines.environment())
    keys = KeyRing.open(Settings.from_environment().keys)
    async with Database(engines.app_dsn, size=2, name="bench") as database:
        askers, directory = await _askers(database, secrets.token_urlsafe(16))
        centres = [o.code for o in directory.offices() if o.kind == "centre"]
        outlets = [o.code for o in directory.offices() if directory.centre_of(o.code) and o.kind != "centre"]
        stand.say(f"filling the tables with {people} people")
        began = time.perf_counter()
        city = await asyncio.to_thread(people_data.fill, engines.owner_dsn, keys.search, people, centres, outlets)
        stand.say(f"filled in {time.perf_counter() - began:.0f} s")
        lines = await _searches(database, keys, city, askers)
        lines.append(await _case_searches(database, keys, city, askers))
        checked, hits = await _conflicts(database, keys, city)
        return [*lines, checked], hits


def report(lines: Sequence[Line], hits: float, people: int) -> Report:
    table: list[Sequence[str]] = []
    kept = True
    for line in lines:
        p50, p95 = percentile(line.seconds, 0.5), percentile(line.seconds, 0.95)
        judged = Judged(p95 * 1000, line.budget, "at_most", "ms") if line.budget else None
        kept = kept and (judged is None or judged.kept)
        table.append((line.name, ms(p50), ms(p95), *(judged.cells()[1:] if judged else ("", ""))))
    cases = people // people_data.PER_CASE
    how = (
        f"{people:,} people with names as common as in life, in {cases:,} cases of the example's offices. A liaison, a caseworker and the "
        f"city's supervisor ask in turn, {TIMES} times a kind, with the scope of each in the query. Tokens, the search and what each found "
        f"is in are measured; opening twenty seals is not. A conflict check runs as the recorder's; {hits:.0f} hits on average."
    )
    return Report("People and conflicts", "python -m bench.people", how, (("", "p50", "p95", "budget (p95)", ""), table), kept)


def run(people: int = PEOPLE) -> Report:
    """Measure; some ten minutes for a million people."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(*runner.run(_measure(engines, people)), people)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="People searched and conflicts found among many.")
    parser.add_argument("--people", type=int, default=PEOPLE)
    found = run(parser.parse_args().people)
    print(found.text())
    sys.exit(0 if found.kept else 1)
