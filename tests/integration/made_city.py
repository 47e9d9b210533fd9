"""A city of made-up cases in a database of its own: list rows and facts by chance, people who watch over them, and the interface."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import httpx
import sqlalchemy as sa

from domain.access import Principal, list_scope
from domain.command import Actor
from domain.directory import CaseScope, Directory, Township
from domain.directory.places import TownshipSet
from ledger.directory import DirectoryCache, extend
from ledger.schema import case_facts, case_list
from ledger.sql import run
from ledger.store import WORKER
from ops.example.directory import directory_events
from tests.house import House
from tests.integration.desks import LONG_AGO, Desks, Someone
from tests.ledgers import Ledger, database_of_its_own, opened
from tests.walks import case_id, dice

CENTRES = ("C-CITY", "C-ADX", "C-YTX")
OUTLETS: Mapping[str, str] = {"C-CITY": "DS-CITY-UNION", "C-ADX": "W-ADX-NGY", "C-YTX": "W-YTX-BAISHA"}
KINDS, CHANNELS = ("civil", "criminal", "unknown"), ("walk_in", "hotline", "web")
GROUPS = ("migrant_worker", "elderly", "minor")
WALLED = "P-WALLED"
COUNT = 240


def _town(n: int) -> Township:
    """A township of Anding county; every fourth is a town, every ninth was never measured."""
    minutes = {} if n % 9 == 8 else {"W-ADX-NGY": 12 + n * 11 % 55, "C-ADX": 25 + n * 17 % 60}
    names = ("凤翔", "鲁家沟", "称钩驿", "巉口", "宁远", "李家堡", "团结", "香泉", "符家川", "葛家岔", "白碌", "石峡湾", "新集", "青岚山")
    return Township(
        code=f"T-ADX-{n:02}", name=f"{names[n]}镇", name_en=f"Town number {n}", county="ADX", residence="rural" if n % 4 else "urban",
        minutes=minutes,
    )  # fmt: skip


TOWNS = (
    *map(_town, range(14)),
    Township(code="T-YTX", name="白沙镇", name_en="Baisha", county="YTX", residence="rural", minutes={"W-YTX-BAISHA": 40}),
    Township(code="T-CITY", name="东街", name_en="East Street", county="CITY", residence="urban", minutes={"C-CITY": 25, "C-ADX": 90}),
)
WAYS = ("within", "beyond", "unmeasured")
LIMITS = {"urban": 30, "rural": 60}


def way_of(fact: Mapping[str, Any]) -> str:
    """Whether a made-up case's way is within the circle, worked out by hand."""
    town = next((town for town in TOWNS if town.code == fact["key"]), None)
    minutes = town.minutes.get(fact["place"]) if town else None
    return "unmeasured" if town is None or minutes is None else "within" if minutes <= LIMITS[town.residence] else "beyond"


class Case(NamedTuple):
    """A made-up case: its list row, and its facts."""

    row: dict[str, Any]
    facts: list[dict[str, Any]]

    @property
    def scope(self) -> CaseScope:
        return CaseScope(centre=self.row["centre"], outlet=self.row["outlet"], excluded=frozenset(self.row["excluded"]))


