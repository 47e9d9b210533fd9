"""Gates first, then the recipient's choice, then a fair score; and the reason why each other was passed over."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given as for_all
from hypothesis import strategies as st

import domain
from domain.case import CaseState, LawyerChoice, Wall
from domain.directory import Directory, LawyerSuspended, LeaveSet, OfficeOpened
from domain.matching import Candidate, Standing, candidates, carrying, choices_ahead, explain
from domain.matching.weights import read_matching
from domain.values import Matter
from tests.unit.hands import DIRECTORY, RULES, TODAY, granted

WEIGHTS = RULES.matching.on(TODAY)
DEATH_REVIEW = Matter(kind="criminal", cause="criminal_defence", stage="death_review", summary="死刑复核")


def panel(case: CaseState, directory: Directory = DIRECTORY, **loads: int) -> dict[str, Candidate]:
    return {c.lawyer: c for c in candidates(case, directory, carrying(loads), TODAY, weights=WEIGHTS)}


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
    assert (seen["li"].score, seen["wang"].score, seen["zhao"].score) == (24 + 45 - 32 + 20, 45 + 20, 36 + 6 + 20)


@pytest.mark.parametrize(("minutes", "points"), [(60, 36), (105, 18), (149, 0), (150, 0), (400, 0)])
def test_beyond_the_one_hour_circle_nearness_counts_less_the_farther(minutes: int, points: int) -> None:
    """`zhao` stands in another centre of the same county, sixty minutes away unless the way is measured."""
    weights = RULES.matching.on(TODAY)
    far = replace(weights, assumed={**weights.assumed, "county": minutes})
    at = next(c for c in candidates(granted(), DIRECTORY, {}, TODAY, weights=far) if c.lawyer == "zhao")
    assert at.minutes == minutes
    assert at.score - 6 - 20 == points


def test_next_in_turn_is_who_has_the_fewest_open_cases_where_nobody_was_ever_given_one() -> None:
    seen = panel(granted(released_lawyers=("staff",)), li=2, wang=1, zhao=1)
    assert (seen["wang"].turn, seen["zhao"].turn, seen["li"].turn, seen["staff"].turn) == (1, 2, 3, None)
    assert "next_in_turn" in seen["wang"].reasons
    assert "next_in_turn" not in seen["zhao"].reasons


def standing(case: CaseState, on: date = TODAY, **known: Standing) -> dict[str, Candidate]:
    return {c.lawyer: c for c in candidates(case, DIRECTORY, known, on, weights=WEIGHTS)}


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_the_turn_is_of_who_waited_longest_though_another_has_fewer_cases() -> None:
    seen = standing(
        granted(released_lawyers=("staff", "li")),
        wang=Standing(load=3, last_named_on=days_ago(40)),
        zhao=Standing(load=1, last_named_on=days_ago(39)),
    )
    assert (seen["wang"].turn, seen["zhao"].turn) == (1, 2)
    assert (seen["wang"].waiting_days, seen["zhao"].waiting_days) == (40, 39)


def test_of_two_with_one_score_the_turn_decides_before_the_code() -> None:
    long, longer = Standing(last_named_on=days_ago(70)), Standing(last_named_on=days_ago(90))
    assert next(iter(standing(granted(matter=DEATH_REVIEW, released_lawyers=("zhao",)), wang=long, staff=longer))) == "wang"
    seen = standing(granted(released_lawyers=("li", "zhao")), wang=longer, staff=long)
    assert seen["wang"].score == seen["staff"].score
    assert list(seen)[:2] == ["wang", "staff"]
    assert list(standing(granted(released_lawyers=("li", "zhao")), wang=long, staff=longer))[:2] == ["staff", "wang"]


def test_offers_declined_and_cases_taken_away_weigh_against_a_lawyer_up_to_three_of_each() -> None:
    fresh = standing(granted())["wang"].score
    assert standing(granted(), wang=Standing(declined=1))["wang"].score == fresh - 4
    assert standing(granted(), wang=Standing(replaced=2))["wang"].score == fresh - 12
    assert standing(granted(), wang=Standing(declined=50, replaced=50))["wang"].score == fresh - 3 * 4 - 3 * 6


def test_a_case_less_weighs_by_what_the_lawyer_may_carry() -> None:
    few, many = Standing(load=1), Standing(load=4)
    seen = standing(granted(), wang=few, zhao=many)
    assert (seen["wang"].load, seen["wang"].max_load) == (1, 5)
    assert standing(granted())["wang"].score - seen["wang"].score == 8
    assert standing(granted())["zhao"].score - seen["zhao"].score == 32


def test_the_half_hour_town_is_nearer_than_the_one_hour_circle_and_beyond_it_nothing_is_near() -> None:
    here = standing(granted())
    assert (here["li"].minutes, here["zhao"].minutes) == (20, 60)
    assert "near" in here["li"].reasons
    assert "within_an_hour" in here["zhao"].reasons
    away = Directory.fold(
        [OfficeOpened(since=TODAY, office=DIRECTORY.office_of["elsewhere"].model_copy(update={"county": "another"}))], DIRECTORY
    )
    far = next(c for c in candidates(granted(), away, {}, TODAY, weights=WEIGHTS) if c.lawyer == "zhao")
    assert far.minutes == 150
    assert not {"near", "within_an_hour"} & set(far.reasons)


def test_a_lawyer_on_leave_from_tomorrow_is_asked_today_and_not_tomorrow() -> None:
    tomorrow = TODAY + timedelta(days=1)
    leaving = Directory.fold([LeaveSet(since=tomorrow, lawyer="li")], DIRECTORY)
    seen = {on: {c.lawyer: c.gates for c in candidates(granted(), leaving, {}, on, weights=WEIGHTS)} for on in (TODAY, tomorrow)}
    assert seen[TODAY]["li"] == ()
    assert seen[tomorrow]["li"] == ("on_leave",)


def test_each_one_passed_over_is_explained_with_its_numbers() -> None:
    known = {"wang": Standing(load=2, last_named_on=days_ago(3))}
    panel_then = candidates(granted(), DIRECTORY, known, TODAY, weights=WEIGHTS)
    why = explain(None, panel_then, [c for c in panel_then if c.lawyer == "li"], None, [])
    passed = next(p for p in why.passed_over if p.lawyer == "wang")
    assert (passed.load, passed.max_load, passed.minutes, passed.waiting_days) == (2, 5, 20, 3)
    assert passed.more_load


def test_a_case_shows_the_nearest_of_a_panel_of_thousands_and_the_event_holds_them_all() -> None:
    many = [Candidate(lawyer=f"L{n:04}", unit="firm", score=-n) for n in range(100)]
    why = explain(None, many, many[:1], None, [])
    assert len(why.passed_over) == 99
    short = why.in_short()
    assert (len(short.passed_over), short.more_passed_over) == (40, 59)
    assert short.passed_over == why.passed_over[:40]


def test_a_weight_without_a_number_or_a_reason_is_no_rule() -> None:
    row: dict[str, Any] = yaml.safe_load((Path(domain.__file__).parent / "rules_data" / "matching.yaml").read_text("utf-8"))["rows"][0]
    with pytest.raises(ValueError, match="speciality"):
        read_matching({"rows": [{**row, "points": {n: p for n, p in row["points"].items() if n != "speciality"}}]})
    with pytest.raises(ValueError, match="without a reason"):
        read_matching({"rows": [{**row, "points": {**row["points"], "load": {"points": 40, "why": ""}}}]})


def test_a_pick_is_ranked_by_the_row_of_its_day() -> None:
    row: dict[str, Any] = yaml.safe_load((Path(domain.__file__).parent / "rules_data" / "matching.yaml").read_text("utf-8"))["rows"][0]
    later = {**row, "from": date(2027, 1, 1), "patience": 90}
    both = read_matching({"rows": [row, later]})
    assert [both.on(day).patience for day in (date(2020, 1, 1), date(2026, 12, 31), date(2027, 1, 1))] == [60, 60, 90]


def test_a_case_without_matter_or_people_still_has_its_panel() -> None:
    assert set(panel(CaseState(case_id="01"))) == {"li", "wang", "zhao", "staff"}


@for_all(st.dictionaries(st.sampled_from(["li", "wang", "zhao", "staff"]), st.integers(0, 9)), st.permutations(["li", "wang", "zhao"]))
def test_nobody_is_left_out_and_the_order_is_gates_then_choice(loads: dict[str, int], choices: list[str]) -> None:
    seen = candidates(granted(choice=LawyerChoice(choices=tuple(choices))), DIRECTORY, carrying(loads), TODAY, weights=WEIGHTS)
    assert {c.lawyer for c in seen} == set(DIRECTORY.lawyer_of)
    fit = [c for c in seen if not c.gates]
    assert list(seen[: len(fit)]) == fit
    ranks = [c.choice or 99 for c in fit]
    assert ranks == sorted(ranks)


@for_all(st.dictionaries(st.sampled_from(["li", "wang", "zhao", "staff"]), st.integers(0, 4)))
def test_the_panel_is_the_same_whatever_order_the_directory_keeps(loads: dict[str, int]) -> None:
    def ranked(directory: Directory) -> tuple[Candidate, ...]:
        return candidates(granted(), directory, carrying(loads), TODAY, weights=WEIGHTS)

    turned = Directory.fold([], DIRECTORY)
    turned = Directory(turned.office_of, turned.person_of, turned.unit_of, dict(reversed(turned.lawyer_of.items())))
    assert ranked(turned) == ranked(DIRECTORY)


def explained(case: CaseState, pick: str, rank: int | None = None, **loads: int) -> Any:
    seen = candidates(case, DIRECTORY, carrying(loads), TODAY, weights=WEIGHTS)
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
