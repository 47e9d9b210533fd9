"""The statistics over a few hundred made-up cases: every number against a count by hand, and every link against its list."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pytest
from psycopg import Rollback

from api.figure_filters import first_of, last_of
from ledger.store import WORKER
from readmodels.figures import percentile
from tests.house import House
from tests.integration.made_city import WAYS, Case, City, built, way_of


@pytest.fixture(scope="module")
async def city(house: House) -> AsyncIterator[City]:
    async with built(house) as made:
        yield made


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
    naive = Naive(cases, first_of(found["from"]), last_of(found["to"]), asked.get("kind"))
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
    ways = Counter(way_of(fact) for fact in naive.facts("township"))
    assert {way: circle[way] for way in WAYS} == {way: ways[way] for way in WAYS}
    assert circle["cases"] == ways.total()


def finds(told: Any) -> list[tuple[str, int]]:
    """Every link of an answer with the number it stands for."""
    if isinstance(told, list):
        return [each for item in cast("list[Any]", told) for each in finds(item)]
    if not isinstance(told, dict):
        return []
    held = cast("dict[str, Any]", told)
    inner = [each for name, item in held.items() if name != "find" for each in finds(item)]
    find: Any = held.get("find")
    if isinstance(find, dict):
        return [*inner, *((address, held[name]) for name, address in cast("dict[str, str]", find).items())]
    return [*inner, (str(find), held["cases"])] if find else inner


@pytest.mark.parametrize(("who", "asked"), [ASKED[1], ASKED[5], ASKED[8]])
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
                SELECT c.centre, k.kind, fact, date_trunc('month', day)::date, key, place, days, count(*), sum(amount)::bigint
                FROM case_facts f, LATERAL (VALUES (f.centre), ('*')) c(centre), LATERAL (VALUES (f.kind), ('*')) k(kind)
                GROUP BY 1, 2, 3, 4, 5, 6, 7),
            held AS (SELECT * FROM fact_counts WHERE cases <> 0 OR amount <> 0)
            SELECT count(*) AS wrong FROM ((TABLE wanted EXCEPT TABLE held) UNION ALL (TABLE held EXCEPT TABLE wanted)) x
            """
        )).fetchall()  # fmt: skip
        assert rows[0]["wrong"] == 0
        raise Rollback
