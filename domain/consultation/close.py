"""Closing: nothing is closed while a hand-over waits or a letter that can be answered has not been."""

from __future__ import annotations

from typing import Literal

from domain.command import Command, Event, Facts, Refusal, Stamp
from domain.consultation.state import RECEIVERS, ConsultationState, State

How = Literal["advised", "drafted", "referred", "converted", "no_answer", "other"]


class CloseConsultation(Command):
    """Say how it ended. `no_answer` and `other` also end the time of a letter that cannot be answered."""

    stream = "consultation"
    room = "consultation"
    states = frozenset[State]({"open", "converted"})
    to = ("closed",)
    roles = RECEIVERS
    emits = ("consultation_closed",)

    how: How

    def decide(self, case: ConsultationState, facts: Facts) -> tuple[Event, ...]:
        if case.handing is not None:
            raise Refusal("hand_over_open", person=case.handing.to)
        if (self.how == "converted") != (case.state == "converted"):
            raise Refusal("not_converted" if case.application is None else "already_converted", pointer="/how", case_id=case.application)
        if self.how == "advised" and not case.given:
            raise Refusal("nothing_advised", pointer="/how")
        if self.how == "drafted" and not case.drafted:
            raise Refusal("nothing_drafted", pointer="/how")
        if case.letter_open and self.how not in ("no_answer", "other"):
            raise Refusal("letter_not_answered", pointer="/how")
        return (ConsultationClosed(how=self.how),)


class ConsultationClosed(Event):
    how: How

    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        return case.but(state="closed", closed_how=self.how, closed_on=at.effective_on)
