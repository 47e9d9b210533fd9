"""Representation (承办): meetings, consent, procedure, reports, hearings, and the outcome of the matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from domain.case import CaseState, Hearing, Meeting, Outcome, Procedure
from domain.command import Command, Event, Facts, Refusal, Stamp
from domain.lifecycle import ANY, State
from domain.matching import of_minors
from domain.stages.common import PartyIds, addressed, not_in_future, said
from domain.stages.handling import aided, carried, in_hand, moved_on, released, under_review
from domain.values import CaseStage, Fen, Model, Moment, PersonalText, Text

HANDLED: frozenset[State] = frozenset({"lawyer_named", "in_representation"})


class MeetingFields(Model):
    kind: Literal["client_meeting", "custody_visit", "file_reading", "other"] = "other"
    held_on: date
    place: Text | None = None
    summary: PersonalText


class MeetingRecorded(MeetingFields, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        done = case.representation
        last = max(self.held_on, done.last_meeting_on or self.held_on)
        held = (*done.meetings_held, Meeting(**carried(Meeting, self)))
        counted = {"meetings": done.meetings + 1, "meetings_held": held, "last_meeting_on": last}
        return case.but(representation=done.model_copy(update=counted))


class RecordMeeting(MeetingFields, Command):
    """Also allowed while only the unit is assigned, where the case was accepted first: the matter does not wait for the papers."""

    states = HANDLED | frozenset[State]({"assigned"})
    roles = frozenset({"lawyer"})
    emits = ("meeting_recorded",)

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in HANDLED or (case.state == "assigned" and case.accept_first is not None)

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        not_in_future(facts, self.held_on, "/held_on")
        return [MeetingRecorded(**said(self))]


class ConsentFields(Model):
    consents: bool
    by: Literal["self", "guardian"] | None = None
    refusal_outcome: Literal["must_have_counsel", "self_defence_accepted", "awaiting_organ"] | None = None
    """What the case-handling organ made of the refusal."""
    detail: PersonalText | None = None


class DefenceConsentRecorded(ConsentFields, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        after = case.but(representation=case.representation.model_copy(update={"consent": self.consents}))
        return under_review(after, "accused_refuses", at.actor) if self.refusal_outcome == "self_defence_accepted" else after


class RecordConsent(ConsentFields, Command):
    """Who is to be defended or represented on a notice agrees, for a minor the guardian does, or refuses.

    What the organ makes of a refusal decides: one who must have counsel gets another lawyer, who may do without is reviewed.
    """

    states = HANDLED
    to = ("=", "termination_review", "awaiting_assignment")
    roles = frozenset({"lawyer"})
    emits = ("defence_consent_recorded", "lawyer_released")

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        if self.consents and self.refusal_outcome:
            raise Refusal("refusal_outcome_unexpected", status=422, pointer="/refusal_outcome")
        if not self.consents and self.refusal_outcome is None:
            raise Refusal("refusal_outcome_missing", status=422, pointer="/refusal_outcome")
        if self.consents and self.by != "guardian" and of_minors(case):
            raise Refusal("guardian_consents", pointer="/by")
        recorded = DefenceConsentRecorded(**said(self))
        return [recorded, released(case)] if self.refusal_outcome == "must_have_counsel" else [recorded]


class ProcedureFields(Model):
    kind: Literal[
        "filed", "accepted", "not_accepted", "preservation_applied", "preservation_ordered", "advance_enforcement_applied",
        "advance_enforcement_ordered", "recognition_decided", "appraisal", "award", "judgment", "ruling", "mediation_paper",
        "appealed_by_opponent", "enforcement_applied", "payment_received", "other",
    ] = "other"  # fmt: skip
    stage: CaseStage
    body: Text
    """The court, arbitration commission or authority."""
    docket: Text | None = None
    held_on: date
    received_on: date | None = None
    amount_fen: Fen | None = None
    payment_due_on: date | None = None
    before_aid: bool = False


class ProcedureRecorded(ProcedureFields, Event):
    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        done = case.representation
        step = Procedure(**carried(ProcedureFields, self), for_recipients=self.for_recipients, version=at.version)
        return case.but(representation=done.model_copy(update={"procedures": (*done.procedures, step)}))


class RecordProcedure(ProcedureFields, Command):
    """A step before a court or authority. What came before the aid may be entered in any state, the rest while it is handled."""

    states = ANY
    roles = frozenset({"lawyer", "caseworker"})
    emits = ("procedure_recorded",)
    during: ClassVar[frozenset[State]] = HANDLED | frozenset[State]({"replacing_lawyer", "closing"})

    for_recipients: PartyIds = ()

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        if not self.before_aid and case.state not in self.during:
            raise Refusal("wrong_state", state=case.state)
        not_in_future(facts, self.held_on, "/held_on")
        not_in_future(facts, self.received_on, "/received_on")
        among = case.recipients if self.for_recipients else aided(case) or case.recipients
        ids = addressed(among, self.for_recipients, nobody="nobody_aided")
        return [ProcedureRecorded.model_validate(said(self) | {"for_recipients": ids})]


class ProgressReported(Event):
    summary: PersonalText

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        done = case.representation
        return case.but(representation=done.model_copy(update={"progress_reports": done.progress_reports + 1}))


class ReportProgress(Command):
    states = HANDLED
    roles = frozenset({"lawyer"})
    emits = ("progress_reported",)

    summary: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        return [ProgressReported(summary=self.summary)]


class MajorMatterFields(Model):
    kind: Literal["serious_doubt", "mass_incident", "social_impact", "complex", "other"] = "other"
    summary: PersonalText


class MajorMatterReported(MajorMatterFields, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        done = case.representation
        return case.but(representation=done.model_copy(update={"major_matters": done.major_matters + 1}))


class ReportMajorMatter(MajorMatterFields, Command):
    states = HANDLED
    roles = frozenset({"lawyer"})
    emits = ("major_matter_reported",)

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        return [MajorMatterReported(**said(self))]


class HearingFields(Model):
    forum: Text
    at: Moment
    place: Text | None = None


class HearingScheduled(HearingFields, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        done = case.representation
        hearing = Hearing(**carried(HearingFields, self))
        return case.but(representation=done.model_copy(update={"hearings": (*done.hearings, hearing)}))


class ScheduleHearing(HearingFields, Command):
    states = HANDLED
    roles = frozenset({"lawyer", "caseworker"})
    emits = ("hearing_scheduled",)

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        return [HearingScheduled(**said(self))]


class HearingRecorded(Event):
    """`hearing` is the index of the hearing among the case's; absent for one that had not been scheduled here."""

    held_on: date
    result: PersonalText
    hearing: int | None = None

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        hearings = list(case.representation.hearings)
        result: dict[str, Any] = {"held_on": self.held_on, "result": self.result}
        if self.hearing is None:
            hearings.append(Hearing(**result))
        else:
            hearings[self.hearing] = hearings[self.hearing].model_copy(update=result)
        return case.but(representation=case.representation.model_copy(update={"hearings": tuple(hearings)}))


