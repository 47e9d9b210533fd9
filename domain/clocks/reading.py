"""What the clocks of a case say at a moment: the alarms they owe, the state a reader sees."""

from datetime import datetime
from typing import Literal, NamedTuple

from domain.stream import Clock, StreamState

type Shown = Literal["running", "paused", "met", "met_late", "missed", "lapsed", "cancelled"]


class Alarm(NamedTuple):
    """The next rung a clock owes: what `mark_deadline` is to be issued with, and when."""

    clock_id: str
    plan_version: int
    rung: int
    at: datetime


def plan(case: StreamState) -> tuple[Alarm, ...]:
    """The next rung of each clock that runs or is missed and unanswered, the earliest first. Empty: nothing is left to wake up for."""
    owed = ((clock, clock.next_rung) for clock in case.clocks)
    return tuple(sorted((Alarm(c.id, c.plan_version, r.n, r.at) for c, r in owed if r), key=lambda alarm: (alarm.at, alarm.clock_id)))


def display(clock: Clock, now: datetime) -> Shown:
    """The clock's state as it is at `now`.

    A running clock whose date has passed is missed (or its right lapsed), whether or not that has been marked yet: what was entered for
    past legal days is so shown without a message having been sent.
    """
    if clock.state != "running" or now <= clock.due_at:
        return clock.state
    return "lapsed" if clock.on_miss == "right_lapses" else "missed"
