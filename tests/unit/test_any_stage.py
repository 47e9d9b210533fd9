"""At any stage: notes, documents and their service, visits, hand-over, holds, links and corrections of the record."""

from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.case import CaseState, Link, blank
from domain.command import Happened
from domain.stages.any_stage import (
    AddNote,
    AttachDocument,
    DocumentServed,
    LiftHold,
    LinkCase,
    PlaceHold,
    RecordHomeVisit,
    ScheduleHomeVisit,
    ServeDocument,
    TransferCaseworker,
)  # fmt: skip
from domain.stages.application import ApplicationSubmitted, WithdrawApplication
from domain.stages.correction import CorrectRecord, RecordCorrected, business, personal_target
from domain.stages.papers import IssueDocument
from domain.stages.supplement import RequestVerification
from domain.stream import evolve, fold
from domain.values import Applicant, Party, Sealed
from tests.unit.test_application import REFUSED, SUPPLEMENT, TERMINATED
from tests.unit.world import AIDED, CASE_ID, ENGAGED, TODAY, actor, given, names, noon, position, submit

FILE = AttachDocument(title="身份证复印件", digest="0" * 64, size=1024, media_type="application/pdf")
VISIT = ScheduleHomeVisit(at=noon(TODAY), address="柳家湾村", ground="disabled", visitors=("P-HE-JING",), lawyers=("L-WANG-MIN",))
ENDED = (submit(), WithdrawApplication(reason="已和解"))


def test_a_note_changes_nothing_of_the_case() -> None:
    case = given(submit())
    before = business(case.state)
    assert names(case.when(AddNote(text="来电询问"))) == ["note_added"]
    assert business(case.state) == before


def test_an_auditor_changes_nothing() -> None:
    assert given(submit()).refused("role_not_allowed", AddNote(text="看过"), "auditor").status == 403


def test_a_document_is_attached_with_what_proves_it_under_its_commands_id() -> None:
    case = given(submit(), FILE)
    attached = case.state.documents[0]
    assert (attached.digest, attached.size) == ("0" * 64, 1024)
    assert str(attached.document_id) == case.history[-1].at.command_id


def test_a_digest_is_a_sha256_in_hex() -> None:
    with pytest.raises(ValidationError):
        AttachDocument(title="附件", digest="ABC", size=1, media_type="application/pdf")


@pytest.mark.parametrize(("story", "event"), [(REFUSED, "aid_refused"), (TERMINATED, "aid_terminated")])
def test_service_says_what_was_served_and_starts_the_time_to_object(story: Any, event: str) -> None:
    case = given(*story)
    serve = ServeDocument(document_id=UUID(int=7), about=case.version_of(event), to="王建国", means="post", served_on=TODAY)
    (served,) = case.when(serve)
    assert isinstance(served, DocumentServed)
    assert served.serves == event
    decision = case.state.recipients[0].decision
    assert decision
    assert decision.served_on == TODAY
    assert any(c.limit == "file_objection" for c in case.state.clocks)


def test_an_issued_document_knows_what_it_carries() -> None:
    case = given(*REFUSED, IssueDocument(template="refusal_notice", about=given(*REFUSED).version_of("aid_refused")))
    serve = ServeDocument(document_id=case.state.issued[0].document_id, to="王建国", served_on=TODAY)
    (served,) = case.when(serve)
    assert isinstance(served, DocumentServed)
    assert (served.about, served.serves) == (case.version_of("aid_refused"), "aid_refused")


def test_nothing_is_served_in_the_future_or_before_it_was_decided() -> None:
    case = given(*REFUSED).after(3)
    serve = {"document_id": UUID(int=7), "about": case.version_of("aid_refused"), "to": "王建国"}
    assert case.refused("date_in_future", ServeDocument(**serve, served_on=case.on + timedelta(days=1))).pointer == "/served_on"
    assert case.refused("served_before_decision", ServeDocument(**serve, served_on=TODAY - timedelta(days=1))).status == 422


def test_a_visit_is_held_as_it_was_scheduled() -> None:
    case = given(submit(), VISIT, RecordHomeVisit(held_on=TODAY, summary="已核对", proof="fingerprint"))
    (visit,) = case.state.visits
    assert (visit.ground, visit.held_on) == ("disabled", TODAY)


def test_a_visit_nobody_scheduled_stands_for_itself() -> None:
    case = given(submit(), RecordHomeVisit(held_on=TODAY, summary="路过"))
    assert [(v.at, v.held_on) for v in case.state.visits] == [(None, TODAY)]


