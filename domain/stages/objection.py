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
    """Refused or terminated for everybody, or for somebody while it goes on for the others."""
    return bool(_contestable(case))


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
        passed = "objection_already_filed" if any(_objected_to(r) for r in _named(case, self.for_recipients)) else "nothing_to_object_to"
        ids = addressed(without_one, self.for_recipients, nobody="objection_already_filed", case=case, passed=passed)
        ends = {r.party_id: _last_day(case, r.decision) for r in without_one if r.party_id in ids and r.decision}
        late = {party_id: day for party_id, day in ends.items() if day and received_on > day and self.excused is None}
        in_time = tuple(party_id for party_id in ids if party_id not in late)
        # Who is named must be in time; where nobody is, whoever still may object does.
        if late and (self.for_recipients or not in_time):
            raise Refusal("objection_too_late", due_on=max(late.values()))
        filed = ObjectionFiled(reasons=self.reasons, received_on=received_on, excused=self.excused, for_recipients=in_time)
        return (filed,)


def _named(case: CaseState, ids: PartyIds) -> tuple[Recipient, ...]:
    return tuple(r for r in case.recipients if r.party_id in ids)


def _objected_to(recipient: Recipient) -> bool:
    """Whether the decision about this recipient has been objected to; an objection to an earlier one does not count."""
    objection, decision = recipient.objection, recipient.decision
    return objection is not None and decision is not None and objection.about == decision.version


def _last_day(case: CaseState, decision: Decided) -> date | None:
    """The last day to object to a decision: that of the clock which its service started; None before it was served."""
    if decision.served_on is None:
        return None
    own = next((c for c in case.clocks if c.id == f"file_objection/{decision.service}"), None)
    if own is not None:
        return own.due_on
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
                filed = Objection(
                    state="filed", filed_on=self.received_on, against=decision.result, about=decision.version, filed=at.version
                )
                case = case.with_recipients([recipient.party_id], objection=filed)
        return case


class DecideObjection(Command):
    """Upheld: the decision stands. Corrected: a refused case is examined anew, a terminated one goes on where it stood.

    In a group only those whose objection it is come back; where the others are helped already, the case stays with them. `for_recipients`
    names whose objections are decided: all that are filed where nobody is named.
    """

    room = "application"
    states = frozenset[State]({"refused"})
    to = ("examined", *RESUMED_IN, "=")
    roles = frozenset[Role]({"bureau_officer"})
    emits = ("objection_decided",)

    result: Literal["upheld", "corrected"]
    reasons: PersonalText
    for_recipients: PartyIds = ()

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
        waiting = tuple(r for r in case.recipients if r.objection and r.objection.state == "filed")
        ids = addressed(waiting, self.for_recipients, nobody="no_objection_filed", case=case, passed="no_objection_filed")
        filed = tuple(r for r in waiting if r.party_id in ids)
        if any(r.decision and r.decision.decided_by in (facts.actor.id, facts.on_behalf_of) for r in filed):
            raise Refusal("two_persons_required")
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
                case = _examined_anew(case, recipient, at) if decided.against == "refused" else _resumed(case, recipient, at)
        return case


def _examined_anew(case: CaseState, recipient: Recipient, at: Stamp) -> CaseState:
    """Only this recipient is undecided again: the case is examined where it was refused to everybody, else it stays with the others."""
    fresh = {"recommended": None, "recommended_by": (), "decision": None}
    after = case.with_recipients([recipient.party_id], status="undecided", asked=at.version, **fresh)
    if case.state == "refused":
        return after.but(state="examined", recommendation=None)
    return _reopened(after)


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
    if case.state == "termination_review" and any(r.status == "found_ineligible" for r in case.recipients):
        return after
    after = reinstated(after, at.effective_on)
    if case.stage not in ("closure", "ended"):
        return after
    if any(r.outcome for r in case.recipients):
        return _reopened(after)
    came_from = case.termination.came_from if case.termination else "in_representation"
    return _file_open(after).but(state=came_from if came_from in RESUMED_IN else "closing", termination=None)


def _reopened(case: CaseState) -> CaseState:
    """A case whose work was over for the others goes on for whoever came back; they sign, and get an outcome of their own."""
    if case.stage not in ("closure", "ended"):
        return case
    return _file_open(case).but(state="in_representation" if case.assignment else "awaiting_assignment", termination=None)


def _file_open(case: CaseState) -> CaseState:
    """What was handed in for the closing stays; that it was, and was looked at, does not count for a closing that comes anew."""
    return case.but(closure=case.closure.model_copy(update={"reports": 0, "returns": 0, "missing": ()}))
