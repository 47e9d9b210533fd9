"""Representation: the handler's work, replacing the lawyer, terminating the aid, the outcome."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from domain.case import CaseState, Termination
from domain.command import Actor, Command
from domain.stages.assignment import AssignUnit
from domain.stages.handling import LawyerReleased
from domain.stages.replacement import DecideReplacement, ReplacementRequested, RequestReplacement
from domain.stages.representation import (
    DefenceConsentRecorded,
    HearingRecorded,
    HearingScheduled,
    OutcomeRecorded,
    ProcedureRecorded,
    RecordConsent,
    RecordHearing,
    RecordMeeting,
    RecordOutcome,
    RecordProcedure,
    ReportMajorMatter,
    ReportProgress,
    ScheduleHearing,
)
from domain.stages.termination import AidTerminated, ContinueAid, ReportTerminationGround, TerminateAid, TerminationGroundReported
from tests.unit.hands import (
    APPROVER,
    CASEWORKER,
    CLOSING,
    FAR_MANAGER,
    LAWYER_HAS_IT,
    LI,
    MANAGER,
    SIGNED,
    TODAY,
    UNDER_WAY,
    UNIT_HAS_IT,
    WANG,
    accepted_first,
    event_of,
    given,
    granted,
    own,
    papers,
    person,
    refused,
    when,
)

DAY = timedelta(days=1)
BOSS = person("approver", "boss")
UNDER_REVIEW = (*UNDER_WAY, TerminationGroundReported(ground="own_counsel", detail="另行委托"))


def at(day: int) -> datetime:
    return datetime(2026, 4, day, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


# the handler's work


def test_meetings_are_counted_and_the_last_one_is_known() -> None:
    once = when(given(granted(), *UNDER_WAY), RecordMeeting(held_on=TODAY, summary="面谈"), LI).case
    twice = when(once, RecordMeeting(kind="file_reading", held_on=TODAY - DAY, summary="阅卷"), LI).case
    assert (twice.representation.meetings, twice.representation.last_meeting_on, twice.state) == (2, TODAY, "in_representation")


def test_a_lawyer_of_the_unit_meets_the_client_of_a_case_accepted_first_before_being_named() -> None:
    case = given(accepted_first("papers_owed"), *UNIT_HAS_IT)
    assert own(when(case, RecordMeeting(held_on=TODAY, summary="面谈"), LI)) == ["meeting_recorded"]
    assert refused(given(granted(), *UNIT_HAS_IT), RecordMeeting(held_on=TODAY, summary="面谈"), LI).code == "wrong_state"


HANDLERS_WORK: list[Command] = [
    RecordMeeting(held_on=TODAY, summary="面谈"),
    RecordConsent(consents=True),
    RecordProcedure(kind="filed", stage="first_instance", body="法院", held_on=TODAY),
    ReportProgress(summary="已立案"),
    ReportMajorMatter(kind="complex", summary="群体"),
    ScheduleHearing(forum="法院", at=at(1)),
    RecordHearing(held_on=TODAY, result="休庭"),
    RequestReplacement(cause="absence", reasons="出国"),
    ReportTerminationGround(ground="own_counsel", detail="另行委托"),
    RecordOutcome(result="won", closed_on=TODAY),
]


@pytest.mark.parametrize("command", HANDLERS_WORK, ids=lambda c: c.name)
def test_the_lawyer_of_the_case_does_the_work_and_no_other(command: Command) -> None:
    case = given(granted(), *UNDER_WAY)
    refusal = refused(case, command, WANG)
    assert (refusal.code, refusal.status) == ("not_your_case", 403)
    assert own(when(case, command, LI)) == [command.emits[0]]


@pytest.mark.parametrize(
    ("command", "pointer"),
    [
        (RecordMeeting(held_on=TODAY + DAY, summary="面谈"), "/held_on"),
        (RecordProcedure(stage="trial", body="法院", held_on=TODAY + DAY), "/held_on"),
        (RecordProcedure(stage="trial", body="法院", held_on=TODAY, received_on=TODAY + DAY), "/received_on"),
        (RecordHearing(held_on=TODAY + DAY, result="判决"), "/held_on"),
        (RecordOutcome(closed_on=TODAY + DAY), "/closed_on"),
    ],
    ids=lambda x: x if isinstance(x, str) else x.name,
)
def test_what_has_not_happened_yet_is_not_recorded(command: Command, pointer: str) -> None:
    refusal = refused(given(granted(), *UNDER_WAY), command, LI)
    assert (refusal.code, refusal.status, refusal.pointer) == ("date_in_future", 422, pointer)


def test_progress_and_major_matters_are_counted() -> None:
    case = when(given(granted(), *UNDER_WAY), ReportProgress(summary="已立案"), LI).case
    case = when(case, ReportMajorMatter(summary="群体"), LI).case
    assert (case.representation.progress_reports, case.representation.major_matters) == (1, 1)


# the accused's consent


def test_consent_is_kept() -> None:
    assert when(given(granted(), *UNDER_WAY), RecordConsent(consents=True, by="guardian"), LI).case.representation.consent is True


def test_a_refusal_says_what_the_organ_made_of_it() -> None:
    case = given(granted(), *UNDER_WAY)
    assert refused(case, RecordConsent(consents=False), LI).code == "refusal_outcome_missing"
    assert refused(case, RecordConsent(consents=True, refusal_outcome="awaiting_organ"), LI).code == "refusal_outcome_unexpected"


def test_while_the_organ_decides_the_case_stays() -> None:
    after = when(given(granted(), *UNDER_WAY), RecordConsent(consents=False, refusal_outcome="awaiting_organ"), LI).case
    assert (after.state, after.representation.consent) == ("in_representation", False)


def test_who_must_have_counsel_gets_another_lawyer() -> None:
    after = when(given(granted(), *UNDER_WAY), RecordConsent(consents=False, refusal_outcome="must_have_counsel"), LI)
    assert own(after) == ["defence_consent_recorded", "lawyer_released"]
    assert (after.case.state, after.case.released_lawyers) == ("awaiting_assignment", ("li",))
    assert [c.limit for c in after.case.clocks if c.live] == ["assign_unit"]
    assert refused(after.case, AssignUnit(unit="firm", lawyer="li"), APPROVER).code == "lawyer_released"


def test_self_defence_accepted_puts_the_aid_under_review() -> None:
    after = when(given(granted(), *UNDER_WAY), RecordConsent(consents=False, refusal_outcome="self_defence_accepted"), LI).case
    assert after.state == "termination_review"
    assert after.termination == Termination(ground="accused_refuses", reported_by="p-li", came_from="in_representation")


# procedure


def test_a_step_is_kept_with_the_recipients_it_concerns() -> None:
    ask = RecordProcedure(kind="award", stage="arbitration", body="仲裁委", held_on=TODAY, amount_fen=1_000_00, for_recipients=(1,))
    after = when(given(granted(2), *LAWYER_HAS_IT), ask, LI)
    assert event_of(after, ProcedureRecorded).for_recipients == (1,)
    assert [(p.kind, p.amount_fen) for p in after.case.representation.procedures] == [("award", 1_000_00)]


def test_without_a_name_a_step_concerns_everybody_who_is_still_helped() -> None:
    case = given(granted(3), *LAWYER_HAS_IT).with_recipients([1], status="refused")
    step = RecordProcedure(kind="filed", stage="arbitration", body="仲裁委", held_on=TODAY)
    assert event_of(when(case, step, LI), ProcedureRecorded).for_recipients == (0, 2)


def test_what_came_before_the_aid_may_be_entered_in_any_state() -> None:
    step: dict[str, Any] = {"kind": "filed", "stage": "arbitration", "body": "仲裁委", "held_on": date(2025, 1, 2)}
    assert refused(granted(), RecordProcedure(**step), CASEWORKER).code == "wrong_state"
    assert own(when(granted(), RecordProcedure(**step, before_aid=True), CASEWORKER)) == ["procedure_recorded"]


def test_filing_answers_the_limitation() -> None:
    case = granted()
    assert case.matter
    limited = case.but(matter=case.matter.model_copy(update={"limitation_on": TODAY + 90 * DAY}))
    step = RecordProcedure(kind="filed", stage="arbitration", body="仲裁委", held_on=TODAY)
    assert own(when(given(limited, *LAWYER_HAS_IT), step, LI)) == ["procedure_recorded"]


# hearings


def test_a_result_belongs_to_the_earliest_hearing_without_one() -> None:
    second, first = HearingScheduled(forum="二庭", at=at(9)), HearingScheduled(forum="一庭", at=at(2))
    case = given(granted(), *UNDER_WAY, second, first)
    after = when(case, RecordHearing(held_on=TODAY, result="休庭"), LI).case
    assert [(h.forum, h.result) for h in after.representation.hearings] == [("二庭", None), ("一庭", "休庭")]
    after = when(after, RecordHearing(held_on=TODAY, result="宣判"), LI).case
    assert [(h.forum, h.result) for h in after.representation.hearings] == [("二庭", "宣判"), ("一庭", "休庭")]


def test_a_hearing_nobody_scheduled_is_recorded_all_the_same() -> None:
    after = when(given(granted(), *UNDER_WAY), RecordHearing(held_on=TODAY, result="调解"), LI)
    assert event_of(after, HearingRecorded).hearing is None
    assert [(h.at, h.held_on, h.result) for h in after.case.representation.hearings] == [(None, TODAY, "调解")]


def test_a_hearing_has_a_moment_with_its_offset() -> None:
    with pytest.raises(ValidationError):
        ScheduleHearing(forum="法院", at=datetime(2026, 4, 1, 9, 0))  # noqa: DTZ001 -- the naive moment is the case


# replacing the lawyer


@pytest.mark.parametrize(("actor", "by"), [(LI, "unit"), (MANAGER, "unit"), (CASEWORKER, "recipient")])
def test_who_asks_for_another_lawyer_is_told_by_the_role_unless_said(actor: Actor, by: str) -> None:
    after = when(given(granted(), *UNDER_WAY), RequestReplacement(reasons="请换人"), actor)
    assert (after.case.state, event_of(after, ReplacementRequested).by) == ("replacing_lawyer", by)
    said = when(given(granted(), *UNDER_WAY), RequestReplacement(by="centre", reasons="请换人"), actor)
    assert event_of(said, ReplacementRequested).by == "centre"


def test_another_unit_asks_nothing() -> None:
    assert refused(given(granted(), *UNDER_WAY), RequestReplacement(reasons="请换人"), FAR_MANAGER).code == "not_your_case"


def test_a_granted_replacement_releases_the_lawyers_and_starts_the_assignment_anew() -> None:
    case = given(granted(), *UNDER_WAY, ReplacementRequested(by="recipient", reasons="请换人"))
    after = when(case, DecideReplacement(granted=True, reasons="同意", handover=papers("案卷")), APPROVER)
    assert own(after) == ["replacement_decided", "lawyer_released"]
    released = event_of(after, LawyerReleased)
    assert (released.lawyer, released.lawyers, released.handover) == ("li", ("li",), papers("案卷"))
    assert (after.case.state, after.case.assignment, after.case.replacement) == ("awaiting_assignment", None, None)
    assert after.case.released_lawyers == ("li",)
    assert [c.limit for c in after.case.clocks if c.live] == ["assign_unit"]


@pytest.mark.parametrize(("events", "back"), [(LAWYER_HAS_IT, "lawyer_named"), (UNDER_WAY, "in_representation")])
def test_a_denied_one_leads_back_to_the_state_before(events: tuple[Any, ...], back: str) -> None:
    case = given(granted(), *events, ReplacementRequested(by="recipient", reasons="请换人"))
    after = when(case, DecideReplacement(granted=False, reasons="不同意"), APPROVER)
    assert own(after) == ["replacement_decided"]
    assert (after.case.state, after.case.replacement) == (back, None)
    assert after.case.assignment


def test_who_asked_does_not_decide() -> None:
    case = given(given(granted(), *UNDER_WAY), ReplacementRequested(by="centre", reasons="请换人"), by=APPROVER)
    assert refused(case, DecideReplacement(granted=True, reasons="同意"), APPROVER).code == "two_persons_required"
    assert when(case, DecideReplacement(granted=True, reasons="同意"), BOSS).case.state == "awaiting_assignment"


# terminating the aid


@pytest.mark.parametrize(
    "events", [(), UNIT_HAS_IT, LAWYER_HAS_IT, UNDER_WAY, (*UNDER_WAY, ReplacementRequested(by="unit", reasons="换人"))]
)
def test_from_wherever_it_came_the_aid_may_go_on_there(events: tuple[Any, ...]) -> None:
    case = given(granted(), *events)
    review = when(case, ReportTerminationGround(ground="own_counsel", detail="另行委托"), CASEWORKER).case
    assert review.state == "termination_review"
    after = when(review, ContinueAid(reasons="未委托"), APPROVER).case
    assert (after.state, after.termination) == (case.state, None)
    assert (after.assignment, after.replacement) == (case.assignment, case.replacement)


def test_a_terminated_case_goes_to_its_closing() -> None:
    after = when(given(granted(), *UNDER_REVIEW), TerminateAid(ground="own_counsel", reasons="属实"), APPROVER)
    assert own(after) == ["aid_terminated"]
    recipient = after.case.recipients[0]
    assert after.case.state == "closing"
    assert recipient.status == "terminated"
    assert recipient.decision
    assert (recipient.decision.result, recipient.decision.decided_by) == ("terminated", "approver")
    assert after.case.termination
    assert after.case.termination.terminated_on == TODAY
    assert after.case.assignment, "the lawyer files the closing report"


def test_who_reported_the_ground_does_not_decide_it() -> None:
    case = given(given(granted(), *UNDER_WAY), TerminationGroundReported(ground="deceit", detail="隐瞒"), by=APPROVER)
    assert refused(case, TerminateAid(ground="deceit", reasons="属实"), APPROVER).code == "two_persons_required"
    assert when(case, TerminateAid(ground="deceit", reasons="属实"), BOSS).case.state == "closing"


def found_ineligible(by: str) -> CaseState:
    """Under review after a finding of ineligibility by this person."""
    case = given(accepted_first("found_ineligible", deferred=True), *UNDER_WAY).with_recipients([0], status="found_ineligible")
    review = Termination(ground="provisional_not_eligible", reported_by=by, came_from="in_representation")
    return case.but(state="termination_review", termination=review, acted_by={"found_ineligible": (by, "colleague")})


@pytest.mark.parametrize("who", ["approver", "colleague"])
def test_who_found_the_recipient_ineligible_or_was_acted_for_does_not_decide_either(who: str) -> None:
    ask = TerminateAid(ground="provisional_not_eligible", reasons="不符合")
    assert refused(found_ineligible("approver"), ask, person("approver", who)).code == "two_persons_required"
    assert when(found_ineligible("approver"), ask, BOSS).case.recipients[0].status == "terminated"


@pytest.mark.parametrize(("owed", "lane"), [((), "papers_complete"), (papers("id_copy"), "papers_owed")])
def test_aid_that_goes_on_after_a_finding_puts_the_lane_where_its_papers_are(owed: tuple[Any, ...], lane: str) -> None:
    case = found_ineligible("caseworker")
    assert case.accept_first
    case = case.but(accept_first=case.accept_first.model_copy(update={"papers_owed": owed}))
    after = when(case, ContinueAid(reasons="符合"), APPROVER).case
    assert (after.state, after.recipients[0].status) == ("in_representation", "accepted_first")
    assert after.accept_first
    assert after.accept_first.state == lane


def test_a_review_that_ends_the_aid_of_some_ends_for_all() -> None:
    case = given(granted(2), *LAWYER_HAS_IT, TerminationGroundReported(ground="own_counsel", detail="一人另行委托"))
    one = when(case, TerminateAid(ground="own_counsel", reasons="属实", for_recipients=(1,)), APPROVER)
    assert event_of(one, AidTerminated).for_recipients == (1,)
    assert (one.case.state, [r.status for r in one.case.recipients]) == ("lawyer_named", ["granted", "terminated"])
    assert when(case, TerminateAid(ground="own_counsel", reasons="属实"), APPROVER).case.state == "closing"


def test_a_review_opened_for_those_found_ineligible_ends_their_aid_alone() -> None:
    case = given(granted(2), *LAWYER_HAS_IT, TerminationGroundReported(ground="provisional_not_eligible", detail="不符合")).with_recipients(
        [1], status="found_ineligible"
    )
    after = when(case, TerminateAid(ground="provisional_not_eligible", reasons="不符合"), APPROVER).case
    assert [r.status for r in after.recipients] == ["granted", "terminated"]


# the outcome


def test_with_the_outcome_the_case_goes_to_its_closing() -> None:
    ask = RecordOutcome(result="partly_won", closing_event="award_received", closed_on=TODAY, awarded_fen=12_300_00, recovered_fen=1)
    after = when(given(granted(), *UNDER_WAY), ask, LI)
    assert own(after) == ["outcome_recorded"]
    assert after.case.state == "closing"
    outcome = after.case.recipients[0].outcome
    assert outcome
    assert (outcome.result, outcome.awarded_fen, outcome.recovered_fen, outcome.closed_on) == ("partly_won", 12_300_00, 1, TODAY)


def test_with_several_recipients_the_last_outcome_closes() -> None:
    case = given(granted(3), *LAWYER_HAS_IT, SIGNED.model_copy(update={"for_recipients": (0, 1, 2)})).with_recipients(
        [2], status="terminated"
    )
    first = when(case, RecordOutcome(result="won", closed_on=TODAY, for_recipients=(1,)), LI).case
    assert first.state == "in_representation"
    last = when(first, RecordOutcome(result="settled", closed_on=TODAY), LI)
    assert event_of(last, OutcomeRecorded).for_recipients == (0,)
    assert last.case.state == "closing"
    assert [r.outcome.result if r.outcome else None for r in last.case.recipients] == ["settled", "won", None]


def test_nobody_has_two_outcomes() -> None:
    case = given(granted(2), *LAWYER_HAS_IT, SIGNED.model_copy(update={"for_recipients": (0, 1)}))
    first = when(case, RecordOutcome(closed_on=TODAY, for_recipients=(0,)), LI).case
    assert refused(first, RecordOutcome(closed_on=TODAY, for_recipients=(0,)), LI).code == "outcome_already_recorded"


def test_the_day_the_matter_closed_starts_the_thirty_days_of_the_file() -> None:
    after = when(given(granted(), *UNDER_WAY), RecordOutcome(closed_on=TODAY - 2 * DAY), LI).case
    assert [(c.limit, c.due_on) for c in after.clocks if c.live] == [("submit_closing_file", date(2026, 4, 7))]


def test_an_unknown_word_is_a_fault_of_the_value() -> None:
    with pytest.raises(ValidationError):
        RecordOutcome.model_validate({"result": "victory", "closed_on": "2026-03-10"})
    assert given(granted(), *CLOSING, DefenceConsentRecorded(consents=True)).state == "closing"
