"""Application: what is missing and is listed once (一次性告知), and what another office is asked to confirm (R148 art. 16-18)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from domain.case import CaseState, Supplement, Verification
from domain.command import Actor, Command, Event, Facts, Refusal, Role, Stamp
from domain.directory import Directory
from domain.lifecycle import State
from domain.stages.application import COUNTER, EXAMINATION
from domain.stages.common import said, with_papers, without
from domain.values import Model, Paper, PersonalText, Text


class SupplementNotice(Model):
    """Everything that is missing, listed once (一次性告知), and by when it is wanted."""

    papers: tuple[Paper, ...] = ()
    explanations: tuple[PersonalText, ...] = ()
    by: date
    override_reason: PersonalText | None = None


class RequireSupplement(SupplementNotice, Command):
    room = "application"
    states = frozenset[State]({"received", "awaiting_verification", "examined"})
    to = ("awaiting_papers",)
    roles = frozenset[Role]({"caseworker", "supervisor"})
    emits = ("supplement_required",)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if not (self.papers or self.explanations):
            raise Refusal("nothing_required", status=422, pointer="/papers")
        if self.by <= facts.effective_on:
            raise Refusal("date_not_ahead", status=422, pointer="/by", day=self.by, legal_day=facts.effective_on)
        if case.supplement and not (facts.actor.role == "supervisor" and self.override_reason):
            raise Refusal("second_supplement_notice", notices=case.supplement.notices)
        return (SupplementRequired(**said(self)),)


class SupplementRequired(SupplementNotice, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        notices = case.supplement.notices + 1 if case.supplement else 1
        supplement = Supplement(papers=self.papers, explanations=self.explanations, by=self.by, notices=notices)
        return case.but(state="awaiting_papers", supplement=supplement)


class SupplyPapers(Command):
    room = "application"
    states = frozenset[State]({"awaiting_papers"})
    to = ("received", "=", "awaiting_verification")
    roles = COUNTER
    emits = ("papers_supplied", "papers_completed")

    papers: tuple[Paper, ...] = ()
    explanation: PersonalText | None = None
    complete: bool = False
    """The officer says that it is enough, though something listed is still missing."""

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if not (self.papers or self.explanation or self.complete):
            raise Refusal("nothing_supplied", status=422, pointer="/papers")
        supplied = PapersSupplied(**said(self))
        if not self.complete and _still_missing(case.supplement, supplied):
            return (supplied,)
        return (supplied, PapersCompleted(said_enough=self.complete))


class PapersSupplied(Event):
    papers: tuple[Paper, ...] = ()
    explanation: PersonalText | None = None
    complete: bool = False

    def left(self, supplement: Supplement) -> dict[str, Any]:
        """What of the notice is missing after this. One explanation answers everything that was to be explained."""
        explanations = () if self.explanation is not None else supplement.explanations
        return {"papers": without(supplement.papers, (p.kind for p in self.papers)), "explanations": explanations}

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        supplement = case.supplement.model_copy(update=self.left(case.supplement)) if case.supplement else None
        return case.but(papers=with_papers(case, self.papers), supplement=supplement)


def _still_missing(supplement: Supplement | None, supplied: PapersSupplied) -> bool:
    return supplement is not None and any(supplied.left(supplement).values())


class PapersCompleted(Event):
    """All that was listed is in, or the officer says enough: the examination clock runs again."""

    said_enough: bool = False

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        supplement = case.supplement.model_copy(update={"open": False}) if case.supplement else None
        return case.but(state="awaiting_verification" if _awaits_agency(case) else "received", supplement=supplement)


def _awaits_agency(case: CaseState) -> bool:
    return any(v.kind == "other_agency" and v.result is None for v in case.verifications)


class VerificationAsked(Model):
    """Only another agency's help (异地协作核查) takes the case out of the examiner's hands; a data query does not."""

    kind: Literal["data_sharing", "inquiry", "other_agency"] = "inquiry"
    agency: Text
    subject: PersonalText


class RequestVerification(VerificationAsked, Command):
    room = "application"
    states = frozenset[State]({"received", "examined", "awaiting_papers"})
    to = ("awaiting_verification", "=")
    roles = frozenset[Role]({"caseworker"})
    emits = ("verification_requested",)

    @classmethod
    def leads(cls) -> frozenset[tuple[State | None, str]]:
        return frozenset(edge for edge in super().leads() if edge[0] != "awaiting_papers")

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        return (VerificationRequested(**said(self)),)


class VerificationRequested(VerificationAsked, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        asked = Verification(kind=self.kind, agency=self.agency, subject=self.subject, version=at.version)
        waits = self.kind == "other_agency" and case.state != "awaiting_papers"
        return case.but(state="awaiting_verification" if waits else case.state, verifications=(*case.verifications, asked))


class RecordVerification(Command):
    """Answers the request named by `about` (its version); else the oldest open one, another agency's first while the case waits for it."""

    room = "application"
    states = EXAMINATION
    to = ("received", "=")
    roles = frozenset[Role]({"caseworker"})
    emits = ("verification_recorded",)

    result: Literal["confirmed", "not_confirmed", "no_answer"]
    detail: PersonalText
    about: int | None = None

    @classmethod
    def open_to(cls, case: CaseState, actor: Actor, directory: Directory, on: date) -> bool:  # noqa: ARG003 -- the case alone tells
        return any(v.result is None for v in case.verifications)

    @classmethod
    def leads(cls) -> frozenset[tuple[State | None, str]]:
        return frozenset(edge for edge in super().leads() if edge[0] == "awaiting_verification")

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        unanswered = [v for v in case.verifications if v.result is None and self.about in (None, v.version)]
        if not unanswered:
            raise Refusal("no_open_verification")
        waits = case.state == "awaiting_verification"
        asked = next((v for v in unanswered if waits and v.kind == "other_agency"), unanswered[0])
        return (VerificationRecorded(about=asked.version, kind=asked.kind, result=self.result, detail=self.detail),)


class VerificationRecorded(Event):
    """`about` is the version of the request it answers."""

    about: int
    kind: Literal["data_sharing", "inquiry", "other_agency"]
    result: Literal["confirmed", "not_confirmed", "no_answer"]
    detail: PersonalText

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        answered = tuple(v.model_copy(update={"result": self.result}) if v.version == self.about else v for v in case.verifications)
        after = case.but(verifications=answered)
        return after.but(state="received") if case.state == "awaiting_verification" and not _awaits_agency(after) else after
