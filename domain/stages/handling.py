"""What the rooms after the decision share: whom the aid goes to, in whose hands the case is and how it leaves them."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.case import CaseState, Recipient, Status, Termination
from domain.command import Event, Facts, Refusal, Stamp
from domain.lifecycle import State, onward
from domain.values import Code, Model, Paper

AIDED: frozenset[Status] = frozenset({"granted", "accepted_first"})
"""Statuses of a recipient who is being helped. Who is undecided asks for it: at the door, or as one who joined the others later."""
AFTER_DECISION: frozenset[State] = onward("awaiting_assignment", "termination_review")
"""Where somebody who joined, or whose refusal was corrected, is decided about beside the work for the others."""


def aided(case: CaseState) -> tuple[Recipient, ...]:
    """The recipients who are still being helped."""
    return tuple(r for r in case.recipients if r.status in AIDED)


def joiners_wait(case: CaseState) -> bool:
    """Whether somebody is undecided while the others are past their decision: decided about there, and nothing of it moves the case."""
    return case.state in AFTER_DECISION and bool(case.undecided)


def moved_on(case: CaseState) -> CaseState:
    """The case where it stands once a person was decided about or left it: in its state while somebody is undecided, else onward.

    From the application: to the assignment if anybody is helped, else refused. Where the last who had not signed left, the work begins;
    where everybody helped has an outcome, the case closes. Nobody left to help: it closes over the work that was done, else is refused.
    """
    if case.state is None or case.undecided:
        return case
    helped = aided(case)
    if case.stage == "application":
        return case.but(state="awaiting_assignment" if helped else "refused")
    if case.state not in onward("awaiting_assignment", "in_representation"):
        return case
    if not helped:
        return case.but(state="closing" if case.assignment or _was_helped(case) else "refused")
    signed = [r.engaged_on for r in helped if r.engaged_on]
    if case.state == "lawyer_named" and len(signed) == len(helped):
        return begun(case, max(signed))
    return case.but(state="closing") if case.state == "in_representation" and all(r.outcome for r in helped) else case


def _was_helped(case: CaseState) -> bool:
    return any(r.outcome or r.status in ("terminated", "found_ineligible") for r in case.recipients) or bool(case.released_lawyers)


def begun(case: CaseState, on: date) -> CaseState:
    """The case with its representation begun, on that day unless it had begun before."""
    began = case.representation.began_on or on
    return case.but(state="in_representation", representation=case.representation.model_copy(update={"began_on": began}))


def in_hand(case: CaseState, facts: Facts, code: str = "not_your_case") -> None:
    """Raise a 403 of this code where a lawyer or a unit's manager acts on a case that is not in their hands.

    A lawyer's hands are those of the lawyers assigned, or of the whole unit while it has named none; a colleague of the
    unit may act on such a lawyer's behalf. Other roles are bound by their office, not by the assignment.
    """
    role = facts.actor.role
    if role not in ("lawyer", "unit_manager"):
        return
    held = case.assignment
    if held is None or (role == "unit_manager" and facts.actor.unit != held.unit):
        raise Refusal(code, status=403)
    named = {handler.lawyer for handler in held.lawyers}
    if role == "lawyer" and not (named & _acting_lawyers(facts) if named else facts.actor.unit == held.unit):
        raise Refusal(code, status=403)


def _acting_lawyers(facts: Facts) -> set[str | None]:
    colleague = facts.directory.person(facts.on_behalf_of)
    return {facts.actor.lawyer, colleague.lawyer if colleague and colleague.unit == facts.actor.unit else None}


def carried(fields: type[Model], event: Model) -> dict[str, Any]:
    """The values an event hands on to the case's state, by the fields they share."""
    return {name: getattr(event, name) for name in fields.model_fields}


class LawyerReleased(Event):
    """The handlers of the case leave it, `lawyer` being the lead; a unit is to be assigned anew."""

    lawyer: Code | None = None
    lawyers: tuple[Code, ...]
    unit: Code | None = None
    handover: tuple[Paper, ...] = ()
    """What the old handler hands over to the new one."""
    may_return: tuple[Code, ...] = ()
    """Those who leave only because the lead is replaced: they may be given the case again."""

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        barred = set(self.lawyers) - set(self.may_return)
        return case.but(
            state="awaiting_assignment",
            assignment=None,
            replacement=None,
            released_lawyers=(*case.released_lawyers, *(code for code in self.lawyers if code not in case.released_lawyers)),
            may_return=tuple(code for code in dict.fromkeys((*case.may_return, *self.may_return)) if code not in barred),
            representation=case.representation.model_copy(update={"consent": None}),
        )


def released(case: CaseState, handover: tuple[Paper, ...] = (), *, lead_only: bool = False) -> LawyerReleased:
    """The release of everybody who handles the case now; with `lead_only` the co-counsel may be given it again."""
    held = case.assignment
    if held is None:
        return LawyerReleased(lawyers=(), handover=handover)
    lawyers = tuple(h.lawyer for h in held.lawyers)
    back = tuple(h.lawyer for h in held.lawyers if lead_only and not h.lead)
    return LawyerReleased(lawyer=held.lead, lawyers=lawyers, unit=held.unit, handover=handover, may_return=back)


def under_review(case: CaseState, ground: str, reported_by: str) -> CaseState:
    """The case with its termination under review; whoever reported the ground does not decide it."""
    came_from = case.state or "in_representation"
    return case.but(state="termination_review", termination=Termination(ground=ground, reported_by=reported_by, came_from=came_from))
