"""Papers in the centre's name: issued with a number, drawn from a template's version, voided by the paper that takes their place.

How a paper looks is not known here; `documents/` draws it from the case, the event it carries and the version its event names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from domain.case import CaseState, Issued
from domain.command import Command, Event, Facts, Happened, Refusal, Role, Stamp
from domain.lifecycle import ANY
from domain.stages.any_stage import event_at
from domain.stages.common import PartyIds
from domain.stages.handling import AIDED
from domain.templates import Template
from domain.values import Code, Model

ENDING_DECISIONS: frozenset[str] = frozenset({
    "aid_refused", "application_withdrawn", "application_deemed_withdrawn", "application_referred", "objection_decided", "aid_terminated",
})  # fmt: skip


class Paperwork(Model):
    """`about` is the version of the event that the paper carries, `voids` the paper whose place it takes."""

    template: Code
    language: Literal["zh-CN", "en"] = "zh-CN"
    about: Annotated[int, Field(ge=1)] | None = None
    voids: UUID | None = None
    for_recipients: PartyIds = ()
    """Whom it speaks of; a command may name them only where the paper has a page for each."""


class IssueDocument(Paperwork, Command):
    """Issue a paper in the centre's name. After the end only one that carries the decision that ended the case.

    Without `about` it carries the event that is meant: the last of the template's kinds that no standing paper carries. With the version
    of the template that was previewed it is refused if another is in force now. A paper that names another in `voids` takes its place;
    a number is never used twice.
    """

    room = "any_stage"
    states = ANY
    roles = frozenset[Role]({"caseworker", "approver"})
    emits = ("document_issued",)
    lane = "margin"
    needs = frozenset({"history"})

    template_version: Annotated[int, Field(ge=1)] | None = None

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        template = facts.rules.templates.on(self.template, facts.effective_on)
        if template is None:
            raise Refusal("unknown_template", status=422, pointer="/template", template=self.template)
        if self.template_version not in (None, template.version):
            raise Refusal("template_changed", template=self.template, current=template.version, previewed=self.template_version)
        replaced = _standing(case, self.voids)
        about = self.about or (replaced.about if replaced and replaced.template == self.template else None)
        carried = event_at(facts, about, "/about") if about else meant(template, case, facts.history)
        if case.ended and not _ends(carried, facts.history):
            raise Refusal("wrong_state", state=case.state)
        if carried.event.type not in template.about:
            kinds = list(template.about)
            raise Refusal(
                "template_does_not_carry", status=422, pointer="/about", template=self.template, event=carried.event.type, kinds=kinds
            )
        issued = DocumentIssued(
            template=self.template,
            template_version=template.version,
            language=self.language,
            about=carried.at.version,
            voids=self.voids,
            for_recipients=for_whom(template, case, carried, self.for_recipients),
            document_id=UUID(facts.command_id),
            number=f"{case.case_number or case.register_number}-{len(case.issued) + 1}",
        )
        return (issued,)


class DocumentIssued(Paperwork, Event):
    """`document_id` is the command's own id; numbers are dense in the case, those of voided papers included."""

    lane = "margin"

    document_id: UUID
    number: str
    template_version: int = 1

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        paper = Issued(
            document_id=self.document_id,
            number=self.number,
            template=self.template,
            template_version=self.template_version,
            language=self.language,
            about=self.about,
            voids=self.voids,
            for_recipients=self.for_recipients,
            issued_on=at.effective_on,
            version=at.version,
        )
        before = (p.model_copy(update={"voided_by": self.document_id}) if p.document_id == self.voids else p for p in case.issued)
        return case.but(issued=(*before, paper))


def meant(template: Template, case: CaseState, history: Sequence[Happened]) -> Happened:
    """The event a paper carries where nobody says which: of the foremost kind the case has, the one no standing paper carries yet.

    Raises `Refusal`: 409 `nothing_to_carry`, 422 `about_required` with the versions to choose from.
    """
    found = carriable(template, history)
    if not found:
        raise Refusal("nothing_to_carry", template=template.code, kinds=list(template.about))
    carried = {p.about for p in case.issued if p.template == template.code and p.voided_by is None}
    fresh = [h for h in found if h.at.version not in carried]
    if template.several == "ask" and len(fresh) > 1:
        raise Refusal("about_required", status=422, pointer="/about", template=template.code, versions=[h.at.version for h in fresh])
    return (fresh or found)[-1]


def offered(template: Template, case: CaseState, history: Sequence[Happened]) -> tuple[int, ...]:
    """Versions of the events the paper could carry now, the one that is meant first; empty where it cannot be issued.

    What must be chosen by whoever issues it comes oldest first.
    """
    if template.each and not any(r.status in AIDED for r in case.recipients):
        return ()
    found = [h for h in carriable(template, history) if not case.ended or _ends(h, history)]
    if not found:
        return ()
    try:
        first = meant(template, case, found).at.version
    except Refusal as several:
        return tuple(several.detail["versions"])
    return (first, *(h.at.version for h in reversed(found) if h.at.version != first))


def carriable(template: Template, history: Sequence[Happened]) -> list[Happened]:
    """The case's events of the foremost kind that the template may carry, oldest first; a proof of service is no paper to be served."""
    for kind in template.about:
        found = [
            h for h in history if h.event.type == kind and not (isinstance(h.event, DocumentIssued) and h.event.template == template.code)
        ]
        if found:
            return found
    return []


def for_whom(template: Template, case: CaseState, carried: Happened, named: PartyIds) -> PartyIds:
    """The recipients a paper speaks of: those of the event it carries, else everybody; with a page each, those named or all who are aided.

    Raises `Refusal`: 422 `not_for_each`, `unknown_recipient`; 409 `nobody_aided`.
    """
    if not template.each:
        if named:
            raise Refusal("not_for_each", status=422, pointer="/for_recipients", template=template.code)
        spoken_of: PartyIds = getattr(carried.event, "for_recipients", ())
        return spoken_of or tuple(r.party_id for r in case.recipients)
    known = {r.party_id for r in case.recipients if r.status in AIDED}
    for index, party_id in enumerate(named):
        if party_id not in known:
            raise Refusal("unknown_recipient", status=422, pointer=f"/for_recipients/{index}", party_id=party_id)
    if not known:
        raise Refusal("nobody_aided")
    return tuple(dict.fromkeys(named)) or tuple(sorted(known))


def _standing(case: CaseState, document_id: UUID | None) -> Issued | None:
    """The paper to be voided, which must have been issued and still stand."""
    if document_id is None:
        return None
    paper = next((p for p in case.issued if p.document_id == document_id), None)
    if paper is None:
        raise Refusal("unknown_paper", status=422, pointer="/voids")
    if paper.voided_by is not None:
        raise Refusal("already_voided", number=paper.number)
    return paper


def _ends(carried: Happened, history: Sequence[Happened]) -> bool:
    """Whether the event ended the case, or is the paper that carries such a one."""
    if not isinstance(carried.event, DocumentIssued):
        return carried.event.type in ENDING_DECISIONS
    inner = carried.event.about
    return any(h.at.version == inner and h.event.type in ENDING_DECISIONS for h in history)
