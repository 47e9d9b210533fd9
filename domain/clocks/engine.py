"""Which clock events follow from an event of the case: the one place where limits start, stop, pause and move."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from domain.clocks.calendar import END_OF_DAY, SECOND, Calendar
from domain.clocks.due import Due, Interval, due
from domain.clocks.events import ClockCancelled, ClockMet, ClockPaused, ClockReplanned, ClockResumed, ClockStarted, LimitUnknown, Plan
from domain.clocks.limits import Limit, field_of_case, value_of
from domain.clocks.rungs import rungs
from domain.command import Event, Facts, Happened
from domain.stream import Clock, Pause, StreamState


def follow(before: StreamState, after: StreamState, cause: Happened, facts: Facts) -> list[Event]:  # noqa: ARG001 -- decide() offers both
    """The clock events that follow from `cause`.

    `after` is the case as it stands now, with the clock events of earlier causes. Conditions are looked up in the event, else in `after`.
    First what the event does to the clocks there are, then the clocks it starts.
    """
    kind, limits = cause.event.type, facts.rules.limits
    if cause.event.clock or (kind not in limits.touching and kind not in limits.starting):
        return []
    turn = _Turn(after, cause, facts)
    events: list[Event] = []
    resumed: set[str] = set()
    if kind in limits.touching:
        for clock in after.clocks:
            for event in turn.touch(clock):
                events.append(event)
                if isinstance(event, ClockResumed):
                    resumed.add(clock.limit)
    for limit_id in limits.starting.get(kind, ()):
        if limit_id not in resumed:
            events.extend(turn.start(limit_id))
    return events


class _Turn:
    """One event meeting the clocks of its case."""

    def __init__(self, after: StreamState, cause: Happened, facts: Facts) -> None:
        self.after, self.facts = after, facts
        self.at, self.event = cause
        self.limits, self.calendar = facts.rules.limits, facts.rules.calendar

    def touch(self, clock: Clock) -> Iterator[Event]:
        """What the event does to one clock there is."""
        if not clock.live and clock.state != "lapsed":
            return
        limit = self.limits.row(clock.limit, clock.rule_from)
        case = limit.among(self.after, int(clock.id.rpartition("/")[2]))
        if limit.cancelled_by(self.event, case) and clock.live:
            yield ClockCancelled(clock_id=clock.id, on=self.at.effective_on)
        elif limit.stopped_by(self.event, case) and not (limit.in_order and self._before(clock, limit)):
            yield from self._meet(clock, limit)
        elif not clock.live:
            return
        elif self.event.type in limit.moves:
            yield from self._move(clock, limit)
        elif closing := self._closing(clock):
            yield self._resume(clock, limit, closing)
        elif limit.paused_by(self.event, self.after) and (clock.state == "paused" or self.at.effective_on <= clock.due_on):
            yield self._pause(clock, limit)

    def _before(self, clock: Clock, limit: Limit) -> bool:
        """Whether what would stop the clock happened before it began, and so cannot answer it."""
        return self.calendar.day_of(self._when(limit.stop_day)) < clock.started_on

    def start(self, limit_id: str) -> Iterator[Event]:
        """The clock the event starts under the row in force on its legal day, if its conditions hold."""
        versions = self.limits.rows[limit_id]
        newest = versions[0]
        when = self._when(newest.day)
        day = self.calendar.day_of(when)
        limit = self.limits.on(limit_id, day)
        ruling = limit or versions[-1]
        if not ruling.armed or not ruling.started_by(self.event, ruling.among(self.after, self.at.version)):
            return
        own = self._own_date(ruling)
        if ruling.until and own is None:
            return
        if limit is None:
            yield LimitUnknown(limit=limit_id, on=day, known_from=versions[-1].from_)
        elif not (limit.once and any(c.live and c.limit == limit_id for c in self.after.clocks)):
            started = self._started(limit, when, own)
            if not (started.due_at < self.facts.now and limit.left_out_when_over(self.event, self.after)):
                yield started

    def _started(self, limit: Limit, when: date, own: date | None) -> ClockStarted:
        kind, matter = getattr(self.event, "kind", None), getattr(self.after, "matter", None)
        n = None if own else limit.number(kind, criminal=matter is not None and matter.kind == "criminal")
        hours = limit.unit == "hour"
        moment = self.calendar.moment_of(when, self.facts.now)
        planned = due(limit, moment if hours else when, self.calendar, n=n, own=own)
        begin = moment if hours else midnight_after(self.calendar.day_of(when), self.calendar)
        return ClockStarted(
            clock_id=f"{limit.id}/{self.at.version}",
            limit=limit.id,
            source=limit.source,
            confirmed=limit.confirmed,
            rule_from=limit.from_,
            unit="date" if own else limit.unit,
            n=n,
            started_on=self.calendar.day_of(when),
            started_at=moment if hours else None,
            on_miss=limit.on_miss,
            **self._plan(limit, planned, begin, ()),
        )

    def _meet(self, clock: Clock, limit: Limit) -> Iterator[ClockMet]:
        """A right that lapsed is met only by what was done in time and entered late; a paused clock is never late."""
        when = self._when(limit.stop_day)
        if clock.unit == "hour":
            today = self.facts.now.astimezone(self.calendar.zone).date()
            exact = isinstance(when, datetime) or when == today
            late = self.calendar.moment_of(when, self.at.decided_at) > clock.due_at if exact else when > clock.due_on
        else:
            late = self.calendar.day_of(when) > clock.due_on
        late = late and clock.state != "paused"
        if clock.state != "lapsed" or not late:
            yield ClockMet(clock_id=clock.id, met_on=self.calendar.day_of(when), late=late)

    def _move(self, clock: Clock, limit: Limit) -> Iterator[ClockReplanned]:
        own = self._own_date(limit)
        if own is None or own == clock.due_on:
            return
        planned = due(limit, clock.started_on, self.calendar, own=own)
        begin = midnight_after(clock.started_on, self.calendar)
        plan = self._plan(limit, planned, begin, closed(clock.pauses))
        yield ClockReplanned(clock_id=clock.id, old_due_on=clock.due_on, cause=self.event.type, **plan)

    def _pause(self, clock: Clock, limit: Limit) -> ClockPaused:
        moment = self.calendar.moment_of(self.at.effective_on, self.facts.now)
        return ClockPaused(clock_id=clock.id, cause=self.at.version, closes=limit.pauses[self.event.type], from_at=moment)

    def _closing(self, clock: Clock) -> tuple[int, ...]:
        """Causes of the open pauses this event is the partner of. An answer closes the pause of the request it answers, no other."""
        causes = tuple(p.cause for p in clock.pauses if p.to_at is None and p.closes == self.event.type)
        about = getattr(self.event, "about", None)
        return causes if about is None else tuple(cause for cause in causes if cause == about)

    def _resume(self, clock: Clock, limit: Limit, causes: tuple[int, ...]) -> ClockResumed:
        moment = self.calendar.moment_of(self.at.effective_on, self.facts.now)
        pauses = [p.model_copy(update={"to_at": moment}) if p.cause in causes and p.to_at is None else p for p in clock.pauses]
        if any(p.to_at is None for p in pauses):
            return ClockResumed(clock_id=clock.id, causes=causes, to_at=moment)
        over = closed(pauses)
        own = clock.due_on if clock.unit == "date" else None
        n = None if clock.n is None else clock.n + clock.extended
        planned = due(limit, clock.started_at or clock.started_on, self.calendar, n=n, own=own, pauses=over)
        begin = clock.started_at or midnight_after(clock.started_on, self.calendar)
        plan = Plan(**self._plan(limit, planned, begin, over))
        return ClockResumed(clock_id=clock.id, causes=causes, to_at=moment, plan=plan)

    def _plan(self, limit: Limit, planned: Due, begin: datetime, pauses: tuple[Interval, ...]) -> dict[str, Any]:
        in_days = pauses if limit.unit == "hour" else tuple(whole_days(pauses, self.calendar))
        return {
            "due_on": planned.due_on,
            "due_at": planned.due_at,
            "rungs": rungs(
                self.limits.ladder(limit), limit, planned, begin=begin, pauses=in_days, calendar=self.calendar, now=self.facts.now
            ),
            "counted": planned.as_json(),
        }

    def _when(self, fields: Mapping[str, str]) -> date:
        """The event's legal day: the first of the fields named for it that holds one, else the day it takes effect."""
        names = fields[self.event.type].split("|") if self.event.type in fields else ()
        said: list[date | None] = [getattr(self.event, name, None) for name in names]
        return next(filter(None, said), self.at.effective_on)

    def _own_date(self, limit: Limit) -> date | None:
        """The date the case or a body sets in place of the limit's number."""
        if limit.until:
            return field_of_case(limit.until, self.after)
        path = limit.own_date.get(self.event.type)
        return value_of(path, self.event, self.after) if path else None


def midnight_after(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day, END_OF_DAY, calendar.zone) + SECOND


def closed(pauses: Iterable[Pause]) -> tuple[Interval, ...]:
    return tuple((p.from_at, p.to_at) for p in pauses if p.to_at is not None)


def whole_days(pauses: tuple[Interval, ...], calendar: Calendar) -> Iterator[Interval]:
    """Pauses of a clock that counts days: from the end of the pausing day to the end of the day of resuming."""
    for first, last in pauses:
        yield midnight_after(calendar.day_of(first), calendar), midnight_after(calendar.day_of(last), calendar)
