"""What the person got: advice, an answer to a letter, a document written for them (代拟文书)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from domain.command import Command, Event, Facts, Refusal, Stamp
from domain.consultation.state import RECEIVERS, Advice, ConsultationState, Drafted, State
from domain.stages.common import said
from domain.values import Model, PersonalText

ANSWERABLE: frozenset[State] = frozenset({"open", "converted"})
"""A letter is still to be answered when the inquiry has become a case."""


class GiveAdvice(Command):
    """Write down the advice given; with `answered_letter` it was the answer to the letter."""

    stream = "consultation"
    room = "consultation"
    states = ANSWERABLE
    roles = RECEIVERS
    emits = ("advice_given", "letter_answered")

    advice: PersonalText
    answered_letter: bool = False

    def decide(self, case: ConsultationState, facts: Facts) -> tuple[Event, ...]:
        given = AdviceGiven(advice=self.advice)
        if not self.answered_letter:
            return (given,)
        if case.letter is None:
            raise Refusal("no_letter", status=422, pointer="/answered_letter")
        if case.letter.answered_on is not None:
            raise Refusal("letter_already_answered", pointer="/answered_letter", answered_on=case.letter.answered_on)
        return given, LetterAnswered(answered_on=facts.effective_on)


class AdviceGiven(Event):
    advice: PersonalText

    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        given = Advice(advice=self.advice, by=at.actor, on=at.effective_on, version=at.version)
        return case.but(given=(*case.given, given))


class LetterAnswered(Event):
    answered_on: date

    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        letter = case.letter.model_copy(update={"answered_on": self.answered_on}) if case.letter else None
        return case.but(letter=letter)


class Draft(Model):
    title: PersonalText
    document_id: UUID | None = None


class DraftDocument(Draft, Command):
    """A document was written for the person: a complaint, an application for arbitration, a statement."""

    stream = "consultation"
    room = "consultation"
    states = ANSWERABLE
    roles = RECEIVERS
    emits = ("document_drafted",)

    def decide(self, case: ConsultationState, facts: Facts) -> tuple[Event, ...]:
        fields: dict[str, Any] = said(self)
        return (DocumentDrafted(**fields),)


class DocumentDrafted(Draft, Event):
    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        drafted = Drafted(title=self.title, document_id=self.document_id, by=at.actor, on=at.effective_on, version=at.version)
        return case.but(drafted=(*case.drafted, drafted))
