"""Co-counsel (协办律师): a further lawyer beside the one who leads, of the unit assigned or of another."""

from __future__ import annotations

from collections.abc import Sequence

from domain.case import Assignment, CaseState, Handler
from domain.command import Command, Event, Facts, Refusal, Stamp
from domain.matching import Candidate, excluded
from domain.stages.assignment import fit, panel_for
from domain.stages.common import known_unit
from domain.stages.representation import HANDLED
from domain.values import Code, PersonalText


class CoCounselAdded(Event):
    lawyer: Code
    unit: Code
    reason: PersonalText
    considered: Candidate
    """The lawyer as the gates and the score saw it on that day."""

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        held = case.assignment or Assignment(unit=self.unit)
        joined = Handler(lawyer=self.lawyer, unit=self.unit, lead=False)
        return case.but(assignment=held.model_copy(update={"lawyers": (*held.lawyers, joined)}))


class AddCoCounsel(Command):
    """Give the case a further lawyer, past the same gates as the first; who leads stays as it is."""

    room = "assignment"
    states = HANDLED
    roles = frozenset({"approver"})
    emits = ("co_counsel_added",)
    needs = frozenset({"standings", "co_accused"})

    lawyer: Code
    unit: Code | None = None
    """The unit assigned when absent."""
    reason: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        held = case.assignment
        if held is None:
            raise Refusal("not_your_assignment", status=403)
        known_unit(facts, self.unit, "/unit")
        unit = self.unit or held.unit
        if unit in excluded(case):
            raise Refusal("conflict", pointer="/unit", who=unit)
        if self.lawyer in [handler.lawyer for handler in held.lawyers]:
            raise Refusal("already_named", pointer="/lawyer", lawyer=self.lawyer)
        considered = fit(panel_for(case, facts), facts, self.lawyer, unit, "/lawyer")
        return [CoCounselAdded(lawyer=self.lawyer, unit=unit, reason=self.reason, considered=considered)]
