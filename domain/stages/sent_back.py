"""Application: the approver sends an examiner's opinion back with a reason, to be given anew; nothing is decided by it."""

from __future__ import annotations

from collections.abc import Sequence

from domain.case import CaseState, Recipient
from domain.command import Command, Event, Facts, Role, Stamp
from domain.lifecycle import State
from domain.stages.common import PartyIds, addressed, open_recipients
from domain.values import Model, PersonalText


class SendingBack(Model):
    reason: PersonalText
    for_recipients: PartyIds = ()


def _recommended(case: CaseState) -> tuple[Recipient, ...]:
    """Those an opinion was given about who are not decided about."""
    return tuple(r for r in open_recipients(case) if r.recommended)


class ReturnRecommendation(SendingBack, Command):
    """Send the opinion back for those named, or for all it was given about. Whoever joined beside the work stays where they are."""

    room = "application"
    states = frozenset[State]({"examined"})
    to = ("received", "=")
    roles = frozenset[Role]({"approver"})
    emits = ("recommendation_returned",)

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return bool(_recommended(case)) and not case.ended

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del facts
        ids = addressed(_recommended(case), self.for_recipients, nobody="recommendation_missing", case=case)
        return [RecommendationReturned(reason=self.reason, for_recipients=ids)]


class RecommendationReturned(SendingBack, Event):
    """The case waits for its examiner again once no opinion is left; the time to examine runs on."""

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        after = case.with_recipients(self.for_recipients, recommended=None, recommended_by=())
        if _recommended(after):
            return after
        return after.but(state="received" if case.state == "examined" else case.state, recommendation=None)