@pytest.mark.parametrize(
    ("command", "code", "pointer"),
    [
        (VISIT.model_copy(update={"visitors": ("P-NOBODY",)}), "unknown_person", "/visitors/0"),
        (VISIT.model_copy(update={"lawyers": ("L-NOBODY",)}), "unknown_lawyer", "/lawyers/0"),
        (RecordHomeVisit(held_on=TODAY + timedelta(days=1), summary="明日"), "date_in_future", "/held_on"),
        (TransferCaseworker(to="P-NOBODY", reason="调岗"), "unknown_person", "/to"),
        (TransferCaseworker(to="P-JIA-FENGQIN", reason="调岗"), "not_caseworker_of_centre", "/to"),
        (LinkCase(case_id=UUID(CASE_ID), relation="related"), "links_itself", "/case_id"),
    ],
)
def test_what_the_directory_or_the_calendar_does_not_hold_is_pointed_at(command: Any, code: str, pointer: str) -> None:
    refusal = given(submit()).refused(code, command)
    assert (refusal.status, refusal.pointer) == (422, pointer)


def test_the_case_is_handed_to_another_caseworker() -> None:
    assert given(submit(), TransferCaseworker(to="P-HE-JING", reason="休假")).state.owner == "P-HE-JING"


def test_a_hold_is_lifted_by_another_person() -> None:
    case = given(*ENDED, PlaceHold(reason="诉讼保全"))
    case.refused("two_persons_required", LiftHold(reason="已结"), "supervisor")
    assert names(case.when(LiftHold(reason="已结"), actor("yan.shuhua"))) == ["hold_lifted"]
    case.refused("no_hold_placed", LiftHold(reason="已结"), actor("yan.shuhua"))


def test_each_of_two_holds_is_lifted_by_another_than_placed_it() -> None:
    other = actor("yan.shuhua")
    case = given(submit(), PlaceHold(reason="一"), (other, PlaceHold(reason="二")), ("supervisor", LiftHold(reason="二毕")))
    case.refused("two_persons_required", LiftHold(reason="一毕"), "supervisor")


def test_a_link_is_made_once() -> None:
    link = LinkCase(case_id=UUID(int=9), relation="same_event")
    case = given(submit(), link)
    assert case.state.links[0].relation == "same_event"
    back = Link(case_id=UUID(CASE_ID), relation="same_event")
    other = blank(str(link.case_id)).but(state="received", links=(back,))
    case.refused("already_linked", link, others={other.case_id: other})


@pytest.mark.parametrize("relation", get_args(LinkCase.model_fields["relation"].annotation))
def test_a_relation_that_holds_both_ways_stands_on_both_cases(relation: Any) -> None:
    one = given(submit())
    other = given(submit()).state.but(case_id=str(UUID(int=9)))
    link = LinkCase(case_id=UUID(int=9), relation=relation)
    decision = one.decided(link, others={other.case_id: other})
    assert decision.case.links == (Link(case_id=UUID(int=9), relation=relation),)
    both = relation not in ("prior_aid", "opponent_in")
    assert [d.case.links for d in decision.others] == ([(Link(case_id=UUID(CASE_ID), relation=relation),)] if both else [])


def test_what_one_side_has_already_is_recorded_on_the_other_only() -> None:
    link = LinkCase(case_id=UUID(int=9), relation="same_batch")
    case = given(submit(), link)
    missing = case.decided(link)
    assert (missing.events, len(missing.others[0].events)) == ((), 1)


def test_the_other_case_may_have_ended_but_must_be_there_and_be_open_on_that_day() -> None:
    case, link = given(submit()), LinkCase(case_id=UUID(int=9))
    ended = given(submit(), WithdrawApplication(reason="和解")).state.but(case_id=str(UUID(int=9)))
    assert case.decided(link, others={ended.case_id: ended}).others[0].case.state == "withdrawn"
    assert case.refused("unknown_case", link, others={ended.case_id: blank(ended.case_id)}).pointer == "/case_id"
    later = ended.but(opened_on=TODAY + timedelta(days=1))
    case.refused("effective_before_opening", link, others={later.case_id: later})


