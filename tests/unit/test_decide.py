"""What holds for every command: whom one may act for, and which commands are open to a person before their body is known."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.command import COMMANDS, Command
from domain.decide import allowed_commands, may_issue
from domain.stages.accept_first import ConfirmAcceptance
from domain.stages.any_stage import AddNote, LiftHold, PlaceHold
from domain.stages.application import WithdrawApplication
from domain.stages.decision import GrantAid, RefuseAid
from domain.stages.papers import IssueDocument
from domain.stages.representation import RecordOutcome, RecordProcedure
from tests.unit.world import (
    AIDED,
    BY_DELEGATION,
    CHECKED,
    DIRECTORY,
    ENGAGED,
    EXAMINED,
    GRANTED,
    RECOMMENDED,
    TODAY,
    Case,
    actor,
    away,
    given,
    submit,
)  # fmt: skip

DAY = timedelta(days=1)


def offered(case: Case, command: str, username: str, on: date = TODAY) -> bool:
    return may_issue(case.state, COMMANDS[command], actor(username), DIRECTORY, on)


def test_nobody_acts_for_a_person_the_directory_does_not_know() -> None:
    refusal = given(submit()).refused("unknown_person", AddNote(text="代记"), on_behalf_of="P-NOBODY")
    assert (refusal.status, refusal.pointer) == (422, "/on_behalf_of")


def test_a_colleague_on_leave_may_be_acted_for_by_the_deputy() -> None:
    case = given(submit())
    case.when(AddNote(text="代记"), "receptionist", on_behalf_of="P-HE-JING", directory=away("P-HE-JING", "P-LIN-XIAOMEI"))
    assert case.history[-1].at.on_behalf_of == "P-HE-JING"


def test_a_colleague_on_leave_may_be_acted_for_by_who_has_the_same_role_at_the_same_office() -> None:
    case = given(submit())
    case.when(AddNote(text="代记"), "caseworker", on_behalf_of="P-HE-JING", directory=away("P-HE-JING", "P-LIN-XIAOMEI"))
    assert case.history[-1].at.on_behalf_of == "P-HE-JING"


@pytest.mark.parametrize(("since", "until"), [(TODAY - 9 * DAY, TODAY - DAY), (TODAY + DAY, TODAY + DAY)])
def test_nobody_is_acted_for_before_or_after_their_leave(since: date, until: date) -> None:
    directory = away("P-HE-JING", "P-LIN-XIAOMEI", since, until)
    refusal = given(submit()).refused(
        "not_their_deputy", AddNote(text="代记"), "receptionist", on_behalf_of="P-HE-JING", directory=directory
    )
    assert (refusal.status, refusal.pointer) == (403, "/on_behalf_of")


def test_nobody_else_acts_for_a_colleague_on_leave() -> None:
    directory = away("P-HE-JING", "P-LIN-XIAOMEI")
    given(submit()).refused("not_their_deputy", AddNote(text="代记"), "supervisor", on_behalf_of="P-HE-JING", directory=directory)


def test_nobody_acts_for_a_colleague_who_is_there() -> None:
    given(submit()).refused("not_their_deputy", AddNote(text="代记"), "caseworker", on_behalf_of="P-HE-JING")


@pytest.mark.parametrize(
    ("username", "on", "open_to"),
    [
        ("chen.weidong", TODAY, True),
        ("luo.zhengping", TODAY, True),
        ("luo.zhengping", date(2019, 12, 31), False),
        ("hou.jun", TODAY, False),
    ],
)
def test_accepting_first_is_open_to_the_approver_and_to_who_is_delegated_that_day(username: str, on: date, open_to: bool) -> None:
    assert offered(given(submit()), "accept_first", username, on) == open_to


def test_what_asks_for_another_person_is_not_open_to_the_same() -> None:
    held = given(submit(), PlaceHold(reason="信访"))
    assert not offered(held, LiftHold.name, "gao.yuan")
    assert offered(held, LiftHold.name, "yan.shuhua")


def test_the_decision_is_open_to_the_approver_once_the_examiner_has_spoken() -> None:
    examined = given(*EXAMINED)
    assert offered(examined, GrantAid.name, "chen.weidong")
    assert offered(examined, RefuseAid.name, "chen.weidong")
    assert not offered(given(submit()), GrantAid.name, "chen.weidong")


def test_opening_a_case_is_not_offered_on_one() -> None:
    assert not offered(given(submit()), "submit_application", "lin.xiaomei")


PROCEDURE = RecordProcedure(kind="filed", stage="arbitration", body="市仲裁委", held_on=TODAY)
EXAMINER = actor("li.guangming")._replace(role="approver")
WORK_OVER = (*BY_DELEGATION, *ENGAGED, RecordOutcome(result="won", closed_on=TODAY))


@pytest.mark.parametrize(
    ("story", "code", "command", "by"),
    [
        (AIDED, "wrong_state", GRANTED, "approver"),
        (AIDED, "wrong_state", PROCEDURE, "caseworker"),
        (WORK_OVER, "wrong_state", ConfirmAcceptance(agrees=False, reason="不符"), "approver"),
        ((submit(), WithdrawApplication(reason="不再申请")), "wrong_state", IssueDocument(template="receipt"), "caseworker"),
        ((submit(),), "wrong_state", submit(), "caseworker"),
        (EXAMINED, "approver_is_examiner", GRANTED, EXAMINER),
        ((submit(), CHECKED), "hardship_missing", RECOMMENDED, "caseworker"),
    ],
)
def test_what_the_rules_refuse_says_what_the_state_allows_the_role(story: Any, code: str, command: Command, by: Any) -> None:
    case = given(*story)
    allowed = allowed_commands(case.state, by if isinstance(by, str) else by.role)
    others = [name for name in allowed if code != "wrong_state" or name != command.name]
    assert others
    assert case.refused(code, command, by).detail["allowed_commands"] == others


def test_a_refusal_that_is_no_409_names_no_commands() -> None:
    assert "allowed_commands" not in given(submit()).refused("role_not_allowed", GRANTED, "caseworker").detail
