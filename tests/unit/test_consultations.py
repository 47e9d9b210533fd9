"""The rules of consultations: first-inquiry responsibility, hand-overs, letters, the step into an application."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.consultation.advice import DraftDocument, GiveAdvice
from domain.consultation.close import CloseConsultation
from domain.consultation.hand_over import AcceptHandOver, HandOverInquiry, ReturnHandOver
from domain.directory import Directory, PersonRegistered
from domain.stages.any_stage import AddNote
from domain.stages.application import ApplicationSubmitted
from domain.values import Party
from tests.unit.inquiries import (
    ASKER,
    CLERK,
    COLLEAGUE,
    COUNTY,
    DESK,
    LIAISON,
    NEW_CASE,
    STREAM_ID,
    SUPERVISOR,
    VILLAGE,
    asked,
    at,
    consultation,
    converted,
)
from tests.unit.world import DIRECTORY, TODAY

TO_CLERK = HandOverInquiry(to=CLERK.id, reason="涉及劳动仲裁，请县中心答复")


def test_whoever_registers_an_inquiry_is_its_owner_and_it_gets_a_number() -> None:
    inquiry = consultation()
    assert (inquiry.state.state, inquiry.state.owner, inquiry.state.centre, inquiry.state.outlet) == ("open", LIAISON.id, COUNTY, VILLAGE)
    assert inquiry.state.number == "定城援咨字〔2026〕第1号"


def test_at_a_centres_desk_there_is_no_outlet() -> None:
    inquiry = consultation(by=DESK, office=COUNTY, channel="walk_in")
    assert (inquiry.state.centre, inquiry.state.outlet) == (COUNTY, None)


def test_an_inquiry_without_a_name_is_one_too() -> None:
    inquiry = consultation(person=None, asker=UUID(int=9))
    assert (inquiry.state.anonymous, inquiry.state.parties, inquiry.state.subject) == (True, (), UUID(int=9))


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"office": "NOWHERE"}, "unknown_office", "/office"),
        ({"office": "B-ADX"}, "unknown_office", "/office"),
        ({"received_at": at(TODAY, 13)}, "date_in_future", "/received_at"),
    ],
)
def test_an_inquiry_is_received_at_an_office_of_a_centre_and_not_tomorrow(change: dict[str, object], code: str, pointer: str) -> None:
    inquiry = consultation()
    inquiry.state = type(inquiry.state)(case_id=STREAM_ID)
    assert inquiry.refused(code, asked(**change), LIAISON).pointer == pointer


def test_nobody_asks_against_themselves() -> None:
    with pytest.raises(ValueError, match="against themselves"):
        asked(opponents=(Party(name=ASKER.name),))


def test_the_owner_changes_only_when_the_hand_over_is_accepted() -> None:
    inquiry = consultation()
    assert inquiry.when(TO_CLERK, LIAISON) == ["inquiry_handed_over"]
    assert inquiry.state.owner == LIAISON.id
    assert inquiry.when(AcceptHandOver(), CLERK) == ["hand_over_accepted"]
    assert (inquiry.state.owner, inquiry.state.handing) == (CLERK.id, None)


def test_whom_it_is_handed_to_sees_it_wherever_they_work() -> None:
    inquiry = consultation()
    inquiry.when(TO_CLERK, LIAISON)
    assert inquiry.state.keepers == (LIAISON.id, CLERK.id)


def test_a_returned_hand_over_leaves_it_with_its_owner_who_may_name_somebody_else() -> None:
    inquiry = consultation()
    inquiry.when(TO_CLERK, LIAISON)
    assert inquiry.when(ReturnHandOver(reason="请交陆平，他在办同一工地的案件"), CLERK) == ["hand_over_returned"]
    assert inquiry.state.owner == LIAISON.id
    assert inquiry.when(HandOverInquiry(to=COLLEAGUE.id, reason="同一工地"), LIAISON) == ["inquiry_handed_over"]


def test_only_the_person_named_answers_a_hand_over() -> None:
    inquiry = consultation()
    inquiry.when(TO_CLERK, LIAISON)
    assert inquiry.refused("not_named_for_hand_over", AcceptHandOver(), COLLEAGUE).status == 403
    assert inquiry.refused("not_named_for_hand_over", ReturnHandOver(reason="不归我办"), COLLEAGUE).status == 403


def test_of_two_hand_overs_at_once_the_second_is_refused() -> None:
    inquiry = consultation()
    inquiry.when(TO_CLERK, LIAISON)
    refusal = inquiry.refused("hand_over_open", HandOverInquiry(to=COLLEAGUE.id, reason="请接手"), LIAISON)
    assert refusal.detail["person"] == CLERK.id


def test_only_the_owner_hands_over_or_a_supervisor_for_one_who_cannot() -> None:
    inquiry = consultation()
    assert inquiry.refused("not_the_owner", TO_CLERK, DESK).status == 403
    assert inquiry.when(TO_CLERK, SUPERVISOR) == ["inquiry_handed_over"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("P-NOBODY", "unknown_person"),
        (LIAISON.id, "already_the_owner"),
        ("P-HAN-LEI", "cannot_take_inquiry"),
        ("P-GONE", "cannot_take_inquiry"),
    ],
)
def test_it_is_handed_only_to_a_colleague_who_answers_inquiries(to: str, code: str) -> None:
    inquiry = consultation(directory=left())
    assert inquiry.refused(code, HandOverInquiry(to=to, reason="请接手"), LIAISON).pointer == "/to"


def test_a_hand_over_to_somebody_who_left_since_lapses_and_the_owner_names_another() -> None:
    inquiry = consultation()
    inquiry.when(TO_CLERK, LIAISON)
    inquiry.directory = left(CLERK.id)
    assert inquiry.when(HandOverInquiry(to=COLLEAGUE.id, reason="贾凤琴已调离"), LIAISON) == ["inquiry_handed_over"]
    assert inquiry.refused("role_not_allowed", AcceptHandOver(), CLERK._replace(role="auditor")).status == 403
    assert inquiry.state.handing.to == COLLEAGUE.id


def left(*gone: str) -> Directory:
    """The directory of today with people who hold no role any more: one known as P-GONE, and those named."""
    people = [DIRECTORY.person_of[LIAISON.id].model_copy(update={"code": "P-GONE"}), *(DIRECTORY.person_of[code] for code in gone)]
    ended = [p.model_copy(update={"grants": tuple(g.model_copy(update={"until": TODAY - timedelta(1)}) for g in p.grants)}) for p in people]
    return Directory.fold([PersonRegistered(since=TODAY, person=person) for person in ended], DIRECTORY)


def test_an_inquiry_is_not_closed_while_a_hand_over_waits() -> None:
    inquiry = consultation()
    inquiry.when(GiveAdvice(advice="可以先申请劳动仲裁"), LIAISON)
    inquiry.when(TO_CLERK, LIAISON)
    inquiry.refused("hand_over_open", CloseConsultation(how="advised"), LIAISON)


def test_advised_means_that_advice_was_given_and_drafted_that_something_was() -> None:
    inquiry = consultation()
    inquiry.refused("nothing_advised", CloseConsultation(how="advised"), LIAISON)
    inquiry.refused("nothing_drafted", CloseConsultation(how="drafted"), LIAISON)
    inquiry.refused("not_converted", CloseConsultation(how="converted"), LIAISON)
    inquiry.when(DraftDocument(title="仲裁申请书"), LIAISON)
    assert inquiry.when(CloseConsultation(how="drafted"), LIAISON) == ["consultation_closed"]
    inquiry.refused("wrong_state", GiveAdvice(advice="再补充一点"), LIAISON)


def test_a_letter_is_answered_within_seven_working_days_over_the_spring_festival() -> None:
    """13 and 14 (worked), then nine days off to 23 February; 24 to 28 (worked): the seventh is Saturday 28."""
    letter = consultation(on=date(2026, 2, 13), channel="letter", received_at=at(date(2026, 2, 12), 16))
    clock = letter.clock("answer_letter")
    assert (clock.started_on, clock.due_on, clock.state) == (date(2026, 2, 12), date(2026, 2, 28), "running")
    letter.on = date(2026, 2, 28)
    assert letter.when(GiveAdvice(advice="来信收悉，答复如下", answered_letter=True), LIAISON) == ["advice_given", "letter_answered"]
    assert letter.clock("answer_letter").state == "met"


def test_what_came_through_another_channel_with_a_letter_is_a_letter_too() -> None:
    assert consultation(letter=True).clock("answer_letter").state == "running"
    assert consultation().state.clocks == ()


def test_a_letter_is_answered_once_and_only_where_there_is_one() -> None:
    answer = GiveAdvice(advice="答复如下", answered_letter=True)
    consultation().refused("no_letter", answer, LIAISON)
    letter = consultation(letter=True)
    letter.when(answer, LIAISON)
    letter.refused("letter_already_answered", answer, LIAISON)


def test_a_letter_is_answered_before_it_is_closed_unless_nobody_can_be_answered() -> None:
    letter = consultation(letter=True)
    letter.when(GiveAdvice(advice="已电话答复部分问题"), LIAISON)
    letter.refused("letter_not_answered", CloseConsultation(how="advised"), LIAISON)
    letter.when(CloseConsultation(how="no_answer"), LIAISON)
    assert letter.clock("answer_letter").state == "cancelled"


def test_a_consultation_becomes_an_application_with_what_it_knows() -> None:
    inquiry = consultation(opponents=(Party(name="某建筑公司", subject_id=UUID(int=8)),), cause="wages")
    assert inquiry.when(converted(inquiry), LIAISON) == ["consultation_converted"]
    case = inquiry.opened[str(NEW_CASE)]
    assert (case.state, case.centre, case.outlet, case.channel) == ("received", COUNTY, VILLAGE, "outlet")
    assert case.consultation_id == UUID(STREAM_ID)
    assert case.applicant == ASKER.model_copy(update={"party_id": 0})
    assert [(p.name, p.subject_id) for p in case.parties[1:]] == [("某建筑公司", UUID(int=8))]
    assert case.matter is not None
    assert (case.matter.summary, case.matter.cause) == ("工地拖欠八个月工资，怎么办？", "wages")
    assert (inquiry.state.state, inquiry.state.application) == ("converted", NEW_CASE)


def test_what_the_application_adds_stands_beside_what_was_known() -> None:
    inquiry = consultation()
    added = {"applicant": {"residence": "rural"}, "matter": {"kind": "civil", "stage": "arbitration"}, "papers": [{"kind": "id_copy"}]}
    inquiry.when(converted(inquiry, **added), LIAISON)
    case = inquiry.opened[str(NEW_CASE)]
    assert (case.applicant.name, case.applicant.phone, case.applicant.residence) == ("刘桂英", "13900001111", "rural")
    assert case.applicant.subject_id == ASKER.subject_id
    assert case.matter is not None
    assert (case.matter.kind, case.matter.summary) == ("civil", "工地拖欠八个月工资，怎么办？")


def test_an_anonymous_inquiry_becomes_an_application_once_the_person_says_who_they_are() -> None:
    inquiry = consultation(person=None, asker=UUID(int=9))
    with pytest.raises(ValueError, match="name"):
        converted(inquiry)
    inquiry.when(converted(inquiry, applicant={"name": "王建国"}), LIAISON)
    assert inquiry.opened[str(NEW_CASE)].applicant.name == "王建国"


def test_the_register_number_of_the_case_is_drawn_with_the_step() -> None:
    inquiry = consultation()
    inquiry.when(converted(inquiry), LIAISON)
    assert inquiry.opened[str(NEW_CASE)].register_number == "定城援登字〔2026〕第1号"


def test_it_becomes_a_case_once_and_says_which() -> None:
    inquiry = consultation()
    inquiry.when(converted(inquiry), LIAISON)
    assert inquiry.refused("already_converted", converted(inquiry), LIAISON).detail["case_id"] == NEW_CASE
    inquiry.when(CloseConsultation(how="converted"), LIAISON)
    inquiry.refused("already_converted", converted(inquiry), LIAISON)


def test_a_closed_inquiry_of_somebody_who_comes_back_may_still_become_a_case() -> None:
    inquiry = consultation()
    inquiry.when(CloseConsultation(how="other"), LIAISON)
    assert inquiry.when(converted(inquiry), LIAISON) == ["consultation_converted"]


def test_a_letter_whose_matter_became_a_case_is_still_to_be_answered() -> None:
    letter = consultation(letter=True)
    letter.when(converted(letter), LIAISON)
    assert letter.clock("answer_letter").state == "running"
    letter.refused("letter_not_answered", CloseConsultation(how="converted"), LIAISON)
    letter.when(GiveAdvice(advice="已为您登记申请", answered_letter=True), LIAISON)
    assert letter.when(CloseConsultation(how="converted"), LIAISON) == ["consultation_closed"]


def test_a_command_of_a_case_is_none_of_a_consultation() -> None:
    consultation().refused("wrong_state", AddNote(text="备注"), LIAISON)


def test_the_case_is_opened_by_an_application_like_any_other() -> None:
    inquiry = consultation()
    (case,) = inquiry.decided(converted(inquiry), LIAISON).others
    assert isinstance(case.events[0].event, ApplicationSubmitted)
    assert [c.limit for c in case.case.clocks] == ["examine_application"]
