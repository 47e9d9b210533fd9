"""Several handlers of a case: co-counsel beside the lead, co-accused who never share a lawyer, attempts to reach the recipient."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.access import Principal, may_see, scope_of
from domain.case import CaseState, Notice, Wall
from domain.command import Command
from domain.matching import carrying
from domain.stages.assignment import AssignmentDeclined, AssignUnit, DeclineAssignment, HandlerNamed, LawyerNamed, NameLawyer, UnitAssigned
from domain.stages.co_counsel import AddCoCounsel, CoCounselAdded
from domain.stages.contact import RecordContactAttempt
from domain.stages.handling import LawyerReleased
from domain.stages.replacement import DecideReplacement, RequestReplacement
from domain.stages.representation import RecordMeeting
from domain.values import Matter
from tests.unit.hands import (
    APPROVER,
    CASEWORKER,
    DIRECTORY,
    LAWYER_HAS_IT,
    LI,
    MANAGER,
    NOW,
    TODAY,
    UNDER_WAY,
    UNIT_HAS_IT,
    WANG,
    ZHAO,
    event_of,
    given,
    granted,
    own,
    person,
    refused,
    when,
)

JOIN = AddCoCounsel(lawyer="wang", reason="案情复杂")
JOIN_FAR = AddCoCounsel(lawyer="zhao", unit="far", reason="需要藏语")
ASK = RequestReplacement(by="recipient", cause="misconduct", reasons="多次不回复")
GRANT = DecideReplacement(granted=True, reasons="属实")


def handlers(case: CaseState) -> list[tuple[str, str | None, bool]]:
    return [(h.lawyer, h.unit, h.lead) for h in case.assignment.lawyers] if case.assignment else []


def joined(*commands: Command) -> CaseState:
    """A case under way under li, with co-counsel."""
    case = given(granted(), *UNDER_WAY)
    for command in commands:
        case = when(case, command, APPROVER).case
    return case


# --- co-counsel


@pytest.mark.parametrize("events", [LAWYER_HAS_IT, UNDER_WAY])
def test_a_further_lawyer_joins_and_who_leads_stays(events: tuple[Any, ...]) -> None:
    before = given(granted(), *events)
    after = when(before, JOIN, APPROVER)
    assert own(after) == ["co_counsel_added"]
    assert after.case.state == before.state
    assert handlers(after.case) == [("li", "firm", True), ("wang", "firm", False)]
    assert event_of(after, CoCounselAdded).considered.lawyer == "wang"


def test_co_counsel_of_another_unit_work_on_the_case_and_see_it() -> None:
    case = joined(JOIN_FAR)
    assert handlers(case) == [("li", "firm", True), ("zhao", "far", False)]
    met = RecordMeeting(kind="client_meeting", held_on=TODAY, summary="会见")
    assert when(case, met, ZHAO).case.representation.meetings == 1
    assert refused(case, met, WANG).code == "not_your_case"
    assert may_see(Principal("zhao", ZHAO.id, (("lawyer", "far"),), "zhao", "far"), scope_of(case), DIRECTORY)


@pytest.mark.parametrize(
    ("command", "code", "status", "pointer"),
    [
        (AddCoCounsel(lawyer="li", reason="再派"), "already_named", 409, "/lawyer"),
        (AddCoCounsel(lawyer="zhao", reason="需要藏语"), "lawyer_not_of_unit", 422, "/lawyer"),
        (AddCoCounsel(lawyer="nobody", reason="协办"), "unknown_lawyer", 422, "/lawyer"),
        (AddCoCounsel(lawyer="wang", unit="nowhere", reason="协办"), "unknown_unit", 422, "/unit"),
    ],
)
def test_who_cannot_join_is_pointed_at(command: AddCoCounsel, code: str, status: int, pointer: str) -> None:
    refusal = refused(joined(), command, APPROVER)
    assert (refusal.code, refusal.status, refusal.pointer) == (code, status, pointer)


def test_the_same_lawyer_does_not_join_twice() -> None:
    assert refused(joined(JOIN), JOIN, APPROVER).code == "already_named"


def test_load_conflicts_and_qualification_are_looked_at_for_co_counsel_too() -> None:
    assert refused(joined(), JOIN, APPROVER, standings=carrying({"wang": 1_000})).code == "lawyer_full"
    assert refused(joined().but(walls=(Wall(who="wang"),)), JOIN, APPROVER).code == "conflict"
    assert refused(joined().but(walls=(Wall(who="far"),)), JOIN_FAR, APPROVER).pointer == "/unit"


def test_naming_another_lead_leaves_the_co_counsel() -> None:
    case = when(given(granted(), *LAWYER_HAS_IT), JOIN_FAR, APPROVER).case
    case = when(case, NameLawyer(lawyer="wang"), MANAGER).case
    assert handlers(case) == [("wang", "firm", True), ("zhao", "far", False)]
    assert refused(case, NameLawyer(lawyer="zhao"), MANAGER).code == "lawyer_not_of_unit"


def test_co_counsel_who_takes_the_lead_is_not_listed_twice() -> None:
    case = when(given(granted(), *LAWYER_HAS_IT), JOIN, APPROVER).case
    assert handlers(when(case, NameLawyer(lawyer="wang"), MANAGER).case) == [("wang", "firm", True)]


def test_several_named_with_the_unit_have_one_lead() -> None:
    both = (HandlerNamed(lawyer="li"), HandlerNamed(lawyer="wang", lead=True))
    assert handlers(when(granted(), AssignUnit(unit="firm", lawyers=both), APPROVER).case) == [
        ("wang", "firm", True),
        ("li", "firm", False),
    ]


def test_co_counsel_who_decline_leave_the_case_to_whoever_leads_it() -> None:
    case = when(given(granted(), *UNIT_HAS_IT), NameLawyer(lawyer="li"), MANAGER).case
    case = when(case, JOIN_FAR, APPROVER).case
    after = when(case, DeclineAssignment(reason="路远"), ZHAO)
    assert (after.case.state, handlers(after.case)) == ("lawyer_named", [("li", "firm", True)])
    declined = event_of(after, AssignmentDeclined)
    assert (declined.by, declined.unit, declined.co_counsel) == ("zhao", "far", True)
    assert [c.state for c in after.case.clocks] == [c.state for c in case.clocks]


def test_with_the_lead_who_declines_the_case_goes_back() -> None:
    case = when(given(granted(), *LAWYER_HAS_IT), JOIN, APPROVER).case
    after = when(case, DeclineAssignment(reason="人手不足"), LI)
    assert (after.case.state, after.case.assignment) == ("awaiting_assignment", None)


# --- replacement


def test_with_the_lead_replaced_everybody_leaves_and_only_the_lead_may_not_return() -> None:
    case = when(joined(JOIN), ASK, CASEWORKER).case
    after = when(case, GRANT, APPROVER)
    assert event_of(after, LawyerReleased).lawyers == ("li", "wang")
    assert (after.case.released_lawyers, after.case.may_return) == (("li", "wang"), ("wang",))
    assert refused(after.case, AssignUnit(unit="firm", lawyer="li"), APPROVER).code == "lawyer_released"
    again = when(after.case, AssignUnit(unit="firm", lawyer="wang"), APPROVER).case
    assert handlers(again) == [("wang", "firm", True)]


def test_co_counsel_who_came_back_to_lead_and_is_replaced_may_not_return_again() -> None:
    case = when(when(joined(JOIN), ASK, CASEWORKER).case, GRANT, APPROVER).case
    case = given(when(case, AssignUnit(unit="firm", lawyer="wang"), APPROVER).case)
    case = when(when(case, ASK, CASEWORKER).case, GRANT, APPROVER).case
    assert (case.released_lawyers, case.may_return) == (("li", "wang"), ())
    assert refused(case, AssignUnit(unit="firm", lawyer="wang"), APPROVER).code == "lawyer_released"


# --- co-accused


@pytest.mark.parametrize(
    ("events", "command", "by"),
    [
        ((), AssignUnit(unit="firm", lawyer="wang"), APPROVER),
        ((), AssignUnit(unit="firm", lawyers=(HandlerNamed(lawyer="li", lead=True), HandlerNamed(lawyer="wang"))), APPROVER),
        (UNIT_HAS_IT, NameLawyer(lawyer="wang"), MANAGER),
        (UNDER_WAY, JOIN, APPROVER),
    ],
)
def test_co_accused_never_share_a_lawyer(events: tuple[Any, ...], command: Command, by: Any) -> None:
    case = given(granted(), *events)
    refusal = refused(case, command, by, co_accused_lawyers=frozenset({"wang"}))
    assert (refusal.code, refusal.status, refusal.detail["who"], refusal.detail["gate"]) == (
        "co_accused_share_lawyer",
        409,
        "wang",
        "co_accused",
    )
    assert own(when(case, command, by, co_accused_lawyers=frozenset({"zhao"})))


def test_the_commands_that_name_a_lawyer_ask_who_defends_the_co_accused() -> None:
    assert all("co_accused" in kind.needs for kind in (AssignUnit, NameLawyer, AddCoCounsel))


def test_colleagues_of_one_firm_may_defend_co_accused_and_the_explanation_says_who_could_not() -> None:
    after = when(granted(), AssignUnit(unit="firm", lawyer="li"), APPROVER, co_accused_lawyers=frozenset({"wang"}))
    passed_over = {p.lawyer: p.gates for p in event_of(after, UnitAssigned).explanation.passed_over}
    assert passed_over["wang"] == ("co_accused",)
    assert event_of(after, LawyerNamed).lawyer == "li"


# --- who is qualified on a notice


def on_notice(ground: str, role: Any = "accused") -> CaseState:
    notice = Notice(
        notice_id=JOINED_NOTICE, organ="市中级人民法院", notice_number="1", received_at=NOW, ground=ground, role=role, stage="trial"
    )
    return granted(matter=Matter(kind="criminal", cause="criminal_defence", summary="通知"), on_notice=True, notice=notice)


JOINED_NOTICE = "01890000-0000-7000-8000-000000000009"


@pytest.mark.parametrize(
    ("ground", "role", "barred"),
    [
        ("life_or_death", "accused", True),
        ("death_review", "accused", True),
        ("life_or_death", "victim", False),
        ("minor", "accused", False),
    ],
)
def test_where_life_is_at_stake_the_defender_has_three_years_of_criminal_practice(ground: str, role: Any, *, barred: bool) -> None:
    after = when(on_notice(ground, role), AssignUnit(unit="firm"), APPROVER)
    gates = {gate for other in event_of(after, UnitAssigned).explanation.passed_over for gate in other.gates}
    assert ("criminal_practice_too_short" in gates) is barred


# --- contact


def tried(days: int, *, reached: bool) -> RecordContactAttempt:
    return RecordContactAttempt(means="电话", tried_on=TODAY + timedelta(days=days), reached=reached)


def test_every_attempt_is_counted_and_what_reached_the_recipient_is_known() -> None:
    case = given(granted(), *UNDER_WAY)
    for attempt in (tried(-2, reached=True), tried(0, reached=False), tried(-5, reached=False)):
        case = when(case, attempt, LI).case
    contact = case.representation.contact
    assert contact is not None
    assert (contact.attempts, contact.last_on, contact.reached_on) == (3, TODAY, TODAY - timedelta(days=2))
    assert case.state == "in_representation"


def test_only_a_lawyer_of_the_case_records_an_attempt_and_the_front_desk_may() -> None:
    case = given(granted(), *UNDER_WAY)
    assert refused(case, tried(0, reached=False), WANG).code == "not_your_case"
    assert own(when(case, tried(0, reached=False), person("receptionist"))) == ["contact_attempted"]


def test_no_attempt_lies_in_the_future() -> None:
    refusal = refused(given(granted(), *UNDER_WAY), tried(1, reached=False), LI)
    assert (refusal.code, refusal.pointer) == ("date_in_future", "/tried_on")
