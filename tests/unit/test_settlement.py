"""Endings: settled before anybody was assigned; part files and part subsidies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.stages.accept_first import ConfirmOwedPapers, SupplyOwedPapers
from domain.stages.closure import AcceptClosingFile, ArchiveCase, ReturnClosingFile, SubmitClosingReport
from domain.stages.representation import RecordMeeting
from domain.stages.settlement import SettleWithoutAssignment
from domain.stages.subsidy import ApproveSubsidy, PaySubsidy
from domain.stages.termination import ReportTerminationGround, TerminateAid
from domain.values import Applicant
from readmodels.case_list import rows_for, waiting_for
from tests.unit.world import ACCEPTED, AIDED, DIRECTORY, ENGAGED, EXAMINED, LAWYER_NAMED, TODAY, Case, actor, given, names, papers, submit

SETTLED = SettleWithoutAssignment(settled_on=TODAY, summary="上门走访时单位当场付清", agreed_fen=12_000_00)
FILE = SubmitClosingReport(report="指派前已经解决", papers=papers("closing_report", "outcome_paper"))


def ways() -> dict[str, Case]:
    return {"received": given(submit()), "examined": given(*EXAMINED), "awaiting_assignment": given(*AIDED)}


@pytest.mark.parametrize("state", ["received", "examined", "awaiting_assignment"])
def test_a_matter_settled_before_anybody_was_assigned_goes_to_its_closing_as_a_success(state: str) -> None:
    case = ways()[state].then(SETTLED)
    (recipient,) = case.state.recipients
    assert recipient.outcome
    assert (case.state.state, recipient.outcome.result, recipient.outcome.closed_on) == ("closing", "settled", TODAY)
    assert recipient.status == ("granted" if state == "awaiting_assignment" else "concluded")
    assert case.state.case_number == "市援民字〔2026〕第1号"
    live = {c.limit for c in case.state.clocks if c.live}
    assert live == {"submit_closing_file"}
    assert {c.limit: c.state for c in case.state.clocks}["examine_application"] == (
        "met" if state == "awaiting_assignment" else "cancelled"
    )


def test_everybody_who_asked_is_settled_for_and_counted() -> None:
    case = given(submit(co_applicants=(Applicant(name="李四"),), recipient_count=26)).then(SETTLED)
    assert [r.status for r in case.state.recipients] == ["concluded", "concluded"]
    assert len({r.outcome.version for r in case.state.recipients if r.outcome}) == 1
    assert rows_for(case.state)["recipient_count"] == 26


def test_the_closing_file_is_due_thirty_days_from_the_settlement() -> None:
    case = given(submit()).after(10)
    case.then(SETTLED.model_copy(update={"settled_on": TODAY + timedelta(days=3)}))
    assert [c.due_on - TODAY for c in case.state.clocks if c.limit == "submit_closing_file"] == [timedelta(days=34)]


def test_a_settlement_lies_in_the_life_of_the_case() -> None:
    case = given(submit())
    assert case.refused("date_in_future", SETTLED.model_copy(update={"settled_on": TODAY + timedelta(days=1)})).pointer == "/settled_on"
    assert case.refused("settled_before_opening", SETTLED.model_copy(update={"settled_on": TODAY - timedelta(days=1)})).status == 422


def test_a_case_that_nobody_handled_is_filed_by_one_caseworker_and_accepted_by_another() -> None:
    case = given(submit()).then(SETTLED)
    assert waiting_for(case.state) == "caseworker"
    assert case.refused("checklist_incomplete", SubmitClosingReport(report="已解决", papers=()), "caseworker").detail["missing"] == [
        "closing_report",
        "outcome_paper",
    ]
    case.when(FILE, "caseworker")
    case.refused("two_persons_required", AcceptClosingFile(), "caseworker")
    assert names(case.when(AcceptClosingFile(), actor("he.jing"))) == ["closing_file_accepted"]


def test_the_centres_caseworker_files_no_case_that_a_lawyer_had() -> None:
    for case in (given(*AIDED, *ENGAGED), given(*AIDED, *LAWYER_NAMED)):
        case.then(ReportTerminationGround(ground="own_counsel", detail="自行委托"), TerminateAid(ground="own_counsel", reasons="自行委托"))
        assert case.refused("not_your_case", FILE, "caseworker").status == 403
        assert not type(FILE).open_to(case.state, actor("li.guangming"), DIRECTORY, TODAY)


def paid(amount: int, *payees: dict[str, Any]) -> ApproveSubsidy:
    return ApproveSubsidy.model_validate({"amount_fen": amount, "tariff": "flat_civil", "payees": payees})


def test_a_settled_case_is_archived_with_a_subsidy_of_nothing() -> None:
    case = given(submit()).then(SETTLED, ("caseworker", FILE), (actor("he.jing"), AcceptClosingFile()))
    case.then(paid(0), PaySubsidy(paid_on=TODAY, voucher="V-1"), ArchiveCase(volume="1", archive_number="1"))
    assert (case.state.state, case.state.closure.payees) == ("archived", ())


def test_a_part_subsidy_names_who_is_paid_for_which_part() -> None:
    case = given(submit()).then(SETTLED, ("caseworker", FILE), (actor("he.jing"), AcceptClosingFile()))
    assert case.refused("payees_missing", paid(30_000)).pointer == "/payees"
    case.then(paid(30_000, {"unit": "U-ZHENGHE", "lawyer": "L-WANG-MIN", "amount_fen": 30_000, "part": "上门调解"}))
    assert [(p.amount_fen, p.part) for p in case.state.closure.payees] == [(30_000, "上门调解")]


def test_a_terminated_case_owes_no_paper_of_what_never_happened() -> None:
    ends = ReportTerminationGround(ground="own_counsel", detail="自行委托"), TerminateAid(ground="own_counsel", reasons="自行委托")
    case = given(*AIDED, *ENGAGED, RecordMeeting(held_on=TODAY, summary="会见"), *ends)
    part = SubmitClosingReport(report="部分案卷", papers=papers("closing_report", "engagement", "work_record"))
    case.then(part, AcceptClosingFile(), paid(50_000, {"lawyer": "L-WANG-MIN", "amount_fen": 50_000, "part": "会见与阅卷"}))
    assert case.state.closure.payees[0].part == "会见与阅卷"


def test_a_case_terminated_before_its_assignment_is_filed_by_the_centre() -> None:
    case = given(*AIDED).then(
        ("caseworker", ReportTerminationGround(ground="recipient_request", detail="不再需要")),
        TerminateAid(ground="recipient_request", reasons="不再需要"),
        ("caseworker", SubmitClosingReport(report="部分案卷", papers=papers("closing_report"))),
    )
    assert waiting_for(case.state) == "caseworker"


def test_a_returned_part_file_comes_back_from_the_caseworker() -> None:
    case = given(submit()).then(SETTLED, ("caseworker", FILE))
    case.then(ReturnClosingFile(missing=papers("settlement"), reason="缺和解协议"))
    assert waiting_for(case.state) == "caseworker"
    case.then(("caseworker", SubmitClosingReport(report="补齐", papers=papers("settlement"))))
    assert case.state.state == "closing"


def test_owed_papers_of_an_acceptance_still_hold_the_closing() -> None:
    case = given(*ACCEPTED).then(SETTLED, ("caseworker", FILE))
    case.refused("papers_still_owed", AcceptClosingFile(), actor("he.jing"))
    case.then(SupplyOwedPapers(papers=papers("id_copy", "work_evidence")), ConfirmOwedPapers())
    assert case.when(AcceptClosingFile(), actor("he.jing"))
