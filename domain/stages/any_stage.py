"""At any stage: notes, attached files, service, home visits, the caseworker in charge, holds, links. Nothing here moves the case.

Papers that the centre issues stand in `papers.py`, corrections of the record in `correction.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from domain.case import CaseState, Document, Hold, Link, Visit
from domain.command import Command, Event, Facts, Happened, Refusal, Role, Stamp
from domain.lifecycle import ANY, NOT_ENDED
from domain.stages.common import known_lawyer, known_person, not_in_future, said
from domain.values import Code, Model, Moment, PersonalText, Proof

PEOPLE_OF_CASES: frozenset[Role] = frozenset({
    "liaison", "receptionist", "caseworker", "approver", "duty_lawyer", "unit_manager", "lawyer", "finance_officer", "supervisor",
    "bureau_officer",
})  # fmt: skip
"""Who sees and acts on cases; auditors read and change nothing, administrators see no case."""


def event_at(facts: Facts, version: int, pointer: str) -> Happened:
    """The event of the case at that version. Refuses (422) a version the case does not have."""
    found = next((h for h in facts.history if h.at.version == version), None)
    if found is None:
        raise Refusal("unknown_version", status=422, pointer=pointer, version=version)
    return found


class Note(Model):
    text: PersonalText
    visible_to: Literal["centre", "unit", "all"] = "centre"


class AddNote(Note, Command):
    states = ANY
    roles = PEOPLE_OF_CASES
    emits = ("note_added",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        return (NoteAdded(text=self.text, visible_to=self.visible_to),)


class NoteAdded(Note, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case


class Attachment(Model):
    """A file kept outside the ledger; its digest (SHA-256, hex) and size in bytes prove it. Titles, as file names do, name people."""

    title: PersonalText
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    media_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=255)]


class AttachDocument(Attachment, Command):
    states = ANY
    roles = PEOPLE_OF_CASES
    emits = ("document_attached",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        return (DocumentAttached(**said(self), document_id=UUID(facts.command_id)),)


class DocumentAttached(Attachment, Event):
    """`document_id` is the command's own id, under which its file was stored when it was taken in."""

    lane = "margin"

    document_id: UUID

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        fields = {name: getattr(self, name) for name in ("document_id", *Attachment.model_fields)}
        return case.but(documents=(*case.documents, Document(**fields, version=at.version)))


class Service(Model):
    """Who was served, how and when. The contract's word is `to`; a command's `to` names the states it leads to."""

    model_config = ConfigDict(serialize_by_alias=True)

    document_id: UUID
    about: Annotated[int, Field(ge=1)] | None = None
    served_to: PersonalText = Field(alias="to")
    means: Literal["in_person", "post", "electronic", "other"] | None = None
    served_on: date


class ServeDocument(Service, Command):
    """Record that a paper reached somebody; served with a refusal or a termination, the time to object begins."""

    states = ANY
    roles = frozenset[Role]({"caseworker", "receptionist", "liaison"})
    emits = ("document_served",)
    lane = "margin"
    needs = frozenset({"history"})

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        not_in_future(facts, self.served_on, "/served_on")
        about = self.about or next((i.about for i in case.issued if i.document_id == self.document_id), None)
        carried = event_at(facts, about, "/about") if about is not None else None
        if carried and self.served_on < carried.at.effective_on:
            raise Refusal("served_before_decision", status=422, pointer="/served_on", decided_on=carried.at.effective_on)
        served = DocumentServed(
            document_id=self.document_id,
            about=about,
            to=self.served_to,
            means=self.means,
            served_on=self.served_on,
            serves=carried.event.type if carried else None,
        )
        return (served,)


class DocumentServed(Service, Event):
    """`serves` is the type of the event that the paper carries."""

    lane = "margin"

    serves: str | None = None

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        if self.about is None:
            return case
        concerned = (r for r in case.recipients if r.decision and r.decision.version == self.about)
        decided = {
            r.party_id: r.decision.model_copy(update={"served_on": self.served_on, "service": at.version}) for r in concerned if r.decision
        }
        for party_id, decision in decided.items():
            case = case.with_recipients([party_id], decision=decision)
        return case.but(served=tuple(dict.fromkeys((*case.served, self.about))))


class VisitPlan(Model):
    at: Moment
    address: PersonalText
    ground: Literal["mobility_impaired_elderly", "seriously_ill", "disabled", "other"] = "other"
    visitors: tuple[Code, ...] = ()
    lawyers: tuple[Code, ...] = ()


