"""Rungs of the reminder ladders as they are reached: a warning, the limit missed, an escalation.

The command is the system's own, issued by the case's workflow when a rung's moment comes; its id is made from facts, so a repeat
is the same command. It is never refused for coming late or twice: where the rung is no longer owed nothing happens.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints

from domain.case import CaseState
from domain.clocks.events import OfClock, clock_of, with_clock
from domain.command import Command, Event, Facts, Stamp
from domain.lifecycle import ANY
from domain.stream import Clock, Rung, StreamState

_IN_TIME = timedelta(minutes=10)
"""A rung recorded this long after its moment still counts as told in time."""


class Reached(OfClock):
    """Which rung of which plan, whom it reaches (functions of the directory) and the date it speaks of."""

    limit: str
    due_on: date
    plan_version: int
    rung: int
    to: tuple[str, ...]
    on_miss: str | None = None
    """The task that a miss opens for a human, or `right_lapses`."""
    late: bool = False
    """Recorded well after its moment: an engine was away."""

    @classmethod
    def of(cls, clock: Clock, rung: Rung, now: datetime) -> Self:
        return cls(
            clock_id=clock.id,
            limit=clock.limit,
            due_on=clock.due_on,
            plan_version=clock.plan_version,
            rung=rung.n,
            to=rung.to,
            on_miss=clock.on_miss,
            late=now - rung.at > _IN_TIME,
        )

    def fired[S: StreamState](self, case: S, *, missed: bool) -> S:
        """The case with the rung fired and, if the limit is past, the clock missed (or the right lapsed)."""
        clock = clock_of(case, self.clock_id)
        if clock is None:
            return case
        rungs = tuple(r.model_copy(update={"fired": True}) if r.n == self.rung else r for r in clock.rungs)
        if not missed or clock.state != "running":
            return with_clock(case, self.clock_id, rungs=rungs)
        if clock.on_miss == "right_lapses":
            return with_clock(case, self.clock_id, rungs=rungs, state="lapsed", ended_on=clock.due_on, question=None)
        return with_clock(case, self.clock_id, rungs=rungs, state="missed", question=None)


class DeadlineWarned(Reached, Event):
    clock: ClassVar[bool] = True

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        del at
        return self.fired(case, missed=False)


class DeadlineMissed(Reached, Event):
    """The last day has passed. Papers owed after an acceptance are overdue from here on; a human decides, never the clock."""

    clock: ClassVar[bool] = True

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        del at
        after = self.fired(case, missed=True)
        lane = after.accept_first if isinstance(after, CaseState) else None
        if self.limit == "supply_owed_papers" and lane and lane.state == "papers_owed":
            return after.but(accept_first=lane.model_copy(update={"state": "papers_overdue"}))
        return after


class DeadlineEscalated(Reached, Event):
    clock: ClassVar[bool] = True

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        del at
        return self.fired(case, missed=True)


class MarkDeadline(Command):
    """Fire one rung, if it is still owed: the clock runs under that very plan, the rung has not fired and its moment has come."""

    room: ClassVar[str] = "any_stage"
    states = ANY
    stream: ClassVar[str | None] = None
    roles = frozenset({"system"})
    emits = ("deadline_warned", "deadline_missed", "deadline_escalated")

    clock: Annotated[str, StringConstraints(pattern=r"^[a-z_]+/\d+$")]
    plan_version: Annotated[int, Field(ge=1)]
    rung: Annotated[int, Field(ge=1)]

    def decide(self, case: StreamState, facts: Facts) -> Sequence[Event]:
        clock = clock_of(case, self.clock)
        if clock is None or clock.plan_version != self.plan_version or clock.state not in ("running", "missed") or not clock.live:
            return ()
        rung = next((r for r in clock.rungs if r.n == self.rung and not r.fired and r.at <= facts.now), None)
        return (_EVENTS[rung.kind].of(clock, rung, facts.now),) if rung else ()


_EVENTS: Mapping[str, type[DeadlineWarned | DeadlineMissed | DeadlineEscalated]] = {
    "warned": DeadlineWarned,
    "missed": DeadlineMissed,
    "escalated": DeadlineEscalated,
}
