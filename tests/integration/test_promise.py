"""The service promise counted by the real database: shares, days with and without pauses, and whose clocks are in whose report."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from api.promise import line
from domain.access import Scope
from ledger.schema import clock_list
from ledger.sql import Row, run
from readmodels import promise
from readmodels.promise import GroupBy
from tests.house import House
from tests.integration.test_readmodels import undone

LIMIT = "examine_application"
FIRST, LAST, NOW = date(2031, 1, 1), date(2031, 12, 31), datetime(2031, 6, 20, tzinfo=UTC)
NOTHING = Scope(everything=False, reaches=(), excluded=frozenset())
EVERYTHING = Scope(everything=True, reaches=(), excluded=frozenset())


def clock(n: int, state: str, start: date, due: date, end: date | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "clock_id": f"promise/{n}", "kind": "case", "limit_id": LIMIT, "state": state, "live": end is None, "unit": "calendar_day",
        "started_on": start, "due_on": due, "due_at": datetime.combine(due, time(16), UTC), "first_due_on": due, "moves": 0,
        "ended_on": end, "paused_days": 0, "confirmed": True, "provisional": False,
    } | changes  # fmt: skip


def may(day: int) -> date:
    return date(2031, 5, day)


CLOCKS = [
    *(clock(n, "met", may(1), may(20), may(1 + days)) for n, days in enumerate((2, 4, 6, 8))),
    clock(4, "met_late", may(1), may(10), may(21), paused_days=10),
    clock(5, "running", may(1), date(2031, 6, 3)),
    clock(6, "missed", may(1), may(4)),
    clock(7, "running", may(1), date(2031, 6, 30)),
    clock(8, "paused", may(1), may(4)),
    clock(9, "cancelled", may(1), may(9), may(3)),
    clock(10, "lapsed", may(1), may(9), may(9)),
]
"""Five answered in May, one that fell due in May and one in June unanswered; one not due yet, one paused, two that count in no share."""


async def report(house: House, scope: Scope = EVERYTHING, by: GroupBy | None = None, **asked: Any) -> list[Row]:
    """The report over CLOCKS of one case, which are taken back."""
    case_id = await house.submit()
    async with undone(house) as conn:
        for each in CLOCKS:
            await run(conn, sa.insert(clock_list).values(**each, case_id=case_id, centre=house.centre))
        return await promise.counted(conn, scope, asked.pop("first", FIRST), asked.pop("last", LAST), NOW, by=by, **asked)


COUNTS = ("met", "met_late", "missed", "cancelled", "lapsed")


def counts(row: Row) -> tuple[int, ...]:
    return tuple(row[name] for name in COUNTS)


async def test_every_clock_of_the_year_is_counted_once_and_by_what_became_of_it(house: House) -> None:
    assert [counts(row) for row in await report(house)] == [(4, 1, 2, 1, 1)]


async def test_days_are_told_with_and_without_pauses(house: House) -> None:
    """Worked by hand: 2, 4, 6, 8 and 20 days, of the last of which 10 were paused; the 90th of a hundred lies 0.6 between 4th and 5th."""
    (row,) = await report(house)
    assert (row["median_days"], row["p90_days"]) == (6, pytest.approx(9.2))
    assert (row["median_calendar_days"], row["p90_calendar_days"]) == (6, pytest.approx(8 + 0.6 * 12))


async def test_a_clock_belongs_to_the_month_in_which_it_ended_or_fell_due(house: House) -> None:
    found = [(row["key"], counts(row)) for row in await report(house, by="month")]
    assert found == [
        ("2031-05", (4, 1, 1, 1, 1)),
        ("2031-06", (0, 0, 1, 0, 0)),
    ]


@pytest.mark.parametrize(("by", "key"), [("office", None), ("limit", LIMIT)])
async def test_it_is_told_by_office_and_by_limit(house: House, by: GroupBy, key: str | None) -> None:
    assert [(row["key"], row["met"]) for row in await report(house, by=by)] == [(key or house.centre, 4)]


async def test_first_and_last_day_of_a_period_are_in_it(house: House) -> None:
    assert [counts(row) for row in await report(house, first=may(5), last=may(7))] == [(2, 0, 0, 0, 0)]


async def test_office_and_limit_narrow_it(house: House) -> None:
    assert (await report(house, office=house.centre))[0]["met"] == 4
    assert (await report(house, office="ELSEWHERE"))[0]["met"] == 0
    assert (await report(house, limit="decide"))[0]["met"] == 0


async def test_whoever_reaches_nothing_is_told_of_nothing(house: House) -> None:
    (row,) = await report(house, NOTHING)
    assert counts(row) == (0, 0, 0, 0, 0)
    assert row["median_days"] is None
    assert await report(house, NOTHING, by="office") == []


async def test_an_empty_share_is_no_number(house: House) -> None:
    assert line((await report(house, first=FIRST, last=FIRST + timedelta(days=1)))[0])["share"] is None
    assert line((await report(house))[0])["share"] == pytest.approx(4 / 7, abs=1e-4)
