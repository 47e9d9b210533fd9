"""Application: the objection (异议) to a refusal or a termination, decided by the bureau that set up the centre (法律援助法 art. 49)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from domain.case import CaseState, Decided, Objection, Recipient
from domain.command import Command, Event, Facts, Refusal, Role, Stamp
from domain.lifecycle import State, onward
from domain.stages.common import PartyIds, addressed, not_in_future
from domain.stages.lane import reinstated
from domain.values import Model, PersonalText

RESUMED_IN: tuple[State, ...] = ("in_representation", "awaiting_assignment", "assigned", "lawyer_named", "replacing_lawyer", "closing")
"""Where a corrected termination leads: the state in which it was reported; `closing` where the work was already over."""


def _contestable(case: CaseState) -> tuple[Recipient, ...]:
    """Whom a refusal or a termination concerns."""
    return tuple(r for r in case.recipients if r.decision and r.decision.result != "granted")


def _after_a_contestable_decision(case: CaseState) -> bool:
    return case.state == "refused" or any(r.decision and r.decision.result == "terminated" for r in case.recipients)


class Filing(Model):
    reasons: PersonalText
    excused: PersonalText | None = None
    """Why an objection that came too late is heard all the same."""
    for_recipients: PartyIds = ()


class FileObjection(Filing, Command):
    room = "application"
    states = frozenset[State]({"refused"})
    roles = frozenset[Role]({"receptionist", "bureau_officer"})
    emits = ("objection_filed",)

    received_on: date | None = None

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return _after_a_contestable_decision(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        not_in_future(facts, self.received_on, "/received_on")
        received_on = self.received_on or facts.effective_on
        without_one = tuple(r for r in _contestable(case) if not _objected_to(r))
        ids = addressed(without_one, self.for_recipients, nobody="objection_already_filed")
        ends = {r.party_id: _last_day(case, r.decision) for r in without_one if r.party_id in ids and r.decision}
        late = {party_id: day for party_id, day in ends.items() if day and received_on > day and self.excused is None}
        in_time = tuple(party_id for party_id in ids if party_id not in late)
        # Who is named must be in time; where nobody is, whoever still may object does.
        if late and (self.for_recipients or not in_time):
            raise Refusal("objection_too_late", due_on=max(late.values()))
        filed = ObjectionFiled(reasons=self.reasons, received_on=received_on, excused=self.excused, for_recipients=in_time)
        return (filed,)


def _objected_to(recipient: Recipient) -> bool:
    """Whether the decision about this recipient has been objected to; an objection to an earlier one does not count."""
    objection, decision = recipient.objection, recipient.decision
    return objection is not None and decision is not None and objection.about == decision.version


def _last_day(case: CaseState, decision: Decided) -> date | None:
    """The last day to object to a decision: that of the clock which its service started; None before it was served."""
    if decision.served_on is None:
        return None
    since = [c for c in case.clocks if c.limit == "file_objection" and int(c.id.rpartition("/")[2]) > decision.version]
    # A day of service corrected later leaves its clock where it was.
    its = [c for c in since if c.started_on == decision.served_on] or since
    return its[-1].due_on if its else None


class ObjectionFiled(Filing, Event):
    received_on: date

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        for recipient in case.recipients:
            decision = recipient.decision
            if recipient.party_id in self.for_recipients and decision and decision.result != "granted":
                filed = Objection(state="filed", filed_on=self.received_on, against=decision.result, about=decision.version)
                case = case.with_recipients([recipient.party_id], objection=filed)
        return case


class DecideObjection(Command):
    """Upheld: the decision stands. Corrected: a refused case is examined anew, a terminated one goes on where it stood."""

    room = "application"
    states = frozenset[State]({"refused"})
    to = ("examined", *RESUMED_IN, "=")
    roles = frozenset[Role]({"bureau_officer"})
    emits = ("objection_decided",)

    result: Literal["upheld", "corrected"]
    reasons: PersonalText

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return _after_a_contestable_decision(case)

    @classmethod
    def leads(cls) -> frozenset[tuple[State | None, str]]:
        refused: tuple[State | None, str] = ("refused", "examined")
        return frozenset((refused, *((start, end) for start in onward("termination_review") for end in RESUMED_IN if start != end)))

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if facts.directory.bureau_of(case.centre) != facts.actor.office:
            raise Refusal("not_this_bureau", status=403, centre=case.centre)
        filed = tuple(r for r in case.recipients if r.objection and r.objection.state == "filed")
        if not filed:
            raise Refusal("no_objection_filed")
        if any(r.decision and r.decision.decided_by in (facts.actor.id, facts.on_behalf_of) for r in filed):
            raise Refusal("two_persons_required")
        ids = tuple(r.party_id for r in filed)
        return (ObjectionDecided(result=self.result, reasons=self.reasons, for_recipients=ids),)


class ObjectionDecided(Event):
    result: Literal["upheld", "corrected"]
    reasons: PersonalText
    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        for recipient in case.recipients:
            if recipient.party_id not in self.for_recipients or recipient.objection is None:
                continue
            decided = recipient.objection.model_copy(update={"state": self.result, "decided_on": at.effective_on})
            case = case.with_recipients([recipient.party_id], objection=decided)
            if self.result == "corrected":
                case = _examined_anew(case, recipient) if decided.against == "refused" else _resumed(case, recipient, at)
        return case


def _examined_anew(case: CaseState, recipient: Recipient) -> CaseState:
    after = case.with_recipients([recipient.party_id], status="undecided", decision=None, recommended=None)
    return after.but(state="examined", recommendation=None)


def _resumed(case: CaseState, recipient: Recipient, at: Stamp) -> CaseState:
    """Back to what the aid rested on: the acceptance, or the grant. One accepted first and never decided about awaits its decision."""
    lane = case.accept_first
    undecided = lane is not None and lane.deferred and lane.state != "confirmed"
    granted = Decided(result="granted", version=at.version, decided_on=at.effective_on, decided_by=at.actor)
    after = case.with_recipients(
        [recipient.party_id],
        status="accepted_first" if lane and (undecided or not lane.deferred) else "granted",
        decision=None if undecided else granted,
    )
    came_from = case.termination.came_from if case.termination else "in_representation"
    state = came_from if came_from in RESUMED_IN else "closing"
    return reinstated(after, at.effective_on).but(state=state, termination=None)
