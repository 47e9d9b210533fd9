"""New plans for clocks that run, when the calendar or a rule is changed.

The command is the system's own, issued by the case's workflow once a change; its id is made from facts, so a repeat is the same command.
A clock that the change does not touch gives no event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import StringConstraints

from domain.clocks.due import Due, due
from domain.clocks.engine import closed, midnight_after, whole_days
from domain.clocks.events import ClockReplanned
from domain.clocks.limits import Limit, Step
from domain.clocks.rungs import climb
from domain.command import Command, Event, Facts
from domain.lifecycle import ANY
from domain.stream import Clock, Rung, StreamState

if TYPE_CHECKING:
    from domain.rules import Rules

_GRAVITY = {"warned": 0, "missed": 1, "escalated": 2}


class ReplanClocks(Command):
    """Plan every running clock anew by calendar and rules as they now are. A paused one gets its plan when it resumes.

    `ref` names the change: `calendar/<event>` for days and hours, `rule/<event>` for limits and ladders.
    """

    room: ClassVar[str] = "any_stage"
    states = ANY
    stream: ClassVar[str | None] = None
    roles = frozenset({"system"})
    emits = ("clock_replanned",)

    ref: Annotated[str, StringConstraints(min_length=1, max_length=200)]

    def decide(self, case: StreamState, facts: Facts) -> Sequence[Event]:
        return tuple(replanned(case, facts.rules, facts.now, self.ref))


def replanned(case: StreamState, rules: Rules, now: datetime, ref: str) -> Iterator[ClockReplanned]:
    """The clocks whose date or reminders differ by the rules as they are now, each with its new plan.

    Only the date a clock was started by is asked for its rule: one that holds from a later day leaves it alone. A date that a body set is
    never moved; its reminders are.
    """
    for clock in case.clocks:
        if not clock.live or clock.state == "paused":
            continue
        limit = rules.limits.row(clock.limit, clock.rule_from)
        planned = planned_with(clock, limit, rules)
        rungs = rungs_under(clock, limit, planned, rules, now)
        if planned.due_at != clock.due_at or _ahead(rungs) != _ahead(clock.rungs):
            yield ClockReplanned(
                clock_id=clock.id,
                old_due_on=clock.due_on,
                cause=ref.partition("/")[0],
                ref=ref,
                due_on=planned.due_on,
                due_at=planned.due_at,
                rungs=rungs,
                counted=planned.as_json(),
            )


def planned_with(clock: Clock, limit: Limit, rules: Rules, more: int = 0) -> Due:
    """When the clock ends by the rules as they are, with the days it was extended by and `more` of them."""
    own = clock.due_on + timedelta(days=more) if clock.unit == "date" else None
    number = limit.n if isinstance(limit.n, int) else clock.n
    n = None if number is None else number + clock.extended + more
    return due(limit, clock.started_at or clock.started_on, rules.calendar, n=n, own=own, pauses=closed(clock.pauses))


def rungs_under(clock: Clock, limit: Limit, planned: Due, rules: Rules, now: datetime) -> tuple[Rung, ...]:
    """The rungs of a clock under another plan, with those that rang (`carried`)."""
    begin = clock.started_at or midnight_after(clock.started_on, rules.calendar)
    pauses = closed(clock.pauses)
    in_days = pauses if limit.unit == "hour" else tuple(whole_days(pauses, rules.calendar))
    ladder = rules.limits.ladder(limit)
    steps = climb(ladder, limit, planned, begin=begin, pauses=in_days, calendar=rules.calendar)
    return carried(clock, steps, ladder, now, moved=planned.due_at != clock.due_at)


def _ahead(rungs: Sequence[Rung]) -> list[Rung]:
    return [rung for rung in rungs if not rung.fired]


def carried(clock: Clock, steps: Sequence[Rung], ladder: Sequence[Step], now: datetime, *, moved: bool) -> tuple[Rung, ...]:
    """The rungs of the new plan, so that no reminder is lost and none is told twice.

    What rang stays. A step still ahead is owed, unless it rang and its word stands: that half the time is used is said once, and what was
    said of a date is not said again while the date is the same. Of the steps whose moment is past under the new plan only the gravest
    rings, at once, unless it rang before; a limit that was missed and still is, is not missed anew.
    """
    rang = {rung.n: rung for rung in clock.rungs if rung.fired}
    shares = {step.n for step in ladder if step.base == "share"}
    owed = [step for step in steps if step.at > now and not (step.n in rang and (not moved or step.n in shares))]
    passed = [step for step in steps if step.at <= now]
    if passed:
        last = max(passed, key=lambda step: (_GRAVITY[step.kind], step.at))
        if not _told(last, rang, clock, moved=moved):
            unchanged = next((rung for rung in clock.rungs if rung == last), None)
            owed.append(unchanged or last.model_copy(update={"at": now}))
    kept = [rung for rung in rang.values() if rung.n not in {step.n for step in owed}]
    return tuple(sorted([*kept, *owed], key=lambda rung: (rung.at, rung.n)))


def _told(last: Rung, rang: dict[int, Rung], clock: Clock, *, moved: bool) -> bool:
    """Whether people know already what the gravest passed step says."""
    if clock.state == "missed" and last.kind == "missed":
        return True
    before = rang.get(last.n)
    if before is not None and (not moved or last.kind != "warned"):
        return True
    # Under another ladder numbers mean other steps: it counts what was said of the same date, as grave, at that moment or later.
    return not moved and any(_GRAVITY[rung.kind] >= _GRAVITY[last.kind] and rung.at >= last.at for rung in rang.values())
