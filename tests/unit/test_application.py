"""Application: from the door to the decision, and what may be brought against it."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.command import Refusal
from domain.identity import check_character, check_resident_id
from domain.stages.any_stage import ServeDocument
from domain.stages.application import DeemWithdrawn, IssueReceipt, ReferElsewhere, WithdrawApplication
from domain.stages.closure import ArchiveCase
from domain.stages.decision import (
    AidGranted,
    AssessHardship,
    DeclareConflictCheck,
    DeclareRecusal,
    HardshipAssessed,
    RecommendDecision,
    RefuseAid,
    WaiveHardshipCheck,
    WalledOff,
)  # fmt: skip
from domain.stages.objection import DecideObjection, FileObjection, ObjectionFiled
from domain.stages.representation import RecordMeeting, RecordProcedure, ScheduleHearing
from domain.stages.subsidy import PaySubsidy
from domain.stages.supplement import RecordVerification, RequestVerification, RequireSupplement, SupplyPapers
from domain.stages.termination import ReportTerminationGround, TerminateAid
from domain.values import Applicant, Matter, Model, Paper, Party, Proxy, Sealed
from tests.unit.world import (
    AIDED,
    BY_ROLE,
    CASE_ID,
    CHECKED,
    ENGAGED,
    EXAMINED,
    GRANTED,
    POOR,
    RECOMMENDED,
    RICH,
    TODAY,
    actor,
    away,
    given,
    household,
    names,
    papers,
    submit,
)  # fmt: skip

WEEK = timedelta(days=7)
SUPPLEMENT = RequireSupplement(papers=papers("id_copy", "contract"), by=TODAY + WEEK)
TO_REFUSE = (submit(), CHECKED, RecommendDecision(decision="refuse", opinion="不属于受理范围"))
REFUSED = (*TO_REFUSE, RefuseAid(grounds=("other",), reasons="材料不实"))
OBJECTION = FileObjection(reasons="不服")
TERMINATED = (
    *AIDED, *ENGAGED,
    ReportTerminationGround(ground="own_counsel", detail="已自行委托"), TerminateAid(ground="own_counsel", reasons="已自行委托"),
)  # fmt: skip


def faults(fault: pytest.ExceptionInfo[ValidationError]) -> list[tuple[str, str]]:
    return [(error["type"], "/" + "/".join(map(str, error["loc"]))) for error in fault.value.errors()]


# --- opening the case


def test_the_register_number_is_drawn_at_once_and_the_case_number_at_the_grant() -> None:
    case = given(submit())
    assert (case.state.register_number, case.state.case_number) == ("市援登字〔2026〕第1号", None)
    assert case.then(*AIDED[1:]).state.case_number == "市援民字〔2026〕第1号"


@pytest.mark.parametrize(("kind", "word"), [("criminal", "刑"), ("administrative", "行"), ("state_compensation", "赔"), (None, "民")])
def test_the_case_number_names_the_kind_of_matter(kind: Any, word: str) -> None:
    case = given(submit(matter=Matter(kind=kind, summary="案情")), POOR, CHECKED, RECOMMENDED, GRANTED)
    assert case.state.case_number == f"市援{word}字〔2026〕第1号"


def test_an_event_that_bears_its_number_draws_no_other() -> None:
    for happened in given(*AIDED).history:
        assert happened.event.series() == ()


def test_numbers_belong_to_the_year_of_the_legal_day() -> None:
    case = given(submit(), on=date(2025, 12, 31))
    assert case.state.register_number == "市援登字〔2025〕第1号"


def test_everybody_gets_a_place_in_the_case_and_the_applicant_is_the_first() -> None:
    case = given(
        submit(
            co_applicants=(Applicant(name="李四"),),
            proxy=Proxy(party=Party(name="张三"), relation="spouse"),
            opponents=(Party(name="某公司"),),
            recipient_count=30,
        )
    ).state
    assert [(p.party_id, p.name) for p in case.parties] == [(0, "王建国"), (1, "李四"), (2, "张三"), (3, "某公司")]
    assert ([r.party_id for r in case.recipients], case.proxy_party, case.opponents, case.recipient_count) == ([0, 1], 2, (3,), 30)


def test_who_takes_the_application_down_is_its_first_inquiry_owner() -> None:
    assert given(("liaison", submit())).state.owner == BY_ROLE["liaison"].id


def test_the_centre_may_receive_it_after_the_day_it_was_made_but_not_tomorrow() -> None:
    case = given()
    case.when(submit(received_by_centre_on=TODAY), effective_on=TODAY - timedelta(days=3))
    assert (case.state.opened_on, case.state.clocks[0].started_on) == (TODAY - timedelta(days=3), TODAY)


def test_an_opened_case_is_not_opened_again() -> None:
    given(submit()).refused("wrong_state", submit())


@pytest.mark.parametrize("opponent", [Party(name=" 张 三"), Party(name="张三丰", id_number="A1")])
def test_the_proxy_is_never_the_opponent(opponent: Party) -> None:
    proxy = Proxy(party=Party(name="张三", id_number="A1" if opponent.id_number else None), relation="spouse")
    with pytest.raises(ValidationError) as fault:
        submit(proxy=proxy, opponents=(opponent,))
    assert faults(fault) == [("proxy_is_opponent", "/proxy")]


def test_namesakes_with_other_identity_numbers_are_other_people() -> None:
    submit(proxy=Proxy(party=Party(name="张三", id_number="A1"), relation="spouse"), opponents=(Party(name="张三", id_number="B2"),))


def test_sealed_names_are_not_compared() -> None:
    sealed = Sealed(subject="01890000-0000-7000-8000-000000000009", box="x")
    submit(proxy=Proxy(party=Party(name=sealed), relation="spouse"), opponents=(Party(name=sealed),))


@pytest.mark.parametrize(
    ("changes", "type_", "pointer"),
    [
        ({"co_applicants": (Applicant(name="李四"),), "recipient_count": 1}, "recipient_count_too_small", "/recipient_count"),
        ({"representatives": (1,)}, "unknown_recipient", "/representatives"),
        ({"form": "oral"}, "oral_record_missing", "/oral"),
        ({"centre": None}, "string_type", "/centre"),
    ],
)
def test_a_faulty_application_says_where(changes: dict[str, Any], type_: str, pointer: str) -> None:
    with pytest.raises(ValidationError) as fault:
        submit(**changes)
    assert faults(fault) == [(type_, pointer)]


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"centre": "C-NOWHERE"}, "unknown_office", "/centre"),
        ({"centre": "B-CITY"}, "unknown_office", "/centre"),
        ({"outlet": "W-NOWHERE"}, "unknown_office", "/outlet"),
        ({"outlet": "W-ADX-NGY"}, "outlet_not_of_centre", "/outlet"),
        ({"received_by_centre_on": TODAY + timedelta(days=1)}, "date_in_future", "/received_by_centre_on"),
        ({"form": "oral", "oral": {"taken_by": "P-NOBODY"}}, "unknown_person", "/oral/taken_by"),
    ],
)
def test_codes_and_days_of_an_application_must_fit(changes: dict[str, Any], code: str, pointer: str) -> None:
    refusal = given().refused(code, submit(**changes))
    assert (refusal.status, refusal.pointer) == (422, pointer)


# --- identity numbers (GB 11643)


def test_an_identity_number_tells_county_birth_and_sex() -> None:
    assert check_resident_id("11010519491231002X") == ("110105", date(1949, 12, 31), "female")


@pytest.mark.parametrize("number", ["110105194912310021", "11010519491331002X", "1101051949123100", "11010519490231002X"])
def test_a_wrong_identity_number_is_pointed_at(number: str) -> None:
    with pytest.raises(ValidationError) as fault:
        Party(name="王", id_kind="resident_id", id_number=number)
    assert faults(fault) == [("id_check_digit", "/id_number")]


def test_a_number_of_unsaid_kind_is_checked_when_it_looks_like_a_residents() -> None:
    with pytest.raises(ValidationError):
        Party(name="王", id_number="110105194912310021")
    assert Party(name="王", id_number="11010519491231002x").id_number == "11010519491231002X"
    assert Party(name="某公司", id_number="91110000MA001ABC23").id_number == "91110000MA001ABC23"
    assert Party(name="王", id_kind="passport", id_number="110105194912310021").id_number == "110105194912310021"


def test_any_single_wrong_digit_is_found() -> None:
    right = "1101051949123100"
    first = right + "2"
    wrong = [first[:i] + d + first[i + 1 :] for i in range(17) for d in "0123456789" if d != first[i]]
    assert all(check_character(each) != check_character(first) for each in wrong)


# --- papers


def test_a_receipt_adds_what_the_case_does_not_have_yet() -> None:
    case = given(submit(papers=papers("id_copy")), IssueReceipt(papers=papers("id_copy", "contract")))
    assert [p.kind for p in case.state.papers] == ["id_copy", "contract"]


@pytest.mark.parametrize("enough", [True, False])
def test_what_the_officer_said_of_the_papers_is_kept_with_them(enough: bool) -> None:
    supplied = given(submit(), SUPPLEMENT).when(SupplyPapers(explanation="已说明", complete=enough))[0]
    assert supplied.model_dump()["complete"] is enough


def test_everything_missing_is_listed_once() -> None:
    case = given(submit(), SUPPLEMENT, SupplyPapers(complete=True))
    assert case.state.state == "received"
    case.refused("second_supplement_notice", SUPPLEMENT, "caseworker")
    case.refused("second_supplement_notice", SUPPLEMENT, "supervisor")


def test_a_second_notice_is_the_supervisors_with_a_reason() -> None:
    case = given(submit(), SUPPLEMENT, SupplyPapers(complete=True))
    again = SUPPLEMENT.model_copy(update={"override_reason": "首次告知遗漏"})
    case.refused("second_supplement_notice", again, "caseworker")
    assert names(case.when(again, "supervisor")) == ["supplement_required"]


def test_a_notice_lists_something_and_leaves_time() -> None:
    given(submit()).refused("nothing_required", RequireSupplement(by=TODAY + WEEK))
    assert given(submit()).refused("date_not_ahead", RequireSupplement(explanations=("收入",), by=TODAY)).pointer == "/by"


def test_papers_are_complete_when_all_that_was_listed_is_in() -> None:
    case = given(submit(), SUPPLEMENT)
    assert names(case.when(SupplyPapers(papers=papers("id_copy")))) == ["papers_supplied"]
    assert names(case.when(SupplyPapers(papers=papers("contract")))) == ["papers_supplied", "papers_completed"]


def test_an_explanation_asked_for_is_part_of_completeness() -> None:
    case = given(submit(), RequireSupplement(papers=papers("id_copy"), explanations=("收入来源",), by=TODAY + WEEK))
    assert names(case.when(SupplyPapers(papers=papers("id_copy")))) == ["papers_supplied"]
    assert names(case.when(SupplyPapers(explanation="打零工"))) == ["papers_supplied", "papers_completed"]


def test_supplying_nothing_is_refused() -> None:
    given(submit(), SUPPLEMENT).refused("nothing_supplied", SupplyPapers())


def test_only_another_agencys_help_takes_the_case_out_of_the_examiners_hands() -> None:
    case = given(submit(), RequestVerification(kind="data_sharing", agency="民政", subject="低保"))
    assert case.state.state == "received"
    case.when(RequestVerification(kind="other_agency", agency="邻市中心", subject="收入"))
    assert case.state.state == "awaiting_verification"
    case.when(RecordVerification(result="confirmed", detail="属实"))
    assert (case.state.state, [v.result for v in case.state.verifications]) == ("received", [None, "confirmed"])


def test_completed_papers_lead_back_to_a_verification_still_open() -> None:
    asked = RequestVerification(kind="other_agency", agency="邻市中心", subject="收入")
    assert given(submit(), asked, SUPPLEMENT, SupplyPapers(complete=True)).state.state == "awaiting_verification"
    assert given(submit(), SUPPLEMENT, asked, SupplyPapers(complete=True)).state.state == "awaiting_verification"


def test_without_a_request_there_is_no_answer() -> None:
    given(submit()).refused("no_open_verification", RecordVerification(result="no_answer", detail="无"))


def test_an_answer_may_name_its_request() -> None:
    case = given(submit())
    case.then(*(RequestVerification(agency=a, subject="收入") for a in ("甲", "乙")))
    case.when(RecordVerification(result="confirmed", detail="属实", about=case.version_of("verification_requested")))
    assert [(v.agency, v.result) for v in case.state.verifications] == [("甲", None), ("乙", "confirmed")]


# --- ways out


def test_deemed_withdrawn_only_after_the_supplements_date() -> None:
    case = given(submit(), SUPPLEMENT).after(7)
    case.refused("supplement_not_due", DeemWithdrawn(reason="逾期"))
    assert names(case.after(1).when(DeemWithdrawn(reason="逾期"))) == ["application_deemed_withdrawn"]


def test_an_application_is_withdrawn_or_referred() -> None:
    assert given(submit(), WithdrawApplication(reason="已和解")).state.state == "withdrawn"
    referred = given(submit(), ReferElsewhere(to="邻市中心", reason="无管辖"))
    assert (referred.state.state, referred.state.referred_to) == ("referred", "邻市中心")


# --- hardship, conflicts, recommendation


def test_the_result_of_the_sum_is_kept_with_its_lines_and_standard() -> None:
    case = given(submit())
    (assessed,) = case.when(AssessHardship(household=household(138_000), county="CITY"))
    assert isinstance(assessed, HardshipAssessed)
    assert (assessed.threshold_fen, assessed.per_person_fen, assessed.residence) == (138_000, 138_000, "rural")
    assert assessed.for_recipients == (0,)
    assert case.state.recipients[0].hardship
    assert case.state.recipients[0].hardship.in_hardship


def test_an_unknown_ground_waives_nothing() -> None:
    assert given(submit()).refused("unknown_waiver_ground", WaiveHardshipCheck(ground="friend_of_the_house")).status == 422


def test_a_grant_is_recommended_only_after_a_conflict_check() -> None:
    given(submit(), POOR).refused("conflict_check_missing", RECOMMENDED)


def test_a_grant_needs_hardship_or_a_waiver_for_every_recipient() -> None:
    case = given(submit(co_applicants=(Applicant(name="李四", residence="rural"),)), CHECKED)
    assert case.refused("hardship_missing", RECOMMENDED).detail["recipients"] == (0, 1)
    case.when(POOR.model_copy(update={"for_recipients": (0,)}))
    assert case.refused("hardship_missing", RECOMMENDED).detail["recipients"] == (1,)
    case.when(WaiveHardshipCheck(ground="social_relief_recipient", for_recipients=(1,)))
    assert names(case.when(RECOMMENDED)) == ["decision_recommended"]


def test_who_is_not_in_hardship_is_not_granted_aid_unless_free_of_the_check() -> None:
    case = given(submit(), RICH, CHECKED)
    case.refused("not_in_hardship", RECOMMENDED)
    assert case.then(WaiveHardshipCheck(ground="good_samaritan"), RECOMMENDED).state.state == "examined"


def test_a_recommendation_names_recipients_of_the_case() -> None:
    assert (
        given(submit(), POOR, CHECKED).refused("unknown_recipient", RECOMMENDED.model_copy(update={"for_recipients": (4,)})).status == 422
    )


def test_a_wall_names_exactly_one() -> None:
    with pytest.raises(ValidationError, match="one_of_person_lawyer_unit"):
        WalledOff(person="P-HE-JING", unit="U-ZHENGHE")
    unknown = DeclareConflictCheck(cleared=False, walled=(WalledOff(lawyer="L-NOBODY"),))
    assert given(submit()).refused("unknown_lawyer", unknown).pointer == "/walled/0/lawyer"


def test_a_recused_person_acts_no_more() -> None:
    case = given(submit(), DeclareRecusal(person="P-LI-GUANGMING", ground="kin"))
    assert case.refused("recused", POOR).status == 403
    case.refused("recused", POOR, actor("he.jing"), on_behalf_of="P-LI-GUANGMING")
    assert case.when(POOR, actor("he.jing"))


def test_a_walled_unit_keeps_its_lawyers_out() -> None:
    walled = DeclareConflictCheck(cleared=False, walled=(WalledOff(unit="U-ZHENGHE", why="对方法律顾问"),))
    case = given(*AIDED, *ENGAGED, walled)
    case.refused("recused", RecordMeeting(kind="client_meeting", held_on=TODAY, summary="会见"))


# --- the decision


def test_the_approver_is_not_the_examiner() -> None:
    both = actor("chen.weidong")._replace(role="caseworker")
    case = given(submit(), POOR, CHECKED, (both, RECOMMENDED))
    case.refused("approver_is_examiner", GRANTED, "approver")
    case.refused("approver_is_examiner", RefuseAid(reasons="不符"), "approver")
    assert case.when(GRANTED, actor("qi.lan"))


def test_not_even_on_behalf_of_the_examiner() -> None:
    absent = BY_ROLE["caseworker"].id
    directory = away(absent, BY_ROLE["approver"].id)
    given(*EXAMINED).refused("approver_is_examiner", GRANTED, on_behalf_of=absent, directory=directory)


def test_a_grant_names_the_stages_it_covers() -> None:
    case = given(*AIDED).state
    assert (case.state, case.stages_granted, case.forms_of_aid) == ("awaiting_assignment", ("arbitration",), ("arbitration",))
    assert case.recipients[0].decision
    assert case.recipients[0].decision.decided_by == BY_ROLE["approver"].id


def test_a_recommended_refusal_may_not_be_granted_unexamined() -> None:
    given(submit(), CHECKED, TO_REFUSE[-1]).refused("hardship_missing", GRANTED)


def test_not_in_scope_is_no_ground_against_people_in_hardship() -> None:
    plain = submit(applicant=Applicant(name="王建国", residence="rural"))
    refusal = RefuseAid(grounds=("not_in_scope",), reasons="不属范围")
    given(plain, POOR, CHECKED, TO_REFUSE[-1]).refused("scope_not_examined", refusal)
    given(plain, WaiveHardshipCheck(ground="social_relief_recipient"), TO_REFUSE[-1]).refused("scope_not_examined", refusal)
    assert given(plain, RICH, TO_REFUSE[-1], refusal).state.state == "refused"


def test_not_in_scope_is_no_ground_against_a_group_accepted_first() -> None:
    given(*TO_REFUSE).refused("scope_not_examined", RefuseAid(grounds=("not_in_scope",), reasons="不属范围"))


def test_the_application_ends_when_nobody_is_left_undecided() -> None:
    two = submit(co_applicants=(Applicant(name="李四", residence="rural"),))
    case = given(two, POOR, CHECKED, RECOMMENDED, GRANTED.model_copy(update={"for_recipients": (1,)}))
    assert case.state.state == "examined"
    case.when(RefuseAid(reasons="不符", for_recipients=(0,)))
    assert (case.state.state, [r.status for r in case.state.recipients]) == ("awaiting_assignment", ["refused", "granted"])


def test_a_second_grant_draws_no_second_number() -> None:
    two = submit(co_applicants=(Applicant(name="李四", residence="rural"),))
    case = given(two, POOR, CHECKED, RECOMMENDED, GRANTED.model_copy(update={"for_recipients": (1,)}))
    (granted,) = case.when(GRANTED)
    assert isinstance(granted, AidGranted)
    assert (granted.for_recipients, granted.case_number, sum(case.drawn.values())) == ((0,), "市援民字〔2026〕第1号", 2)


# --- through an outlet


@pytest.mark.parametrize(
    ("username", "outlet"), [("zhao.wenxiu", "DS-CITY-UNION"), ("ding.yi", "F-CITY-ZHENGHE"), ("luo.zhengping", "DL-CITY-COURT")]
)
def test_what_an_outlet_takes_down_for_its_centre_is_the_outlets(username: str, outlet: str) -> None:
    assert given((actor(username), submit())).state.outlet == outlet
    assert given((actor(username), submit(outlet="DL-CITY-COURT"))).state.outlet == "DL-CITY-COURT"


@pytest.mark.parametrize("username", ["lin.xiaomei", "li.guangming", "kang.bao"])
def test_what_the_centre_or_another_centres_outlet_takes_down_is_no_outlets(username: str) -> None:
    assert given((actor(username), submit())).state.outlet is None


# --- objection


def serve(case: Any, event_type: str) -> ServeDocument:
    return ServeDocument(document_id=CASE_ID, about=case.version_of(event_type), to="王建国", means="in_person", served_on=case.on)


def test_a_corrected_refusal_is_examined_anew() -> None:
    case = given(*REFUSED, OBJECTION, DecideObjection(result="corrected", reasons="应予审查"))
    assert (case.state.state, case.state.recommendation) == ("examined", None)
    assert (case.state.recipients[0].status, case.state.recipients[0].decision) == ("undecided", None)
    assert case.then(POOR, RECOMMENDED, GRANTED).state.state == "awaiting_assignment"


def test_an_upheld_refusal_stands() -> None:
    case = given(*REFUSED, OBJECTION, DecideObjection(result="upheld", reasons="正确"))
    assert (case.state.state, case.state.recipients[0].status) == ("refused", "refused")


def test_a_corrected_termination_resumes_the_aid() -> None:
    case = given(*TERMINATED, OBJECTION)
    assert case.state.state == "closing"
    case.when(DecideObjection(result="corrected", reasons="继续"))
    assert (case.state.state, case.state.recipients[0].status, case.state.termination) == ("in_representation", "granted", None)


def test_only_the_bureau_that_set_up_the_centre_decides() -> None:
    case = given(*REFUSED, OBJECTION)
    assert case.refused("not_this_bureau", DecideObjection(result="upheld", reasons="正确"), actor("lei.ming")).status == 403


def test_who_made_the_decision_does_not_decide_the_objection() -> None:
    moved = BY_ROLE["approver"]._replace(role="bureau_officer", office="B-CITY")
    given(*REFUSED, OBJECTION).refused("two_persons_required", DecideObjection(result="upheld", reasons="正确"), moved)


def test_nothing_is_decided_that_nobody_objected_to() -> None:
    given(*REFUSED).refused("no_objection_filed", DecideObjection(result="upheld", reasons="正确"))


def test_one_objection_to_one_decision() -> None:
    given(*REFUSED, OBJECTION).refused("objection_already_filed", OBJECTION)
    given(*REFUSED, OBJECTION, DecideObjection(result="upheld", reasons="正确")).refused("objection_already_filed", OBJECTION)


CORRECTED, UPHELD = (DecideObjection(result=result, reasons="复核") for result in ("corrected", "upheld"))
AFRESH = (POOR, RECOMMENDED, GRANTED, *ENGAGED, *TERMINATED[-2:])
"""Granted after all, and terminated later."""


def test_each_decision_may_be_objected_to_once() -> None:
    case = given(*REFUSED, OBJECTION, CORRECTED, *AFRESH)
    assert names(case.when(OBJECTION)) == ["objection_filed"]
    assert case.state.recipients[0].objection
    assert case.state.recipients[0].objection.against == "terminated"
    case.refused("objection_already_filed", OBJECTION)
    case.then(UPHELD).refused("objection_already_filed", OBJECTION)
    again = given(*TERMINATED, OBJECTION, CORRECTED, *TERMINATED[-2:], OBJECTION, CORRECTED)
    assert again.state.state == "in_representation"


def test_the_time_to_object_is_that_of_the_decision_objected_to() -> None:
    case = given(*REFUSED)
    case.then(serve(case, "aid_refused"), OBJECTION, CORRECTED).after(60).then(*AFRESH[:-1])
    case.then(*AFRESH[-1:]).copy().then(OBJECTION)
    case.then(serve(case, "aid_terminated"))
    running = [c for c in case.state.clocks if c.limit == "file_objection" and c.live]
    assert [c.started_on for c in running] == [case.on]
    assert case.copy().after(17).refused("objection_too_late", OBJECTION).detail["due_on"] == running[0].due_on
    case.after(14).then(OBJECTION)
    assert [c.state for c in case.state.clocks if c.limit == "file_objection"] == ["met", "met"]
    assert [c.limit for c in case.state.clocks if c.live and c.limit.endswith("objection")] == ["decide_objection"]


def test_of_two_people_each_has_the_time_from_their_own_service() -> None:
    two = submit(co_applicants=(Applicant(name="李四"),))
    case = given(two, *TO_REFUSE[1:], RefuseAid(reasons="不符", for_recipients=(0,)))
    case.then(serve(case, "aid_refused")).after(5).then(RefuseAid(reasons="不符", for_recipients=(1,)))
    case.then(serve(case, "aid_refused")).after(12)
    assert case.refused("objection_too_late", FileObjection(reasons="不服", for_recipients=(0,))).detail["due_on"] == date(2026, 3, 25)
    (filed,) = case.when(OBJECTION)
    assert isinstance(filed, ObjectionFiled)
    assert filed.for_recipients == (1,)


def test_an_objection_is_received_no_later_than_today() -> None:
    assert given(*REFUSED).refused("date_in_future", FileObjection(reasons="不服", received_on=TODAY + WEEK)).pointer == "/received_on"


def lapsed(case: Any) -> Any:
    """The case with its right to object lapsed, as the clock leaves it."""
    clocks = tuple(c.model_copy(update={"state": "lapsed", "ended_on": c.due_on}) for c in case.state.clocks if c.limit == "file_objection")
    assert clocks
    case.state = case.state.but(clocks=clocks)
    return case


def test_an_objection_after_its_clock_lapsed_is_too_late_unless_excused() -> None:
    case = given(*REFUSED)
    case.when(serve(case, "aid_refused"))
    late = lapsed(case.after(30))
    assert late.refused("objection_too_late", OBJECTION).detail["due_on"] == date(2026, 3, 25)
    late.decided(FileObjection(reasons="不服", received_on=date(2026, 3, 25)))
    assert names(late.when(FileObjection(reasons="不服", excused="住院"))) == ["objection_filed"]


def test_a_refusals_detail_says_what_the_sentence_needs() -> None:
    with pytest.raises(Refusal) as met:
        given(submit()).decided(DeemWithdrawn(reason="逾期"))
    assert (met.value.code, met.value.detail["state"]) == ("wrong_state", "received")


# --- texts, days and places as the contract takes them


@pytest.mark.parametrize("county", ["安定县", "安定县内官营镇", "*"])
def test_a_county_is_a_text_and_one_without_a_line_of_its_own_has_the_line_for_all(county: str) -> None:
    case = given(submit(applicant=Applicant(name="王建国", county=county, residence="rural")))
    (assessed,) = case.when(AssessHardship(household=household(0), county=county))
    assert isinstance(assessed, HardshipAssessed)
    assert (assessed.county, assessed.threshold_fen) == (county, 138_000)


def test_the_residence_of_one_who_named_none_is_the_applicants() -> None:
    case = given(submit(co_applicants=(Applicant(name="李四"),)))
    (assessed,) = case.when(AssessHardship(household=household(0), county="CITY", for_recipients=(1,)))
    assert isinstance(assessed, HardshipAssessed)
    assert assessed.residence == "rural"


@pytest.mark.parametrize(
    ("model", "body", "field"),
    [
        (Paper, {"kind": "id_copy"}, "title"),
        (Paper, {}, "kind"),
        (Applicant, {"name": "王建国"}, "language"),
        (RecordMeeting, {"held_on": "2026-03-10", "summary": "会见"}, "place"),
        (RecordProcedure, {"stage": "trial", "held_on": "2026-03-10"}, "body"),
        (RecordProcedure, {"stage": "trial", "held_on": "2026-03-10", "body": "法院"}, "docket"),
        (ScheduleHearing, {"at": "2026-03-10T09:00:00+08:00"}, "forum"),
        (ScheduleHearing, {"at": "2026-03-10T09:00:00+08:00", "forum": "法院"}, "place"),
        (PaySubsidy, {"paid_on": "2026-03-10"}, "voucher"),
        (ArchiveCase, {"archive_number": "3"}, "volume"),
        (ArchiveCase, {"volume": "3"}, "archive_number"),
    ],
)
def test_a_text_has_one_to_ten_thousand_characters(model: type[Model], body: dict[str, Any], field: str) -> None:
    assert getattr(model.model_validate(body | {field: "卷" * 10_000}), field) == "卷" * 10_000
    for text in ("", "   ", "卷" * 10_001):
        with pytest.raises(ValidationError) as fault:
            model.model_validate(body | {field: text})
        assert {error["loc"] for error in fault.value.errors()} == {(field,)}
