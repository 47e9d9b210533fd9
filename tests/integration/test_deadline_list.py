"""The list of time limits read from the real database: nothing lost against the cases, filters, pages that end exactly, the wall."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from domain.access import Scope
from ledger.schema import case_list, clock_list
from ledger.sql import Connection, fetch_all, run
from ledger.store import WORKER
from readmodels import deadlines
from readmodels.deadlines import DeadlineQuery
from readmodels.paging import BadCursor
from tests.house import House, session_of
from tests.integration.desks import Desks
from tests.integration.test_readmodels import undone

EVERYTHING = Scope(everything=True, reaches=(), excluded=frozenset())
NOTHING = Scope(everything=False, reaches=(), excluded=frozenset())
LIMIT = "examine_application"
NOW = datetime(2032, 5, 10, 4, tzinfo=UTC)
FAR = datetime(2032, 4, 1, tzinfo=UTC)
"""From when on no clock is due but those made here."""


def clock(n: int, due: date, state: str = "running", limit: str = LIMIT, end: date | None = None) -> dict[str, Any]:
    return {
        "clock_id": f"list/{n:02}", "kind": "case", "limit_id": limit, "state": state, "unit": "calendar_day",
        "live": state in ("running", "paused", "missed") and end is None, "started_on": date(2032, 4, 1), "due_on": due,
        "due_at": datetime.combine(due, time(15, 59, 59), UTC), "first_due_on": due, "moves": 0, "ended_on": end, "paused_days": 0,
        "confirmed": True, "provisional": False,
    }  # fmt: skip


def may(day: int) -> date:
    return date(2032, 5, day)


CLOCKS = [
    *(clock(n, may(20)) for n in range(8)),
    clock(8, may(4)),
    clock(9, may(5), "missed"),
    clock(10, may(12), limit="decide"),
    clock(11, may(12), "paused"),
    clock(12, may(6), "met", end=may(5)),
    clock(13, may(6), "lapsed", end=may(6)),
]
"""Eight due in the same second, two passed of which one is not marked yet, one of another limit, one paused, two that are over."""


@asynccontextmanager
async def stocked(house: House) -> AsyncIterator[tuple[Connection, list[str]]]:
    """CLOCKS on one case and the first nine of them on another, taken back at the end; the cases' ids."""
    cases = sorted([await house.submit(), await house.submit()])
    async with undone(house) as conn:
        for n, case_id in enumerate(cases):
            for each in CLOCKS[: 9 if n else None]:
                await run(conn, sa.insert(clock_list).values(**each, case_id=case_id, centre=house.centre))
        yield conn, cases


async def found(conn: Connection, cases: list[str], scope: Scope = EVERYTHING, **asked: Any) -> list[tuple[int, int]]:
    """Which case and which of CLOCKS, in the order of the list."""
    page = await deadlines.find(conn, scope, DeadlineQuery(**{"due_from": FAR, "limit": 200} | asked), NOW)
    return [(cases.index(str(row["case_id"])), int(row["clock_id"].partition("/")[2])) for row in page.rows]


FIRST, SECOND = [(0, n) for n in range(8)], [(1, n) for n in range(8)]


async def test_open_limits_come_by_due_moment_then_case_then_clock(house: House) -> None:
    async with stocked(house) as (conn, cases):
        assert await found(conn, cases) == [(0, 8), (1, 8), (0, 9), (0, 10), (0, 11), *FIRST, *SECOND]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"state": "missed"}, [(0, 8), (1, 8), (0, 9)]),
        ({"state": "running"}, [(0, 10), *FIRST, *SECOND]),
        ({"state": "paused"}, [(0, 11)]),
        ({"state": "met"}, [(0, 12)]),
        ({"limit_id": "decide"}, [(0, 10)]),
        ({"limit_id": "no_such_limit"}, []),
        ({"person": "P-NOBODY"}, []),
        ({"office": "ELSEWHERE"}, []),
        ({"due_from": datetime(2032, 5, 11, 16, tzinfo=UTC), "due_before": datetime(2032, 5, 12, 16, tzinfo=UTC)}, [(0, 10), (0, 11)]),
        ({"due_from": datetime(2032, 5, 5, 15, 59, 59, tzinfo=UTC), "due_before": datetime(2032, 5, 12, 15, 59, 59, tzinfo=UTC)}, [(0, 9)]),
    ],
)
async def test_filters_narrow_the_list(house: House, asked: dict[str, Any], expected: list[tuple[int, int]]) -> None:
    """The moments of a window: the first is in it, the last no more."""
    async with stocked(house) as (conn, cases):
        assert await found(conn, cases, **asked) == expected


async def test_a_person_is_the_owner_of_the_case(house: House) -> None:
    async with stocked(house) as (conn, cases):
        await run(conn, sa.update(case_list).where(case_list.c.case_id == cases[1]).values(owner="P-SOMEBODY"))
        assert await found(conn, cases, person="P-SOMEBODY", office=house.centre) == [(1, 8), *SECOND]


