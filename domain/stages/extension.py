"""More time for a limit: asked with a reason by whoever works on the case, granted or refused by somebody else, where the rule allows.

The clock runs on while nobody has answered. What is granted counts as days of the limit's own unit beside the rule's number, so that a
pause or a change of the calendar later moves the longer limit as it would have moved the shorter one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from domain.case import CaseState
from domain.clocks.due import Due
from domain.clocks.events import ClockReplanned, OfClock, clock_of, with_clock
from domain.clocks.replanning import planned_with, rungs_under
from domain.command import Actor, Command, Event, Facts, Refusal, Role, Stamp
from domain.directory import Directory
from domain.lifecycle import NOT_ENDED
from domain.rules import Rules
from domain.stages.handling import in_hand
from domain.stream import Clock, Question
from domain.values import Code, Model, PersonalText

ClockId = Annotated[str, StringConstraints(pattern=r"^[a-z_]+/\d+$")]
_UNDER_WAY = ("running", "paused")


def room_left(clock: Clock, rules: Rules, now: datetime) -> int:
    """By how many days more the clock may be extended now; 0 where it may not, or where a question about it is open."""
    most = rules.limits.row(clock.limit, clock.rule_from).extendable or 0
    runs = clock.state == "running" and now <= clock.due_at and clock.question is None
    return max(0, most - clock.extended) if runs else 0


class AskExtension(Command):
    """Ask for more time for a limit that runs. Where days are counted a day off gives way to the next working day."""

    room = "any_stage"
    states = NOT_ENDED
    roles = frozenset[Role]({"caseworker", "lawyer"})
    emits = ("extension_asked",)
    lane = "margin"

    clock: ClockId
    due_on: date
    reason: PersonalText

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states and any(clock.state in _UNDER_WAY for clock in case.clocks)

    @classmethod
    def offered(cls, case: CaseState, rules: Rules, now: datetime) -> bool:
        return any(room_left(clock, rules, now) for clock in case.clocks)

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        clock = _running(case, self.clock, facts.now)
        if clock.question is not None:
            raise Refusal("extension_waits", asked_on=clock.question.asked_on, due_on=clock.question.due_on)
        _, planned = _longer(clock, self.due_on, facts.rules, "/due_on")
        return (ExtensionAsked(clock_id=clock.id, old_due_on=clock.due_on, due_on=planned.due_on, reason=self.reason),)


class ExtensionAsked(OfClock, Event):
    """`due_on` is the day the limit would end, `old_due_on` the day it ends while nobody has answered."""

    lane = "margin"

    old_due_on: date
    due_on: date
    reason: PersonalText

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        asked = Question(version=at.version, by=at.actor, on_behalf_of=at.on_behalf_of, asked_on=at.effective_on, due_on=self.due_on)
        return with_clock(case, self.clock_id, question=asked)


class Answering(Model):
    """What granting and refusing share: a supervisor answers, never one of those who asked."""

    states: ClassVar[frozenset[Any]] = NOT_ENDED

    clock: ClockId

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states and any(clock.question for clock in case.clocks)

    @classmethod
    def open_to(cls, case: CaseState, actor: Actor, directory: Directory, on: date) -> bool:  # noqa: ARG003 -- not a matter of the day
        return any(_by_another(case, each, {actor.id}, directory) for each in _questions(case))

    def _asked(self, case: CaseState, facts: Facts) -> tuple[Clock, Question]:
        clock = _clock(case, self.clock, facts.now)
        if clock.question is None:
            raise Refusal("no_extension_asked", limit=clock.limit)
        if not _by_another(case, clock.question, {facts.actor.id, facts.on_behalf_of}, facts.directory):
            raise Refusal("two_persons_required", event="extension_asked")
        return clock, clock.question


class ApproveExtension(Answering, Command):
    """Grant the time that was asked for. Reminders that lie ahead move with the date, those that rang are not told again."""

    room: ClassVar[str] = "any_stage"
    roles = frozenset[Role]({"supervisor"})
    emits = ("extension_approved", "clock_replanned")
    lane = "margin"

    reason: PersonalText | None = None

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        clock, asked = self._asked(case, facts)
        _running(case, self.clock, facts.now)
        days, planned = _longer(clock, asked.due_on, facts.rules, None)
        limit = facts.rules.limits.row(clock.limit, clock.rule_from)
        approved = ExtensionApproved(
            clock_id=clock.id, old_due_on=clock.due_on, due_on=planned.due_on, days=days, asked_by=asked.by, reason=self.reason
        )
        moved = ClockReplanned(
            clock_id=clock.id,
            old_due_on=clock.due_on,
            cause=ExtensionApproved.type,
            due_on=planned.due_on,
            due_at=planned.due_at,
            rungs=rungs_under(clock, limit, planned, facts.rules, facts.now),
            counted=planned.as_json(),
        )
        return approved, moved


class ExtensionApproved(OfClock, Event):
    """`days` more in the limit's own unit; the clock's new plan follows."""

    lane = "margin"

    old_due_on: date
    due_on: date
    days: int
    asked_by: Code
    reason: PersonalText | None = None

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        clock = clock_of(case, self.clock_id)
        after = with_clock(case, self.clock_id, question=None, extended=(clock.extended if clock else 0) + self.days)
        if after.supplement and clock and clock.limit == "supply_papers":
            # The day named to the applicant is what the application may be deemed withdrawn by.
            return after.but(supplement=after.supplement.model_copy(update={"by": self.due_on}))
        return after


class RefuseExtension(Answering, Command):
    """Leave the limit where it is, with the reason."""

    room: ClassVar[str] = "any_stage"
    roles = frozenset[Role]({"supervisor"})
    emits = ("extension_refused",)
    lane = "margin"

    reason: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        clock, asked = self._asked(case, facts)
        return (ExtensionRefused(clock_id=clock.id, old_due_on=clock.due_on, due_on=asked.due_on, asked_by=asked.by, reason=self.reason),)


class ExtensionRefused(OfClock, Event):
    """`due_on` is the day that was asked for, `old_due_on` the one that stays."""

    lane = "margin"

    old_due_on: date
    due_on: date
    asked_by: Code
    reason: PersonalText

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        return with_clock(case, self.clock_id, question=None)


def _questions(case: CaseState) -> Iterator[Question]:
    return (clock.question for clock in case.clocks if clock.question)


def _by_another(case: CaseState, asked: Question, codes: set[str | None], directory: Directory) -> bool:
    """Whether none of these people asked; single-officer centres are excepted, as from every rule of two persons."""
    return codes.isdisjoint({asked.by, asked.on_behalf_of} - {None}) or directory.single_officer(case.centre)


def _clock(case: CaseState, clock_id: str, now: datetime) -> Clock:
    """The clock named, which is not over. Raises `Refusal` 422 `unknown_clock`, 409 `clock_over`."""
    clock = clock_of(case, clock_id)
    if clock is None:
        raise Refusal("unknown_clock", status=422, pointer="/clock", clock=clock_id)
    if clock.state not in _UNDER_WAY or (clock.state == "running" and now > clock.due_at):
        raise Refusal("clock_over", limit=clock.limit, due_on=clock.due_on)
    return clock


def _running(case: CaseState, clock_id: str, now: datetime) -> Clock:
    clock = _clock(case, clock_id, now)
    if clock.state == "paused":
        raise Refusal("clock_paused", limit=clock.limit)
    return clock


def _longer(clock: Clock, wanted: date, rules: Rules, pointer: str | None) -> tuple[int, Due]:
    """The least number of days more by which the clock ends on the day wanted or, where that is a day off, after it; and that plan.

    Raises `Refusal`: 409 `limit_not_extendable`; `due_on_not_later`, `extension_too_long`, 422 at the pointer where there is one.
    """
    status = 422 if pointer else 409
    most = rules.limits.row(clock.limit, clock.rule_from).extendable
    if not most:
        raise Refusal("limit_not_extendable", pointer=pointer and "/clock", limit=clock.limit, source=clock.source)
    if wanted <= clock.due_on:
        raise Refusal("due_on_not_later", status=status, pointer=pointer, due_on=clock.due_on)
    limit = rules.limits.row(clock.limit, clock.rule_from)
    left = most - clock.extended
    for days in range(1, left + 1):
        planned = planned_with(clock, limit, rules, days)
        if planned.due_on >= wanted:
            return days, planned
    raise Refusal("extension_too_long", status=status, pointer=pointer, most=most, left=max(0, left), limit=clock.limit)
