"""Registering: whoever receives an inquiry, through whatever channel, answers for it from then on (首问负责制).

A letter also starts the time to answer it. The consultation gets a number, dense per centre and year.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from domain.command import INNER, Command, Event, Facts, Refusal, Series, Stamp
from domain.consultation.state import RECEIVERS, ConsultationState, Letter, State
from domain.directory import Directory, Office
from domain.identity import same_person
from domain.stages.common import Draw, short_name
from domain.values import Applicant, Cause, Channel, Code, Model, Moment, Party, PersonalText, Text


class Inquiry(Model):
    """What is written down of an inquiry. `person` is absent where somebody asks without saying who they are."""

    office: Code
    channel: Channel
    person: Applicant | None = None
    opponents: tuple[Party, ...] = ()
    people: Annotated[int, Field(ge=1, le=100_000)] = 1
    """How many people asked together."""
    question: PersonalText
    cause: Cause | None = None
    received_at: Moment
    referred_by: Text | None = None
    letter: bool = False

    @field_validator("opponents")
    @classmethod
    def _not_the_person(cls, opponents: tuple[Party, ...], info: ValidationInfo) -> tuple[Party, ...]:
        person: Applicant | None = info.data.get("person")
        if person and any(same_person(opponent, person) for opponent in opponents):
            raise PydanticCustomError("recipient_is_opponent", "nobody asks for aid against themselves")
        return opponents


class RegisterConsultation(Inquiry, Command):
    """Open a consultation. Who registers it is its owner until somebody else has accepted it."""

    stream = "consultation"
    room = "consultation"
    states = frozenset[State]()
    to = ("open",)
    roles = RECEIVERS
    emits = ("consultation_registered", "letter_received")

    asker: Annotated[UUID | None, INNER] = None
    """The subject of an anonymous inquiry, given when it is taken in."""

    def decide(self, case: ConsultationState, facts: Facts) -> tuple[Event, ...]:
        if case.state is not None:
            raise Refusal("wrong_state", state=case.state)
        office, centre = receiving_office(facts, self.office)
        not_yet(facts, self.received_at, "/received_at")
        fields: dict[str, Any] = {name: getattr(self, name) for name in Inquiry.model_fields if name != "letter"}
        first = 0 if self.person is None else 1
        fields["person"] = self.person and self.person.model_copy(update={"party_id": 0})
        fields["opponents"] = tuple(each.model_copy(update={"party_id": first + i}) for i, each in enumerate(self.opponents))
        registered = ConsultationRegistered(
            **fields,
            asker=self.asker,
            centre=centre.code,
            outlet=None if office is centre else office.code,
            owner=facts.actor.id,
            draws=Draw(kind="consultation", centre=centre.code, year=facts.effective_on.year),
        )
        if not (self.letter or self.channel == "letter"):
            return (registered,)
        return registered, LetterReceived(received_on=self.received_at.astimezone(facts.rules.zone).date())


def receiving_office(facts: Facts, code: str) -> tuple[Office, Office]:
    """The office that receives, and the centre it stands under. Refuses (422) an office that is no centre's."""
    office, centre = facts.directory.office(code), facts.directory.centre_of(code)
    if office is None or centre is None:
        raise Refusal("unknown_office", status=422, pointer="/office", office=code)
    return office, centre


def not_yet(facts: Facts, moment: Any, pointer: str) -> None:
    """Refuse (422) a moment that has not come."""
    if moment > facts.now:
        day = moment.astimezone(facts.rules.zone).date()
        raise Refusal("date_in_future", status=422, pointer=pointer, day=day, legal_day=facts.effective_on)


class ConsultationRegistered(Event):
    office: Code
    centre: Code
    outlet: Code | None = None
    owner: Code
    channel: Channel
    person: Applicant | None = None
    asker: UUID | None = None
    opponents: tuple[Party, ...] = ()
    people: int = 1
    question: PersonalText
    cause: Cause | None = None
    received_at: Moment
    referred_by: Text | None = None
    number: str | None = None
    draws: Draw

    def series(self) -> tuple[Series, ...]:
        return (self.draws.series,) if self.number is None else ()

    def numbered(self, numbers: tuple[int, ...], directory: Directory) -> Self:
        short = short_name(directory, self.draws.centre)
        return self.model_copy(update={"number": f"{short}援咨字〔{self.draws.year}〕第{numbers[0]}号"})

    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        names = (
            "office",
            "centre",
            "outlet",
            "owner",
            "channel",
            "asker",
            "people",
            "question",
            "cause",
            "received_at",
            "referred_by",
            "number",
        )
        return case.but(
            state="open",
            opened_on=at.effective_on,
            parties=((self.person,) if self.person else ()) + self.opponents,
            anonymous=self.person is None,
            **{name: getattr(self, name) for name in names},
        )


class LetterReceived(Event):
    """A letter that is to be answered; its time runs from the day it came."""

    received_on: date

    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        return case.but(letter=Letter(received_on=self.received_on))
