"""The forecast over the real database: worked out by hand, for a county, its neighbour and the city above them."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from api import views
from ledger.schema import case_list, clock_list
from ledger.sql import run
from ledger.store import WORKER
from tests.house import House
from tests.integration.desks import Desks, Someone, code_of

ADX, YTX, CITY = "C-ADX", "C-YTX", "C-CITY"
LIMIT, HOURS = f"limit-{uuid4().hex[:8]}", f"hours-{uuid4().hex[:8]}"
"""Of these tests alone: the house's own clocks are in none of their figures."""
CASES = {ADX: str(uuid4()), YTX: str(uuid4())}


def clock(centre: str, start: date, *, last: int = 7, ended: int | None = None, state: str = "running", **changes: Any) -> dict[str, Any]:
    """A clock whose last day is its day `last`, and that ended on its day `ended`."""
    due = start + timedelta(days=last)
    return {
        "case_id": CASES[centre], "clock_id": f"{LIMIT}/{uuid4()}", "kind": "case", "limit_id": LIMIT, "state": state,
        "live": state in ("running", "missed", "paused"), "unit": "calendar_day", "started_on": start, "due_on": due,
        "due_at": datetime.combine(due, time(23, 59, 59), views.ZONE), "first_due_on": due, "moves": 0,
        "ended_on": None if ended is None else start + timedelta(days=ended), "paused_days": 0, "confirmed": True, "provisional": False,
        "centre": centre,
    } | changes  # fmt: skip


def clocks(today: date) -> list[dict[str, Any]]:
    def ago(days: int) -> date:
        return today - timedelta(days=days)

    def met(centre: str, ended: int, n: int, state: str = "met", **changes: Any) -> list[dict[str, Any]]:
        return [clock(centre, ago(100), ended=ended, state=state, **changes) for _ in range(n)]

    return [
        *met(ADX, 2, 10),
        *met(ADX, 4, 8),
        *met(ADX, 6, 6),
        *met(ADX, 14, 6, state="met_late", paused_days=5),  # 9 days of their own
        clock(ADX, ago(20), state="missed"),  # watched to the end of its day 19
        clock(ADX, ago(8), last=30, state="paused", paused_since=ago(2), paused_days=1),  # in its day 5, watched to the end of day 4
        # What says nothing of the pace:
        *met(ADX, 30, 5, state="cancelled"),
        *met(ADX, 30, 5, state="lapsed"),
        *(clock(ADX, ago(400), ended=30, state="met") for _ in range(5)),
        # Ahead: in its day 3 with 2 to go, in its day 1 with 6 to go, and one that falls due after the week.
        clock(ADX, ago(3), last=5, owner="P-SOMEBODY"),
        clock(ADX, ago(1), last=7),
        clock(ADX, today, last=8),
        clock(ADX, today, last=1, limit_id=HOURS, unit="hour"),
        # The neighbour's.
        *met(YTX, 1, 5),
        clock(YTX, ago(3), last=5),
    ]


@pytest.fixture
async def desks(house: House) -> AsyncIterator[Desks]:
    """The API over the house with these clocks, which are taken away again."""
    found = await Desks.open(house)
    cases: list[dict[str, Any]] = [
        {
            "case_id": case_id, "version": 1, "stage": "application", "state": "received", "centre": centre, "lawyers": [], "excluded": [],
            "categories": [], "recipient_count": 1, "applicant": {}, "opened_on": found.now, "updated_at": found.now,
            "waiting_for": "caseworker",
        }
        for centre, case_id in CASES.items()
    ]  # fmt: skip
    async with house.owner.transaction(WORKER) as conn:
        for case in cases:
            await run(conn, sa.insert(case_list).values(**case))
        for each in clocks(found.now.astimezone(views.ZONE).date()):
            await run(conn, sa.insert(clock_list).values(**each))
    try:
        yield found
    finally:
        async with house.owner.transaction(WORKER) as conn:
            for table in (clock_list, case_list):
                await run(conn, sa.delete(table).where(table.c.case_id.in_(list(CASES.values()))))


