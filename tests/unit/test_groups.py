"""Groups: people join, leave and are replaced; each is decided about, objects, is terminated and has an outcome alone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from api.people import check_newcomers
from api.problem import Problem
from api.views import case_view
from domain.case import CaseState, Recipient
from domain.command import Command
from domain.stages.accept_first import AcceptFirst, ConfirmAcceptance, ConfirmOwedPapers, SupplyOwedPapers
from domain.stages.any_stage import ServeDocument
from domain.stages.assignment import AssignUnit, SignEngagement
from domain.stages.closure import AcceptClosingFile, SubmitClosingReport
from domain.stages.decision import DeclareConflictCheck, RecommendDecision, RefuseAid
from domain.stages.objection import DecideObjection, FileObjection
from domain.stages.people import AddRecipients, ReleaseRecipient, ReplaceRecipient, clashes
from domain.stages.representation import RecordOutcome
from domain.stages.termination import ReportTerminationGround, TerminateAid
from domain.values import Applicant, Category, Party
from readmodels.case_list import rows_for, waiting_for
from tests.unit.world import (
    ACCEPTED,
    BY_ROLE,
    CHECKED,
    DEFERRED,
    ENGAGED,
    GRANTED,
    LAWYER_NAMED,
    POOR,
    RECOMMENDED,
    TODAY,
    Case,
    accept,
    actor,
    away,
    given,
    names,
    papers,
    submit,
)  # fmt: skip

MIGRANT: tuple[Category, ...] = ("migrant_worker",)
DOCUMENT = UUID(int=7)


def workers(count: int, *, first: int = 1, **more: Any) -> tuple[Applicant, ...]:
    return tuple(Applicant(name=f"工友{n}", categories=MIGRANT, id_number=f"W{n}", **more) for n in range(first, first + count))


def group(count: int, *more: Command, **body: Any) -> Case:
    """That many workers apply together, and all that was needed for a grant is there; then these commands."""
    return given(submit(co_applicants=workers(count - 1), **body), POOR, CHECKED, RECOMMENDED, *more)


def joining(count: int, *, first: int = 500) -> AddRecipients:
    return AddRecipients(recipients=workers(count, first=first), reason="同厂工友")


def decided_for(*ids: int) -> tuple[Command, ...]:
    """Everything it takes to grant the aid to those who joined."""
    return (
        POOR.model_copy(update={"for_recipients": ids}), CHECKED, RECOMMENDED.model_copy(update={"for_recipients": ids}),
        GRANTED.model_copy(update={"for_recipients": ids}),
    )  # fmt: skip


def refusing(*ids: int) -> tuple[Command, ...]:
    return (
        RecommendDecision(decision="refuse", opinion="不符", for_recipients=ids),
        RefuseAid(grounds=("other",), reasons="不符", for_recipients=ids),
    )


def statuses(case: Case) -> list[str]:
    return [r.status for r in case.state.recipients]


def recipient(case: Case | CaseState, party_id: int) -> Recipient:
    state = case.state if isinstance(case, Case) else case
    return next(r for r in state.recipients if r.party_id == party_id)


def clocks(case: Case, limit: str) -> list[str]:
    return [c.state for c in case.state.clocks if c.limit == limit]


# joining


def test_who_joins_gets_the_next_party_ids_after_everybody_in_the_case() -> None:
    case = given(submit(opponents=(Party(name="某公司"),))).then(joining(2))
    assert [r.party_id for r in case.state.recipients] == [0, 2, 3]
    assert [p.party_id for p in case.state.parties] == [0, 1, 2, 3]
    assert case.state.opponents == (1,)


def test_people_counted_but_not_named_stay_counted_unless_it_is_they_who_are_named_now() -> None:
    hundred = submit(recipient_count=100)
    assert given(hundred).then(joining(109)).state.recipient_count == 209
    named = joining(50).model_copy(update={"recipient_count": 100})
    assert given(hundred).then(named).state.recipient_count == 100
    few = joining(3).model_copy(update={"recipient_count": 3})
    assert given(hundred).refused("recipient_count_too_small", few).detail["least"] == 4


def test_who_joins_before_the_decision_is_decided_about_with_the_others() -> None:
    case = group(2).then(joining(1))
    assert case.state.state == "examined"
    case.refused("conflict_check_missing", GRANTED)
    case.then(CHECKED)
    assert case.refused("hardship_missing", GRANTED).detail["recipients"] == (2,)
    case.then(POOR.model_copy(update={"for_recipients": (2,)}))
    assert case.refused("recommendation_missing", GRANTED).detail["recipients"] == (2,)
    assert case.then(RECOMMENDED, GRANTED).state.state == "awaiting_assignment"


@pytest.mark.parametrize("way", [(), (AssignUnit(unit="U-ZHENGHE"),), LAWYER_NAMED, ENGAGED])
def test_a_case_past_its_decision_stays_where_it_is_while_those_who_joined_are_decided_about(way: tuple[Command, ...]) -> None:
    case = group(2, GRANTED, *way).then(joining(2))
    state = case.state.state
    case.then(*decided_for(2))
    assert (case.state.state, statuses(case)) == (state, ["granted", "granted", "granted", "undecided"])
    case.then(*refusing(3))
    assert (case.state.state, recipient(case, 3).status) == (state, "refused")
    assert waiting_for(case.state) != "caseworker"


def test_a_hundred_workers_grow_to_two_hundred_and_nine_and_all_of_them_sign() -> None:
    case = group(100, GRANTED, *ENGAGED).then(joining(60), joining(49, first=700))
    assert (case.state.state, case.state.recipient_count, waiting_for(case.state)) == ("in_representation", 209, "caseworker")
    later = tuple(range(100, 209))
    case.then(POOR.model_copy(update={"for_recipients": later}), CHECKED, RECOMMENDED)
    assert waiting_for(case.state) == "approver"
    case.then(GRANTED)
    assert set(statuses(case)) == {"granted"}
    assert [r.party_id for r in case.state.recipients if r.engaged_on is None] == list(later)
    (signed,) = case.when(SignEngagement(signed_on=TODAY))
    assert signed.model_dump()["for_recipients"] == later
    case.refused("wrong_state", SignEngagement(signed_on=TODAY))
    assert rows_for(case.state)["recipient_count"] == 209


def test_the_case_closes_only_when_nobody_who_joined_is_undecided() -> None:
    case = group(2, GRANTED, *ENGAGED).then(joining(1), RecordOutcome(result="won", closed_on=TODAY))
    assert (case.state.state, recipient(case, 2).outcome) == ("in_representation", None)
    case.then(*refusing(2))
    assert case.state.state == "closing"
    assert clocks(case, "submit_closing_file") == ["running"]


def test_whoever_is_undecided_holds_up_nobodys_signature() -> None:
    case = group(2, GRANTED, *LAWYER_NAMED).then(joining(1))
    assert case.refused("recipient_not_aided", SignEngagement(signed_on=TODAY, for_recipients=(2,))).detail["recipients"] == (2,)
    assert case.then(SignEngagement(signed_on=TODAY)).state.state == "in_representation"


def test_who_was_granted_after_the_time_to_sign_needs_no_excuse() -> None:
    case = group(1, GRANTED, *ENGAGED).after(30).then(joining(1), *decided_for(1))
    assert case.when(SignEngagement(signed_on=case.on))


def test_people_who_joined_are_checked_for_conflicts_before_the_case_is_given_to_anybody() -> None:
    case = group(1, GRANTED).then(joining(1))
    assert case.refused("conflict_check_missing", AssignUnit(unit="U-ZHENGHE")).status == 409
    assert case.then(DeclareConflictCheck(cleared=True), AssignUnit(unit="U-ZHENGHE")).state.state == "assigned"


def test_a_case_that_was_granted_to_everybody_takes_no_more_decisions() -> None:
    case = group(2, GRANTED)
    for command in (POOR, RECOMMENDED, GRANTED, RefuseAid(reasons="不符")):
        case.refused("wrong_state", command)


@pytest.mark.parametrize("fault", ["W1", "Ｗ1", "w 1"])
def test_nobody_is_named_twice(fault: str) -> None:
    twice = (*workers(1), Applicant(name="别名", id_number=fault))
    with pytest.raises(ValidationError, match="stands there twice"):
        AddRecipients(recipients=twice, reason="同厂")
    with pytest.raises(ValidationError, match="stands there twice"):
        submit(co_applicants=twice)


def test_two_people_may_share_a_name() -> None:
    assert AddRecipients(recipients=(Applicant(name="李伟"), Applicant(name="李伟")), reason="同厂")


def test_nobody_applies_against_themselves() -> None:
    for opponent in (Party(name="工友1"), Party(name="换了名", id_number="W1")):
        with pytest.raises(ValidationError, match="against themselves"):
            submit(co_applicants=workers(1), opponents=(opponent,))
    assert submit(co_applicants=workers(1), opponents=(Party(name="工友1", id_number="W9"),))


def test_who_comes_in_is_held_against_everybody_in_the_case() -> None:
    case = [*workers(2, first=0), Party(name="老板", id_number="B1")]
    new = [Applicant(name="甲", id_number="W1"), Applicant(name="乙", id_number="W7"), Applicant(name="老板")]
    found = clashes(case, new, recipients=(0, 1), opponents=(2,))
    assert [(c.place, c.code, c.party_id) for c in found] == [(0, "duplicate_recipient", 1), (2, "recipient_is_opponent", 2)]


def test_a_newcomer_who_is_there_already_is_refused_where_names_can_still_be_read() -> None:
    case = group(3, opponents=(Party(name="老板"),)).then(ReleaseRecipient(party_id=2, reason="withdrew", detail="不再申请")).state
    with pytest.raises(Problem) as met:
        check_newcomers(AddRecipients(recipients=(*workers(1, first=9), *workers(1), Applicant(name="老板")), reason="同厂"), case, {})
    assert list(met.value.errors) == [
        {"pointer": "/recipients/1", "code": "duplicate_recipient"}, {"pointer": "/recipients/2", "code": "recipient_is_opponent"},
    ]  # fmt: skip
    check_newcomers(AddRecipients(recipients=workers(1, first=2), reason="又来申请"), case, {})
    check_newcomers(ReplaceRecipient(party_id=1, by=workers(1)[0], ground="guardian_named"), case, {})


# deciding one by one


def test_eleven_of_twelve_are_eligible() -> None:
    case = group(12, *refusing(11))
    assert (case.state.state, clocks(case, "examine_application")) == ("examined", ["running"])
    case.then(GRANTED.model_copy(update={"for_recipients": tuple(range(6))}))
    assert (case.state.state, clocks(case, "assign_unit")) == ("examined", ["running"])
    case.then(GRANTED)
    assert (case.state.state, clocks(case, "examine_application")) == ("awaiting_assignment", ["met"])
    assert clocks(case, "assign_unit") == ["running"]
    assert (case.state.people, case.state.recipient_count) == (11, 12)
    refused = case.version_of("aid_refused")
    case.then(ServeDocument(document_id=DOCUMENT, about=refused, to="工友11", served_on=TODAY))
    assert [r.party_id for r in case.state.recipients if r.decision and r.decision.served_on] == [11]
    assert clocks(case, "file_objection") == ["running"]


def test_two_people_deciding_about_the_same_recipient_get_a_clear_answer() -> None:
    case = group(3, GRANTED.model_copy(update={"for_recipients": (0, 1)}))
    again = GRANTED.model_copy(update={"for_recipients": (1, 2)})
    refusal = case.refused("already_decided", again)
    assert (refusal.status, refusal.pointer, refusal.detail["recipients"]) == (409, "/for_recipients", (1,))
    assert case.refused("already_decided", RefuseAid(reasons="不符", for_recipients=(0,))).detail["recipients"] == (0,)
    assert case.refused("unknown_recipient", GRANTED.model_copy(update={"for_recipients": (9,)})).status == 422


def test_whoever_examined_one_of_them_decides_about_none_of_these() -> None:
    case = given(submit(co_applicants=workers(1)), POOR, CHECKED)
    directory = away("P-CHEN-WEIDONG", BY_ROLE["caseworker"].id)
    case.when(RECOMMENDED.model_copy(update={"for_recipients": (0,)}), "caseworker", on_behalf_of="P-CHEN-WEIDONG", directory=directory)
    case.when(RECOMMENDED.model_copy(update={"for_recipients": (1,)}), actor("he.jing"))
    assert case.refused("approver_is_examiner", GRANTED).detail["recipients"] == (0,)
    assert case.when(GRANTED.model_copy(update={"for_recipients": (1,)}))


# clocks of their own


def test_the_time_to_examine_runs_for_each_batch_from_its_own_day() -> None:
    case = group(2).after(5).then(joining(2))
    assert clocks(case, "examine_application") == ["running", "running"]
    assert [c.due_on for c in case.state.clocks if c.limit == "examine_application"] == [date(2026, 3, 17), date(2026, 3, 23)]
    case.then(CHECKED, GRANTED.model_copy(update={"for_recipients": (0, 1)}))
    assert clocks(case, "examine_application") == ["met", "running"]
    case.then(*decided_for(2))
    assert clocks(case, "examine_application") == ["met", "running"]
    assert case.state.state == "examined"
    case.then(*refusing(3))
    assert (clocks(case, "examine_application"), case.state.state) == (["met", "met"], "awaiting_assignment")


def test_one_persons_objection_leaves_the_right_of_another_running() -> None:
    case = group(3, *refusing(1), *refusing(2), GRANTED)
    served = [h.at.version for h in case.history if h.event.type == "aid_refused"]
    for version in served:
        case.then(ServeDocument(document_id=DOCUMENT, about=version, to="当事人", served_on=TODAY))
    case.then(FileObjection(reasons="不服", for_recipients=(1,)))
    assert clocks(case, "file_objection") == ["met", "running"]
    case.after(1).then(
        FileObjection(reasons="不服", for_recipients=(2,)), DecideObjection(result="upheld", reasons="正确", for_recipients=(2,))
    )
    assert clocks(case, "decide_objection") == ["running", "met"]
    assert [(r.party_id, r.objection.state) for r in case.state.recipients if r.objection] == [(1, "filed"), (2, "upheld")]


# objections


def test_a_corrected_refusal_brings_back_that_recipient_alone() -> None:
    case = group(3, *refusing(2), GRANTED, *ENGAGED)
    case.then(FileObjection(reasons="不服"), DecideObjection(result="corrected", reasons="应予审查"))
    assert (case.state.state, statuses(case)) == ("in_representation", ["granted", "granted", "undecided"])
    assert clocks(case, "examine_application") == ["met", "running"]
    case.then(RECOMMENDED, GRANTED, SignEngagement(signed_on=TODAY))
    assert (clocks(case, "examine_application")[-1], statuses(case)) == ("met", ["granted"] * 3)


def test_the_refusal_of_everybody_is_examined_anew_for_whoever_objected() -> None:
    case = group(2, *refusing(0, 1), FileObjection(reasons="不服", for_recipients=(1,)))
    case.then(DecideObjection(result="corrected", reasons="应予审查"))
    assert (case.state.state, statuses(case)) == ("examined", ["refused", "undecided"])


def test_an_objection_to_a_refusal_reopens_a_case_whose_work_is_over_for_the_others() -> None:
    case = group(2, *refusing(1), GRANTED, *ENGAGED, RecordOutcome(result="won", closed_on=TODAY))
    report = SubmitClosingReport(report="已结案", papers=papers("closing_report", "engagement", "work_record", "outcome_paper"))
    case.then(report, FileObjection(reasons="不服"), DecideObjection(result="corrected", reasons="应予审查"))
    assert (case.state.state, recipient(case, 1).status) == ("in_representation", "undecided")
    assert clocks(case, "review_closing_file") == ["cancelled"]
    case.then(*refusing(1))
    assert case.state.state == "closing"
    case.refused("closing_report_missing", AcceptClosingFile())


def test_nobody_objects_to_what_was_granted() -> None:
    case = group(2, *refusing(1), GRANTED)
    assert case.refused("nothing_to_object_to", FileObjection(reasons="不服", for_recipients=(0,))).detail["recipients"] == (0,)


# terminations


def ended(*ids: int) -> tuple[Command, ...]:
    return (
        ReportTerminationGround(ground="own_counsel", detail="自行委托"),
        TerminateAid(ground="own_counsel", reasons="自行委托", for_recipients=ids),
    )


def test_the_aid_ended_for_some_goes_on_for_the_others_where_it_was() -> None:
    case = group(3, GRANTED, *ENGAGED, *ended(1))
    assert (case.state.state, statuses(case)) == ("in_representation", ["granted", "terminated", "granted"])
    assert case.refused("recipient_not_aided", RecordOutcome(result="won", closed_on=TODAY, for_recipients=(1,))).detail["recipients"] == (
        1,
    )


def test_the_aid_ended_for_the_last_without_an_outcome_closes_the_case() -> None:
    case = group(2, GRANTED, *ENGAGED, RecordOutcome(result="won", closed_on=TODAY, for_recipients=(0,)), *ended(1))
    assert case.state.state == "closing"
    assert clocks(case, "submit_closing_file") == ["running"]


def test_the_last_who_had_not_signed_is_no_longer_waited_for() -> None:
    case = group(2, GRANTED, *LAWYER_NAMED, SignEngagement(signed_on=TODAY, for_recipients=(0,)), *ended(1))
    assert (case.state.state, case.state.representation.began_on) == ("in_representation", TODAY)
    assert clocks(case, "sign_engagement") == ["met"]


def test_a_corrected_termination_of_one_leaves_the_others_work_alone() -> None:
    case = group(3, GRANTED, *ENGAGED, *ended(1), FileObjection(reasons="不服"))
    case.then(ReportTerminationGround(ground="own_counsel", detail="又一人"), DecideObjection(result="corrected", reasons="继续援助"))
    assert (case.state.state, statuses(case)) == ("termination_review", ["granted"] * 3)
    assert case.state.termination


def test_an_objection_beside_the_closing_resumes_the_work_for_that_person() -> None:
    case = group(2, GRANTED, *ENGAGED, *ended(1), RecordOutcome(result="won", closed_on=TODAY))
    assert case.state.state == "closing"
    case.then(FileObjection(reasons="不服"))
    assert case.state.state == "closing"
    case.then(DecideObjection(result="corrected", reasons="继续援助"))
    assert (case.state.state, [bool(r.outcome) for r in case.state.recipients]) == ("in_representation", [True, False])
    assert clocks(case, "submit_closing_file") == ["cancelled"]
    case.then(RecordOutcome(result="settled", closed_on=TODAY))
    assert (case.state.state, clocks(case, "submit_closing_file")) == ("closing", ["cancelled", "running"])


# outcomes and leaving


def test_thirty_eight_of_fifty_settle_and_twelve_go_on() -> None:
    case = group(50, GRANTED, *ENGAGED)
    case.then(RecordOutcome(result="settled", closed_on=TODAY, recovered_fen=38_000_00, for_recipients=tuple(range(38))))
    assert (case.state.state, sum(r.outcome is None for r in case.state.recipients)) == ("in_representation", 12)
    assert len({r.outcome.version for r in case.state.recipients if r.outcome}) == 1
    assert case.refused("outcome_already_recorded", RecordOutcome(closed_on=TODAY, for_recipients=(37, 38))).detail["recipients"] == (37,)
    assert case.then(RecordOutcome(result="won", closed_on=TODAY)).state.state == "closing"


def release(party_id: int, reason: Any = "settled_apart") -> ReleaseRecipient:
    return ReleaseRecipient(party_id=party_id, reason=reason, detail="自行和解")


def test_who_leaves_is_counted_and_waited_for_no_longer() -> None:
    case = group(3, GRANTED, *ENGAGED).then(release(1))
    gone = recipient(case, 1)
    assert gone.left
    assert (gone.status, gone.left.reason, gone.left.left_on, case.state.recipient_count) == ("released", "settled_apart", TODAY, 2)
    assert case.then(RecordOutcome(result="won", closed_on=TODAY)).state.state == "closing"
    assert gone.outcome is None


def test_with_the_last_who_was_undecided_the_case_leaves_its_stage() -> None:
    assert group(2, GRANTED.model_copy(update={"for_recipients": (0,)}), release(1)).state.state == "awaiting_assignment"
    assert group(2, *refusing(0), release(1)).state.state == "refused"
    one_signed = SignEngagement(signed_on=TODAY, for_recipients=(0,))
    assert group(2, GRANTED, *LAWYER_NAMED, one_signed, release(1)).state.state == "in_representation"
    assert group(2, GRANTED, *ENGAGED, RecordOutcome(closed_on=TODAY, for_recipients=(0,)), release(1)).state.state == "closing"


def test_a_representative_who_leaves_represents_nobody() -> None:
    assert group(3, representatives=(0, 1)).then(release(1)).state.representatives == (0,)


def test_the_last_person_does_not_leave_a_case() -> None:
    for case in (group(1), group(1, GRANTED, *ENGAGED), group(2, *refusing(1), GRANTED, *ENGAGED)):
        assert case.refused("last_recipient", release(0)).pointer == "/party_id"


def test_nobody_leaves_twice_or_after_the_decision_about_them() -> None:
    case = group(4, *refusing(3), GRANTED, *ENGAGED, RecordOutcome(closed_on=TODAY, for_recipients=(0,)), release(1))
    for party_id, code in ((0, "outcome_already_recorded"), (1, "recipient_left"), (3, "already_decided")):
        case.refused(code, release(party_id))
    assert case.refused("unknown_recipient", release(4)).status == 422
    assert case.refused("recipient_left", RecordOutcome(closed_on=TODAY, for_recipients=(1, 2))).detail["recipients"] == (1,)


def test_an_examination_of_somebody_who_left_is_neither_met_nor_missed() -> None:
    case = group(1, GRANTED).then(joining(1), release(1))
    assert (case.state.state, clocks(case, "examine_application")) == ("awaiting_assignment", ["met", "cancelled"])


# taking somebody's place


def replaced(ground: Any, party_id: int = 0) -> ReplaceRecipient:
    return ReplaceRecipient(party_id=party_id, by=Applicant(name="王小明", categories=("minor",)), ground=ground)


def test_an_heir_goes_on_with_the_same_aid_and_signs_anew() -> None:
    case = group(1, GRANTED, *ENGAGED).then(replaced("heir"))
    old, new = case.state.recipients
    assert old.left
    assert (old.status, old.left.reason, old.left.successor) == ("released", "heir", 1)
    assert (new.status, new.decision, new.engaged_on) == ("granted", old.decision, None)
    assert (case.state.state, case.state.recipient_count, case.state.conflict_cleared) == ("in_representation", 1, None)
    assert case.then(CHECKED, SignEngagement(signed_on=TODAY)).state.recipients[1].engaged_on == TODAY


def test_a_case_is_shown_under_the_name_of_who_is_still_in_it() -> None:
    case = group(1, GRANTED, *ENGAGED).then(replaced("heir"))
    view, row = case_view(case.state), rows_for(case.state)
    assert (view["applicant"]["party_id"], view["co_applicants"]) == (1, [])
    assert row["applicant"] == {"name": case.state.parties[1].name}


def test_a_guardian_takes_over_what_was_signed() -> None:
    assert recipient(group(1, GRANTED, *ENGAGED).then(replaced("guardian_named")), 1).engaged_on == TODAY


def test_the_right_party_is_decided_about_from_the_beginning() -> None:
    case = group(1, GRANTED, *ENGAGED).then(replaced("wrong_party"))
    assert (case.state.state, statuses(case)) == ("in_representation", ["released", "undecided"])
    assert clocks(case, "examine_application") == ["met", "running"]
    case.then(POOR, CHECKED, *refusing(1))
    assert case.state.state == "closing"


def test_nobody_left_to_help_before_anybody_worked_is_a_refusal() -> None:
    case = group(1, GRANTED).then(replaced("wrong_party"), *refusing(1))
    assert case.state.state == "refused"
    assert clocks(case, "assign_unit") == ["cancelled"]


# accept first


def test_workers_of_the_group_join_an_acceptance_with_papers_of_their_own() -> None:
    case = given(*ACCEPTED, SupplyOwedPapers(papers=papers("id_copy", "work_evidence")), ConfirmOwedPapers()).then(joining(2))
    case.then(("approver", accept("id_copy", "work_contract")))
    lane = case.state.accept_first
    assert lane
    assert (lane.state, [p.kind for p in lane.papers_owed], case.state.state) == (
        "papers_owed",
        ["id_copy", "work_contract"],
        "awaiting_assignment",
    )
    assert statuses(case) == ["accepted_first"] * 3
    assert clocks(case, "supply_owed_papers") == ["met", "running"]
    assert clocks(case, "examine_application") == ["met", "met"]


def test_while_papers_are_owed_one_day_holds_for_everybody() -> None:
    case = given(*ACCEPTED).then(joining(1))
    assert case.state.accept_first
    due_on = case.state.accept_first.due_on
    other = accept("work_contract", due_on=due_on.replace(day=1))
    assert case.refused("owed_papers_due", other, "approver").detail["due_on"] == due_on
    case.when(accept("work_contract"), "approver")
    assert case.state.accept_first
    assert [p.kind for p in case.state.accept_first.papers_owed] == ["id_copy", "work_evidence", "work_contract"]
    assert (case.state.accept_first.due_on, clocks(case, "supply_owed_papers")) == (due_on, ["running"])


def test_an_acceptance_is_joined_by_the_approver_on_its_own_basis() -> None:
    case = given(*ACCEPTED).then(joining(1))
    case.refused("no_delegation", accept(), "duty_lawyer")
    case.refused("basis_does_not_fit", accept(ground="other_by_rule"), "approver")
    stranger = AddRecipients(recipients=(Applicant(name="城里人"),), reason="邻居")
    given(*ACCEPTED).then(stranger).refused("not_of_group", accept(), "approver")
    group(1, GRANTED).then(joining(1)).refused("wrong_state", accept(), "approver")


def test_a_decision_that_is_due_is_not_put_off_by_the_papers_of_those_who_join() -> None:
    case = given(*DEFERRED, SupplyOwedPapers(papers=papers("id_copy", "work_evidence")), ConfirmOwedPapers()).then(joining(1))
    case.refused("decision_still_open", AcceptFirst(ground="other_by_rule", papers_owed=papers("id_copy")), "approver")
    case.then(POOR, CHECKED, RECOMMENDED, GRANTED.model_copy(update={"for_recipients": (0,)}))
    assert case.state.accept_first
    assert case.state.accept_first.state == "confirmed"
    assert (clocks(case, "decide_after_papers"), clocks(case, "examine_application")) == (["met"], ["met", "running"])


def test_while_papers_are_owed_only_those_who_joined_are_decided_about() -> None:
    case = given(*DEFERRED, POOR).then(joining(1), *decided_for(1))
    assert statuses(case) == ["accepted_first", "granted"]
    assert case.state.accept_first
    assert case.state.accept_first.state == "papers_owed"


def test_an_acceptance_set_aside_leaves_the_aid_of_who_was_granted_it() -> None:
    case = given(submit(), ("duty_lawyer", accept()), joining(1), *decided_for(1))
    case.then(AssignUnit(unit="U-ZHENGHE"), ConfirmAcceptance(agrees=False, reason="不属该人群"))
    assert (case.state.state, statuses(case)) == ("assigned", ["undecided", "granted"])
    assert case.state.assignment
    assert (clocks(case, "sign_engagement"), clocks(case, "examine_application")[-1]) == (["running"], "running")


# what is shown


def test_the_case_shows_what_became_of_each_person() -> None:
    case = group(3, *refusing(2), GRANTED, *ENGAGED).then(release(1), joining(1))
    view = case_view(case.state)
    shown = {r["party_id"]: r for r in view["recipients"]}
    assert [shown[n]["status"] for n in range(4)] == ["granted", "released", "refused", "undecided"]
    assert shown[0]["categories"] == ["migrant_worker"]
    assert shown[1]["left"] == {"reason": "settled_apart", "left_on": TODAY.isoformat()}
    assert shown[2]["decision"]["result"] == "refused"
    assert shown[0]["engaged_on"] == TODAY.isoformat()
    assert [p["party_id"] for p in view["co_applicants"]] == [2, 3]


def test_the_list_counts_people_and_names_their_groups() -> None:
    case = group(3, *refusing(2), GRANTED, recipient_count=10)
    case.then(AddRecipients(recipients=(Applicant(name="老人", categories=("elderly",)),), reason="一并申请"))
    row = rows_for(case.state)
    assert (row["recipient_count"], row["categories"]) == (10, ["migrant_worker", "elderly"])
    assert rows_for(group(2, *refusing(0, 1)).state)["recipient_count"] == 2


def test_events_of_a_group_read_as_what_happened() -> None:
    case = group(2)
    assert names(case.when(joining(1))) == ["recipients_added"]
    assert names(case.when(release(1))) == ["recipient_released"]
    assert names(case.when(replaced("heir"))) == ["recipient_replaced"]
