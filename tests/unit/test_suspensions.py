"""The suspension ledger of a clock: each pause with what it took, days that lie under two pauses once in the sum."""

from datetime import date, datetime

from api.views import clock_view
from domain.clocks.suspensions import stood_still, suspensions
from domain.stream import Clock, Pause
from tests.unit.world import RULES

NOW = datetime.fromisoformat("2026-03-20T10:00:00+08:00")
ROW = RULES.limits.rows["examine_application"][0]


def pause(cause: int, closes: str, first: str, last: str | None) -> Pause:
    def at(day: str) -> datetime:
        return datetime.fromisoformat(f"2026-{day}+08:00")

    return Pause(cause=cause, closes=closes, from_at=at(first), to_at=at(last) if last else None)


def clock(*pauses: Pause, unit: str = "calendar_day") -> Clock:
    due_at = datetime.fromisoformat("2026-03-31T23:59:59+08:00")
    return Clock.model_validate({
        "id": "examine_application/1", "limit": "examine_application", "state": "running", "source": "x", "confirmed": False,
        "rule_from": date(2022, 1, 1), "unit": unit, "started_on": date(2026, 3, 2), "due_on": due_at.date(), "due_at": due_at,
        "first_due_on": date(2026, 3, 9), "plan_version": 1, "pauses": pauses,
    })  # fmt: skip


PAPERS = pause(3, "papers_completed", "03-04T09:00:00", "03-10T15:00:00")
AGENCY = pause(5, "verification_recorded", "03-06T23:30:00", "03-12T00:30:00")


def test_overlapping_pauses_each_tell_their_days_and_the_sum_counts_a_day_once() -> None:
    found = suspensions(clock(PAPERS, AGENCY), ROW, RULES.calendar, NOW)
    assert [(s.by, s.first, s.last, s.days) for s in found] == [
        ("supplement_required", date(2026, 3, 5), date(2026, 3, 10), 6),
        ("verification_requested", date(2026, 3, 7), date(2026, 3, 12), 6),
    ]
    assert stood_still((PAPERS, AGENCY), RULES.calendar, NOW) == 8


def test_an_open_pause_tells_its_days_up_to_now() -> None:
    still = pause(7, "papers_completed", "03-18T09:00:00", None)
    (found,) = suspensions(clock(still), ROW, RULES.calendar, NOW)
    assert (found.first, found.last, found.days) == (date(2026, 3, 19), date(2026, 3, 20), 2)
    assert stood_still((PAPERS, still), RULES.calendar, NOW) == 8


def test_a_pause_closed_on_its_own_day_takes_none() -> None:
    (found,) = suspensions(clock(pause(3, "papers_completed", "03-04T09:00:00", "03-04T15:00:00")), ROW, RULES.calendar, NOW)
    assert (found.first, found.days) == (None, 0)


def test_days_are_those_of_shanghai_whatever_the_offset_they_are_kept_in() -> None:
    abroad = PAPERS.model_copy(update={"from_at": datetime.fromisoformat("2026-03-03T17:00:00+00:00")})
    assert stood_still((abroad,), RULES.calendar, NOW) == stood_still((PAPERS,), RULES.calendar, NOW) == 6


def test_the_contract_tells_the_ledger_and_what_was_confirmed_since() -> None:
    shown = clock_view(clock(PAPERS, AGENCY), NOW, RULES)
    assert [(p["by"], p["not_counted"]["days"]) for p in shown["pauses"]] == [("supplement_required", 6), ("verification_requested", 6)]
    assert shown["paused_days"] == 8
    assert shown["confirmed"]
    assert not clock_view(clock(PAPERS), NOW)["confirmed"]