async def forecast(desks: Desks, who: Someone, **asked: Any) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in {"limit": LIMIT, **asked}.items())
    answer = await desks.ask(who, "GET", f"/reports/forecast?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(i["centre"], i["age_days"], i["due_age_days"], i["chance"], i["comparable"], i["basis"]) for i in found["items"]]


SOON = 14 / 22
"""In its day 3 with last day 5: 22 came through day 3 (20 that ended later, two still open), of whom 8 ended on day 4; none on day 5."""
LATER = 23 / 33 * 14 / 22 * 7 / 13
"""In its day 1 with last day 7: 33 came through it (30, two that are open and the one in its day 3); 10 ended on day 2, 8 of 22 on day 4,
6 of 13 on day 6: the one whose pause stopped it in its day 5 was watched no longer."""


async def test_a_county_is_told_by_its_own_pace_the_likeliest_first(desks: Desks) -> None:
    found = await forecast(desks, await desks.signed_in("supervisor", office=ADX))
    assert told(found) == [(ADX, 3, 5, round(SOON, 4), 22, "office"), (ADX, 1, 7, round(LATER, 4), 33, "office")]
    assert found["offices"] == [{"key": ADX, "clocks": 2, "told": 2, "expected": round(SOON + LATER, 2)}]
    assert found["limits"] == [found["offices"][0] | {"key": LIMIT}]
    assert found["total"] == found["offices"][0] | {"key": ""}
    first = found["items"][0]
    assert (first["owner"], first["waiting_for"], first["case_id"]) == ("P-SOMEBODY", "caseworker", CASES[ADX])


async def test_its_neighbour_counts_none_of_them_and_has_too_few_of_its_own(desks: Desks) -> None:
    """Row-level security, not the query alone, keeps the counties apart: the neighbour's five were all met on day 1."""
    found = await forecast(desks, await desks.signed_in("supervisor", office=YTX))
    assert told(found) == [(YTX, 3, 5, None, None, None)]
    assert found["total"] == {"key": "", "clocks": 1, "told": 0, "expected": 0}
    assert (await forecast(desks, await desks.signed_in("supervisor", office=YTX), office=ADX))["items"] == []


async def test_the_city_judges_an_office_with_too_few_by_all_that_it_reaches(desks: Desks) -> None:
    who = await desks.signed_in("supervisor", office=CITY)
    found = await forecast(desks, who)
    assert sorted(told(found)) == sorted([
        (ADX, 3, 5, round(SOON, 4), 22, "office"), (YTX, 3, 5, round(SOON, 4), 22, "reach"), (ADX, 1, 7, round(LATER, 4), 33, "office"),
    ])  # fmt: skip
    assert [(o["key"], o["clocks"]) for o in found["offices"]] == [(ADX, 2), (YTX, 1)]
    narrowed = await forecast(desks, who, office=YTX)
    assert told(narrowed) == [(YTX, 3, 5, round(SOON, 4), 22, "reach")], "the office narrows the list, not the history"
    cut = await forecast(desks, who, most=1)
    assert (len(cut["items"]), cut["total"]) == (1, found["total"])


async def test_the_window_is_what_was_asked_for(desks: Desks) -> None:
    who = await desks.signed_in("supervisor", office=ADX)
    for days, clocks_due in ((1, 0), (2, 1), (6, 2), (8, 3)):
        assert (await forecast(desks, who, days=days))["total"]["clocks"] == clocks_due, days
    assert (await forecast(desks, who, limit=HOURS))["total"]["clocks"] == 0


async def test_working_days_left_are_those_of_the_calendar(desks: Desks) -> None:
    who = await desks.signed_in("supervisor", office=ADX)
    item = (await forecast(desks, who))["items"][1]
    load = (await desks.ask(who, "GET", "/deadlines/load?office=C-ADX")).json()["items"]
    assert item["workdays_left"] == sum(day["workday"] for day in load[1:] if day["day"] <= item["due_on"])


async def test_who_supervises_nothing_is_refused(desks: Desks) -> None:
    answer = await desks.ask(await desks.signed_in("caseworker", office=ADX), "GET", "/reports/forecast")
    assert code_of(answer) == (403, "forbidden")