def test_cases_of_one_lawyer_are_not_linked_as_those_of_co_accused() -> None:
    case = given(*AIDED, *ENGAGED)
    same_lawyer = case.state.but(case_id=str(UUID(int=9)))
    link = LinkCase(case_id=UUID(int=9), relation="co_accused")
    refusal = case.refused("co_accused_share_lawyer", link, others={same_lawyer.case_id: same_lawyer})
    assert refusal.detail["who"] == "L-WANG-MIN"
    case.when(link, others={same_lawyer.case_id: same_lawyer.but(assignment=None, released_lawyers=("L-WANG-MIN",))})


# --- corrections


def correct(case: Any, event_type: str, field: str, value: Any) -> CorrectRecord:
    return CorrectRecord(position=position(case.version_of(event_type)), field=field, value=value, reason="笔误")


def test_a_correction_holds_from_there_on_and_changes_nothing_before() -> None:
    case = given(submit())
    (corrected,) = case.when(correct(case, "application_submitted", "/applicant/name", "王建国（更正）"))
    assert isinstance(corrected, RecordCorrected)
    assert [(e.path, e.value) for e in corrected.effects] == [("/parties/0/name", "王建国（更正）")]
    assert case.state.parties[0].name == "王建国（更正）"
    assert fold(case.history[:1], blank(CASE_ID)).parties[0].name == "王建国"


def test_the_last_correction_of_a_field_is_the_last_word() -> None:
    case = given(submit())
    for name in ("甲", "乙"):
        case.when(correct(case, "application_submitted", "/applicant/name", name))
    case.when(correct(case, "application_submitted", "/applicant/county", "ADX"))
    assert (case.state.parties[0].name, case.state.applicant.county) == ("乙", "ADX")


def test_a_field_is_corrected_to_nothing() -> None:
    case = given(submit())
    case.when(correct(case, "application_submitted", "/matter/cause", None))
    assert case.state.matter
    assert case.state.matter.cause is None


def test_an_early_correction_keeps_what_happened_since() -> None:
    case = given(*AIDED)
    before = case.state
    case.when(correct(case, "application_submitted", "/matter/summary", "拖欠三个月工资"))
    assert before.matter
    after = before.but(matter=before.matter.model_copy(update={"summary": "拖欠三个月工资"}))
    assert business(case.state) == business(after)


@pytest.mark.parametrize(
    ("event", "field", "value", "code"),
    [
        ("aid_granted", "/reasons", "其他", "decision_not_corrected"),
        ("clock_started", "/due_on", "2027-01-01", "decision_not_corrected"),
        ("application_submitted", "/register_number", "市援登字〔2026〕第2号", "field_not_corrected"),
        ("application_submitted", "/applicant/subject_id", None, "field_not_corrected"),
        ("application_submitted", "/channel", "by_pigeon", "correction_invalid"),
        ("application_submitted", "/nowhere", "x", "correction_invalid"),
        ("application_submitted", "/papers/7/kind", "id_copy", "correction_invalid"),
        ("application_submitted", "/applicant/name/first", "x", "correction_invalid"),
        ("application_submitted", "/matter", {"summary": "整体替换"}, "correction_invalid"),
        ("application_submitted", "/channel", "walk_in", "nothing_corrected"),
    ],
)
def test_what_cannot_be_corrected_says_why(event: str, field: str, value: Any, code: str) -> None:
    case = given(*AIDED)
    case.refused(code, correct(case, event, field, value))


@pytest.mark.parametrize(
    ("event", "field", "value", "code"),
    [
        ("application_submitted", "/centre", "C-ADX", "field_not_corrected"),
        ("unit_assigned", "/unit", "U-LONGYUAN", "field_not_corrected"),
        ("lawyer_named", "/lawyer", "L-SUN-LI", "decision_not_corrected"),
        ("hardship_assessed", "/in_hardship", False, "decision_not_corrected"),
        ("conflict_checked", "/cleared", False, "decision_not_corrected"),
    ],
)
def test_no_correction_moves_a_case_to_other_hands_or_turns_what_its_decision_rests_on(
    event: str, field: str, value: Any, code: str
) -> None:
    case = given(*AIDED, *ENGAGED)
    case.refused(code, correct(case, event, field, value))


@pytest.mark.parametrize("outlet", ["W-ADX-NGY", "NOWHERE", 5])
def test_an_outlet_is_corrected_to_one_of_the_same_centre(outlet: Any) -> None:
    case = given(submit())
    case.refused("correction_invalid", correct(case, "application_submitted", "/outlet", outlet))
    case.when(correct(case, "application_submitted", "/outlet", "DS-CITY-UNION"))
    assert case.state.outlet == "DS-CITY-UNION"


