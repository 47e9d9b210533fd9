"""Handing over: the owner changes only when the person named has accepted (首问负责制); until then nobody may drop the inquiry.

One hand-over at a time. It lapses by itself where the person it waits for no longer works in any receiving role: then the owner names
somebody else.
"""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field

from domain.command import Actor, Command, Event, Facts, Refusal, Role, Stamp
from domain.consultation.state import OPEN, RECEIVERS, ConsultationState, HandingOver
from domain.directory import Directory
from domain.values import Code, Model, PersonalText


def may_take(directory: Directory, person: str, on: date) -> bool:
    """Whether the person holds, on that day, a role in which inquiries are answered."""
    held = directory.person(person)
    return held is not None and any(role in RECEIVERS for role, _ in held.roles_on(on))


class Handing(Model):
    """The contract's word is `to`; a command's `to` names the states it leads to."""

    model_config = ConfigDict(serialize_by_alias=True)

    successor: Code = Field(alias="to")
    reason: PersonalText


class HandOverInquiry(Handing, Command):
    """Name the colleague who is to take the inquiry. The owner does it; a supervisor may for one who cannot."""

    stream = "consultation"
    room = "consultation"
    states = OPEN
    roles = RECEIVERS | frozenset[Role]({"supervisor"})
    emits = ("inquiry_handed_over",)

    @classmethod
    def open_to(cls, case: ConsultationState, actor: Actor, directory: Directory, on: date) -> bool:
        waiting = case.handing is not None and may_take(directory, case.handing.to, on)
        return not waiting and (actor.id == case.owner or actor.role == "supervisor")

    def decide(self, case: ConsultationState, facts: Facts) -> tuple[Event, ...]:
        if facts.actor.role != "supervisor" and case.owner not in (facts.actor.id, facts.on_behalf_of):
            raise Refusal("not_the_owner", status=403, owner=case.owner)
        if case.handing and may_take(facts.directory, case.handing.to, facts.effective_on):
            raise Refusal("hand_over_open", person=case.handing.to)
        if facts.directory.person(self.successor) is None:
            raise Refusal("unknown_person", status=422, pointer="/to", person=self.successor)
        if self.successor == case.owner:
            raise Refusal("already_the_owner", status=422, pointer="/to", person=self.successor)
        if not may_take(facts.directory, self.successor, facts.effective_on):
            raise Refusal("cannot_take_inquiry", status=422, pointer="/to", person=self.successor)
        return (InquiryHandedOver(to=self.successor, reason=self.reason),)


class InquiryHandedOver(Handing, Event):
    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        waiting = HandingOver(to=self.successor, by=at.actor, reason=self.reason, on=at.effective_on, version=at.version)
        return case.but(handing=waiting)


class ByTheNamed(Model):
    """Only the person named answers a hand-over, or who acts for them."""

    @classmethod
    def allowed_in(cls, case: ConsultationState) -> bool:
        return case.state in OPEN and case.handing is not None

    @classmethod
    def open_to(cls, case: ConsultationState, actor: Actor, directory: Directory, on: date) -> bool:
        return case.handing is not None and case.handing.to == actor.id

    @staticmethod
    def waiting(case: ConsultationState, facts: Facts) -> HandingOver:
        """The hand-over that is answered. Refuses (403) everybody but the person named."""
        if case.handing is None:
            raise Refusal("no_hand_over")
        if case.handing.to not in (facts.actor.id, facts.on_behalf_of):
            raise Refusal("not_named_for_hand_over", status=403, person=case.handing.to)
        return case.handing


class AcceptHandOver(ByTheNamed, Command):
    """Take the inquiry: from now on the person named answers for it."""

    stream = "consultation"
    room = "consultation"
    states = OPEN
    roles = RECEIVERS
    emits = ("hand_over_accepted",)

    def decide(self, case: ConsultationState, facts: Facts) -> tuple[Event, ...]:
        waiting = self.waiting(case, facts)
        return (HandOverAccepted(successor=waiting.to, handed=waiting.version),)


class HandOverAccepted(Event):
    """`handed` is the version of the event that handed the inquiry over."""

    successor: Code
    handed: int

    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        return case.but(owner=self.successor, handing=None)


class ReturnHandOver(ByTheNamed, Command):
    """Send the inquiry back with a reason; it stays with its owner, who may name somebody else."""

    stream = "consultation"
    room = "consultation"
    states = OPEN
    roles = RECEIVERS
    emits = ("hand_over_returned",)

    reason: PersonalText

    def decide(self, case: ConsultationState, facts: Facts) -> tuple[Event, ...]:
        return (HandOverReturned(reason=self.reason, handed=self.waiting(case, facts).version),)


class HandOverReturned(Event):
    reason: PersonalText
    handed: int

    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        return case.but(handing=None)
