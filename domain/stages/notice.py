"""Notices of organs (通知辩护、通知代理): court, procuratorate or police ask the centre for a lawyer; nobody's means are checked.

Sources: 法律援助法 art. 25, 28, 36; 办理法律援助案件程序规定 (R148) art. 24. One notice opens one case for each person it names, all in
one transaction. Those accused together are linked so that they never share a lawyer. Within three days of its receipt the lawyers are
named and the organ is told who they are; the representation begins with that, without an agreement being signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from domain.case import CaseState, Hearing, Link, Notice, Recipient
from domain.command import Actor, Command, Event, Facts, Refusal, Reserved, Role, Series, Stamp
from domain.directory import Directory
from domain.identity import same_person
from domain.lifecycle import State
from domain.stages.application import known_centre, own_outlet
from domain.stages.common import Draw, case_number_of, not_in_future, register_number_of, said
from domain.values import Applicant, CaseStage, Category, Cause, Code, Forum, Matter, Model, Moment, Party, Text

Ground = Literal[
    "minor", "disability", "incapacity", "life_or_death", "death_review", "absent_trial", "compulsory_treatment", "full_coverage",
    "victim_minor", "other",
]  # fmt: skip
Named = Literal["accused", "victim", "treatment_respondent"]
_CAUSE: Mapping[Named, Cause] = {
    "accused": "criminal_defence", "victim": "victim_representation", "treatment_respondent": "compulsory_treatment",
}  # fmt: skip
_OF_PART: Mapping[Named, Category] = {"accused": "suspect_or_defendant", "victim": "crime_victim"}
_OF_GROUND: Mapping[tuple[Named, Ground], Category] = {
    ("accused", "minor"): "minor", ("accused", "disability"): "disabled", ("victim", "victim_minor"): "minor",
}  # fmt: skip
_FORUM: Mapping[CaseStage, Forum] = {"investigation": "investigation", "prosecution": "prosecution"}


class NoticeFields(Model):
    centre: Code
    organ: Text
    """The court, procuratorate or public security organ."""
    notice_number: Text
    docket: Text | None = None
    received_at: Moment
    ground: Ground = "other"


class NamedPerson(Model):
    """A person a lawyer is asked for; `guardian` where they have one (监护人、法定代理人)."""

    party: Party
    role: Named
    in_custody: bool | None = None
    guardian: Party | None = None


class ReceiveOrganNotice(NoticeFields, Command):
    """Open a case for each person named. Persons beyond the first stand in the cases `reserved` for them, in their order."""

    room = "application"
    states = frozenset[State]()
    to = ("awaiting_assignment",)
    roles = frozenset[Role]({"receptionist", "caseworker"})
    emits = ("organ_notice_received",)

    persons: Annotated[tuple[NamedPerson, ...], Field(min_length=1, max_length=300)]
    stage: CaseStage
    hearing_at: Moment | None = None
    reserved: Reserved = ()

    @field_validator("persons")
    @classmethod
    def _each_once(cls, persons: tuple[NamedPerson, ...]) -> tuple[NamedPerson, ...]:
        for index, person in enumerate(persons):
            if any(_same(person.party, other.party) for other in persons[:index]):
                raise PydanticCustomError("same_person_twice", "a person is named twice")
            if person.guardian and any(_same(person.guardian, p.party) for p in persons if p.role == "accused" or p is person):
                raise PydanticCustomError("guardian_is_accused", "a guardian is not an accused")
        return persons

    @field_validator("hearing_at")
    @classmethod
    def _heard_after_receipt(cls, hearing: Moment | None, info: ValidationInfo) -> Moment | None:
        received: Moment | None = info.data.get("received_at")
        if hearing is not None and received is not None and hearing < received:
            raise PydanticCustomError("hearing_before_receipt", "the hearing lies before the receipt")
        return hearing

    def opens(self) -> int:
        return len(self.persons) - 1

    def others(self) -> tuple[str, ...]:
        return tuple(map(str, self.reserved))

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if case.state is not None:
            raise Refusal("wrong_state", state=case.state)
        known_centre(facts, self.centre)
        received = self.received_at.astimezone(facts.rules.zone).date()
        not_in_future(facts, received, "/received_at")
        if self.received_at > facts.now:
            raise Refusal("date_in_future", status=422, pointer="/received_at", day=received, legal_day=facts.effective_on)
        return (self._received(0, case, facts),)

    def spread(self, case: CaseState, facts: Facts) -> Mapping[str, Sequence[Event]]:
        return {str(case_id): (self._received(index, case, facts),) for index, case_id in enumerate(self.reserved, start=1)}

    def _received(self, index: int, case: CaseState, facts: Facts) -> OrganNoticeReceived:
        """What the case of that person records."""
        person, ids = self.persons[index], (UUID(case.case_id), *self.reserved)
        together = {i for i, other in enumerate(self.persons) if i != index and other.role == person.role == "accused"}
        categories = _OF_PART.get(person.role), _OF_GROUND.get((person.role, self.ground))
        own: dict[str, Any] = {name: getattr(person.party, name) for name in Party.model_fields} | {"party_id": 0}
        year = facts.effective_on.year
        return OrganNoticeReceived(
            **{name: getattr(self, name) for name in NoticeFields.model_fields},
            stage=self.stage,
            hearing_at=self.hearing_at,
            role=person.role,
            in_custody=person.in_custody,
            applicant=Applicant(**own, categories=tuple(c for c in categories if c)),
            guardian=person.guardian.model_copy(update={"party_id": 1}) if person.guardian else None,
            outlet=own_outlet(facts, self.centre),
            owner=facts.actor.id,
            notice_id=UUID(facts.command_id),
            co_accused=tuple(case_id for i, case_id in enumerate(ids) if i in together),
            same_event=tuple(case_id for i, case_id in enumerate(ids) if i != index and i not in together),
            draws=Draws(
                of_register=Draw(kind="register", centre=self.centre, year=year),
                of_cases=Draw(kind="case:criminal", centre=self.centre, year=year),
            ),
        )


def _same(one: Party, other: Party) -> bool:
    """As with applications; but two people of one name who were not born on the same day are two."""
    born = [day for day in (one.birth_date, other.birth_date) if isinstance(day, date)]
    return same_person(one, other) and len(set(born)) < 2


class Draws(Model):
    """A notice draws the register number and the case number together."""

    of_register: Draw
    of_cases: Draw


class OrganNoticeReceived(NoticeFields, Event):
    """The notice as it concerns one of the persons it names; `co_accused` and `same_event` are the cases of the others."""

    stage: CaseStage
    hearing_at: Moment | None = None
    role: Named
    in_custody: bool | None = None
    applicant: Applicant
    guardian: Party | None = None
    outlet: Code | None = None
    owner: Code
    notice_id: UUID
    co_accused: tuple[UUID, ...] = ()
    same_event: tuple[UUID, ...] = ()
    register_number: str | None = None
    case_number: str | None = None
    draws: Draws

    def series(self) -> tuple[Series, ...]:
        return (self.draws.of_register.series, self.draws.of_cases.series) if self.register_number is None else ()

    def numbered(self, numbers: tuple[int, ...], directory: Directory) -> Self:
        drawn = {
            "register_number": register_number_of(self.draws.of_register, numbers[0], directory),
            "case_number": case_number_of(self.draws.of_cases, numbers[1], directory),
        }
        return self.model_copy(update=drawn)

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        forum = _FORUM.get(self.stage, "trial")
        heard = (Hearing(forum=self.organ, at=self.hearing_at),) if self.hearing_at else ()
        notice = {name: getattr(self, name) for name in Notice.model_fields if name in type(self).model_fields}
        links = [Link(case_id=case_id, relation="co_accused") for case_id in self.co_accused]
        links += [Link(case_id=case_id, relation="same_event") for case_id in self.same_event]
        return case.but(
            state="awaiting_assignment",
            register_number=self.register_number,
            case_number=self.case_number,
            centre=self.centre,
            outlet=self.outlet,
            channel="organ_notice",
            opened_on=at.effective_on,
            owner=self.owner,
            parties=(self.applicant, *((self.guardian,) if self.guardian else ())),
            recipients=(Recipient(party_id=0, status="granted"),),
            recipient_count=1,
            proxy_party=1 if self.guardian else None,
            proxy_relation="guardian" if self.guardian else None,
            matter=Matter(
                kind="criminal", cause=_CAUSE[self.role], forum=forum, stage=self.stage, summary=f"{self.organ} {self.notice_number}"
            ),
            forms_of_aid=("defence",) if self.role == "accused" else ("litigation",),
            stages_granted=(self.stage,),
            on_notice=True,
            notice=Notice(**notice),
            links=tuple(links),
            representation=case.representation.model_copy(update={"hearings": heard}),
        )


class Notification(Model):
    organ: Text
    lawyers: Annotated[tuple[Code, ...], Field(min_length=1)]
    served_on: date
    means: Text | None = None


class NotifyOrgan(Notification, Command):
    """Tell the organ who the lawyers are, within three days of its notice; on a notice this stands for the agreement to be signed."""

    room = "assignment"
    states = frozenset[State]({"lawyer_named"})
    to = ("in_representation",)
    roles = frozenset[Role]({"caseworker", "approver"})
    emits = ("organ_notified",)

    @classmethod
    def open_to(cls, case: CaseState, actor: Actor, directory: Directory, on: date) -> bool:  # noqa: ARG003 -- the case alone tells
        return case.on_notice

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if case.notice is None:
            raise Refusal("only_on_notice")
        named = {handler.lawyer for handler in case.assignment.lawyers} if case.assignment else set[str]()
        if set(self.lawyers) != named:
            raise Refusal("not_the_lawyers_named", status=422, pointer="/lawyers", lawyers=sorted(named))
        not_in_future(facts, self.served_on, "/served_on")
        received = case.notice.received_at.astimezone(facts.rules.zone).date()
        if self.served_on < received:
            raise Refusal("served_before_notice", status=422, pointer="/served_on", received_on=received)
        return (OrganNotified(**said(self)),)


class OrganNotified(Notification, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        began = case.representation.began_on or self.served_on
        told = {"notified_on": self.served_on, "lawyers_told": self.lawyers}
        return case.but(
            state="in_representation",
            notice=case.notice.model_copy(update=told) if case.notice else None,
            representation=case.representation.model_copy(update={"began_on": began}),
        )
