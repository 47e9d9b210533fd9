"""Attempts to reach the recipient (联系受援人): each is recorded, whether it reached them or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.case import CaseState, Contact
from domain.command import Command, Event, Facts, Stamp
from domain.lifecycle import NOT_ENDED
from domain.stages.common import not_in_future, said
from domain.stages.handling import in_hand
from domain.values import Model, PersonalText


class Attempt(Model):
    means: PersonalText
    tried_on: date
    reached: bool
    detail: PersonalText | None = None


class ContactAttempted(Attempt, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        before = case.representation.contact or Contact()
        contact = Contact(
            attempts=before.attempts + 1,
            last_on=max(self.tried_on, before.last_on or self.tried_on),
            reached_on=max(self.tried_on, before.reached_on or self.tried_on) if self.reached else before.reached_on,
        )
        return case.but(representation=case.representation.model_copy(update={"contact": contact}))


class RecordContactAttempt(Attempt, Command):
    """Nothing of the case moves by it; it proves that somebody tried."""

    room = "representation"
    states = NOT_ENDED
    roles = frozenset({"lawyer", "caseworker", "receptionist"})
    emits = ("contact_attempted",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        not_in_future(facts, self.tried_on, "/tried_on")
        return [ContactAttempted(**said(self))]