class RecordHearing(Command):
    """The result of the earliest hearing that has none yet, or of one that nobody had scheduled."""

    states = frozenset({"in_representation"})
    roles = frozenset({"lawyer"})
    emits = ("hearing_recorded",)

    held_on: date
    result: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        not_in_future(facts, self.held_on, "/held_on")
        waiting = [(h.at, n) for n, h in enumerate(case.representation.hearings) if h.at is not None and h.held_on is None]
        return [HearingRecorded(held_on=self.held_on, result=self.result, hearing=min(waiting)[1] if waiting else None)]


class OutcomeFields(Model):
    result: Literal[
        "won", "partly_won", "lost", "dismissed", "settled", "mediated", "withdrawn", "non_prosecution", "acquitted", "sentence",
        "rights_established", "other",
    ] = "other"  # fmt: skip
    closing_event: (
        Literal[
            "judgment_received", "ruling_received", "mediation_paper", "award_received", "settlement_signed", "performance_began",
            "indictment", "non_prosecution", "case_withdrawn", "termination_received", "other",
        ]
        | None
    ) = None  # fmt: skip
    """What ended the matter (办理法律援助案件程序规定 art. 41)."""
    closed_on: date
    awarded_fen: Fen | None = None
    recovered_fen: Fen | None = None
    loss_avoided_fen: Fen | None = None
    fees_waived_fen: Fen | None = None
    payment_due_on: date | None = None
    summary: PersonalText | None = None


class OutcomeRecorded(OutcomeFields, Event):
    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        outcome = Outcome(**carried(OutcomeFields, self), version=at.version)
        return moved_on(case.with_recipients(self.for_recipients, outcome=outcome))


class RecordOutcome(OutcomeFields, Command):
    """The result for the recipients named, else for all who have none; with the last one the case goes to its closing.

    While somebody who joined later is undecided it stays open for them.
    """

    states = frozenset({"in_representation"})
    to = ("=", "closing")
    roles = frozenset({"lawyer", "caseworker"})
    emits = ("outcome_recorded",)

    for_recipients: PartyIds = ()

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        not_in_future(facts, self.closed_on, "/closed_on")
        has_one = tuple(r.party_id for r in case.recipients if r.party_id in self.for_recipients and r.outcome)
        if has_one:
            raise Refusal("outcome_already_recorded", pointer="/for_recipients", recipients=has_one)
        waiting = (r for r in aided(case) if r.outcome is None)
        ids = addressed(waiting, self.for_recipients, nobody="outcome_already_recorded", case=case, passed="recipient_not_aided")
        return [OutcomeRecorded.model_validate(said(self) | {"for_recipients": ids})]
