"""Assignment: the recipient's choice, the unit and its lawyer, declining, the engagement."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.case import LawyerChoice, Wall
from domain.command import Command
from domain.directory import Directory, LawyerSuspended, LeaveSet, PersonAway
from domain.matching import carrying
from domain.stages.assignment import (
    AssignUnit,
    ChoiceNotFollowed,
    DeclineAssignment,
    EngagementSigned,
    HandlerNamed,
    LawyerChosen,
    LawyerNamed,
    NameLawyer,
    RecordLawyerChoice,
    SignEngagement,
    UnitAssigned,
    Wishes,
)
from domain.stages.handling import LawyerReleased
from domain.values import Matter
from tests.unit.hands import (
    APPROVER,
    ASSIGNED,
    CASEWORKER,
    DIRECTORY,
    FAR_MANAGER,
    LAWYER_HAS_IT,
    LI,
    MANAGER,
    TODAY,
    UNIT_HAS_IT,
    WANG,
    accepted_first,
    event_of,
    given,
    granted,
    named,
    own,
    refused,
    when,
)

DAY = timedelta(days=1)
LI_IS_FULL = ChoiceNotFollowed(lawyer="li", cause="full")


# the recipient's choice


def test_the_choice_of_lawyers_and_units_is_kept_in_order() -> None:
    after = when(granted(), RecordLawyerChoice(choices=("zhao", "firm")), CASEWORKER)
    assert own(after) == ["lawyer_chosen"]
    assert after.case.choice == LawyerChoice(choices=("zhao", "firm"))
    assert after.case.state == "awaiting_assignment"


def test_wishes_stand_in_for_a_choice() -> None:
    after = when(granted(), RecordLawyerChoice(wishes=Wishes(gender="female", language="bo")), CASEWORKER)
    assert after.case.choice == LawyerChoice(wishes={"gender": "female", "language": "bo"})


def test_told_of_the_right_and_without_a_wish_is_a_record_too() -> None:
    assert when(granted(), RecordLawyerChoice(no_wish_told=True), CASEWORKER).case.choice == LawyerChoice(no_wish_told=True)


@pytest.mark.parametrize("nothing", [RecordLawyerChoice(), RecordLawyerChoice(wishes=Wishes())])
def test_no_choice_needs_a_wish_or_the_word_that_there_is_none(nothing: Command) -> None:
    refusal = refused(granted(), nothing, CASEWORKER)
    assert (refusal.code, refusal.status) == ("choice_or_no_wish", 422)


def test_an_unknown_choice_is_pointed_at() -> None:
    refusal = refused(granted(), RecordLawyerChoice(choices=("li", "nobody")), CASEWORKER)
    assert (refusal.code, refusal.status, refusal.pointer) == ("unknown_lawyer", 422, "/choices/1")


def test_the_same_choice_twice_is_refused() -> None:
    refusal = refused(granted(), RecordLawyerChoice(choices=("li", "li")), CASEWORKER)
    assert (refusal.code, refusal.status, refusal.pointer) == ("duplicate_choice", 422, "/choices/1")


def test_a_later_choice_replaces_the_earlier() -> None:
    case = given(granted(), LawyerChosen(choices=("li",)))
    assert when(case, RecordLawyerChoice(choices=("wang",)), CASEWORKER).case.choice == LawyerChoice(choices=("wang",))


# the unit


def test_a_unit_alone_is_assigned() -> None:
    after = when(granted(), AssignUnit(unit="firm"), APPROVER)
    assert own(after) == ["unit_assigned"]
    assert after.case.state == "assigned"
    assigned = event_of(after, UnitAssigned)
    assert (assigned.received_by_unit_on, assigned.lawyer) == (TODAY, None)


def test_a_unit_with_its_lawyer_is_assigned_and_named_at_once() -> None:
    after = when(granted(), AssignUnit(unit="firm", lawyer="li"), APPROVER)
    assert own(after) == ["unit_assigned", "lawyer_named"]
    assert after.case.state == "lawyer_named"
    assert after.case.assignment
    assert after.case.assignment.lead == event_of(after, UnitAssigned).lawyer == "li"


def test_several_lawyers_have_one_lead() -> None:
    both = (HandlerNamed(lawyer="wang"), HandlerNamed(lawyer="li", lead=True))
    after = when(granted(), AssignUnit(unit="firm", lawyers=both), APPROVER).case.assignment
    assert after
    assert [(h.lawyer, h.lead) for h in after.lawyers] == [("li", True), ("wang", False)]


def test_two_leads_and_a_lawyer_listed_twice_are_refused() -> None:
    two = (HandlerNamed(lawyer="wang", lead=True), HandlerNamed(lawyer="li", lead=True))
    assert refused(granted(), AssignUnit(unit="firm", lawyers=two), APPROVER).code == "one_lead"
    twice = (HandlerNamed(lawyer="li"), HandlerNamed(lawyer="li"))
    assert refused(granted(), AssignUnit(unit="firm", lawyers=twice), APPROVER).pointer == "/lawyers/1/lawyer"


def test_the_first_of_several_leads_when_nobody_is_said_to() -> None:
    both = (HandlerNamed(lawyer="wang"), HandlerNamed(lawyer="li"))
    after = when(granted(), AssignUnit(unit="firm", lawyers=both), APPROVER).case.assignment
    assert after
    assert after.lead == "wang"


def test_a_unit_may_receive_the_case_after_the_legal_day_of_its_assignment() -> None:
    entered_late = when(granted(), AssignUnit(unit="firm", received_by_unit_on=TODAY - DAY), APPROVER, effective_on=TODAY - 3 * DAY)
    assert event_of(entered_late, UnitAssigned).received_by_unit_on == TODAY - DAY


@pytest.mark.parametrize(
    ("command", "code", "pointer"),
    [
        (AssignUnit(unit="nobody"), "unknown_unit", "/unit"),
        (AssignUnit(unit="firm", lawyer="nobody"), "unknown_lawyer", "/lawyer"),
        (AssignUnit(unit="firm", lawyer="zhao"), "lawyer_not_of_unit", "/lawyer"),
        (AssignUnit(unit="firm", received_by_unit_on=TODAY + DAY), "date_in_future", "/received_by_unit_on"),
        (AssignUnit(unit="firm", choice_not_followed=(LI_IS_FULL,)), "not_a_choice", "/choice_not_followed/0/lawyer"),
    ],
)
def test_what_the_directory_or_the_case_does_not_hold_is_pointed_at(command: Command, code: str, pointer: str) -> None:
    refusal = refused(granted(), command, APPROVER)
    assert (refusal.code, refusal.status, refusal.pointer) == (code, 422, pointer)


def test_a_walled_off_lawyer_or_unit_gets_no_case() -> None:
    assert refused(granted(walls=(Wall(who="li"),)), AssignUnit(unit="firm", lawyer="li"), APPROVER).code == "conflict"
    assert refused(granted(walls=(Wall(who="firm"),)), AssignUnit(unit="firm"), APPROVER).code == "conflict"
    assert own(when(granted(walls=(Wall(who="li"),)), AssignUnit(unit="firm", lawyer="wang"), APPROVER)) == [
        "unit_assigned",
        "lawyer_named",
    ]


def test_a_recused_lawyer_gets_no_case() -> None:
    assert refused(granted(recused=("p-li",)), AssignUnit(unit="firm", lawyer="li"), APPROVER).code == "conflict"


def test_a_conflict_found_and_not_walled_off_bars_the_assignment() -> None:
    assert refused(granted(conflict_cleared=False), AssignUnit(unit="firm"), APPROVER).code == "conflict_not_cleared"
    walled = granted(conflict_cleared=False, walls=(Wall(who="zhao"),))
    assert own(when(walled, AssignUnit(unit="firm"), APPROVER)) == ["unit_assigned"]


def test_a_case_accepted_first_is_assigned_before_any_conflict_check() -> None:
    assert own(when(accepted_first("papers_owed"), AssignUnit(unit="firm", lawyer="li"), APPROVER)) == ["unit_assigned", "lawyer_named"]


def test_suspended_away_full_and_released_lawyers_get_no_case() -> None:
    ask = AssignUnit(unit="firm", lawyer="li")
    suspended = Directory.fold([LawyerSuspended(since=TODAY, lawyer="li", reason="投诉")], DIRECTORY)
    away = Directory.fold([LeaveSet(since=TODAY, lawyer="li", until=TODAY)], DIRECTORY)
    assert refused(granted(), ask, APPROVER, directory=suspended).code == "lawyer_suspended"
    assert refused(granted(), ask, APPROVER, directory=away).code == "lawyer_on_leave"
    assert refused(granted(), ask, APPROVER, standings=carrying({"li": 5})).code == "lawyer_full"
    assert refused(granted(released_lawyers=("li",)), ask, APPROVER).code == "lawyer_released"


def test_leave_that_ended_yesterday_bars_nobody() -> None:
    back = Directory.fold([LeaveSet(since=TODAY - 9 * DAY, lawyer="li", until=TODAY - DAY)], DIRECTORY)
    assert own(when(granted(), AssignUnit(unit="firm", lawyer="li"), APPROVER, directory=back)) == ["unit_assigned", "lawyer_named"]


def test_life_and_death_needs_three_years_of_criminal_practice() -> None:
    case = granted(matter=Matter(kind="criminal", stage="death_review", summary="死刑复核"))
    refusal = refused(case, AssignUnit(unit="firm", lawyer="li"), APPROVER)
    assert (refusal.code, refusal.detail["gate"]) == ("not_qualified", "criminal_practice_too_short")
    assert when(case, AssignUnit(unit="firm", lawyer="wang"), APPROVER).case.state == "lawyer_named"


def test_a_minor_needs_a_lawyer_familiar_with_minors() -> None:
    case = granted(categories=("minor",))
    refusal = refused(case, AssignUnit(unit="firm", lawyer="li"), APPROVER)
    assert (refusal.code, refusal.detail["gate"]) == ("not_qualified", "not_familiar_with_minors")
    assert when(case, AssignUnit(unit="firm", lawyer="wang"), APPROVER).case.state == "lawyer_named"


def test_who_declined_before_may_be_asked_again() -> None:
    assert when(granted(declined_by=("firm",)), AssignUnit(unit="firm", lawyer="li"), APPROVER).case.state == "lawyer_named"


# the choice and the explanation


def test_each_choice_not_followed_needs_its_cause() -> None:
    case = granted(choice=LawyerChoice(choices=("zhao", "far", "li")))
    one = (ChoiceNotFollowed(lawyer="zhao", cause="full"),)
    refusal = refused(case, AssignUnit(unit="firm", lawyer="wang", choice_not_followed=one), APPROVER)
    assert (refusal.code, refusal.detail["choices"]) == ("choice_cause_missing", ["far", "li"])


def test_choices_after_the_one_followed_need_none() -> None:
    case = granted(choice=LawyerChoice(choices=("li", "zhao")))
    after = event_of(when(case, AssignUnit(unit="firm", lawyer="li"), APPROVER), UnitAssigned)
    assert (after.explanation.choice, after.explanation.choice_rank) == ("followed", 1)


def test_the_explanation_keeps_the_causes_the_pick_and_everybody_passed_over() -> None:
    case = granted(choice=LawyerChoice(choices=("zhao",)))
    ask = AssignUnit(
        unit="firm", lawyer="wang", choice_not_followed=(ChoiceNotFollowed(lawyer="zhao", cause="conflict", detail="代理过对方"),)
    )
    after = when(case, ask, APPROVER, standings=carrying({"li": 5, "wang": 2}))
    kept = event_of(after, UnitAssigned).explanation
    assert (kept.choice, [(c.choice, c.cause) for c in kept.not_followed]) == ("not_followed", [("zhao", "conflict")])
    assert [(c.lawyer, c.load) for c in kept.picked] == [("wang", 2)]
    assert {p.lawyer: p.gates for p in kept.passed_over} == {"li": ("full",), "zhao": (), "staff": ()}
    assert after.case.assignment
    assert after.case.assignment.explanation == kept.model_dump(mode="json")


def test_a_units_assignment_follows_the_choice_of_one_of_its_lawyers() -> None:
    case = granted(choice=LawyerChoice(choices=("li",)))
    kept = event_of(when(case, AssignUnit(unit="firm"), APPROVER), UnitAssigned).explanation
    assert (kept.choice, [c.lawyer for c in kept.picked]) == ("followed", ["li", "wang"])


# declining and naming


@pytest.mark.parametrize(
    ("actor", "events", "by"), [(MANAGER, UNIT_HAS_IT, "firm"), (LI, LAWYER_HAS_IT, "li"), (MANAGER, LAWYER_HAS_IT, "firm")]
)
def test_the_unit_or_the_lawyer_named_may_decline_and_it_counts(actor: object, events: tuple[UnitAssigned, ...], by: str) -> None:
    after = when(given(granted(), *events), DeclineAssignment(reason="冲突"), actor)  # pyright: ignore[reportArgumentType]
    assert own(after) == ["assignment_declined"]
    assert (after.case.state, after.case.assignment, after.case.declined_by) == ("awaiting_assignment", None, (by,))


@pytest.mark.parametrize("actor", [WANG, FAR_MANAGER])
def test_nobody_declines_for_another(actor: object) -> None:
    refusal = refused(given(granted(), *LAWYER_HAS_IT), DeclineAssignment(reason="冲突"), actor)  # pyright: ignore[reportArgumentType]
    assert (refusal.code, refusal.status) == ("not_your_assignment", 403)


def test_a_lawyer_not_named_yet_cannot_decline_for_the_unit() -> None:
    assert refused(given(granted(), *UNIT_HAS_IT), DeclineAssignment(reason="冲突"), LI).code == "not_your_assignment"


def test_the_manager_names_a_lawyer_of_the_own_unit() -> None:
    after = when(given(granted(), ASSIGNED), NameLawyer(lawyer="li"), MANAGER)
    assert own(after) == ["lawyer_named"]
    assert after.case.state == "lawyer_named"
    assert event_of(after, LawyerNamed).considered.lawyer == "li"


def test_naming_another_takes_the_lead_from_the_first() -> None:
    after = when(given(granted(), *LAWYER_HAS_IT), NameLawyer(lawyer="wang"), MANAGER).case.assignment
    assert after
    assert [(h.lawyer, h.lead) for h in after.lawyers] == [("wang", True)]


def test_a_colleague_beside_the_lead_stays_when_the_lead_changes() -> None:
    after = given(granted(), ASSIGNED, named("li"), named("wang", lead=False), named("zhao")).assignment
    assert after
    assert [(h.lawyer, h.lead) for h in after.lawyers] == [("zhao", True), ("wang", False)]


def test_another_units_manager_names_nobody_here() -> None:
    refusal = refused(given(granted(), ASSIGNED), NameLawyer(lawyer="li"), FAR_MANAGER)
    assert (refusal.code, refusal.status) == ("not_your_assignment", 403)


def test_naming_looks_at_load_and_conflicts_again() -> None:
    assert refused(given(granted(), ASSIGNED), NameLawyer(lawyer="li"), MANAGER, standings=carrying({"li": 5})).code == "lawyer_full"
    assert refused(given(granted(walls=(Wall(who="li"),)), ASSIGNED), NameLawyer(lawyer="li"), MANAGER).code == "conflict"
    assert refused(given(granted(), ASSIGNED), NameLawyer(lawyer="zhao"), MANAGER).code == "lawyer_not_of_unit"
    assert refused(given(granted(), *LAWYER_HAS_IT), NameLawyer(lawyer="li"), MANAGER).code == "already_named"


# the engagement


def assigned_on(day: date) -> Command:
    return AssignUnit(unit="firm", lawyer="li", received_by_unit_on=day)


def test_the_signed_engagement_begins_the_representation() -> None:
    after = when(given(granted(), *LAWYER_HAS_IT), SignEngagement(signed_on=TODAY), LI)
    assert own(after) == ["engagement_signed"]
    assert (after.case.state, after.case.representation.began_on) == ("in_representation", TODAY)
    assert after.case.recipients[0].engaged_on == TODAY


def test_with_several_recipients_the_last_signature_begins_it() -> None:
    case = given(granted(3), *LAWYER_HAS_IT)
    first = when(case, SignEngagement(signed_on=TODAY - DAY, for_recipients=(1, 2)), LI)
    assert event_of(first, EngagementSigned).for_recipients == (1, 2)
    assert first.case.state == "lawyer_named"
    assert when(first.case, SignEngagement(signed_on=TODAY, for_recipients=(0,)), LI).case.state == "in_representation"


def test_who_gets_no_aid_signs_nothing() -> None:
    case = given(granted(2), *LAWYER_HAS_IT).with_recipients([1], status="refused")
    refusal = refused(case, SignEngagement(signed_on=TODAY, for_recipients=(1,)), LI)
    assert (refusal.code, refusal.status, refusal.pointer) == ("recipient_not_aided", 409, "/for_recipients")
    assert when(case, SignEngagement(signed_on=TODAY), LI).case.state == "in_representation"


def test_a_signature_of_tomorrow_is_refused() -> None:
    assert refused(given(granted(), *LAWYER_HAS_IT), SignEngagement(signed_on=TODAY + DAY), LI).pointer == "/signed_on"


def test_a_signature_after_the_fifth_day_needs_its_cause() -> None:
    case = when(granted(), assigned_on(TODAY - 6 * DAY), APPROVER).case
    refusal = refused(case, SignEngagement(signed_on=TODAY), LI)
    assert (refusal.code, refusal.detail["due_on"]) == ("delay_cause_missing", TODAY - DAY)
    assert when(case, SignEngagement(signed_on=TODAY, delay_cause="recipient"), LI).case.state == "in_representation"


def test_a_signature_on_the_fifth_day_needs_none() -> None:
    case = when(granted(), assigned_on(TODAY - 5 * DAY), APPROVER).case
    assert when(case, SignEngagement(signed_on=TODAY), LI).case.state == "in_representation"


def test_on_an_organs_notice_no_engagement_is_signed() -> None:
    assert refused(given(granted(on_notice=True), *LAWYER_HAS_IT), SignEngagement(signed_on=TODAY), LI).code == "not_on_notice"


@pytest.mark.parametrize("actor", [WANG, FAR_MANAGER])
def test_another_lawyer_or_unit_signs_nothing(actor: object) -> None:
    refusal = refused(given(granted(), *LAWYER_HAS_IT), SignEngagement(signed_on=TODAY), actor)  # pyright: ignore[reportArgumentType]
    assert (refusal.code, refusal.status) == ("not_your_case", 403)


def test_a_colleague_of_the_unit_signs_on_the_lawyers_behalf() -> None:
    leave = PersonAway(since=TODAY, person="p-li", until=TODAY, deputy="p-wang")
    directory = Directory.fold([leave], DIRECTORY)
    after = when(given(granted(), *LAWYER_HAS_IT), SignEngagement(signed_on=TODAY), WANG, on_behalf_of="p-li", directory=directory)
    assert after.case.state == "in_representation"


def test_a_new_assignment_asks_for_a_new_engagement() -> None:
    released = given(granted(), *LAWYER_HAS_IT, EngagementSigned(signed_on=TODAY, for_recipients=(0,)), LawyerReleased(lawyers=("li",)))
    again = when(released, AssignUnit(unit="firm", lawyer="wang"), APPROVER).case
    assert (again.state, again.recipients[0].engaged_on) == ("lawyer_named", None)


# the clocks that the assignment moves


def test_the_units_receipt_starts_the_five_days_and_the_signature_stops_them() -> None:
    case = when(granted(), assigned_on(TODAY), APPROVER).case
    assert [(c.limit, c.due_on) for c in case.clocks if c.live] == [("sign_engagement", date(2026, 3, 16))], "the fifth day is a Sunday"
    assert not any(c.live for c in when(case, SignEngagement(signed_on=TODAY), LI).case.clocks)


def test_declining_starts_the_assignment_clock_again() -> None:
    case = when(granted(), assigned_on(TODAY), APPROVER).case
    after = when(case, DeclineAssignment(reason="冲突"), LI).case
    assert [c.limit for c in after.clocks if c.live] == ["assign_unit"]


def test_on_a_day_without_a_known_limit_no_cause_is_asked() -> None:
    day = date(2015, 6, 1)
    case = when(granted(), assigned_on(day - 30 * DAY), APPROVER, effective_on=day).case
    assert when(case, SignEngagement(signed_on=day), LI, effective_on=day).case.state == "in_representation"


def test_a_reason_must_say_something() -> None:
    with pytest.raises(ValidationError):
        DeclineAssignment(reason="  ")
