"""The same help in another case: what is carried over, for whom, and the recipient's own time to contest a decision."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.case import CaseState, blank
from domain.command import Command
from domain.stages.continuation import CarriedOver, CaseContinued, ContinueCase, DeclineRemedy, RemedyDeclined
from domain.stages.decision import RecommendDecision, RefuseAid, WaiveHardshipCheck
from domain.stages.objection import DecideObjection, FileObjection
from domain.stages.representation import RecordOutcome, RecordProcedure
from domain.stages.termination import ReportTerminationGround, TerminateAid
from domain.stages.transfer import TransferCentre
from domain.stream import Clock
from domain.values import Applicant, Party
from tests.unit.world import CHECKED, ENGAGED, GRANTED, RECOMMENDED, TODAY, Case, given, submit

NEW = UUID(int=11)
OPPONENT = Party(name="某公司", subject_id=UUID(int=5))
GROUP = submit(
    co_applicants=tuple(Applicant(name=f"工友{n}", subject_id=UUID(int=20 + n)) for n in range(1, 3)),
    opponents=(OPPONENT,),
    representatives=(1,),
)
WAIVED = WaiveHardshipCheck(ground="migrant_worker_pay_or_work_injury")
UNDER_WAY: tuple[Command, ...] = (GROUP, WAIVED, CHECKED, RECOMMENDED, GRANTED, *ENGAGED)


def goes_on(case: CaseState, **said: Any) -> ContinueCase:
    body: dict[str, Any] = {"relation": "next_instance", "stage": "first_instance", **said}
    return ContinueCase(**body, reserved=(NEW,), carried_over=CarriedOver(parties=case.parties, summary="拖欠工资"))


def followed(case: Case, **said: Any) -> CaseState:
    """The case that follows."""
    (other,) = case.decided(goes_on(case.state, **said), "caseworker").others
    return other.case


def award(**said: Any) -> RecordProcedure:
    body: dict[str, Any] = {"kind": "award", "stage": "arbitration", "body": "市仲裁委", "held_on": TODAY, "received_on": TODAY}
    return RecordProcedure(**body | said)


def remedy(case: Case) -> Clock:
    return next(c for c in case.state.clocks if c.limit == "next_remedy")


def test_people_papers_opponents_and_the_waivers_ground_go_over() -> None:
    new = followed(given(*UNDER_WAY))
    assert [p.name for p in new.parties] == ["王建国", "工友1", "工友2", "某公司"]
    assert (new.representatives, new.opponents, new.recipient_count) == ((1,), (3,), 3)
    assert new.continues is not None
    assert (new.continues.waivers[0].ground, new.continues.waivers[0].for_recipients) == (WAIVED.ground, (0, 1, 2))
    assert new.matter is not None
    assert (new.matter.cause, new.matter.stage, new.matter.forum) == ("wages", "first_instance", "litigation")


def test_the_checks_run_anew_in_the_new_case() -> None:
    new = followed(given(*UNDER_WAY))
    assert (new.state, new.conflict_cleared) == ("received", None)
    assert all(r.status == "undecided" and r.waiver is None for r in new.recipients)
    assert [c.limit for c in new.clocks if c.live] == ["examine_application"]


def test_twelve_of_fifty_go_on() -> None:
    fifty = submit(co_applicants=tuple(Applicant(name=f"工友{n}", subject_id=UUID(int=20 + n)) for n in range(1, 50)))
    case = given(fifty, WAIVED, CHECKED, RECOMMENDED, GRANTED, *ENGAGED)
    settled, going = tuple(range(38)), tuple(range(38, 50))
    case.when(RecordOutcome(result="settled", closed_on=TODAY, for_recipients=settled))
    new = followed(case, for_recipients=going)
    assert [r.party_id for r in new.recipients] == list(range(12))
    assert (new.applicant.name, new.recipient_count) == ("工友38", 12)


def test_who_leads_is_wished_for_again_only_when_the_recipient_says_so() -> None:
    case = given(*UNDER_WAY)
    lead = case.state.assignment and case.state.assignment.lead
    same, silent = followed(case, lawyer_wish="same"), followed(case)
    assert same.choice is not None
    assert same.choice.choices == (lead,)
    assert (silent.choice, silent.continues and silent.continues.lawyer) == (None, lead)


def test_a_second_case_of_the_same_stage_is_refused_and_named() -> None:
    case = given(*UNDER_WAY)
    case.when(goes_on(case.state), "caseworker")
    refusal = case.refused("already_continued", goes_on(case.state), "caseworker")
    assert refusal.detail["case_id"] == NEW
    case.when(goes_on(case.state, relation="enforcement", stage="enforcement"), "caseworker")
    assert len(case.state.continued) == 2


def test_a_new_application_is_for_those_whose_aid_is_over() -> None:
    case = given(*UNDER_WAY)
    case.refused("nobody_to_apply_again", goes_on(case.state, relation="reapplication", stage="arbitration"), "caseworker")
    over = ReportTerminationGround(ground="recipient_request", detail="回乡"), TerminateAid(ground="recipient_request", reasons="同意")
    new = followed(case.then(*over).after(150), relation="reapplication", stage="arbitration")
    assert (new.state, len(new.recipients)) == ("received", 3)


def test_people_who_joined_since_the_command_came_in_are_not_left_behind() -> None:
    case = given(*UNDER_WAY)
    stale = goes_on(case.state).model_copy(update={"carried_over": CarriedOver(parties=case.state.parties[:-1], summary="拖欠工资")})
    case.refused("carried_over_changed", stale, "caseworker")


def test_it_may_belong_to_another_centre_but_to_no_other_office() -> None:
    case = given(*UNDER_WAY)
    assert followed(case, centre="C-ADX").centre == "C-ADX"
    case.refused("unknown_office", goes_on(case.state, centre="C-NOWHERE"), "caseworker")


def test_the_event_names_the_new_case_and_its_people() -> None:
    (event,) = given(*UNDER_WAY).when(goes_on(given(*UNDER_WAY).state), "caseworker")
    assert isinstance(event, CaseContinued)
    assert (event.into, event.for_recipients) == (NEW, (0, 1, 2))
    assert blank(str(NEW)).version == 0


# --- the recipient's own time to contest


def test_an_award_gives_fifteen_days_from_its_receipt() -> None:
    case = given(*UNDER_WAY, award())
    assert (remedy(case).state, remedy(case).due_on) == ("running", TODAY + timedelta(days=15))


@pytest.mark.parametrize(
    ("said", "days"),
    [({"kind": "judgment", "stage": "first_instance"}, 15), ({"kind": "ruling", "stage": "first_instance"}, 10)],
)
def test_a_judgment_or_ruling_of_the_first_instance_gives_its_own_days(said: dict[str, Any], days: int) -> None:
    assert remedy(given(*UNDER_WAY, award(**said))).n == days


def test_nothing_runs_against_a_judgment_that_is_final() -> None:
    assert not [c for c in given(*UNDER_WAY, award(kind="judgment", stage="second_instance")).state.clocks if c.limit == "next_remedy"]


@pytest.mark.parametrize("answer", ["decline", "sue", "continue"])
def test_who_declines_sues_or_goes_on_has_answered_in_time(answer: str) -> None:
    case = given(*UNDER_WAY, award())
    answers: dict[str, Command] = {
        "decline": DeclineRemedy(told_on=TODAY, reason="服从裁决"),
        "sue": RecordProcedure(kind="filed", stage="first_instance", body="区法院", held_on=TODAY),
        "continue": goes_on(case.state),
    }
    case.when(answers[answer], "caseworker")
    assert remedy(case).state == "met"


def test_a_filing_before_the_award_does_not_answer_it() -> None:
    case = given(*UNDER_WAY, award())
    case.when(RecordProcedure(kind="filed", stage="arbitration", body="市仲裁委", held_on=date(2026, 1, 5), before_aid=True), "caseworker")
    assert remedy(case).state == "running"


def test_an_award_of_before_the_aid_runs_while_there_is_time_and_is_history_afterwards() -> None:
    recent = given(submit(), award(before_aid=True, held_on=date(2026, 3, 5), received_on=date(2026, 3, 5)))
    assert (remedy(recent).state, remedy(recent).due_on) == ("running", date(2026, 3, 20))
    old = given(submit(), award(before_aid=True, held_on=date(2025, 1, 5), received_on=date(2025, 1, 5)))
    assert not [c for c in old.state.clocks if c.limit == "next_remedy"]


def test_there_must_be_something_to_contest() -> None:
    case = given(*UNDER_WAY)
    case.refused("no_decision_to_contest", DeclineRemedy(told_on=TODAY, reason="服从"), "lawyer")
    (event,) = case.then(award()).when(DeclineRemedy(told_on=TODAY, reason="服从"), "caseworker")
    assert isinstance(event, RemedyDeclined)
    assert case.state.representation.remedy_declined_on == TODAY


# --- another centre


def test_a_case_goes_to_the_centre_that_agreed_and_is_theirs() -> None:
    case = given(submit(), CHECKED)
    number = case.state.register_number
    case.when(TransferCentre(to="C-ADX", reason="就近", agreed_by="P-LU-PING"))
    assert (case.state.centre, case.state.owner, case.state.register_number) == ("C-ADX", "P-LU-PING", number)
    assert case.state.conflict_cleared is None


@pytest.mark.parametrize(
    ("to", "agreed_by", "code"),
    [
        ("C-CITY", "P-LU-PING", "not_another_centre"),
        ("S-NOWHERE", "P-LU-PING", "not_another_centre"),
        ("C-ADX", "P-NOBODY", "unknown_person"),
        ("C-ADX", "P-HE-JING", "not_of_that_centre"),
    ],
)
def test_who_has_not_agreed_gets_no_case(to: str, agreed_by: str, code: str) -> None:
    given(submit()).refused(code, TransferCentre(to=to, reason="就近", agreed_by=agreed_by))


# --- a case that was just reopened


def test_a_case_whose_refusal_was_just_corrected_is_examined_and_not_applied_for_again() -> None:
    case = given(submit(), WAIVED, CHECKED, RecommendDecision(decision="refuse", opinion="不符"), RefuseAid(reasons="不符"))
    again = {"relation": "reapplication", "stage": "arbitration"}
    assert followed(case, **again).state == "received"
    case.then(FileObjection(reasons="不服"), DecideObjection(result="corrected", reasons="应予援助"))
    refusal = case.refused("wrong_state", goes_on(case.state, **again), "caseworker")
    assert "recommend_decision" in refusal.detail["allowed_commands"]


def test_where_nobody_says_when_a_decision_was_received_its_own_day_counts_not_the_day_it_was_typed() -> None:
    told = given(*UNDER_WAY, award(held_on=date(2026, 3, 5), received_on=None))
    assert remedy(told).due_on == date(2026, 3, 20)
    old = given(submit(), award(before_aid=True, held_on=date(2025, 10, 8), received_on=None))
    assert not [c for c in old.state.clocks if c.limit == "next_remedy"]