@pytest.mark.parametrize("size", [1, 3, 8, 21])
async def test_pages_end_where_the_next_begins_among_limits_of_one_second(house: House, size: int) -> None:
    async with stocked(house) as (conn, cases):
        seen, cursor = list[tuple[str, str]](), None
        for _ in range(30):
            page = await deadlines.find(conn, EVERYTHING, DeadlineQuery(due_from=FAR, cursor=cursor, limit=size), NOW)
            assert len(page.rows) <= size
            seen += [(str(row["case_id"]), row["clock_id"]) for row in page.rows]
            if (cursor := page.next_cursor) is None:
                break
        assert [(cases.index(case), int(each.partition("/")[2])) for case, each in seen] == await found(conn, cases)


async def test_a_row_that_is_answered_between_two_pages_takes_no_other_with_it(house: House) -> None:
    async with stocked(house) as (conn, cases):
        query = DeadlineQuery(due_from=FAR, limit=6)
        first = await deadlines.find(conn, EVERYTHING, query, NOW)
        last = first.rows[-1]
        await run(
            conn,
            sa.update(clock_list)
            .where(clock_list.c.case_id == last["case_id"], clock_list.c.clock_id == last["clock_id"])
            .values(state="met", live=False, ended_on=may(10)),
        )
        await run(conn, sa.delete(clock_list).where(clock_list.c.case_id == cases[0], clock_list.c.clock_id == "list/09"))
        rest = await found(conn, cases, cursor=first.next_cursor)
        assert rest == [*FIRST[1:], *SECOND]
        with pytest.raises(BadCursor):
            await deadlines.find(conn, EVERYTHING, replace(query, cursor="nonsense"), NOW)


async def test_the_list_tells_of_each_clock_what_the_cases_row_tells(house: House) -> None:
    """No limit of a case is lost, none is added: not those of inquiries either."""
    await house.accepted()
    now = datetime.now(UTC)
    async with undone(house) as conn:
        kept = {(str(row["case_id"]), each["id"]): each for row in await fetch_all(conn, sa.select(case_list)) for each in row["clocks"]}
        told: dict[tuple[str, str], dict[str, Any]] = {}
        for state in ("running", "paused", "missed", "met", "met_late", "lapsed", "cancelled"):
            cursor: str | None = None
            while True:
                page = await deadlines.find(conn, EVERYTHING, DeadlineQuery(state=state, cursor=cursor, limit=200), now)
                told |= {(str(row["case_id"]), row["clock_id"]): row for row in page.rows}
                if (cursor := page.next_cursor) is None:
                    break
    assert told.keys() == kept.keys()
    for key, each in kept.items():
        row = told[key]
        assert (row["clock_limit"], row["clock_live"], row["clock_confirmed"]) == (each["limit"], each["live"], each["confirmed"])
        assert (row["clock_due_on"].isoformat(), row["clock_started_on"].isoformat()) == (each["due_on"], each["started_on"])
        assert row["clock_due_at"] == datetime.fromisoformat(each["due_at"])
        assert row["clock_state"] == each["state"] or (row["clock_state"], each["state"]) == ("missed", "running")


async def test_neither_scope_nor_wall_shows_limits_of_another_county(house: House) -> None:
    case_id = await house.submit()
    here = house.directory.office(house.centre)
    assert here is not None
    other = next(o.code for o in house.directory.offices() if o.kind == "centre" and o.county != here.county and o.level == "county")
    query = DeadlineQuery(due_from=datetime.now(UTC), limit=200)
    seen: list[bool] = []
    for scope, session in (
        (EVERYTHING, WORKER),
        (NOTHING, WORKER),
        (EVERYTHING, session_of(house.who("caseworker"))),
        (EVERYTHING, session_of(house.who("caseworker", other))),  # the scope forgot: the wall holds alone
    ):
        async with house.database.transaction(session) as conn:
            cases, cursor = set[str](), None
            while True:
                page = await deadlines.find(conn, scope, replace(query, cursor=cursor), datetime.now(UTC))
                cases |= {str(row["case_id"]) for row in page.rows}
                if (cursor := page.next_cursor) is None:
                    break
        seen.append(case_id in cases)
    assert seen == [True, False, True, False]


async def test_asked_over_http_by_person_limit_and_days(house: House) -> None:
    case_id = await house.submit()
    desks = await Desks.open(house)
    chief = await desks.signed_in("supervisor", office=house.centre)

    async def asked(path: str = "/deadlines", **said: str) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in {"limit": "200", **said}.items())
        answer = await desks.ask(chief, "GET", f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    owner = (await desks.ask(chief, "GET", f"/cases/{case_id}")).json()["owner"]
    (mine,) = [each for each in await asked(person=owner, limit_id=LIMIT) if each["case_id"] == case_id]
    day = date.fromisoformat(mine["due_on"])
    after = (day + timedelta(days=1)).isoformat()
    assert {each["limit"] for each in await asked(person=owner, limit_id=LIMIT)} == {LIMIT}
    assert {each["due_on"] for each in await asked(due_from=mine["due_on"], due_before=after)} == {mine["due_on"]}
    assert case_id not in {each["case_id"] for each in await asked(due_from=after, limit_id=LIMIT)}
    assert await asked(person="P-NOBODY") == []
    load = await asked("/deadlines/load", **{"from": mine["due_on"], "to": mine["due_on"], "limit_id": LIMIT})
    assert load[0]["limits"].keys() == {LIMIT}
    refused = await desks.ask(chief, "GET", "/deadlines?due_from=soon")
    assert [(refused.status_code, each["parameter"]) for each in refused.json()["errors"]] == [(422, "due_from")]