class ScheduleHomeVisit(VisitPlan, Command):
    """Go to a person who cannot come (上门服务)."""

    states = NOT_ENDED
    roles = frozenset[Role]({"receptionist", "caseworker", "liaison"})
    emits = ("home_visit_scheduled",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        for index, person in enumerate(self.visitors):
            known_person(facts, person, f"/visitors/{index}")
        for index, lawyer in enumerate(self.lawyers):
            known_lawyer(facts, lawyer, f"/lawyers/{index}")
        return (HomeVisitScheduled(**said(self)),)


class HomeVisitScheduled(VisitPlan, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        visit = Visit(**{name: getattr(self, name) for name in VisitPlan.model_fields})
        return case.but(visits=(*case.visits, visit))


class VisitReport(Model):
    held_on: date
    summary: PersonalText
    proof: Proof | None = None
    read_aloud_by: Code | None = None
    interpreter: PersonalText | None = None
    travel_minutes: Annotated[int, Field(ge=0, le=100_000)] | None = None


class RecordHomeVisit(VisitReport, Command):
    states = NOT_ENDED
    roles = frozenset[Role]({"receptionist", "caseworker", "liaison", "lawyer"})
    emits = ("home_visit_recorded",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        not_in_future(facts, self.held_on, "/held_on")
        known_person(facts, self.read_aloud_by, "/read_aloud_by")
        return (HomeVisitRecorded(**said(self)),)


class HomeVisitRecorded(VisitReport, Event):
    """Answers the oldest visit still to be held; a visit that nobody scheduled stands for itself."""

    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        due = next((i for i, v in enumerate(case.visits) if v.held_on is None), None)
        if due is None:
            return case.but(visits=(*case.visits, Visit(ground="other", held_on=self.held_on)))
        held = case.visits[due].model_copy(update={"held_on": self.held_on})
        return case.but(visits=(*case.visits[:due], held, *case.visits[due + 1 :]))


class HandOver(Model):
    """The contract's word is `to`; a command's `to` names the states it leads to."""

    model_config = ConfigDict(serialize_by_alias=True)

    successor: Code = Field(alias="to")
    reason: PersonalText


class TransferCaseworker(HandOver, Command):
    states = NOT_ENDED
    roles = frozenset[Role]({"supervisor", "approver"})
    emits = ("caseworker_transferred",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        known_person(facts, self.successor, "/to")
        held = facts.directory.person(self.successor)
        if held is None or ("caseworker", case.centre) not in held.roles_on(facts.effective_on):
            raise Refusal("not_caseworker_of_centre", status=422, pointer="/to", person=self.successor, centre=case.centre)
        return (CaseworkerTransferred(to=self.successor, reason=self.reason),)


class CaseworkerTransferred(HandOver, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(owner=self.successor)


class PlaceHold(Command):
    """Nothing of the case may be shredded while a hold stands."""

    states = ANY
    roles = frozenset[Role]({"supervisor"})
    emits = ("hold_placed",)
    lane = "margin"

    reason: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        return (HoldPlaced(reason=self.reason),)


class HoldPlaced(Event):
    lane = "margin"

    reason: PersonalText

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(holds=(*case.holds, Hold(placed_by=at.actor, placed_on=at.effective_on, reason=self.reason, version=at.version)))


class LiftHold(Command):
    """Lifts the hold placed last; by another person than placed it."""

    states = ANY
    roles = frozenset[Role]({"supervisor"})
    emits = ("hold_lifted",)
    lane = "margin"
    other_than = "hold_placed"

    reason: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        hold = next((h for h in reversed(case.holds) if not h.lifted), None)
        if hold is None:
            raise Refusal("no_hold_placed")
        if hold.placed_by == facts.actor.id and not facts.directory.single_officer(case.centre):
            raise Refusal(self.same_person_code, event=self.other_than)
        return (HoldLifted(reason=self.reason, placed=hold.version),)


class HoldLifted(Event):
    """`placed` is the version of the event that placed the hold."""

    lane = "margin"

    reason: PersonalText
    placed: int

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(holds=tuple(h.model_copy(update={"lifted": True}) if h.version == self.placed else h for h in case.holds))


class Linking(Model):
    case_id: UUID
    relation: Literal["related", "same_party", "same_event", "co_accused", "same_batch", "prior_aid", "opponent_in"] = "related"


ONE_WAY = frozenset({"prior_aid", "opponent_in"})
"""Relations that stand on one of two cases only; the others are as true seen from the other case."""


class LinkCase(Linking, Command):
    """Link another case to this one; a relation that holds both ways is recorded on both, where it does not stand yet."""

    states = ANY
    roles = frozenset[Role]({"caseworker"})
    emits = ("case_linked",)
    lane = "margin"

    def others(self) -> tuple[str, ...]:
        return (str(self.case_id),)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if str(self.case_id) == case.case_id:
            raise Refusal("links_itself", status=422, pointer="/case_id")
        other = facts.others[str(self.case_id)]
        if other.state is None:
            raise Refusal("unknown_case", status=422, pointer="/case_id")
        linked = self._link(self.case_id) in case.links
        if linked and not self._missing_there(case, other):
            raise Refusal("already_linked", case_id=self.case_id, relation=self.relation)
        if other.opened_on and self._missing_there(case, other) and facts.effective_on < other.opened_on:
            raise Refusal("effective_before_opening", status=422, pointer="/effective_on", opened_on=other.opened_on)
        if self.relation == "co_accused" and (shared := _handlers(case) & _handlers(other)):
            raise Refusal("co_accused_share_lawyer", pointer="/case_id", who=min(shared), gate="co_accused")
        return () if linked else (CaseLinked(**said(self)),)

    def spread(self, case: CaseState, facts: Facts) -> Mapping[str, Sequence[Event]]:
        other = facts.others[str(self.case_id)]
        back = CaseLinked(case_id=UUID(case.case_id), relation=self.relation)
        return {other.case_id: (back,)} if self._missing_there(case, other) else {}

    def _link(self, case_id: UUID) -> Link:
        return Link(case_id=case_id, relation=self.relation)

    def _missing_there(self, case: CaseState, other: CaseState) -> bool:
        return self.relation not in ONE_WAY and self._link(UUID(case.case_id)) not in other.links


def _handlers(case: CaseState) -> set[str]:
    return {handler.lawyer for handler in case.assignment.lawyers} if case.assignment else set()


class CaseLinked(Linking, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(links=(*case.links, Link(case_id=self.case_id, relation=self.relation)))
