"""Closure: the file and its return, the subsidy, what is said of the work afterwards, the archive."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.case import CaseState, LawyerChoice
from domain.command import EVENTS, Actor, Command, Happened, Refusal
from domain.directory import Directory, LawyerRegistered, OfficeOpened
from domain.lifecycle import STATES
from domain.stages.assignment import AssignUnit, ChoiceNotFollowed, SignEngagement, UnitAssigned
from domain.stages.closure import (
    AcceptClosingFile,
    ArchiveCase,
    ClosingFileReturned,
    RecordCallback,
    ReturnClosingFile,
    ScorePeerReview,
    SubmitClosingReport,
)
from domain.stages.handling import LawyerReleased
from domain.stages.replacement import DecideReplacement, RequestReplacement
from domain.stages.representation import (
    RecordConsent,
    RecordHearing,
    RecordMeeting,
    RecordOutcome,
    RecordProcedure,
    ReportMajorMatter,
    ReportProgress,
    ScheduleHearing,
)
from domain.stages.subsidy import ApproveSubsidy, Payee, PaySubsidy, SubsidyApproved, SubsidyPaid
from domain.stages.termination import AidTerminated, ContinueAid, ReportTerminationGround
from domain.stream import fold
from tests.unit.hands import (
    ACCEPTED,
    APPROVER,
    ASSIGNED,
    CASEWORKER,
    CHECKLIST,
    CLOSING,
    DIRECTORY,
    FAR_MANAGER,
    FILED,
    FINANCE,
    LAWYER_HAS_IT,
    LI,
    MANAGER,
    NOW,
    REPORTED,
    SUPERVISOR,
    TODAY,
    UNDER_WAY,
    WANG,
    accepted_first,
    event_of,
    given,
    granted,
    named,
    own,
    papers,
    person,
    refused,
    when,
)

DAY = timedelta(days=1)
TERMINATED = AidTerminated(ground="own_counsel", reasons="另行委托", for_recipients=(0,))
RETURNED = ClosingFileReturned(missing=papers("work_record"), reason="缺页")
IN_ORDER = (*FILED, ACCEPTED)


def report(*kinds: str) -> SubmitClosingReport:
    return SubmitClosingReport(report="已结案", papers=papers(*kinds))


# the file


def test_a_whole_file_waits_for_the_centre() -> None:
    after = when(given(granted(), *CLOSING), report(*CHECKLIST), LI)
    assert own(after) == ["closing_report_submitted"]
    assert (after.case.state, after.case.closure.reports, after.case.closure.papers) == ("closing", 1, papers(*CHECKLIST))


def test_what_is_missing_is_listed_at_once() -> None:
    refusal = refused(given(granted(), *CLOSING), report("closing_report", "engagement"), LI)
    assert (refusal.code, refusal.detail["missing"]) == ("checklist_incomplete", ["work_record", "outcome_paper"])


@pytest.mark.parametrize("actor", [WANG, FAR_MANAGER])
def test_only_the_handler_or_the_unit_files_it(actor: Actor) -> None:
    refusal = refused(given(granted(), *CLOSING), report(*CHECKLIST), actor)
    assert (refusal.code, refusal.status) == ("not_your_case", 403)
    assert own(when(given(granted(), *CLOSING), report(*CHECKLIST), MANAGER)) == ["closing_report_submitted"]


def test_a_part_file_owes_no_paper_of_what_never_happened() -> None:
    named_only = given(granted(), *LAWYER_HAS_IT, TERMINATED)
    assert own(when(named_only, report("closing_report"), LI)) == ["closing_report_submitted"]


def test_a_case_terminated_under_way_owes_its_engagement_and_work_record_but_no_outcome() -> None:
    refusal = refused(given(granted(), *UNDER_WAY, TERMINATED), report("closing_report"), LI)
    assert refusal.detail["missing"] == ["engagement", "work_record"]


def test_a_case_terminated_before_its_assignment_is_filed_by_the_centres_own_unit() -> None:
    case = given(granted(), TERMINATED)
    assert refused(case, report("closing_report"), LI).code == "not_your_case"
    assert when(case, report("closing_report"), person("unit_manager", unit="own")).case.closure.reports == 1


def test_a_case_terminated_after_its_lawyer_left_is_filed_by_that_lawyer_or_unit() -> None:
    case = given(granted(), *UNDER_WAY, LawyerReleased(lawyers=("li",), unit="firm"), TERMINATED)
    ask = report("closing_report", "engagement", "work_record")
    assert when(case, ask, LI).case.closure.reports == 1
    assert when(case, ask, MANAGER).case.closure.reports == 1
    assert refused(case, ask, WANG).code == "not_your_case"


def test_a_return_lists_what_is_missing() -> None:
    after = when(given(granted(), *FILED), ReturnClosingFile(missing=papers("work_record", "photos"), reason="缺页"), CASEWORKER).case
    assert (after.state, after.closure.returns, after.closure.missing) == ("file_returned", 1, papers("work_record", "photos"))
    with pytest.raises(ValidationError):
        ReturnClosingFile(missing=(), reason="缺页")


def test_a_returned_file_comes_back_with_what_was_named() -> None:
    case = given(granted(), *FILED, ClosingFileReturned(missing=papers("work_record", "photos"), reason="缺页"))
    assert refused(case, report("closing_report"), LI).detail["missing"] == ["work_record", "photos"]
    after = when(case, report("work_record", "photos"), LI).case
    assert (after.state, after.closure.missing) == ("closing", ())
    assert sorted(p.kind for p in after.closure.papers) == sorted((*CHECKLIST, "photos"))


def test_a_second_return_is_the_supervisors_with_a_reason() -> None:
    case = given(granted(), *FILED, RETURNED, REPORTED)
    again: dict[str, Any] = {"missing": papers("photos"), "reason": "仍缺"}
    assert refused(case, ReturnClosingFile(**again, override_reason="新发现"), CASEWORKER).code == "second_return"
    assert refused(case, ReturnClosingFile(**again), SUPERVISOR).code == "second_return"
    assert when(case, ReturnClosingFile(**again, override_reason="新发现"), SUPERVISOR).case.closure.returns == 2


def test_an_accepted_file_carries_its_grade_and_who_accepted_it() -> None:
    after = when(given(granted(), *FILED), AcceptClosingFile(grade="excellent"), CASEWORKER).case
    assert (after.state, after.closure.grade, after.closure.accepted_by) == ("file_accepted", "excellent", "caseworker")


@pytest.mark.parametrize("command", [AcceptClosingFile(), ReturnClosingFile(missing=papers("photos"), reason="缺页")], ids=lambda c: c.name)
def test_a_file_nobody_handed_in_is_neither_returned_nor_accepted(command: Command) -> None:
    assert refused(given(granted(), *CLOSING), command, CASEWORKER).code == "closing_report_missing"


@pytest.mark.parametrize("lane", ["papers_owed", "papers_overdue"])
def test_while_papers_are_owed_no_file_is_accepted(lane: Any) -> None:
    refusal = refused(given(accepted_first(lane), *FILED), AcceptClosingFile(), CASEWORKER)
    assert (refusal.code, refusal.detail["papers"]) == ("papers_still_owed", ["id_copy"])


def test_a_deferred_decision_comes_before_the_acceptance_of_the_file() -> None:
    case = given(accepted_first("papers_complete", deferred=True), *FILED)
    assert refused(case, AcceptClosingFile(), CASEWORKER).code == "decision_still_open"
    ended = given(accepted_first("papers_complete", deferred=True), *LAWYER_HAS_IT, TERMINATED, REPORTED)
    assert when(ended, AcceptClosingFile(), CASEWORKER).case.state == "file_accepted"


def test_with_the_papers_confirmed_the_file_is_accepted() -> None:
    assert when(given(accepted_first("confirmed"), *FILED), AcceptClosingFile(), CASEWORKER).case.state == "file_accepted"


# the subsidy


def approve(amount: int = 150_000, **more: Any) -> ApproveSubsidy:
    return ApproveSubsidy(amount_fen=amount, tariff="flat_civil", **more)


def test_the_subsidy_goes_to_the_lead_lawyer_of_the_unit_unless_payees_are_named() -> None:
    after = when(given(granted(), *IN_ORDER), approve(), APPROVER)
    assert own(after) == ["subsidy_approved"]
    assert event_of(after, SubsidyApproved).payees == (Payee(unit="firm", lawyer="li", amount_fen=150_000),)
    assert (after.case.state, after.case.closure.subsidy_fen, after.case.closure.tariff) == ("subsidy_approved", 150_000, "flat_civil")


@pytest.mark.parametrize(
    ("command", "code", "status", "pointer"),
    [
        (ApproveSubsidy(amount_fen=1, tariff="nothing"), "unknown_tariff", 422, "/tariff"),
        (approve(150_001), "over_tariff", 409, "/amount_fen"),
        (approve(3, payees=(Payee(unit="firm", amount_fen=1), Payee(unit="firm", amount_fen=1))), "payees_do_not_sum", 409, "/payees"),
        (approve(1, payees=(Payee(unit="nobody", amount_fen=1),)), "unknown_unit", 422, "/payees/0/unit"),
        (approve(1, payees=(Payee(lawyer="nobody", amount_fen=1),)), "unknown_lawyer", 422, "/payees/0/lawyer"),
        (approve(1, payees=(Payee(unit="far", lawyer="li", amount_fen=1),)), "lawyer_not_of_unit", 422, "/payees/0/lawyer"),
        (approve(1, payees=(Payee(lawyer="staff", amount_fen=1),)), "public_pay_excluded", 409, "/payees/0"),
        (approve(1, payees=(Payee(unit="own", amount_fen=1),)), "public_pay_excluded", 409, "/payees/0"),
        (approve(1, reviewed_by="nobody"), "unknown_person", 422, "/reviewed_by"),
        (approve(1, published_on=TODAY + DAY), "date_in_future", 422, "/published_on"),
    ],
    ids=lambda x: x if isinstance(x, str) else None,
)
def test_a_subsidy_out_of_order_is_refused(command: Command, code: str, status: int, pointer: str) -> None:
    refusal = refused(given(granted(), *IN_ORDER), command, APPROVER)
    assert (refusal.code, refusal.status, refusal.pointer) == (code, status, pointer)


def test_a_payee_without_a_unit_is_of_the_lawyers_or_else_of_the_unit_assigned() -> None:
    payees = (Payee(lawyer="zhao", amount_fen=1), Payee(amount_fen=2))
    after = when(given(granted(), *IN_ORDER), approve(3, payees=payees), APPROVER)
    assert [(p.unit, p.amount_fen) for p in event_of(after, SubsidyApproved).payees] == [("far", 1), ("firm", 2)]


@for_all(st.lists(st.integers(0, 60_000), min_size=1, max_size=4), st.integers(0, 160_000))
def test_payees_are_approved_exactly_when_they_sum_to_an_amount_within_the_tariff(parts: list[int], amount: int) -> None:
    case = given(granted(), *IN_ORDER)
    payees = tuple(Payee(unit="firm", lawyer="li", amount_fen=part) for part in parts)
    try:
        approved = when(case, approve(amount, payees=payees), APPROVER).case.state == "subsidy_approved"
    except Refusal:
        approved = False
    assert approved == (sum(parts) == amount <= 150_000)
    total = sum(parts)
    if total <= 150_000:
        assert when(case, approve(total, payees=payees), APPROVER).case.closure.subsidy_fen == total


def test_the_tariff_is_that_of_the_legal_day() -> None:
    early = TODAY.replace(year=2004)
    case = given(granted(opened_on=early), *IN_ORDER, on=early)
    assert refused(case, approve(), APPROVER, effective_on=early).code == "unknown_tariff"


def own_staff() -> CaseState:
    """A file in order whose handler is of the centre itself."""
    assigned = UnitAssigned(unit="own", received_by_unit_on=TODAY, explanation=ASSIGNED.explanation)
    return given(granted(), assigned, named("staff", "own"), *IN_ORDER[2:])


def test_the_centres_own_staff_get_nothing_and_the_case_still_passes() -> None:
    assert refused(own_staff(), approve(1), APPROVER).code == "public_pay_excluded"
    assert when(own_staff(), approve(0), APPROVER).case.state == "subsidy_approved"


def test_a_firms_lawyer_on_public_pay_is_excluded_by_name_or_as_the_units_only_handler() -> None:
    salaried = Directory.fold(
        [LawyerRegistered(since=TODAY, lawyer=DIRECTORY.lawyer_of["li"].model_copy(update={"public_pay": True}))], DIRECTORY
    )
    case = given(granted(), *IN_ORDER)
    by_unit = approve(1, payees=(Payee(unit="firm", amount_fen=1),))
    assert refused(case, approve(1), APPROVER, directory=salaried).code == "public_pay_excluded"
    assert refused(case, by_unit, APPROVER, directory=salaried).code == "public_pay_excluded"
    assert when(case, by_unit, APPROVER).case.state == "subsidy_approved"


def test_work_before_a_release_is_paid_to_the_payees_named() -> None:
    case = given(granted(), *UNDER_WAY, LawyerReleased(lawyers=("li",), unit="firm"), TERMINATED, REPORTED, ACCEPTED)
    assert refused(case, approve(1), APPROVER).code == "payees_missing"
    assert when(case, approve(1, payees=(Payee(lawyer="li", amount_fen=1, part="会见"),)), APPROVER).case.closure.subsidy_fen == 1
    assert when(case, approve(0), APPROVER).case.closure.subsidy_fen == 0


def test_where_the_directory_asks_an_officer_of_the_bureau_approves_too() -> None:
    strict = Directory.fold(
        [OfficeOpened(since=TODAY, office=DIRECTORY.office_of["centre"].model_copy(update={"second_approval": True}))], DIRECTORY
    )
    case = given(granted(), *IN_ORDER)
    assert refused(case, approve(), APPROVER, directory=strict).code == "second_approval_missing"
    assert refused(case, approve(reviewed_by="approver"), APPROVER, directory=strict).code == "second_approval_missing"
    assert when(case, approve(reviewed_by="reviewer"), APPROVER, directory=strict).case.state == "subsidy_approved"


def test_who_accepted_the_file_does_not_approve_its_subsidy() -> None:
    case = given(given(granted(), *FILED), ACCEPTED, by=APPROVER)
    assert refused(case, approve(), APPROVER).code == "two_persons_required"
    assert when(case, approve(), person("approver", "boss")).case.state == "subsidy_approved"


def approved_by(actor: Actor) -> CaseState:
    return given(given(granted(), *IN_ORDER), SubsidyApproved(amount_fen=1, tariff="flat_civil"), by=actor)


def test_the_finance_officer_pays_what_another_approved() -> None:
    after = when(approved_by(APPROVER), PaySubsidy(paid_on=TODAY, voucher="凭证1"), FINANCE).case
    assert (after.state, after.closure.paid_on, after.closure.voucher) == ("subsidy_paid", TODAY, "凭证1")
    assert refused(approved_by(FINANCE), PaySubsidy(paid_on=TODAY, voucher="凭证1"), FINANCE).code == "two_persons_required"
    assert refused(approved_by(APPROVER), PaySubsidy(paid_on=TODAY + DAY, voucher="凭证1"), FINANCE).code == "date_in_future"


# afterwards


def archived() -> CaseState:
    return when(
        given(approved_by(APPROVER), SubsidyPaid(paid_on=TODAY, voucher="1")), ArchiveCase(volume="2026", archive_number="7"), CASEWORKER
    ).case


def test_the_archive_ends_the_case() -> None:
    case = archived()
    assert (case.state, case.ended, case.closure.volume, case.closure.archive_number) == ("archived", True, "2026", "7")
    assert case.recipients[0].status == "concluded"


def test_an_archived_case_still_hears_the_recipient_and_the_peers() -> None:
    heard = when(archived(), RecordCallback(satisfaction=5), CASEWORKER).case
    scored = when(heard, ScorePeerReview(scores={"案卷": 90}, grade="good"), SUPERVISOR).case
    assert (scored.state, scored.closure.satisfaction, scored.closure.peer_grade) == ("archived", 5, "good")


def test_a_callback_is_possible_from_the_representation_on() -> None:
    before = STATES.index("in_representation")
    assert set(STATES[before:]) - RecordCallback.states == set()
    assert RecordCallback.states.isdisjoint(STATES[:before])


@pytest.mark.parametrize("out_of_range", [0, 6])
def test_satisfaction_goes_from_one_to_five(out_of_range: int) -> None:
    with pytest.raises(ValidationError):
        RecordCallback(satisfaction=out_of_range)


def test_who_accepted_the_file_does_not_score_it() -> None:
    case = given(given(granted(), *FILED), ACCEPTED, by=SUPERVISOR)
    assert refused(case, ScorePeerReview(grade="good"), SUPERVISOR).code == "two_persons_required"
    assert own(when(case, ScorePeerReview(grade="good"), person("supervisor", "other"))) == ["peer_review_scored"]


def test_a_late_callback_does_not_hold_the_line_to_its_day() -> None:
    heard = given(given(granted(), *FILED, on=TODAY - 5 * DAY), on=TODAY)
    heard = when(heard, RecordCallback(satisfaction=4), CASEWORKER).case
    assert when(heard, AcceptClosingFile(), CASEWORKER, effective_on=TODAY - DAY).case.state == "file_accepted"


# the clocks of the closing


def test_a_return_pauses_the_review_and_the_new_report_resumes_it() -> None:
    case = when(given(granted(), *CLOSING), report(*CHECKLIST), LI).case
    assert [(c.limit, c.state) for c in case.clocks if c.live] == [("review_closing_file", "running")]
    case = when(case, ReturnClosingFile(missing=papers("photos"), reason="缺"), CASEWORKER).case
    assert [(c.limit, c.state) for c in case.clocks if c.live] == [("review_closing_file", "paused")]
    case = when(case, report("photos"), LI).case
    assert [(c.limit, c.state) for c in case.clocks if c.live] == [("review_closing_file", "running")]
    case = when(case, AcceptClosingFile(), CASEWORKER).case
    assert [c.limit for c in case.clocks if c.live] == ["pay_subsidy"]


# the whole way


def test_from_the_assignment_to_the_archive_every_event_survives_its_stored_form_and_folds_to_what_was_decided() -> None:
    start = granted(choice=LawyerChoice(choices=("zhao", "li")))
    busy = ChoiceNotFollowed(lawyer="zhao", cause="full", detail="手头案件多")
    steps: list[tuple[Command, Actor]] = [
        (AssignUnit(unit="firm", lawyer="li", choice_not_followed=(busy,)), APPROVER),
        (SignEngagement(signed_on=TODAY, signed_by="recipient", method="fingerprint"), LI),
        (RecordMeeting(held_on=TODAY, summary="面谈"), LI),
        (RecordConsent(consents=True), LI),
        (RecordProcedure(kind="filed", stage="arbitration", body="仲裁委", held_on=TODAY), LI),
        (ReportProgress(summary="已立案"), LI),
        (ReportMajorMatter(kind="mass_incident", summary="十人以上"), LI),
        (ScheduleHearing(forum="仲裁庭", at=NOW), LI),
        (RecordHearing(held_on=TODAY, result="当庭裁决"), LI),
        (RequestReplacement(reasons="请换人"), CASEWORKER),
        (DecideReplacement(granted=False, reasons="不同意"), APPROVER),
        (ReportTerminationGround(ground="own_counsel", detail="听说另行委托"), CASEWORKER),
        (ContinueAid(reasons="未委托"), APPROVER),
        (RecordOutcome(result="won", closed_on=TODAY, awarded_fen=1_000_00), LI),
        (report(*CHECKLIST), LI),
        (ReturnClosingFile(missing=papers("work_record"), reason="缺页"), CASEWORKER),
        (report("work_record"), LI),
        (AcceptClosingFile(grade="good"), CASEWORKER),
        (approve(), APPROVER),
        (PaySubsidy(paid_on=TODAY, voucher="凭证1"), FINANCE),
        (RecordCallback(satisfaction=5, detail="满意"), CASEWORKER),
        (ScorePeerReview(scores={"案卷": 90}, grade="good"), SUPERVISOR),
        (ArchiveCase(volume="2026", archive_number="7"), CASEWORKER),
    ]
    case = start
    history: list[Happened] = []
    for command, by in steps:
        decision = when(case, command, by)
        assert own(decision) == [name for name in command.emits if name in own(decision)]
        history.extend(decision.events)
        case = decision.case
    stored = [Happened(at, EVENTS[event.type].model_validate_json(event.model_dump_json(exclude_none=True))) for at, event in history]
    assert stored == history
    assert fold(stored, start) == case
    assert (case.state, [c.limit for c in case.clocks if c.live]) == ("archived", [])
