"""Closure (结案): the closing file, its return and acceptance, what the recipient and peers say of the work, the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from domain.case import CaseState
from domain.command import Actor, Command, Event, Facts, Refusal, Stamp
from domain.directory import Directory
from domain.lifecycle import onward
from domain.stages.handling import AIDED, in_hand
from domain.values import Model, Paper, PersonalText, Text

Grade = Literal["excellent", "good", "pass", "fail"]
Heading = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


def owed_for_closing(case: CaseState, checklist: Sequence[str]) -> tuple[str, ...]:
    """Kinds of paper the closing file needs: the checklist and what a return named, in that order.

    A part file (every recipient's aid ended before an outcome, or the matter was settled before anybody was assigned) owes no paper of what
    never happened.
    """
    done = case.representation
    began = done.began_on is not None
    if began and any(r.status in AIDED or r.outcome for r in case.recipients):
        listed = tuple(checklist)
    else:
        work = bool(began or done.meetings or done.procedures)
        happened = {"engagement": began, "outcome_paper": any(r.outcome for r in case.recipients), "work_record": work}
        listed = tuple(kind for kind in checklist if happened.get(kind, True))
    return tuple(dict.fromkeys((*listed, *(paper.kind for paper in case.closure.missing))))


def kept_papers(case: CaseState) -> tuple[Paper, ...]:
    """Papers of the closing file that still count: handed in before and not named by the return."""
    returned = {paper.kind for paper in case.closure.missing}
    return tuple(paper for paper in case.closure.papers if paper.kind not in returned)


class ClosingReportSubmitted(Event):
    report: PersonalText
    papers: tuple[Paper, ...]

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        papers = (*kept_papers(case), *self.papers)
        closure = case.closure.model_copy(update={"papers": papers, "reports": case.closure.reports + 1, "missing": ()})
        return case.but(state="closing", closure=closure)


class SubmitClosingReport(Command):
    """The handler hands in the closing file; after a return, what the return named and whatever else is new.

    A case that nobody ever handled is filed by the centre's caseworker: there is no unit or lawyer who could.
    """

    states = frozenset({"closing", "file_returned"})
    to = ("closing",)
    roles = frozenset({"lawyer", "unit_manager", "caseworker"})
    emits = ("closing_report_submitted",)

    report: PersonalText
    papers: tuple[Paper, ...]

    @classmethod
    def open_to(cls, case: CaseState, actor: Actor, directory: Directory, on: date) -> bool:  # noqa: ARG003 -- as every command's
        return actor.role != "caseworker" or never_handled(case)

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        _may_close(case, facts)
        kind = case.matter.kind if case.matter else None
        owed = owed_for_closing(case, facts.rules.policy.closing_checklist(kind))
        given = {paper.kind for paper in (*kept_papers(case), *self.papers)}
        missing = [kind for kind in owed if kind not in given]
        if missing:
            raise Refusal("checklist_incomplete", pointer="/papers", missing=missing)
        return [ClosingReportSubmitted(report=self.report, papers=self.papers)]


class ReturnFields(Model):
    missing: Annotated[tuple[Paper, ...], Field(min_length=1)]
    reason: PersonalText
    override_reason: PersonalText | None = None


class ClosingFileReturned(ReturnFields, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        closure = case.closure.model_copy(update={"missing": self.missing, "returns": case.closure.returns + 1})
        return case.but(state="file_returned", closure=closure)


class ReturnClosingFile(ReturnFields, Command):
    """Everything missing is listed once (一次性告知); a second return is the supervisor's, with a reason."""

    states = frozenset({"closing"})
    to = ("file_returned",)
    roles = frozenset({"caseworker", "supervisor"})
    emits = ("closing_file_returned",)

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        _submitted(case)
        if case.closure.returns and not (facts.actor.role == "supervisor" and self.override_reason):
            raise Refusal("second_return", pointer="/override_reason", returns=case.closure.returns)
        return [ClosingFileReturned(missing=self.missing, reason=self.reason, override_reason=self.override_reason)]


class ClosingFileAccepted(Event):
    grade: Grade | None = None

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        closure = case.closure.model_copy(update={"accepted_by": at.actor, "grade": self.grade})
        return case.but(state="file_accepted", closure=closure)


class AcceptClosingFile(Command):
    """The file is in order. While papers of an acceptance are owed it waits for them, or for the supervisor's waiver of them.

    Where the acceptance deferred the decision and somebody was helped to the end, that decision comes first.
    """

    states = frozenset({"closing"})
    to = ("file_accepted",)
    roles = frozenset({"caseworker"})
    emits = ("closing_file_accepted",)

    grade: Grade | None = None

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        lane = case.accept_first
        if lane and lane.state in ("papers_owed", "papers_overdue"):
            raise Refusal("papers_still_owed", papers=[paper.kind for paper in lane.papers_owed])
        if lane and lane.state == "papers_complete" and any(r.status in AIDED for r in case.recipients):
            raise Refusal("decision_still_open", basis=lane.basis)
        _submitted(case)
        if never_handled(case) and _filed_by(case, facts) and not facts.directory.single_officer(case.centre):
            raise Refusal("two_persons_required", event="closing_report_submitted")
        return [ClosingFileAccepted(grade=self.grade)]


def never_handled(case: CaseState) -> bool:
    """Whether no unit and no lawyer ever had the case in hand."""
    return case.assignment is None and not case.released_lawyers and not case.declined_by


def _may_close(case: CaseState, facts: Facts) -> None:
    """Whoever handles the case files its closing.

    Without an assignment it is whoever handled it before, else the unit that the centre itself is, or its caseworker.
    """
    if facts.actor.role == "caseworker":
        if not never_handled(case):
            raise Refusal("not_your_case", status=403)
        return
    if case.assignment is not None:
        in_hand(case, facts)
        return
    unit = facts.directory.unit(facts.actor.unit)
    of_centre = unit is not None and unit.kind == "centre" and unit.office == case.centre
    before = {x.unit for code in case.released_lawyers if (x := facts.directory.lawyer(code))}
    if not (
        facts.actor.lawyer in case.released_lawyers or (facts.actor.role == "unit_manager" and facts.actor.unit in before) or of_centre
    ):
        raise Refusal("not_your_case", status=403)


def _filed_by(case: CaseState, facts: Facts) -> bool:
    """Whether one of these handed the file in: a caseworker who did does not accept it."""
    return bool({facts.actor.id, facts.on_behalf_of}.intersection(case.acted_by.get("closing_report_submitted", ())))


def _submitted(case: CaseState) -> None:
    if not case.closure.reports:
        raise Refusal("closing_report_missing")


class CallbackFields(Model):
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = None
    """1 (very dissatisfied) to 5 (very satisfied)."""
    detail: PersonalText | None = None


class CallbackRecorded(CallbackFields, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        satisfaction = self.satisfaction or case.closure.satisfaction
        return case.but(closure=case.closure.model_copy(update={"satisfaction": satisfaction}))


class RecordCallback(CallbackFields, Command):
    """The recipient is called back (回访) and says how satisfied they are."""

    states = onward("in_representation")
    roles = frozenset({"caseworker", "supervisor"})
    emits = ("callback_recorded",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del case, facts
        return [CallbackRecorded(satisfaction=self.satisfaction, detail=self.detail)]


def _points(given: object) -> object:
    """Points as a form sends them: digits of a `heading: points` line."""
    return int(given) if isinstance(given, str) and given.isascii() and given.isdigit() else given


class PeerReviewFields(Model):
    scores: Mapping[Heading, Annotated[int, BeforeValidator(_points)]] = {}
    """Points by heading of the review."""
    grade: Grade | None = None
    detail: PersonalText | None = None


class PeerReviewScored(PeerReviewFields, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        return case.but(closure=case.closure.model_copy(update={"peer_grade": self.grade or case.closure.peer_grade}))


class ScorePeerReview(PeerReviewFields, Command):
    """Peers assess the work (同行评估), never who accepted the file; the grade feeds later assignments."""

    states = onward("file_accepted")
    roles = frozenset({"supervisor"})
    emits = ("peer_review_scored",)
    other_than = "closing_file_accepted"
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del case, facts
        return [PeerReviewScored(scores=self.scores, grade=self.grade, detail=self.detail)]


class CaseArchived(Event):
    volume: Text
    archive_number: Text

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        done = case.with_recipients((r.party_id for r in case.recipients if r.status in AIDED), status="concluded")
        closure = case.closure.model_copy(update={"volume": self.volume, "archive_number": self.archive_number})
        return done.but(state="archived", closure=closure)


class ArchiveCase(Command):
    states = frozenset({"subsidy_paid"})
    to = ("archived",)
    roles = frozenset({"caseworker"})
    emits = ("case_archived",)

    volume: Text
    archive_number: Text

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del case, facts
        return [CaseArchived(volume=self.volume, archive_number=self.archive_number)]
