"""The same help goes on in another case: the next instance, the enforcement, an application made again.

What the earlier case knows is carried over to be confirmed, never typed again: people, papers, opponents, the ground of a waiver, the
lawyer. The checks run anew in the new case, which may belong to another centre. One command writes to both: `case_continued` here,
`application_submitted` there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from domain.case import CarriedWaiver, CaseState, Continued, Continues, Relation
from domain.command import INNER, Command, Event, Facts, Refusal, Reserved, Role, Stamp
from domain.lifecycle import State, onward
from domain.stages.application import ApplicationSubmitted, numbered_party
from domain.stages.assignment import LawyerChosen, Wishes
from domain.stages.common import Draw, PartyIds, addressed, not_in_future
from domain.stages.handling import carried, in_hand
from domain.values import Applicant, CaseStage, Code, Forum, Matter, Model, Party, PersonalText, Proxy

_FORUM: Mapping[CaseStage, Forum] = {
    "negotiation": "non_litigation", "mediation": "mediation", "arbitration": "arbitration", "first_instance": "litigation",
    "second_instance": "litigation", "retrial": "litigation", "enforcement": "litigation", "special_procedure": "litigation",
    "protection_order": "litigation", "reconsideration": "reconsideration", "bankruptcy": "litigation", "investigation": "investigation",
    "prosecution": "prosecution", "trial": "trial", "death_review": "trial",
}  # fmt: skip
_LEFT_BEFORE = frozenset({"refused", "released"})
_OVER = frozenset({"refused", "terminated", "found_ineligible", "concluded", "released"})
"""Statuses of people who may apply again: nothing is going on for them."""


class CarriedOver(Model):
    """The people of the earlier case and its summary as they were known when the command came in, sealed for the new case.

    The index is the `party_id` of the earlier case. Only the product itself writes it.
    """

    parties: tuple[Party | Applicant, ...] = ()
    summary: PersonalText | None = None


class ContinuationFields(Model):
    relation: Relation
    stage: CaseStage
    centre: Code | None = None
    """Where the new case belongs to; the same centre when absent."""
    lawyer_wish: Literal["same", "other", "none"] | None = None


class ContinueCase(ContinuationFields, Command):
    """Open the case that follows, for those named or for everybody it may go on for."""

    room = "closure"
    states = onward("in_representation") | frozenset[State]({"refused"})
    roles = frozenset[Role]({"caseworker", "receptionist"})
    emits = ("case_continued",)
    lane = "margin"

    for_recipients: PartyIds = ()
    reserved: Reserved = ()
    """The id of the new case."""
    carried_over: Annotated[CarriedOver | None, INNER] = None

    def opens(self) -> int:
        return 1

    def others(self) -> tuple[str, ...]:
        return tuple(map(str, self.reserved))

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        centre = facts.directory.office(self.centre or case.centre)
        if centre is None or centre.kind != "centre":
            raise Refusal("unknown_office", status=422, pointer="/centre", office=self.centre)
        ids = going_on(case, self)
        twice = [c for c in case.continued if c.relation == self.relation and c.stage == self.stage and set(ids) & set(c.for_recipients)]
        if twice:
            raise Refusal("already_continued", case_id=twice[-1].case_id, stage=self.stage)
        return [CaseContinued(**carried(ContinuationFields, self), into=self.reserved[0], for_recipients=ids)]

    def spread(self, case: CaseState, facts: Facts) -> Mapping[str, Sequence[Event]]:
        ids = going_on(case, self)
        submitted = self._application(case, ids, facts)
        lead = case.assignment.lead if case.assignment else None
        choice = _choice(self.lawyer_wish, lead, case)
        return {str(self.reserved[0]): [submitted, choice] if choice else [submitted]}

    def _application(self, case: CaseState, ids: tuple[int, ...], facts: Facts) -> ApplicationSubmitted:
        if self.carried_over is None or len(self.carried_over.parties) != len(case.parties):
            raise Refusal("carried_over_changed")
        held = self.carried_over.parties
        centre = self.centre or case.centre
        place = {party_id: index for index, party_id in enumerate(ids)}
        people = [numbered_party(_applicant(held[party_id]), index) for party_id, index in place.items()]
        proxy = held[case.proxy_party] if case.proxy_party is not None and case.proxy_relation else None
        after = len(people) + (proxy is not None)
        kept = case.matter.model_dump(exclude={"summary", "stage", "forum", "limitation_on"}) if case.matter else {}
        summary = self.carried_over.summary
        everybody = all(r.party_id in place for r in case.recipients)
        return ApplicationSubmitted(
            centre=centre,
            channel=case.channel or "referral",
            outlet=case.outlet if centre == case.centre else None,
            applicant=people[0],
            co_applicants=tuple(people[1:]),
            representatives=tuple(place[r] for r in case.representatives if r in place),
            recipient_count=case.recipient_count if everybody else len(people),
            opponents=tuple(numbered_party(held[party_id], index) for index, party_id in enumerate(case.opponents, start=after)),
            proxy=Proxy.model_validate({"party": numbered_party(proxy, after - 1), "relation": case.proxy_relation}) if proxy else None,
            matter=Matter(**kept, summary=summary, stage=self.stage, forum=_FORUM[self.stage]) if summary else None,
            papers=case.papers,
            owner=facts.actor.id,
            draws=Draw(kind="register", centre=centre, year=facts.effective_on.year),
            continues=Continues(
                case_id=UUID(case.case_id),
                relation=self.relation,
                case_number=case.case_number or case.register_number,
                waivers=_waivers(case, place),
                lawyer=case.assignment.lead if case.assignment else None,
                co_accused=tuple(link.case_id for link in case.links if link.relation == "co_accused"),
            ),
        )


def going_on(case: CaseState, command: ContinueCase) -> tuple[int, ...]:
    """For whom the new case is opened, by the party ids of this one.

    Raises `Refusal` where nobody is in question: an instance follows for those helped, a new application for those whose help is over.
    """
    again = command.relation == "reapplication"
    if case.state == "refused" and not again:
        raise Refusal("wrong_state", state=case.state)
    among = [r for r in case.recipients if (r.status in _OVER if again else r.status not in _LEFT_BEFORE)]
    return addressed(among, command.for_recipients, nobody="nobody_to_apply_again" if again else "nobody_aided")


def _applicant(party: Party) -> Applicant:
    return party if isinstance(party, Applicant) else Applicant(**{name: getattr(party, name) for name in type(party).model_fields})


def _waivers(case: CaseState, place: Mapping[int, int]) -> tuple[CarriedWaiver, ...]:
    held: dict[str, list[int]] = {}
    for recipient in case.recipients:
        if recipient.waiver and recipient.party_id in place:
            held.setdefault(recipient.waiver.ground, []).append(place[recipient.party_id])
    return tuple(CarriedWaiver(ground=ground, for_recipients=tuple(ids)) for ground, ids in held.items())


def _choice(wish: str | None, lead: str | None, case: CaseState) -> LawyerChosen | None:
    """What the recipient says of the lawyer now, with the wishes uttered before; what was not said is asked anew."""
    wishes = Wishes.model_validate(case.choice.wishes) if case.choice and case.choice.wishes else None
    if wish == "same" and lead:
        return LawyerChosen(choices=(lead,), wishes=wishes)
    if wish == "other" and wishes:
        return LawyerChosen(wishes=wishes)
    return LawyerChosen(no_wish_told=True) if wish == "none" else None


class CaseContinued(ContinuationFields, Event):
    lane = "margin"

    into: UUID
    """The case that follows."""
    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        on = Continued(case_id=self.into, relation=self.relation, stage=self.stage, on=at.effective_on, for_recipients=self.for_recipients)
        return case.but(continued=(*case.continued, on))


class Remedy(Model):
    told_on: date
    reason: PersonalText


class DeclineRemedy(Remedy, Command):
    """The recipient was told of the remedy and does not appeal, sue or enforce."""

    room = "representation"
    states = frozenset[State]({"in_representation", "closing", "file_returned", "file_accepted"})
    roles = frozenset[Role]({"lawyer", "caseworker"})
    emits = ("remedy_declined",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        not_in_future(facts, self.told_on, "/told_on")
        if not any(step.kind in REMEDIABLE for step in case.representation.procedures):
            raise Refusal("no_decision_to_contest")
        return [RemedyDeclined(told_on=self.told_on, reason=self.reason)]


REMEDIABLE = frozenset({"award", "judgment", "ruling"})


class RemedyDeclined(Remedy, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        return case.but(representation=case.representation.model_copy(update={"remedy_declined_on": self.told_on}))
