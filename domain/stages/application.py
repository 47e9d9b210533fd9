"""Application (申请): the case is opened, its papers are received; it is withdrawn or goes elsewhere.

Sources: 法律援助法 art. 35-43; 办理法律援助案件程序规定 (R148) art. 9-22. What is missing or to be verified stands in `supplement.py`, the
examination and the decision in `decision.py`, what may be brought against the decision in `objection.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from domain.case import CaseState, Continues, Link, Recipient
from domain.command import Command, Event, Facts, Refusal, Role, Series, Stamp
from domain.directory import Directory
from domain.identity import plain, same_person
from domain.lifecycle import State
from domain.stages.common import (
    Draw,
    Papers,
    PartyIds,
    known_person,
    known_township,
    not_ahead_of_today,
    register_number_of,
    said,
    with_papers,
    without,
)
from domain.values import Applicant, Channel, Code, Matter, Model, Paper, Party, PersonalText, Proof, Proxy, Text

EXAMINATION: frozenset[State] = frozenset({"received", "awaiting_papers", "awaiting_verification", "examined"})
COUNTER: frozenset[Role] = frozenset({"liaison", "receptionist", "caseworker"})
"""Who takes papers in: at the outlets and in the centre."""


class Oral(Model):
    """An application taken down by word of mouth: by whom, read back or not, how the applicant vouched for it (R148 art. 9)."""

    taken_by: Code | None = None
    read_aloud: bool | None = None
    proof: Proof | None = None


class Application(Model):
    centre: Code
    channel: Channel
    outlet: Code | None = None
    assisting_agency: Text | None = None
    received_by_centre_on: date | None = None
    form: Literal["written", "oral"] | None = None
    oral: Oral | None = Field(default=None, validate_default=True)
    applicant: Applicant
    co_applicants: tuple[Applicant, ...] = ()
    representatives: PartyIds = ()
    recipient_count: int | None = None
    opponents: tuple[Party, ...] = ()
    proxy: Proxy | None = None
    matter: Matter | None = None
    papers: tuple[Paper, ...] = ()
    consultation_id: UUID | None = None
    duty_request_id: UUID | None = None

    @field_validator("oral")
    @classmethod
    def _taken_down(cls, oral: Oral | None, info: ValidationInfo) -> Oral | None:
        if info.data.get("form") == "oral" and oral is None:
            raise PydanticCustomError("oral_record_missing", "an oral application needs its record")
        return oral

    @field_validator("co_applicants")
    @classmethod
    def _each_once(cls, people: tuple[Applicant, ...], info: ValidationInfo) -> tuple[Applicant, ...]:
        return without_duplicates(people, info.data.get("applicant"))

    @field_validator("opponents")
    @classmethod
    def _not_a_recipient(cls, opponents: tuple[Party, ...], info: ValidationInfo) -> tuple[Party, ...]:
        asking = (*(a for a in (info.data.get("applicant"),) if a), *info.data.get("co_applicants", ()))
        if any(same_person(opponent, person) for opponent in opponents for person in asking):
            raise PydanticCustomError("recipient_is_opponent", "nobody asks for aid against themselves")
        return opponents

    @field_validator("recipient_count")
    @classmethod
    def _counts_everybody(cls, count: int | None, info: ValidationInfo) -> int | None:
        least = 1 + len(info.data.get("co_applicants", ()))
        if count is not None and count < least:
            raise PydanticCustomError("recipient_count_too_small", "at least {least} recipients are named", {"least": least})
        return count

    @field_validator("representatives")
    @classmethod
    def _of_the_group(cls, ids: PartyIds, info: ValidationInfo) -> PartyIds:
        if any(party_id > len(info.data.get("co_applicants", ())) for party_id in ids):
            raise PydanticCustomError("unknown_recipient", "a representative is one of the group")
        return ids

    @field_validator("proxy")
    @classmethod
    def _not_the_opponent(cls, proxy: Proxy | None, info: ValidationInfo) -> Proxy | None:
        if proxy and any(same_person(proxy.party, opponent) for opponent in info.data.get("opponents", ())):
            raise PydanticCustomError("proxy_is_opponent", "nobody applies for a person against whom the aid is sought")
        return proxy


def without_duplicates(people: tuple[Applicant, ...], first: Applicant | None = None) -> tuple[Applicant, ...]:
    """The people, all of them different from one another and from the first by their numbers. Raises the error `duplicate_recipient`."""
    seen = {number for person in (first,) if person and (number := plain(person.id_number))}
    for index, person in enumerate(people):
        number = plain(person.id_number)
        if number in seen:
            raise PydanticCustomError("duplicate_recipient", "the identity number of row {row} stands there twice", {"row": index + 1})
        seen |= {number} if number else set()
    return people


class SubmitApplication(Application, Command):
    """Open a case. The person who takes the application down is its first-inquiry owner (首问负责制) until it is handed over."""

    states = frozenset[State]()
    to = ("received",)
    roles = COUNTER | frozenset[Role]({"duty_lawyer"})
    emits = ("application_submitted",)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if case.state is not None:
            raise Refusal("wrong_state", state=case.state)
        self._check_offices(facts)
        known_township(facts, self.applicant, "/applicant")
        for n, applicant in enumerate(self.co_applicants):
            known_township(facts, applicant, f"/co_applicants/{n}")
        not_ahead_of_today(facts, self.received_by_centre_on, "/received_by_centre_on")
        known_person(facts, self.oral.taken_by if self.oral else None, "/oral/taken_by")
        fields = said(self)
        fields["outlet"] = self.outlet or own_outlet(facts, self.centre)
        first_opponent = 1 + len(self.co_applicants) + (self.proxy is not None)
        fields["applicant"] = numbered_party(self.applicant, 0)
        fields["co_applicants"] = tuple(numbered_party(a, i) for i, a in enumerate(self.co_applicants, start=1))
        if self.proxy:
            fields["proxy"] = self.proxy.model_copy(update={"party": numbered_party(self.proxy.party, first_opponent - 1)})
        fields["opponents"] = tuple(numbered_party(o, i) for i, o in enumerate(self.opponents, start=first_opponent))
        fields["recipient_count"] = self.recipient_count or 1 + len(self.co_applicants)
        draws = Draw(kind="register", centre=self.centre, year=facts.effective_on.year)
        return (ApplicationSubmitted(**fields, owner=facts.actor.id, draws=draws),)

    def _check_offices(self, facts: Facts) -> None:
        known_centre(facts, self.centre)
        if self.outlet is None:
            return
        if facts.directory.office(self.outlet) is None:
            raise Refusal("unknown_office", status=422, pointer="/outlet", office=self.outlet)
        above = facts.directory.centre_of(self.outlet)
        if above is None or above.code != self.centre:
            raise Refusal("outlet_not_of_centre", status=422, pointer="/outlet", outlet=self.outlet, centre=self.centre)


def known_centre(facts: Facts, code: str) -> None:
    """Refuse (422) the code of an office that is no centre."""
    centre = facts.directory.office(code)
    if centre is None or centre.kind != "centre":
        raise Refusal("unknown_office", status=422, pointer="/centre", office=code)
    if not facts.directory.takes_new(code, facts.effective_on):
        raise Refusal("office_closed", status=422, pointer="/centre", office=code, successor=centre.successor)


def own_outlet(facts: Facts, centre: str) -> str | None:
    """The office of whoever takes it down, where that is an outlet of that centre: it keeps sight of the case."""
    office, above = facts.directory.office(facts.actor.office), facts.directory.centre_of(facts.actor.office)
    return office.code if office and office.kind != "centre" and above and above.code == centre else None


def numbered_party[P: Party](party: P, party_id: int) -> P:
    """The party with its id in the case."""
    return party.model_copy(update={"party_id": party_id})


class ApplicationSubmitted(Application, Event):
    owner: Code
    register_number: str | None = None
    draws: Draw
    continues: Continues | None = None
    """Set where it goes on from an earlier case."""

    def series(self) -> tuple[Series, ...]:
        return (self.draws.series,) if self.register_number is None else ()

    def numbered(self, numbers: tuple[int, ...], directory: Directory) -> Self:
        return self.model_copy(update={"register_number": register_number_of(self.draws, numbers[0], directory)})

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        proxy = (self.proxy.party,) if self.proxy else ()
        parties = (self.applicant, *self.co_applicants, *proxy, *self.opponents)
        return case.but(
            state="received",
            register_number=self.register_number,
            centre=self.centre,
            outlet=self.outlet,
            assisting_agency=self.assisting_agency,
            channel=self.channel,
            form=self.form,
            oral=self.oral.model_dump(mode="json", exclude_none=True) if self.oral else None,
            received_by_centre_on=self.received_by_centre_on,
            opened_on=at.effective_on,
            owner=self.owner,
            parties=parties,
            recipients=tuple(Recipient(party_id=i, asked=at.version) for i in range(1 + len(self.co_applicants))),
            recipient_count=self.recipient_count or 1 + len(self.co_applicants),
            representatives=self.representatives,
            proxy_party=1 + len(self.co_applicants) if self.proxy else None,
            proxy_relation=self.proxy.relation if self.proxy else None,
            opponents=tuple(range(len(parties) - len(self.opponents), len(parties))),
            matter=self.matter,
            consultation_id=self.consultation_id,
            duty_request_id=self.duty_request_id,
            papers=self.papers,
            continues=self.continues,
            links=_links(self.continues) if self.continues else (),
        )


def _links(continues: Continues) -> tuple[Link, ...]:
    """To the earlier case, and to those of its co-accused: in the next instance too they never share a lawyer."""
    accused = (Link(case_id=case_id, relation="co_accused") for case_id in continues.co_accused)
    return (Link(case_id=continues.case_id, relation="prior_aid"), *accused)


class Receipt(Model):
    papers: Papers


class IssueReceipt(Receipt, Command):
    states = EXAMINATION | frozenset[State]({"awaiting_assignment"})
    roles = COUNTER
    emits = ("materials_receipt_issued",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        return (MaterialsReceiptIssued(papers=self.papers),)


class MaterialsReceiptIssued(Receipt, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(papers=with_papers(case, without(self.papers, (p.kind for p in case.papers))))


class Referral(Model):
    """Where the applicant is sent and why. The contract's word is `to`; a command's `to` names the states it leads to."""

    model_config = ConfigDict(serialize_by_alias=True)

    referred_to: Text = Field(alias="to")
    reason: PersonalText


class ReferElsewhere(Referral, Command):
    """Lack of venue is a referral, not a refusal (R148 art. 15)."""

    states = EXAMINATION
    to = ("referred",)
    roles = frozenset[Role]({"caseworker"})
    emits = ("application_referred",)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        return (ApplicationReferred(to=self.referred_to, reason=self.reason),)


class ApplicationReferred(Referral, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(state="referred", referred_to=self.referred_to)


class Reason(Model):
    reason: PersonalText


class WithdrawApplication(Reason, Command):
    states = EXAMINATION
    to = ("withdrawn",)
    roles = COUNTER
    emits = ("application_withdrawn",)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        return (ApplicationWithdrawn(reason=self.reason),)


class ApplicationWithdrawn(Reason, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(state="withdrawn")


class DeemWithdrawn(Reason, Command):
    """What was to be supplied did not come by its date (R148 art. 17)."""

    states = frozenset[State]({"awaiting_papers"})
    to = ("deemed_withdrawn",)
    roles = frozenset[Role]({"approver"})
    emits = ("application_deemed_withdrawn",)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if case.supplement and facts.effective_on <= case.supplement.by:
            raise Refusal("supplement_not_due", by=case.supplement.by)
        return (ApplicationDeemedWithdrawn(reason=self.reason),)


class ApplicationDeemedWithdrawn(Reason, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(state="deemed_withdrawn")
