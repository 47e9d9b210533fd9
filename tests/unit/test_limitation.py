"""Limitations counted as the civil code counts them, and the offer to accept first when under seven days are left."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.command import Refusal
from domain.eligibility.limitation import Ending, Obstacle, after, ending
from ledger import rules

RULES = rules.current()
TODAY = date(2026, 11, 25)


def count(limitation: str, start: date | None, **more: Any) -> Ending:
    row = RULES.limitations.on(limitation, start or TODAY)
    assert row is not None
    return ending(row, RULES.calendar, **{"today": TODAY, "start": start, **more})


def test_every_period_names_its_article_and_awaits_confirmation() -> None:
    rows = [row for versions in RULES.limitations.rows.values() for row in versions]
    assert len(rows) == 13
    assert all(row.source for row in rows)
    assert not any(row.confirmed for row in rows)  # read in no text yet: every answer says so


@pytest.mark.parametrize(
    ("limitation", "start", "ends_on"),
    [
        ("labour_arbitration", date(2025, 12, 1), date(2026, 12, 1)),
        ("labour_pay", date(2026, 3, 10), date(2027, 3, 10)),
        ("sue_after_award", date(2026, 11, 9), date(2026, 11, 24)),
        ("civil", date(2024, 3, 1), date(2027, 3, 1)),
        ("appeal_judgment", date(2026, 11, 10), date(2026, 11, 25)),
        ("appeal_ruling", date(2026, 11, 16), date(2026, 11, 26)),
        ("enforcement", date(2024, 12, 2), date(2026, 12, 2)),
        ("appeal_criminal_judgment", date(2026, 11, 17), date(2026, 11, 27)),
        ("appeal_criminal_ruling", date(2026, 11, 20), date(2026, 11, 25)),
        ("administrative_suit", date(2026, 6, 1), date(2026, 12, 1)),
        ("reconsideration", date(2026, 10, 9), date(2026, 12, 8)),
        ("work_injury_recognition", date(2025, 12, 1), date(2026, 12, 1)),
        ("state_compensation", date(2024, 12, 2), date(2026, 12, 2)),
    ],
)
def test_each_period_ends_on_the_day_worked_out_by_hand(limitation: str, start: date, ends_on: date) -> None:
    assert count(limitation, start).ends_on == ends_on


@pytest.mark.parametrize(
    ("start", "n", "unit", "last"),
    [
        (date(2026, 1, 31), 1, "month", date(2026, 2, 28)),
        (date(2024, 1, 31), 1, "month", date(2024, 2, 29)),
        (date(2024, 2, 29), 1, "year", date(2025, 2, 28)),
        (date(2024, 2, 29), 4, "year", date(2028, 2, 29)),
        (date(2026, 12, 31), 6, "month", date(2027, 6, 30)),
        (date(2026, 8, 31), 6, "month", date(2027, 2, 28)),
        (date(2026, 12, 20), 15, "day", date(2027, 1, 4)),
    ],
)
def test_months_and_years_end_on_the_day_of_the_same_number_or_the_months_last(start: date, n: int, unit: Any, last: date) -> None:
    assert after(start, n, unit) == last


@given(st.dates(date(1990, 1, 1), date(2080, 1, 1)), st.integers(1, 20))
def test_a_period_of_years_never_ends_in_another_month(start: date, n: int) -> None:
    last = after(start, n, "year")
    assert (last.year, last.month) == (start.year + n, start.month)
    assert start.day - last.day in (0, 1)


def test_an_end_on_a_day_off_moves_to_the_next_working_day_and_says_so() -> None:
    found = count("appeal_judgment", date(2026, 11, 13))  # 15 days later is Saturday 28 November
    assert found.ends_on == date(2026, 11, 30)
    assert [step.name for step in found.steps] == ["starts", "rolled", "ends"]


def test_what_interrupts_it_lets_it_run_anew_from_that_day() -> None:
    found = count("labour_arbitration", date(2025, 1, 15), interrupted=(date(2025, 12, 8), date(2025, 6, 2)))
    assert found.ends_on == date(2026, 12, 8)
    assert [step.name for step in found.steps] == ["starts", "anew", "anew", "ends"]


def test_it_cannot_be_interrupted_once_it_is_over() -> None:
    with pytest.raises(Refusal) as refused:
        count("labour_arbitration", date(2024, 1, 15), interrupted=(date(2025, 3, 3),))
    assert refused.value.code == "interrupted_too_late"


def test_an_obstacle_in_the_last_six_months_gives_six_months_from_its_end() -> None:
    found = count("civil", date(2024, 3, 1), obstacles=(Obstacle(date(2026, 12, 1), date(2027, 2, 1)),))
    assert found.ends_on == date(2027, 8, 2)  # 1 August 2027 is a Sunday


def test_an_obstacle_before_the_last_six_months_changes_nothing() -> None:
    assert count("civil", date(2024, 3, 1), obstacles=(Obstacle(date(2025, 1, 1), date(2025, 3, 1)),)).ends_on == date(2027, 3, 1)


def test_for_labour_the_days_of_the_obstacle_are_not_counted() -> None:
    found = count("labour_arbitration", date(2025, 12, 1), obstacles=(Obstacle(date(2026, 3, 1), date(2026, 3, 10)),))
    assert found.ends_on == date(2026, 12, 11)


def test_overlapping_obstacles_count_once() -> None:
    obstacles = (Obstacle(date(2026, 3, 1), date(2026, 3, 10)), Obstacle(date(2026, 3, 5), date(2026, 3, 10)))
    assert count("labour_arbitration", date(2025, 12, 1), obstacles=obstacles).ends_on == date(2026, 12, 11)


def test_twenty_years_are_the_end_whatever_interrupted_it() -> None:
    found = count("civil", date(2026, 1, 5), since=date(2007, 3, 1), interrupted=(date(2026, 5, 6),))
    assert found.ends_on == date(2027, 3, 1)
    assert "at_most" in [step.name for step in found.steps]


def test_for_wages_nothing_runs_while_the_employment_lasts() -> None:
    found = count("labour_pay", None, still_running=True)
    assert (found.ends_on, found.urgent, found.steps[0].name) == (None, False, "not_running")


@pytest.mark.parametrize(
    ("limitation", "more", "code"),
    [
        ("appeal_judgment", {"interrupted": (date(2026, 11, 20),)}, "limitation_not_interruptible"),
        ("appeal_judgment", {"obstacles": (Obstacle(date(2026, 11, 20), date(2026, 11, 21)),)}, "limitation_not_suspendible"),
        ("civil", {"still_running": True}, "limitation_does_not_wait"),
        ("civil", {"start": None}, "limitation_start_required"),
        ("civil", {"interrupted": (date(2026, 1, 1),)}, "date_before_start"),
        ("civil", {"obstacles": (Obstacle(date(2026, 12, 2), date(2026, 12, 1)),)}, "date_before_start"),
    ],
)
def test_what_the_period_does_not_know_is_refused(limitation: str, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        count(limitation, **{"start": date(2026, 11, 10), **more})
    assert (refused.value.code, refused.value.status) == (code, 422)


@pytest.mark.parametrize(("left", "urgent"), [(-1, False), (0, True), (6, True), (7, False)])
def test_under_seven_days_and_not_over_is_urgent(left: int, urgent: bool) -> None:
    ends_on = date(2026, 12, 1)
    found = count("labour_arbitration", date(2025, 12, 1), today=ends_on - timedelta(days=left))
    assert (found.ends_on, found.days_left, found.urgent) == (ends_on, left, urgent)
