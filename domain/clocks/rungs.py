"""Reminder ladders: which rungs a clock climbs, and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.clocks.calendar import END_OF_DAY, SECOND, Calendar
from domain.clocks.due import Due, Interval, running_time, shifted
from domain.clocks.limits import Limit, Step
from domain.stream import Rung


def rungs(
    ladder: Sequence[Step], limit: Limit, planned: Due, *, begin: datetime, pauses: Sequence[Interval], calendar: Calendar, now: datetime
) -> tuple[Rung, ...]:
    """The rungs still ahead, in the order of their moments: one whose moment is past at `now` is skipped, so that what was typed late
    brings no flood of messages.
    """
    return tuple(rung for rung in climb(ladder, limit, planned, begin=begin, pauses=pauses, calendar=calendar) if rung.at > now)


def climb(
    ladder: Sequence[Step], limit: Limit, planned: Due, *, begin: datetime, pauses: Sequence[Interval], calendar: Calendar
) -> tuple[Rung, ...]:
    """All rungs of a plan, in the order of their moments.

    `begin` is the moment the clock began to run (for limits in days the midnight after the start day). A rung before it is skipped.
    Rungs counted back in days need two days.
    """
    short = (planned.due_on - (begin - SECOND).date()).days < 2
    steps = (step for step in ladder if not (short and step.base == "before" and step.unit == "working_day"))
    found = (Rung(n=s.n, at=_moment(s, begin, planned, pauses, calendar), to=_reached(s, limit), kind=s.kind) for s in steps)
    return tuple(sorted((rung for rung in found if rung.at >= begin), key=lambda rung: (rung.at, rung.n)))


def _reached(step: Step, limit: Limit) -> tuple[str, ...]:
    if not limit.to:
        return step.to
    return tuple(dict.fromkeys(who for name in step.to for who in (limit.to if name == "owner" else (name,))))


def _moment(step: Step, begin: datetime, planned: Due, pauses: Sequence[Interval], calendar: Calendar) -> datetime:
    """When a step is reached; `missed` is the second after the last one that still was in time."""
    over = planned.due_at + SECOND
    match step.base:
        case "share":
            used = running_time(begin, over, pauses) * (100 - step.amount) // 100
            return shifted(begin, used, pauses).replace(microsecond=0)
        case "before" if step.unit == "hour":
            return planned.due_at - timedelta(hours=step.amount)
        case "missed" if step.at is None:
            return over
        case "missed":
            day = calendar.add_workdays(planned.due_on, step.amount)
        case "before":
            day = planned.due_on
            for _ in range(step.amount):
                day = calendar.previous_workday(day)
        case "due_day":
            day = planned.due_on
    return datetime.combine(day, step.at or END_OF_DAY, calendar.zone)
