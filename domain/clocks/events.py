"""What happens to a clock: it starts, pauses, resumes, is met, cancelled or given another date.

Each event carries everything the fold needs: once recorded, a date no longer depends on the rules and the calendar it was counted by.
"""

from datetime import date
from typing import Any, ClassVar, Literal

from domain.case import CaseState
from domain.command import Event, Stamp
from domain.stream import Clock, Pause, Rung, StreamState, UnknownLimit
from domain.values import Model, Moment


class OfClock(Model):
    """`clock_id` is `<limit>/<version of the event that started the clock>`."""

    clock_id: str


class Plan(Model):
    """A due date, how it was counted and the reminders that lead up to it.

    `counted` is `{days: [{from, to, days, counted, reason, label}], provisional}`: dates as texts, what was counted and what was not.
    """

    due_on: date
    due_at: Moment
    rungs: tuple[Rung, ...]
    counted: dict[str, Any]


def clock_of(case: StreamState, clock_id: str) -> Clock | None:
    return next((c for c in case.clocks if c.id == clock_id), None)


def with_clock[S: StreamState](case: S, clock_id: str, **changes: Any) -> S:
    """The case with one of its clocks changed."""
    return case.but(clocks=tuple(c.model_copy(update=changes) if c.id == clock_id else c for c in case.clocks))


def _planned(plan: Plan, at: Stamp) -> dict[str, Any]:
    return {**{name: getattr(plan, name) for name in Plan.model_fields}, "plan_version": at.version}


class ClockStarted(OfClock, Plan, Event):
    clock: ClassVar[bool] = True

    limit: str
    source: str
    confirmed: bool
    rule_from: date
    unit: Literal["calendar_day", "working_day", "hour", "date"]
    n: int | None = None
    started_on: date
    started_at: Moment | None = None
    on_miss: str | None = None

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        clock = Clock(
            id=self.clock_id,
            limit=self.limit,
            state="running",
            source=self.source,
            confirmed=self.confirmed,
            rule_from=self.rule_from,
            unit=self.unit,
            n=self.n,
            started_on=self.started_on,
            started_at=self.started_at,
            on_miss=self.on_miss,
            first_due_on=self.due_on,
            **_planned(self, at),
        )
        return case.but(clocks=(*case.clocks, clock))


class LimitUnknown(Event):
    """The event would start a clock, but no row of the limit was in force on its legal day."""

    clock: ClassVar[bool] = True

    limit: str
    on: date
    known_from: date

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        del at
        missing = UnknownLimit(limit=self.limit, on=self.on, known_from=self.known_from)
        return case.but(unknown_limits=(*case.unknown_limits, missing))


class ClockPaused(OfClock, Event):
    """A pause opens (perhaps beside another). `cause` is the version of the pausing event, `closes` the type of its partner."""

    clock: ClassVar[bool] = True

    cause: int
    closes: str
    from_at: Moment

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        del at
        old = clock_of(case, self.clock_id)
        pauses = old.pauses if old else ()
        pause = Pause(cause=self.cause, closes=self.closes, from_at=self.from_at)
        return with_clock(case, self.clock_id, state="paused", pauses=(*pauses, pause))


class ClockResumed(OfClock, Event):
    """Pauses close, named by their causes. `plan` is the clock's new plan, absent while another pause is still open."""

    clock: ClassVar[bool] = True

    causes: tuple[int, ...]
    to_at: Moment
    plan: Plan | None = None

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        old = clock_of(case, self.clock_id)
        opened = old.pauses if old else ()
        pauses = tuple(p.model_copy(update={"to_at": self.to_at}) if p.cause in self.causes and p.to_at is None else p for p in opened)
        running = {"state": "running", **_planned(self.plan, at)} if self.plan else {}
        return with_clock(case, self.clock_id, pauses=pauses, **running)


class ClockMet(OfClock, Event):
    """What the limit asks for happened on `met_on`; `late` if that was after its due date."""

    clock: ClassVar[bool] = True

    met_on: date
    late: bool

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        del at
        return with_clock(case, self.clock_id, state="met_late" if self.late else "met", ended_on=self.met_on, question=None)


class ClockCancelled(OfClock, Event):
    """The case went another way; the limit was neither met nor missed."""

    clock: ClassVar[bool] = True

    on: date

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        del at
        return with_clock(case, self.clock_id, state="cancelled", ended_on=self.on, question=None)


class ClockReplanned(OfClock, Plan, Event):
    """Another plan: the due date moved from `old_due_on`, or the reminders did. `cause` is what moved it: an event's type, `calendar` or
    `rule`; `ref` then names the change.
    """

    clock: ClassVar[bool] = True

    old_due_on: date
    cause: str
    ref: str | None = None

    def apply[S: StreamState](self, case: S, at: Stamp) -> S:
        old = clock_of(case, self.clock_id)
        if old is None:
            return case
        runs = {"state": "running"} if old.state == "missed" and self.due_at > at.decided_at else {}
        after = with_clock(case, self.clock_id, moves=old.moves + (self.due_on != old.due_on), **runs, **_planned(self, at))
        lane = after.accept_first if runs and old.limit == "supply_owed_papers" and isinstance(after, CaseState) else None
        if lane is not None and lane.state == "papers_overdue":
            return after.but(accept_first=lane.model_copy(update={"state": "papers_owed"}))
        return after