def made(n: int, walled: str) -> Case:
    """One of the cases, by chance; some stand with the outlet of another centre, some behind a wall."""
    chance = dice(n)
    centre = chance.choice(CENTRES)
    outlet = chance.choice((None, OUTLETS[centre], OUTLETS[centre], OUTLETS[chance.choice(CENTRES)]))
    opened = date(2026, 1, 1) + timedelta(chance.randrange(-60, 400))
    row = {
        "case_id": case_id(n), "version": 1, "stage": "application", "state": "received", "centre": centre, "outlet": outlet,
        "categories": [], "recipient_count": 1, "applicant": {"name": "王某"}, "opened_on": opened, "clocks": [], "lawyers": [],
        "excluded": chance.choice(([], [], [], [], [walled], [WALLED])),
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(50)),
    }  # fmt: skip
    base = {"case_id": case_id(n), "centre": centre, "kind": chance.choice(KINDS), "key": "", "place": "", "days": 0, "amount": 0}
    town = chance.choice((*(t.code for t in TOWNS), "unknown"))
    facts: list[dict[str, Any]] = [
        {"fact": "kind", "key": base["kind"], "day": opened, "amount": chance.randrange(1, 9)},
        {"fact": "channel", "key": chance.choice(CHANNELS), "day": opened},
        {"fact": "township", "key": town, "day": opened, "place": "" if town == "unknown" else outlet or centre},
        *({"fact": "category", "key": key, "day": opened} for key in chance.sample(GROUPS, chance.randrange(1, 3))),
    ]
    days = chance.randrange(40)
    if chance.random() < 0.7:
        result = chance.choice(("granted", "refused", "accepted_first"))
        facts.append({"fact": "decision", "key": result, "day": opened + timedelta(days), "days": days})
        if result == "accepted_first":
            facts.append({"fact": "accept_first", "key": chance.choice(("confirmed", "confirmed_late", "papers_owed")), "day": opened})
    if chance.random() < 0.5:
        facts.append({"fact": "assignment", "day": opened + timedelta(days + 3), "days": days + 3})
        facts.append({"fact": "outcome", "key": "won", "day": opened + timedelta(90)})
        facts.append({"fact": "money", "key": "recovered", "day": opened + timedelta(90), "amount": chance.randrange(10**9)})
        facts.append({"fact": "subsidy", "day": opened + timedelta(120), "amount": 150_000})
    return Case(row, [base | fact for fact in facts])


@dataclass
class City:
    """The cases in a database of their own, and the interface over it."""

    own: Ledger
    desks: Desks
    directory: Directory
    cases: list[Case]
    people: dict[str, Someone]
    http: httpx.AsyncClient

    def reached(self, who: str) -> list[Case]:
        """The cases that the person watches over, by the rules of access and not by any query."""
        role, _, office = who.partition(" ")
        principal = Principal("x", self.people[who].person, ((role, office.partition("/")[0]),))  # pyright: ignore[reportArgumentType]
        scope = list_scope(principal, self.directory)
        return [case for case in self.cases if scope.covers(case.scope)]

    async def ask(self, who: str, path: str, **params: Any) -> Any:
        answer = await self.http.get(path, headers=self.people[who].headers, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def listed(self, who: str, find: str) -> set[str]:
        """The ids of the list's every page; none is there twice."""
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.ask(who, "/cases", **dict(parse_qsl(find)), limit=200, **cursor)
            found += [item["case_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                assert len(found) == len(set(found))
                return set(found)
            cursor = {"cursor": page["next_cursor"]}


PEOPLE = (
    "supervisor B-CITY", "supervisor B-CITY/walled", "supervisor C-ADX", "supervisor W-ADX-NGY", "approver C-YTX", "bureau_officer B-ADX",
    "auditor B-CITY",
)  # fmt: skip


@asynccontextmanager
async def built(house: House) -> AsyncGenerator[City]:
    """The city, for as long as it is looked at."""
    async with AsyncExitStack() as stack:
        at = stack.enter_context(database_of_its_own(house.engines))
        own = await stack.enter_async_context(opened(at))
        clerk = Actor("system", "system_administrator", "system")
        towns = [TownshipSet(since=LONG_AGO, township=town) for town in TOWNS]
        await extend(own.database, [*directory_events(), *towns], actor=clerk, now=datetime.now(UTC), command_id="directory")
        desks = await Desks.open(replace(house, database=own.database))
        people: dict[str, Someone] = {}
        for who in PEOPLE:
            role, _, office = who.partition(" ")
            people[who] = await desks.signed_in(role, office=office.partition("/")[0])  # pyright: ignore[reportArgumentType]
        cases = [made(n, people["supervisor B-CITY/walled"].person) for n in range(COUNT)]
        async with own.database.transaction(WORKER) as conn:
            directory = await DirectoryCache().read(conn)
            for case in cases:
                await run(conn, sa.insert(case_list).values(case.row))
                for fact in case.facts:
                    await run(conn, sa.insert(case_facts).values(fact))
        http = await stack.enter_async_context(desks.client())
        yield City(own, desks, directory, cases, people, http)
