"""Gates first, then the recipient's choice, then a fair score; and the reason why each other was passed over."""

from typing import Any

from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.case import CaseState, LawyerChoice, Wall
from domain.directory import Directory, LawyerSuspended, LeaveSet
from domain.matching import Candidate, candidates, choices_ahead, explain
from domain.values import Matter
from tests.unit.hands import DIRECTORY, TODAY, granted

DEATH_REVIEW = Matter(kind="criminal", cause="criminal_defence", stage="death_review", summary="死刑复核")


def panel(case: CaseState, directory: Directory = DIRECTORY, **loads: int) -> dict[str, Candidate]:
    return {c.lawyer: c for c in candidates(case, directory, loads, TODAY)}


def best(case: CaseState, directory: Directory = DIRECTORY, **loads: int) -> str:
    return next(iter(panel(case, directory, **loads)))


def test_a_lawyer_walled_off_by_own_code_unit_or_person_is_in_conflict() -> None:
    for who in ("li", "firm"):
        assert panel(granted(walls=(Wall(who=who),)))["li"].gates == ("conflict",)
    assert panel(granted(recused=("p-wang",)))["wang"].gates == ("conflict",)


def test_a_suspended_lawyer_and_one_on_leave_are_listed_with_the_gate_they_fail() -> None:
    away = Directory.fold([LawyerSuspended(since=TODAY, lawyer="li", reason="投诉"), LeaveSet(since=TODAY, lawyer="wang")], DIRECTORY)
    assert panel(granted(), away)["li"].gates == ("suspended",)
    assert panel(granted(), away)["wang"].gates == ("on_leave",)


def test_a_death_review_needs_three_full_years_of_criminal_practice() -> None:
    seen = panel(granted(matter=DEATH_REVIEW))
    assert seen["wang"].gates == ()
    assert seen["li"].gates == ("criminal_practice_too_short",)
    assert seen["zhao"].gates == ("criminal_practice_too_short",)


def test_any_other_criminal_case_does_not() -> None:
    assert panel(granted(matter=DEATH_REVIEW.model_copy(update={"stage": "trial"})))["li"].gates == ()


def test_a_minors_case_goes_to_somebody_familiar_with_minors() -> None:
    seen = panel(granted(categories=("minor",)))
    assert [code for code, c in seen.items() if not c.gates] == ["wang"]


def test_a_lawyer_with_as_many_open_cases_as_agreed_is_full() -> None:
    assert panel(granted(), li=5)["li"].gates == ("full",)
    assert panel(granted(), li=4)["li"].gates == ()


def test_who_declined_or_was_released_stands_at_the_end() -> None:
    seen = panel(granted(declined_by=("firm",), released_lawyers=("zhao",)))
    assert seen["li"].gates == seen["wang"].gates == ("declined",)
    assert seen["zhao"].gates == ("released",)
    assert best(granted(declined_by=("firm",), released_lawyers=("zhao",))) == "staff"


def test_the_recipients_choice_outweighs_every_score() -> None:
    chose = granted(choice=LawyerChoice(choices=("zhao",)))
    assert best(granted()) == "li"
    assert best(chose, zhao=4) == "zhao"


def test_a_gate_outweighs_the_recipients_choice() -> None:
    assert best(granted(choice=LawyerChoice(choices=("zhao",))), zhao=5) == "li"


def test_a_chosen_unit_counts_for_its_lawyers() -> None:
    seen = panel(granted(choice=LawyerChoice(choices=("zhao", "firm"))))
    assert (seen["zhao"].choice, seen["li"].choice, seen["wang"].choice, seen["staff"].choice) == (1, 2, 2, None)


def test_wishes_for_gender_and_language_count() -> None:
    seen = panel(granted(choice=LawyerChoice(wishes={"gender": "male", "language": "bo"})))
    assert {"wished_gender", "wished_language"} <= set(seen["zhao"].reasons)
    assert next(iter(seen)) == "zhao"


def test_speciality_nearness_and_a_light_load_decide_the_rest() -> None:
    seen = panel(granted(), li=4)
    assert seen["li"].speciality
    assert (seen["li"].score, seen["wang"].score, seen["zhao"].score) == (20 + 10 - 8, 10, 6)


def test_next_in_turn_is_who_has_the_fewest_open_cases_and_passes_every_gate() -> None:
    seen = panel(granted(released_lawyers=("staff",)), li=2, wang=1, zhao=1)
    assert (seen["wang"].turn, seen["zhao"].turn, seen["li"].turn, seen["staff"].turn) == (1, 2, 3, None)
    assert "next_in_turn" in seen["wang"].reasons
    assert "next_in_turn" not in seen["zhao"].reasons


def test_a_case_without_matter_or_people_still_has_its_panel() -> None:
    assert set(panel(CaseState(case_id="01"))) == {"li", "wang", "zhao", "staff"}


@for_all(st.dictionaries(st.sampled_from(["li", "wang", "zhao", "staff"]), st.integers(0, 9)), st.permutations(["li", "wang", "zhao"]))
def test_nobody_is_left_out_and_the_order_is_gates_then_choice(loads: dict[str, int], choices: list[str]) -> None:
    seen = candidates(granted(choice=LawyerChoice(choices=tuple(choices))), DIRECTORY, loads, TODAY)
    assert {c.lawyer for c in seen} == set(DIRECTORY.lawyer_of)
    fit = [c for c in seen if not c.gates]
    assert list(seen[: len(fit)]) == fit
    ranks = [c.choice or 99 for c in fit]
    assert ranks == sorted(ranks)


@for_all(st.dictionaries(st.sampled_from(["li", "wang", "zhao", "staff"]), st.integers(0, 4)))
def test_the_panel_is_the_same_whatever_order_the_directory_keeps(loads: dict[str, int]) -> None:
    turned = Directory.fold([], DIRECTORY)
    turned = Directory(turned.office_of, turned.person_of, turned.unit_of, dict(reversed(turned.lawyer_of.items())))
    assert candidates(granted(), turned, loads, TODAY) == candidates(granted(), DIRECTORY, loads, TODAY)


def explained(case: CaseState, pick: str, rank: int | None = None, **loads: int) -> Any:
    seen = candidates(case, DIRECTORY, loads, TODAY)
    return explain(case.choice, seen, [c for c in seen if c.lawyer == pick], rank, [])


def test_everybody_but_the_pick_is_explained() -> None:
    why = explained(granted(released_lawyers=("zhao",)), "li")
    assert {p.lawyer: p.why for p in why.passed_over} == {"wang": "ranks_lower", "staff": "ranks_lower", "zhao": "gates"}
    assert next(p for p in why.passed_over if p.lawyer == "wang").lacks == ("speciality", "next_in_turn")


def test_a_pick_below_the_best_says_that_the_approver_preferred_it() -> None:
    assert {p.lawyer: p.why for p in explained(granted(), "wang").passed_over}["li"] == "approver_preferred"


def test_a_followed_choice_explains_the_others() -> None:
    why = explained(granted(choice=LawyerChoice(choices=("zhao",))), "zhao", 1)
    assert (why.choice, why.choice_rank) == ("followed", 1)
    assert {p.why for p in why.passed_over} == {"recipient_chose_other"}


def test_only_the_choices_before_the_one_followed_need_a_cause() -> None:
    assert choices_ahead(["zhao", "li", "wang"], {"firm", "li"}) == (("zhao",), 2)
    assert choices_ahead(["zhao", "li"], {"own"}) == (("zhao", "li"), None)
    assert choices_ahead([], {"own"}) == ((), None)