def test_a_correction_is_measured_by_what_the_last_one_said() -> None:
    case = given(submit())
    case.when(correct(case, "application_submitted", "/channel", "web"))
    case.refused("nothing_corrected", correct(case, "application_submitted", "/channel", "web"))
    case.when(correct(case, "application_submitted", "/channel", "walk_in"))
    assert case.state.channel == "walk_in"


def test_a_correction_inside_what_an_earlier_one_took_away_is_refused() -> None:
    case = given(submit())
    case.when(correct(case, "application_submitted", "/matter", None))
    case.refused("correction_invalid", correct(case, "application_submitted", "/matter/cause", "wages"))


@pytest.mark.parametrize(("field", "value"), [("/recipient_count", -1), ("/representatives", [3]), ("/form", "oral")])
def test_a_corrected_application_is_held_to_what_any_application_is(field: str, value: Any) -> None:
    case = given(submit())
    case.refused("correction_invalid", correct(case, "application_submitted", field, value))


def test_a_correction_does_not_take_the_case_another_way() -> None:
    case = given(submit(), RequestVerification(kind="other_agency", agency="邻市中心", subject="收入"))
    refusal = case.refused("correction_changes_course", correct(case, "verification_requested", "/kind", "inquiry"))
    assert (refusal.detail["state"], refusal.detail["would_be"]) == ("awaiting_verification", "received")


def test_a_correction_of_a_correction_names_the_event_itself() -> None:
    case = given(submit())
    case.when(correct(case, "application_submitted", "/matter/summary", "欠薪"))
    case.refused("decision_not_corrected", correct(case, "record_corrected", "/reason", "其他"))


def test_a_position_of_another_case_is_unknown() -> None:
    case = given(submit())
    assert case.refused("unknown_position", CorrectRecord(position=1, field="/channel", value="web", reason="笔误")).pointer == "/position"


def test_after_the_end_corrections_are_the_supervisors() -> None:
    case = given(*ENDED)
    correction = correct(case, "application_submitted", "/channel", "web")
    assert case.refused("role_not_allowed", correction, "caseworker").status == 403
    assert case.when(correction, "supervisor")


def test_correcting_equals_having_been_right_from_the_start() -> None:
    case = given(submit(), SUPPLEMENT)
    first = case.history[0]
    assert isinstance(first.event, ApplicationSubmitted)
    right = first.event.model_copy(update={"applicant": first.event.applicant.model_copy(update={"phone": "139"})})
    substituted = fold([Happened(first.at, right), *case.history[1:]], blank(CASE_ID))
    case.when(correct(case, "application_submitted", "/applicant/phone", "139"))
    assert business(case.state) == business(substituted)


def test_the_event_alone_carries_the_correction() -> None:
    case = given(submit())
    before = case.state
    (corrected,) = case.when(correct(case, "application_submitted", "/applicant/name", "甲"))
    stored = RecordCorrected.model_validate(corrected.model_dump(mode="json", exclude_none=True))
    assert evolve(before, Happened(case.history[-1].at, stored)) == case.state


def test_a_corrected_case_is_the_same_when_read_from_its_snapshot() -> None:
    case = given(submit(opponents=(Party(name="某公司"),)))
    case.when(correct(case, "application_submitted", "/applicant/residence", "urban"))
    assert CaseState.model_validate(case.state.model_dump(mode="json")) == case.state
    assert [type(p) for p in case.state.parties] == [Applicant, Party]


def test_whoever_seals_a_correction_learns_whose_key_it_needs() -> None:
    (event,) = given().when(submit(opponents=(Party(name="某公司"),)))
    assert isinstance(event, ApplicationSubmitted)
    name = personal_target(event, "/opponents/0/name")
    summary = personal_target(event, "/matter/summary")
    assert name
    assert (name.party, name.name, name.mark.own) == (event.opponents[0], "name", True)
    assert summary
    assert (summary.party, summary.name, summary.mark.own) == (None, "summary", False)
    assert personal_target(event, "/channel") is None
    assert personal_target(event, "/opponents/5/name") is None


def test_a_sealed_value_takes_the_fields_place_unread() -> None:
    case = given(submit())
    sealed = Sealed(subject=UUID(int=1), box="AAAA")
    case.when(correct(case, "application_submitted", "/applicant/name", sealed))
    assert case.state.parties[0].name == sealed
