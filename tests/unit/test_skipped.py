"""Steps passed over are worked out from the commands: what the ordinary line is, which moves leave it, which checks they go on without."""

from itertools import pairwise

import pytest

from domain import skipped
from domain.command import COMMANDS
from domain.lifecycle import STATES, State
from tests.unit.test_transitions import reach
from tests.unit.world import CHECKED, POOR, RECOMMENDED, Case, given, submit


def test_the_ordinary_line_leads_from_the_door_to_the_archive_by_the_stages_own_commands() -> None:
    assert skipped.ordinary_line() == (
        "received", "examined", "awaiting_assignment", "lawyer_named", "in_representation", "closing", "file_accepted", "subsidy_approved",
        "subsidy_paid", "archived",
    )  # fmt: skip


def test_the_line_follows_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were aid granted without an examination, the line would not hold one."""
    monkeypatch.setattr(COMMANDS["grant_aid"], "states", frozenset({"received"}))
    skipped.ordinary_line.cache_clear()
    try:
        assert "examined" not in skipped.ordinary_line()
    finally:
        monkeypatch.undo()
        skipped.ordinary_line.cache_clear()


@pytest.mark.parametrize(
    ("start", "end", "over"),
    [
        ("received", "examined", ()),
        ("received", "awaiting_assignment", ("examined",)),
        ("awaiting_papers", "awaiting_assignment", ("examined",)),
        ("awaiting_assignment", "lawyer_named", ()),
        ("lawyer_named", "closing", ("in_representation",)),
        ("examined", "closing", ("awaiting_assignment", "lawyer_named", "in_representation")),
        ("in_representation", "awaiting_assignment", ()),
        ("received", "withdrawn", ()),
        ("awaiting_assignment", "termination_review", ()),
    ],
)
def test_a_move_passes_over_what_lies_between_on_the_line(start: State, end: State, over: tuple[State, ...]) -> None:
    assert skipped.passed_over(start, end) == over


def test_accepting_first_passes_over_the_examination_which_a_recommendation_makes_good() -> None:
    jump = next(j for j in skipped.jumps() if (j.start, j.end) == ("received", "awaiting_assignment"))
    assert (jump.step, jump.made_good) == ("examined", ("decision_recommended",))


def test_moves_of_every_jump_are_moves_of_a_command() -> None:
    moves = {(start, end) for kind in COMMANDS.values() for start, end in kind.leads() if start}
    assert {(j.start, j.end) for j in skipped.jumps()} <= moves
    assert all(j.step in STATES for j in skipped.jumps())


def test_a_case_leaves_the_application_unchecked_where_it_is_accepted_first() -> None:
    found = {(u.start, u.checks) for u in skipped.unchecked() if u.end == "awaiting_assignment"}
    assert ("received", ("conflict_checked",)) in found
    assert ("received", ("hardship_assessed", "hardship_check_waived")) in found


@pytest.mark.parametrize(("done", "code"), [((POOR,), "conflict_check_missing"), ((CHECKED,), "hardship_missing")])
def test_what_a_grant_is_said_to_come_after_is_what_its_rule_asks_for(done: tuple[object, ...], code: str) -> None:
    """The class says which checks come before; its rule refuses the recommendation that a grant follows without either of them."""
    given(submit(), *done).refused(code, RECOMMENDED)
    assert len(COMMANDS["grant_aid"].after) == 2


def test_two_persons_are_asked_for_where_a_command_says_so() -> None:
    assert skipped.TwoPersons("aid_granted", "decision_recommended") in skipped.two_persons()
    assert {p.other for p in skipped.two_persons()} == {k.other_than for k in COMMANDS.values() if k.other_than and k.stream == "case"}


def test_a_case_on_the_ordinary_line_passes_over_nothing() -> None:
    case: Case = reach("archived")
    assert case.state.state == "archived"
    line = skipped.ordinary_line()
    assert all(not skipped.passed_over(first, last) for first, last in pairwise(line))
