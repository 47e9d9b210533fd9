"""A request for legal aid made to a duty lawyer, or in custody: received, and forwarded to a centre within 24 hours (法律援助法 art. 39).

The hours run through nights and days off.
"""

from __future__ import annotations

from typing import Self

from domain.command import Command, Event, Facts, Refusal, Role, Series, Stamp
from domain.consultation.register import not_yet, receiving_office
from domain.directory import Directory
from domain.duty.state import DutyState, State
from domain.stages.application import known_centre
from domain.stages.common import Draw, short_name
from domain.values import Applicant, Code, Model, Moment, PersonalText

ON_DUTY: frozenset[Role] = frozenset({"duty_lawyer", "receptionist", "caseworker"})
"""Who receives and forwards requests: the duty lawyers, and the centre's desk where a facility sends one straight there."""


class Asked(Model):
    office: Code
    person: Applicant
    in_custody: bool = False
    received_at: Moment
    request: PersonalText


class ReceiveDutyRequest(Asked, Command):
    """Write down the request; its 24 hours run from the moment it was received."""

    stream = "duty"
    room = "duty"
    states = frozenset[State]()
    to = ("received",)
    roles = ON_DUTY
    emits = ("duty_request_received", "custody_request_received")

    def decide(self, case: DutyState, facts: Facts) -> tuple[Event, ...]:
        if case.state is not None:
            raise Refusal("wrong_state", state=case.state)
        office, centre = receiving_office(facts, self.office)
        not_yet(facts, self.received_at, "/received_at")
        kind = CustodyRequestReceived if self.in_custody else DutyRequestReceived
        return (
            kind(
                office=self.office,
                person=self.person.model_copy(update={"party_id": 0}),
                received_at=self.received_at,
                request=self.request,
                centre=centre.code,
                outlet=None if office is centre else office.code,
                owner=facts.actor.id,
                draws=Draw(kind="duty", centre=centre.code, year=facts.effective_on.year),
            ),
        )


class Received(Model):
    """What both events of a request say."""

    office: Code
    centre: Code
    outlet: Code | None = None
    owner: Code
    person: Applicant
    received_at: Moment
    request: PersonalText
    number: str | None = None
    draws: Draw

    def series(self) -> tuple[Series, ...]:
        return (self.draws.series,) if self.number is None else ()

    def numbered(self, numbers: tuple[int, ...], directory: Directory) -> Self:
        short = short_name(directory, self.draws.centre)
        return self.model_copy(update={"number": f"{short}援值字〔{self.draws.year}〕第{numbers[0]}号"})

    def received(self, case: DutyState, at: Stamp, *, in_custody: bool) -> DutyState:
        """The request as this event opens it."""
        names = ("office", "centre", "outlet", "owner", "received_at", "request", "number")
        said = {name: getattr(self, name) for name in names}
        return case.but(state="received", opened_on=at.effective_on, parties=(self.person,), in_custody=in_custody, **said)


class DutyRequestReceived(Received, Event):
    def apply(self, case: DutyState, at: Stamp) -> DutyState:
        return self.received(case, at, in_custody=False)


class CustodyRequestReceived(Received, Event):
    """The person who asks is held in custody."""

    def apply(self, case: DutyState, at: Stamp) -> DutyState:
        return self.received(case, at, in_custody=True)


class Forwarding(Model):
    centre: Code
    forwarded_at: Moment


class ForwardRequest(Forwarding, Command):
    """Pass the request on to a centre, which sees it from then on."""

    stream = "duty"
    room = "duty"
    states = frozenset[State]({"received"})
    to = ("forwarded",)
    roles = ON_DUTY
    emits = ("request_forwarded",)

    def decide(self, case: DutyState, facts: Facts) -> tuple[Event, ...]:
        known_centre(facts, self.centre)
        not_yet(facts, self.forwarded_at, "/forwarded_at")
        if case.received_at and self.forwarded_at < case.received_at:
            raise Refusal("forwarded_before_receipt", status=422, pointer="/forwarded_at", received_at=case.received_at)
        return (RequestForwarded(centre=self.centre, forwarded_at=self.forwarded_at),)


class RequestForwarded(Forwarding, Event):
    def apply(self, case: DutyState, at: Stamp) -> DutyState:
        return case.but(state="forwarded", centre=self.centre, forwarded_to=self.centre, forwarded_at=self.forwarded_at)
