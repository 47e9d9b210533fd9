"""Terminating the aid (终止法律援助, 法律援助法 art. 48): a ground is reported, another person terminates or lets the aid go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from domain.case import CaseState, Decided, Termination
from domain.command import Command, Event, Facts, Refusal, Stamp
from domain.lifecycle import STATES, State, onward
from domain.stages.common import PartyIds, addressed
from domain.stages.handling import AIDED, aided, in_hand, moved_on, under_review
from domain.stages.lane import decided as decided_lane
from domain.stages.lane import reinstated
from domain.values import PersonalText

Ground = Literal[
    "deceit", "hidden_facts", "unlawful_use", "no_longer_eligible", "discontinued", "own_counsel", "recipient_request",
    "provisional_not_eligible", "accused_refuses", "recipient_died", "other",
]  # fmt: skip
OPENED_BY = ("termination_ground_reported", "found_ineligible", "defence_consent_recorded")
"""Events that open a termination review."""

BACK_TO: tuple[State, ...] = tuple(s for s in STATES if s in onward("awaiting_assignment", "file_returned") and s != "termination_review")
"""Where a review leads for those whose aid goes on: the state in which it was opened."""


class TerminationGroundReported(Event):
    ground: Ground
    detail: PersonalText

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return under_review(case, self.ground, at.actor)


class ReportTerminationGround(Command):
    room = "representation"
    states = frozenset({"awaiting_assignment", "assigned", "lawyer_named", "in_representation", "replacing_lawyer"})
    to = ("termination_review",)
    roles = frozenset({"lawyer", "unit_manager", "caseworker"})
    emits = ("termination_ground_reported",)

    ground: Ground = "other"
    detail: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        return [TerminationGroundReported(ground=self.ground, detail=self.detail)]


class AidTerminated(Event):
    ground: Ground
    reasons: PersonalText
    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        """The case closes with the last recipient who was helped. Ended for some, the review is over and it goes on for the others.

        Whoever was found ineligible keeps it open: about them too another person decides.
        """
        decided = Decided(result="terminated", version=at.version, decided_on=at.effective_on, decided_by=at.actor)
        after = case.with_recipients(self.for_recipients, status="terminated", decision=decided)
        reviewed = case.termination or Termination(ground=self.ground, reported_by=at.actor, came_from="in_representation")
        termination = reviewed.model_copy(update={"ground": self.ground, "terminated_on": at.effective_on})
        after = after.but(termination=termination)
        if any(r.status == "found_ineligible" for r in after.recipients):
            return after
        if not (aided(after) or after.undecided):
            return after.but(state="closing")
        return moved_on(decided_lane(after).but(state=reviewed.came_from))


class TerminateAid(Command):
    """Ends the aid of the recipients named: all of them when none is, or those found ineligible where that is the ground."""

    room = "representation"
    states = frozenset({"termination_review"})
    to = ("closing", *BACK_TO)
    roles = frozenset({"approver"})
    emits = ("aid_terminated",)
    other_than = "termination_ground_reported"

    ground: Ground
    reasons: PersonalText
    for_recipients: PartyIds = ()

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        _decider_did_not_report(case, facts)
        found = tuple(r.party_id for r in case.recipients if r.status == "found_ineligible" and self.ground == "provisional_not_eligible")
        possible = (r for r in case.recipients if r.status in AIDED or r.status == "found_ineligible")
        named = self.for_recipients or found
        ids = addressed(possible, named, nobody="nobody_aided", case=case, passed="recipient_not_aided")
        return [AidTerminated(ground=self.ground, reasons=self.reasons, for_recipients=ids)]


def _decider_did_not_report(case: CaseState, facts: Facts) -> None:
    """Whichever event opened this review, who issued it, or was acted for, does not decide (single-officer centres excepted)."""
    reviewed = case.termination
    if reviewed is None or facts.directory.single_officer(case.centre):
        return
    openers = [who for event in OPENED_BY if reviewed.reported_by in (who := case.acted_by.get(event, ()))]
    if {facts.actor.id, facts.on_behalf_of} & {reviewed.reported_by}.union(*openers):
        raise Refusal(TerminateAid.same_person_code, event=TerminateAid.other_than)


class AidContinued(Event):
    reasons: PersonalText

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        """Back to the state before; a finding of ineligibility that opened the review does not stand."""
        back = case.termination.came_from if case.termination else "in_representation"
        return reinstated(case, at.effective_on).but(state=back, termination=None)


class ContinueAid(Command):
    room = "representation"
    states = frozenset({"termination_review"})
    to = BACK_TO
    roles = frozenset({"approver"})
    emits = ("aid_continued",)

    reasons: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del case, facts
        return [AidContinued(reasons=self.reasons)]
