"""What holds for every command: whom one may act for, and which commands are open to a person before their body is known."""

from datetime import date

import pytest

from domain.command import COMMANDS
from domain.decide import may_issue
from domain.stages.any_stage import AddNote, LiftHold, PlaceHold
from domain.stages.decision import GrantAid, RefuseAid
from tests.unit.world import DIRECTORY, EXAMINED, TODAY, Case, actor, given, submit


def offered(case: Case, command: str, username: str, on: date = TODAY) -> bool:
    return may_issue(case.state, COMMANDS[command], actor(username), DIRECTORY, on)


def test_nobody_acts_for_a_person_the_directory_does_not_know() -> None:
    refusal = given(submit()).refused("unknown_person", AddNote(text="代记"), on_behalf_of="P-NOBODY")
    assert (refusal.status, refusal.pointer) == (422, "/on_behalf_of")


def test_a_colleague_may_be_acted_for() -> None:
    case = given(submit())
    case.when(AddNote(text="代记"), on_behalf_of="P-HE-JING")
    assert case.history[-1].at.on_behalf_of == "P-HE-JING"


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
