"""Accept first, papers later: who may, on what ground, what is owed, and what becomes of it."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.stages.accept_first import (
    AcceptedFirst,
    AcceptFirst,
    ConfirmAcceptance,
    ConfirmOwedPapers,
    ExtendOwedPapers,
    FindIneligible,
    OwedPapersCompleted,
    SupplyOwedPapers,
    WaiveOwedPapers,
)  # fmt: skip
from domain.stages.decision import AidGranted
from domain.stages.objection import DecideObjection, FileObjection
from domain.stages.representation import RecordOutcome
from domain.stages.supplement import RequireSupplement
from domain.stages.termination import ContinueAid, TerminateAid
from domain.values import Applicant, Matter
from tests.unit.world import (
    ACCEPTED,
    BY_DELEGATION,
    CHECKED,
    DEFERRED,
    ENGAGED,
    GRANTED,
    POOR,
    RECOMMENDED,
    RICH,
    TODAY,
    accept,
    actor,
    given,
    names,
    papers,
    submit,
)  # fmt: skip

BOTH = SupplyOwedPapers(papers=papers("id_copy", "work_evidence"))
SET_ASIDE = ConfirmAcceptance(agrees=False, reason="不属于该人群")
INELIGIBLE = FindIneligible(reasons="收入超过标准")


def lane(case: Any) -> str:
    return case.state.accept_first.state


# --- accepting


def test_the_local_policy_is_the_decision_and_examines_neither_means_nor_matter() -> None:
    case = given(submit())
    (accepted,) = case.when(accept(), "approver")
    assert isinstance(accepted, AcceptedFirst)
    assert (accepted.basis, accepted.not_examined, accepted.for_recipients) == ("local_policy", ("hardship", "scope"), (0,))
    recipient = case.state.recipients[0]
    assert (recipient.status, recipient.decision and recipient.decision.result) == ("accepted_first", "granted")


@pytest.mark.parametrize(("ground", "basis"), [("other_by_rule", "urgent_art_44"), ("non_essential_paper_missing", "papers_later")])
def test_other_bases_defer_the_decision(ground: str, basis: str) -> None:
    case = given(submit(), ("approver", accept(ground=ground))).state
    assert case.accept_first
    assert (case.accept_first.basis, case.deferred, case.recipients[0].decision) == (basis, True, None)


def test_what_a_deferred_acceptance_left_unexamined_is_an_explicit_fact() -> None:
    poor = given(submit(), POOR)
    (accepted,) = poor.when(accept(ground="other_by_rule"), "approver")
    assert isinstance(accepted, AcceptedFirst)
    assert accepted.not_examined == ("scope", "papers")


def test_the_case_number_is_drawn_at_the_acceptance_and_not_again_at_the_grant() -> None:
    case = given(*DEFERRED)
    assert case.state.case_number == "市援民字〔2026〕第1号"
    case.then(BOTH, ConfirmOwedPapers(), POOR, CHECKED, RECOMMENDED)
    (granted,) = case.when(GRANTED)
    assert isinstance(granted, AidGranted)
    assert (granted.case_number, sum(case.drawn.values())) == ("市援民字〔2026〕第1号", 2)


def test_what_is_owed_is_the_officers_word_also_where_such_a_paper_is_in_already() -> None:
    case = given(submit(papers=papers("id_copy")))
    (accepted,) = case.when(accept(), "approver")
    assert isinstance(accepted, AcceptedFirst)
    assert accepted.papers_owed == case.state.accept_first.papers_owed == papers("id_copy", "work_evidence")
    assert case.refused("papers_still_owed", ConfirmOwedPapers()).detail["papers"] == ("id_copy", "work_evidence")


def test_a_case_that_has_the_paper_already_is_accepted_with_it_owed() -> None:
    later = AcceptFirst(ground="non_essential_paper_missing", papers_owed=papers("id_copy"))
    assert given(submit(papers=papers("id_copy"))).when(later, "approver")


def test_owed_papers_are_due_after_the_days_of_the_limit_unless_a_day_is_given() -> None:
    assert given(*ACCEPTED).state.accept_first.due_on == TODAY + timedelta(days=30)
    assert given(submit(), ("approver", accept(due_on=date(2026, 3, 20)))).state.accept_first.due_on == date(2026, 3, 20)


def test_before_the_limit_was_known_the_day_must_be_given() -> None:
    case = given(submit(), on=date(2021, 6, 1))
    assert case.refused("due_on_required", accept(), "approver").pointer == "/due_on"
    assert case.when(accept(due_on=date(2021, 7, 1)), "approver")


def test_an_open_supplement_notice_ends_with_the_acceptance() -> None:
    notice = RequireSupplement(papers=papers("id_copy"), by=TODAY + timedelta(days=5))
    case = given(submit(), notice, ("approver", accept())).state
    assert (case.state, case.supplement and case.supplement.open) == ("awaiting_assignment", False)


@pytest.mark.parametrize(
    ("command", "code", "status"),
    [
        (accept(ground="friend_of_the_house"), "unknown_accept_first_ground", 422),
        (accept(basis="urgent_art_44"), "basis_does_not_fit", 422),
        (accept(ground="dibao_recipient"), "not_of_group", 409),
        (accept(ground="limitation_within_7_days"), "limitation_not_near", 409),
        (accept(due_on=TODAY - timedelta(days=1)), "date_not_ahead", 422),
        (AcceptFirst(ground="non_essential_paper_missing", papers_owed=()), "nothing_owed", 422),
    ],
)
def test_an_acceptance_must_rest_on_its_ground(command: AcceptFirst, code: str, status: int) -> None:
    assert given(submit()).refused(code, command, "approver").status == status


def test_one_of_a_group_brings_the_others_in() -> None:
    application = submit(applicant=Applicant(name="王建国"), co_applicants=(Applicant(name="李四", categories=("migrant_worker",)),))
    case = given(application, ("approver", accept())).state
    assert [r.status for r in case.recipients] == ["accepted_first", "accepted_first"]


@pytest.mark.parametrize(("days", "near"), [(-1, False), (0, True), (6, True), (7, False)])
def test_a_limitation_is_near_when_less_than_seven_days_are_left(days: int, near: bool) -> None:
    case = given(submit(matter=Matter(summary="工伤", limitation_on=TODAY + timedelta(days=days))))
    command = accept(ground="limitation_within_7_days")
    assert case.decided(command, "approver") if near else case.refused("limitation_not_near", command, "approver")


# --- by delegation


@pytest.mark.parametrize("role", ["duty_lawyer", "receptionist"])
def test_a_delegate_accepts_at_once_and_the_approver_confirms(role: Any) -> None:
    case = given(submit(), (role, accept()))
    assert case.state.accept_first.by_delegation
    assert names(case.when(ConfirmAcceptance(agrees=True))) == ["acceptance_confirmed"]
    case.refused("wrong_state", ConfirmAcceptance(agrees=True))


def test_without_a_delegation_of_that_centre_nobody_accepts_for_it() -> None:
    assert given(submit()).refused("no_delegation", accept(), actor("jiang.tao")).status == 403
    early = given(submit(), on=date(2019, 12, 31))
    early.refused("no_delegation", accept(due_on=early.on), "duty_lawyer")


def test_an_approvers_own_acceptance_needs_no_confirmation() -> None:
    given(*ACCEPTED).refused("wrong_state", ConfirmAcceptance(agrees=True))


def test_the_acceptance_is_confirmed_by_another_person() -> None:
    both = actor("luo.zhengping")._replace(role="approver")
    given(*BY_DELEGATION).refused("two_persons_required", ConfirmAcceptance(agrees=True), both)


def test_setting_aside_needs_a_reason_and_leads_back_to_the_door() -> None:
    case = given(*BY_DELEGATION)
    assert case.refused("reason_required", ConfirmAcceptance(agrees=False)).pointer == "/reason"
    assert names(case.when(SET_ASIDE)) == ["acceptance_set_aside"]
    assert (case.state.state, case.state.accept_first, case.state.recipients[0].status) == ("received", None, "undecided")


def test_what_was_set_aside_loses_neither_number_nor_papers_and_is_decided_as_any_other() -> None:
    case = given(*BY_DELEGATION, SupplyOwedPapers(papers=papers("id_copy")), *ENGAGED, SET_ASIDE)
    assert ([p.kind for p in case.state.papers], case.state.case_number) == (["id_copy"], "市援民字〔2026〕第1号")
    assert case.then(POOR, CHECKED, RECOMMENDED, GRANTED).state.state == "awaiting_assignment"


def test_once_the_work_is_over_nothing_is_set_aside() -> None:
    case = given(*BY_DELEGATION, *ENGAGED, RecordOutcome(result="won", closed_on=TODAY))
    case.refused("wrong_state", SET_ASIDE)
    assert case.when(ConfirmAcceptance(agrees=True))


# --- owed papers


def test_owed_papers_come_in_item_by_item() -> None:
    case = given(*ACCEPTED, SupplyOwedPapers(papers=papers("id_copy", "photo")))
    assert ([p.kind for p in case.state.accept_first.papers_owed], [p.kind for p in case.state.papers]) == (
        ["work_evidence"], ["id_copy", "photo"],
    )  # fmt: skip
    assert case.refused("papers_still_owed", ConfirmOwedPapers()).detail["papers"] == ("work_evidence",)


def test_a_paper_that_was_owed_may_be_supplied_again() -> None:
    case = given(*ACCEPTED, SupplyOwedPapers(papers=papers("id_copy")))
    assert case.when(SupplyOwedPapers(papers=papers("id_copy")))
    assert [p.kind for p in case.state.accept_first.papers_owed] == ["work_evidence"]


def test_a_paper_that_is_not_owed_is_pointed_at() -> None:
    assert given(*ACCEPTED).refused("paper_not_owed", SupplyOwedPapers(papers=papers("photo"))).pointer == "/papers/0"
    waiver = WaiveOwedPapers(papers=papers("id_copy", "photo"), reason="无法取得")
    assert given(*ACCEPTED).refused("paper_not_owed", waiver).pointer == "/papers/1"


@pytest.mark.parametrize(("story", "after"), [(ACCEPTED, "confirmed"), (DEFERRED, "papers_complete")])
def test_with_everything_in_and_checked_the_lane_is_confirmed_or_waits_for_the_decision(story: Any, after: str) -> None:
    case = given(*story, BOTH)
    assert lane(case) == "papers_owed"
    assert names(case.when(ConfirmOwedPapers())) == ["owed_papers_completed"]
    assert lane(case) == after


def test_the_first_extension_is_the_caseworkers_the_second_the_supervisors() -> None:
    def later(days: int) -> ExtendOwedPapers:
        return ExtendOwedPapers(due_on=TODAY + timedelta(days=30 + days), reason="开具证明需时")

    case = given(*ACCEPTED, later(10))
    case.refused("second_extension", later(20), "caseworker")
    assert names(case.when(later(20), "supervisor")) == ["owed_papers_extended"]
    assert case.refused("due_on_not_later", later(20), "supervisor").pointer == "/due_on"


def test_a_waiver_of_the_last_owed_paper_completes_the_papers() -> None:
    case = given(*ACCEPTED)
    assert names(case.when(WaiveOwedPapers(papers=papers("id_copy"), reason="已核对"))) == ["owed_papers_waived"]
    events = case.when(WaiveOwedPapers(papers=papers("work_evidence"), reason="用人单位注销"))
    assert events[1:] == (OwedPapersCompleted(basis="local_policy"),)
    assert lane(case) == "confirmed"


# --- the decision that was deferred


def test_under_a_deferred_acceptance_the_decision_follows_the_papers_and_the_work_goes_on() -> None:
    case = given(*DEFERRED, *ENGAGED)
    case.refused("wrong_state", GRANTED)
    case.then(BOTH, ConfirmOwedPapers(), POOR, CHECKED, RECOMMENDED, GRANTED)
    assert (case.state.state, lane(case), case.state.recipients[0].status) == ("in_representation", "confirmed", "granted")


def test_once_decided_there_is_nobody_left_to_assess() -> None:
    case = given(*DEFERRED, BOTH, ConfirmOwedPapers(), POOR, CHECKED)
    case.refused("recommendation_missing", GRANTED)
    case.then(RECOMMENDED, GRANTED)
    case.refused("nobody_undecided", POOR)


def test_a_deferred_grant_needs_hardship_like_any_other() -> None:
    case = given(*DEFERRED, BOTH, ConfirmOwedPapers(), CHECKED)
    case.refused("hardship_missing", GRANTED)
    case.then(RICH).refused("not_in_hardship", GRANTED)


# --- found ineligible


def test_who_is_found_ineligible_is_reviewed_and_the_work_done_closes_like_any_other() -> None:
    case = given(*ACCEPTED, *ENGAGED, INELIGIBLE)
    assert case.state.termination
    assert (case.state.state, lane(case), case.state.termination.ground) == (
        "termination_review",
        "found_ineligible",
        "provisional_not_eligible",
    )
    assert case.then(TerminateAid(ground="provisional_not_eligible", reasons="收入超过标准")).state.state == "closing"


def test_a_finding_is_made_once() -> None:
    given(*ACCEPTED, INELIGIBLE).refused("wrong_state", INELIGIBLE)


def test_found_about_one_of_two_the_case_goes_on_for_the_other() -> None:
    two = submit(co_applicants=(Applicant(name="李四"),))
    case = given(two, ("approver", accept()), INELIGIBLE.model_copy(update={"for_recipients": (1,)}))
    assert (case.state.state, lane(case)) == ("awaiting_assignment", "papers_owed")
    assert case.then(INELIGIBLE).state.state == "termination_review"


@pytest.mark.parametrize(("supplied", "after"), [((), "papers_owed"), ((BOTH,), "confirmed")])
def test_a_finding_that_does_not_stand_leaves_the_lane_where_its_papers_put_it(supplied: Any, after: str) -> None:
    case = given(*ACCEPTED, *supplied, INELIGIBLE, ContinueAid(reasons="复核符合"))
    assert (case.state.state, lane(case), case.state.recipients[0].status) == ("awaiting_assignment", after, "accepted_first")


@pytest.mark.parametrize(("story", "status", "decided"), [(ACCEPTED, "accepted_first", True), (DEFERRED, "accepted_first", False)])
def test_a_corrected_termination_restores_the_acceptance(story: Any, status: str, decided: bool) -> None:
    end = (INELIGIBLE, TerminateAid(ground="provisional_not_eligible", reasons="收入超过标准"), FileObjection(reasons="不服"))
    case = given(*story, *ENGAGED, *end, DecideObjection(result="corrected", reasons="符合")).after(31)
    recipient = case.state.recipients[0]
    assert (case.state.state, lane(case)) == ("in_representation", "papers_owed")
    assert (recipient.status, recipient.decision is not None) == (status, decided)
