"""The working-day calendar of the State Council's notices."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from domain.clocks.calendar import Calendar
from ledger import rules

CALENDAR = rules.current().calendar


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 2, 4), date(2024, 2, 18), date(2024, 4, 7), date(2024, 4, 28), date(2024, 5, 11), date(2024, 9, 14), date(2024, 9, 29),
        date(2024, 10, 12), date(2025, 1, 26), date(2025, 2, 8), date(2025, 4, 27), date(2025, 9, 28), date(2025, 10, 11),
        date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10),
    ],
    ids=str,
)  # fmt: skip
def test_a_make_up_saturday_or_sunday_is_a_working_day(day: date) -> None:
    assert day.weekday() >= 5
    assert CALENDAR.is_workday(day)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2024, 2, 10), date(2024, 2, 17)),
        (date(2024, 10, 1), date(2024, 10, 7)),
        (date(2025, 1, 28), date(2025, 2, 4)),
        (date(2025, 10, 1), date(2025, 10, 8)),
        (date(2026, 2, 15), date(2026, 2, 23)),
        (date(2026, 10, 1), date(2026, 10, 7)),
    ],
    ids=str,
)
def test_a_festival_is_off_from_its_first_day_to_its_last(first: date, last: date) -> None:
    days = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
    assert not any(CALENDAR.is_workday(day) for day in days)
    assert CALENDAR.roll(first) == date.fromordinal(last.toordinal() + 1)


def test_a_working_day_rolls_nowhere() -> None:
    assert CALENDAR.roll(date(2026, 3, 2)) == date(2026, 3, 2)


def test_working_days_are_stepped_over_days_off_both_ways() -> None:
    assert CALENDAR.next_workday(date(2026, 2, 14)) == date(2026, 2, 24)
    assert CALENDAR.previous_workday(date(2026, 2, 24)) == date(2026, 2, 14)
    assert CALENDAR.add_workdays(date(2026, 2, 13), 3) == date(2026, 2, 25)


def test_a_day_off_says_why() -> None:
    assert CALENDAR.why_off(date(2026, 3, 7)) == ("weekend", None)
    assert CALENDAR.why_off(date(2026, 2, 17)) == ("holiday", "春节")


def test_a_year_not_announced_is_provisional() -> None:
    assert not CALENDAR.provisional(date(CALENDAR.announced_until, 12, 31))
    assert CALENDAR.provisional(date(CALENDAR.announced_until + 1, 1, 1))


def test_an_offices_own_corrections_go_before_the_notice() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    ours = Calendar(zone, {date(2026, 3, 3): "停电"}, frozenset({date(2026, 3, 7)}), 2026)
    assert not ours.is_workday(date(2026, 3, 3))
    assert ours.is_workday(date(2026, 3, 7))


def test_a_last_day_ends_at_24_hours_or_at_the_close_of_business() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    hours = Calendar(zone, {}, frozenset(), 2026, closes_at=time(17, 30))
    assert CALENDAR.end_of(date(2026, 3, 9)).isoformat() == "2026-03-09T23:59:59+08:00"
    assert hours.end_of(date(2026, 3, 9), handed_in=True).isoformat() == "2026-03-09T17:30:00+08:00"
    assert hours.end_of(date(2026, 3, 9)).isoformat() == "2026-03-09T23:59:59+08:00"
