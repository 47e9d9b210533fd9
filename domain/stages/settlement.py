"""Settled by the centre before anybody was assigned (指派前和解): a success, not a withdrawal; it closes with a part file."""

from __future__ import annotations

from datetime import date

from domain.case import CaseState, Outcome
from domain.command import Command, Event, Facts, Refusal, Role, Stamp
from domain.lifecycle import State
from domain.stages.common import BearsCaseNumber, PartyIds, addressed, case_number, not_in_future, said
from domain.stages.handling import AIDED
from domain.values import Fen, Model, PersonalText


class Settlement(Model):
    settled_on: date
    summary: PersonalText
    agreed_fen: Fen | None = None
    """What was agreed for everybody together."""


class SettleWithoutAssignment(Settlement, Command):
    """The matter was settled for everybody who asked, at a home visit or by a call to the other side: the case goes to its closing.

    It bears a case number from then on, since it is counted among the cases done. The time for the closing file runs from the settlement.
    """

    room = "closure"
    states = frozenset[State]({"received", "examined", "awaiting_assignment"})
    to = ("closing",)
    roles = frozenset[Role]({"caseworker", "approver"})
    emits = ("settled_without_assignment",)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        not_in_future(facts, self.settled_on, "/settled_on")
        if case.opened_on and self.settled_on < case.opened_on:
            raise Refusal("settled_before_opening", status=422, pointer="/settled_on", opened_on=case.opened_on)
        settled = (r for r in case.recipients if r.outcome is None and r.status in (*AIDED, "undecided"))
        ids = addressed(settled, (), nobody="nobody_aided")
        return (SettledWithoutAssignment(**said(self), for_recipients=ids, **case_number(case, facts)),)


class SettledWithoutAssignment(BearsCaseNumber, Settlement, Event):
    """Who was undecided needs no decision any more, and is concluded with the others."""

    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        outcome = Outcome(
            result="settled",
            closing_event="settlement_signed",
            closed_on=self.settled_on,
            awarded_fen=self.agreed_fen,
            summary=self.summary,
            version=at.version,
        )
        after = case.with_recipients(self.for_recipients, outcome=outcome)
        after = after.with_recipients((r.party_id for r in case.undecided), status="concluded")
        return after.but(state="closing", case_number=case.case_number or self.case_number)
