"""The statistics over a few hundred made-up cases: every number against a count by hand, and every link against its list."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import httpx
import pytest
import sqlalchemy as sa
from psycopg import Rollback

from api.figure_filters import Counted
from domain.access import Principal, list_scope
from domain.command import Actor
from domain.directory import CaseScope, Directory, Township
from domain.directory.places import TownshipSet
from ledger.directory import DirectoryCache, extend
from ledger.schema import case_facts, case_list
from ledger.sql import run
from ledger.store import WORKER
from ops.example.directory import directory_events
from readmodels.figures import percentile
from tests.house import House
from tests.integration.desks import LONG_AGO, Desks, Someone
from tests.ledgers import Ledger, database_of_its_own, opened
from tests.walks import case_id, dice

CENTRES = ("C-CITY", "C-ADX", "C-YTX")
OUTLETS: Mapping[str, str] = {"C-CITY": "DS-CITY-UNION", "C-ADX": "W-ADX-NGY", "C-YTX": "W-YTX-BAISHA"}
KINDS, CHANNELS = ("civil", "criminal", "unknown"), ("walk_in", "hotline", "web")
GROUPS = ("migrant_worker", "elderly", "minor")
WALLED = "P-WALLED"
TOWNS = (
    Township(code="T-ADX", name="内官营镇", name_en="Neiguanying", county="ADX", residence="rural", minutes={"C-ADX": 70, "W-ADX-NGY": 35}),
    Township(code="T-YTX", name="白沙镇", name_en="Baisha", county="YTX", residence="rural", minutes={"W-YTX-BAISHA": 40}),
    Township(code="T-CITY", name="东街", name_en="East Street", county="CITY", residence="urban", minutes={"C-CITY": 25, "C-ADX": 90}),
)
WITHIN = {("T-ADX", "W-ADX-NGY"), ("T-YTX", "W-YTX-BAISHA"), ("T-CITY", "C-CITY")}
BEYOND = {("T-ADX", "C-ADX"), ("T-CITY", "C-ADX")}


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


@pytest.fixture(scope="module")
async def city(house: House) -> AsyncIterator[City]:
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
        cases = [made(n, people["supervisor B-CITY/walled"].person) for n in range(400)]
        async with own.database.transaction(WORKER) as conn:
            directory = await DirectoryCache().read(conn)
            for case in cases:
                await run(conn, sa.insert(case_list).values(case.row))
                for fact in case.facts:
                    await run(conn, sa.insert(case_facts).values(fact))
        http = await stack.enter_async_context(desks.client())
        yield City(own, desks, directory, cases, people, http)


@dataclass(frozen=True)
class Naive:
    """A count by hand over the cases reached."""

    cases: Sequence[Case]
    first: date
    last: date
    kind: str | None

    def facts(self, fact: str, test: Callable[[dict[str, Any]], bool] = lambda _: True) -> list[dict[str, Any]]:
        return [
            f for case in self.cases for f in case.facts
            if f["fact"] == fact and self.first <= f["day"] <= self.last and self.kind in (None, f["kind"]) and test(f)
        ]  # fmt: skip

    def keys(self, fact: str) -> dict[str, tuple[int, int]]:
        cases, amounts = Counter[str](), Counter[str]()
        for found in self.facts(fact):
            cases[found["key"]] += 1
            amounts[found["key"]] += found["amount"]
        return {key: (cases[key], amounts[key]) for key in cases}


def by_key(items: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    return {item["key"]: (item["cases"], item["amount"]) for item in items}


ASKED: Sequence[tuple[str, dict[str, str]]] = (
    ("supervisor B-CITY", {}),
    ("supervisor B-CITY", {"from": "2026-03", "to": "2026-05", "kind": "civil"}),
    ("supervisor B-CITY", {"office": "C-ADX"}),
    ("supervisor B-CITY", {"office": "B-YTX", "from": "2025-11", "to": "2027-02"}),
    ("supervisor B-CITY", {"office": "W-ADX-NGY"}),
    ("supervisor B-CITY/walled", {}),
    ("supervisor C-ADX", {}),
    ("supervisor C-ADX", {"office": "C-YTX"}),
    ("supervisor C-ADX", {"office": "W-ADX-NGY"}),
    ("supervisor W-ADX-NGY", {"kind": "criminal"}),
    ("approver C-YTX", {"from": "2026-02"}),
    ("bureau_officer B-ADX", {}),
    ("auditor B-CITY", {"to": "2026-06"}),
)


@pytest.mark.parametrize(("who", "asked"), ASKED)
async def test_every_number_is_that_of_a_count_by_hand(city: City, who: str, asked: dict[str, str]) -> None:
    found = await city.ask(who, "/reports/figures", **asked)
    cases = city.reached(who)
    if office := asked.get("office"):
        below = city.directory.below(office)
        cases = [case for case in cases if not below.isdisjoint((case.row["centre"], case.row["outlet"]))]
    counted = Counted("kind", first=found["from"], last=found["to"]).of(city.directory, city.desks.services.rules().policy.circle)
    assert counted.first is not None
    assert counted.last is not None
    naive = Naive(cases, counted.first, counted.last, asked.get("kind"))
    for name, fact in (("kinds", "kind"), ("channels", "channel"), ("categories", "category"), ("outcomes", "outcome"), ("money", "money")):
        assert by_key(found[name]) == naive.keys(fact), name
    assert found["total"]["cases"] == len(naive.facts("kind"))
    assert (found["subsidies"]["cases"], found["subsidies"]["amount"]) == naive.keys("subsidy").get("", (0, 0))
    centres = Counter(fact["centre"] for fact in naive.facts("kind"))
    assert {item["key"]: item["cases"] for item in found["offices"]} == centres
    months = Counter(fact["day"].isoformat()[:7] for fact in naive.facts("decision"))
    assert {item["key"]: item["decided"] for item in found["months"] if item["decided"]} == months
    for name in ("decision", "assignment"):
        days = Counter(fact["days"] for fact in naive.facts(name))
        assert (found[name]["median_days"], found[name]["p90_days"]) == (percentile(days, 0.5), percentile(days, 0.9))
        assert sum(each["cases"] for each in found[name]["bins"]) == days.total()
    assert by_key(found["accept_first"]["states"]) == naive.keys("accept_first")
    circle = found["circle"]["total"]
    ways = [(fact["key"], fact["place"]) for fact in naive.facts("township")]
    assert (circle["within"], circle["beyond"]) == (sum(w in WITHIN for w in ways), sum(w in BEYOND for w in ways))
    assert circle["cases"] == len(ways)


def finds(told: Any) -> list[tuple[str, int]]:
    """Every link of an answer with the number it stands for."""
    if isinstance(told, list):
        return [each for item in told for each in finds(item)]
    if not isinstance(told, dict):
        return []
    inner = [each for name, item in told.items() if name != "find" for each in finds(item)]
    find = told.get("find")
    if isinstance(find, dict):
        return [*inner, *((address, told[name]) for name, address in find.items())]
    return [*inner, (find, told["cases"])] if find else inner


@pytest.mark.parametrize(("who", "asked"), [ASKED[1], ASKED[3], ASKED[5], ASKED[6], ASKED[9]])
async def test_every_link_lists_exactly_the_cases_of_its_number(city: City, who: str, asked: dict[str, str]) -> None:
    found = await city.ask(who, "/reports/figures", **asked)
    links = finds(found)
    assert len(links) > 40
    reached = {case.row["case_id"] for case in city.reached(who)}
    for find, number in links:
        listed = await city.listed(who, find)
        assert len(listed) == number, find
        assert listed <= reached, find


async def test_nothing_is_told_of_another_countys_cases(city: City) -> None:
    """By the figures and by the list, also where somebody asks for it outright."""
    who = "supervisor C-ADX"
    mine = {case.row["case_id"] for case in city.reached(who)}
    others = {case.row["case_id"] for case in city.cases} - mine
    assert others
    assert await city.listed(who, "fact=kind") == mine
    theirs = await city.listed(who, "fact=kind&fact_office=C-YTX")
    assert theirs == {c.row["case_id"] for c in city.reached(who) if c.row["centre"] == "C-YTX" or c.row["outlet"] == "W-YTX-BAISHA"}


async def test_it_is_for_those_who_watch_over_cases(city: City) -> None:
    clerk = await city.desks.signed_in("caseworker", office="C-ADX")
    for path in ("/reports/figures", "/cases?fact=kind"):
        answer = await city.desks.ask(clerk, "GET", path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("asked", [{"from": "2026-13"}, {"from": "2026-05", "to": "2026-04"}])
async def test_months_that_are_none_or_run_backwards_are_refused(city: City, asked: dict[str, str]) -> None:
    answer = await city.http.get("/reports/figures", headers=city.people["auditor B-CITY"].headers, params=asked)
    assert answer.status_code == 422


async def test_the_counts_follow_whatever_is_done_to_the_facts(city: City) -> None:
    """Rows changed, moved to another month or centre, taken out and put in: the counts are those of the rows."""
    async with city.own.owner.transaction(WORKER) as conn:
        await conn.execute("UPDATE case_facts SET key = 'web' WHERE fact = 'channel' AND key = 'hotline' AND day < '2026-05-01'")
        await conn.execute(
            "UPDATE case_facts SET day = day + 45, centre = 'C-YTX', amount = amount + 1 WHERE fact = 'kind' AND kind = 'civil'"
        )
        await conn.execute("DELETE FROM case_facts WHERE fact = 'category' AND key = 'minor'")
        await conn.execute(
            "INSERT INTO case_facts SELECT case_id, 'category', 'veteran', day, centre, kind, place, days, 7"
            " FROM case_facts WHERE fact = 'kind'"
        )
        rows = await (await conn.execute(
            """
            WITH wanted AS (
                SELECT c.centre, date_trunc('month', day)::date, fact, kind, key, place, days, count(*), sum(amount)::bigint
                FROM case_facts f, LATERAL (VALUES (f.centre), ('*')) c(centre) GROUP BY 1, 2, 3, 4, 5, 6, 7),
            held AS (SELECT * FROM fact_counts WHERE cases <> 0 OR amount <> 0)
            SELECT count(*) AS wrong FROM ((TABLE wanted EXCEPT TABLE held) UNION ALL (TABLE held EXCEPT TABLE wanted)) x
            """
        )).fetchall()  # fmt: skip
        assert rows[0]["wrong"] == 0
        raise Rollback
