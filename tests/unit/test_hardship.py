"""Hardship: the household's sum against the dated standard of its county."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.command import Refusal
from domain.eligibility import Calculation, Policy, calculate, evaluate
from domain.eligibility.policy import read_policy
from ledger import rules

POLICY = rules.current().policy


@dataclass
class Member:
    relation: str | None
    income_fen_per_month: int
    self_only: bool | None = None
    name: str = "张三"


def assess(*household: Member, policy: Policy = POLICY, on: date = date(2026, 3, 2), county: str = "A", **more: Any) -> Calculation:
    return calculate(policy, on=on, household=household, county=county, **{"residence": "urban", **more})


def test_the_threshold_is_twice_the_line_and_two_hundred_yuan() -> None:
    assert assess(Member("self", 0)).threshold_fen == 81_500 * 2 + 20_000


def test_at_the_threshold_is_in_hardship_and_a_fen_above_is_not() -> None:
    assert assess(Member("self", 183_000)).in_hardship
    assert not assess(Member("self", 183_001)).in_hardship


def test_the_sum_is_divided_by_the_members_and_rounded_down_to_the_fen() -> None:
    found = assess(Member("self", 100), Member("spouse", 100), Member("child", 1))
    assert found.per_person_fen == 67
    assert [(line.label, line.amount_fen) for line in found.lines] == [("self", 100), ("spouse", 100), ("child", 1)]


def test_an_opponent_in_the_household_leaves_the_applicants_own_line_as_one_person() -> None:
    household = (Member("self", 90_000, self_only=True), Member("spouse", 2_000_000))
    found = assess(*household, opponent_in_household=True)
    assert (found.per_person_fen, found.in_hardship, len(found.lines)) == (90_000, True, 1)
    assert not assess(*household).in_hardship


def test_rural_and_urban_have_their_own_lines() -> None:
    assert assess(Member("self", 0), residence="rural").threshold_fen == 59_000 * 2 + 20_000


@pytest.mark.parametrize(
    ("on", "threshold"),
    [(date(2019, 12, 31), 53_000), (date(2020, 1, 1), 144_000), (date(2025, 12, 31), 176_000), (date(2026, 1, 1), 183_000)],
)
def test_the_standard_is_that_of_the_legal_day(on: date, threshold: int) -> None:
    assert assess(Member("self", 0), on=on).threshold_fen == threshold


def test_a_county_has_its_own_line_before_the_common_one() -> None:
    data = {
        "hardship_standard": [{"from": date(2010, 1, 1), "formula": "dibao_line", "instrument": "x"}],
        "dibao_line": [
            {"from": date(2010, 1, 1), "county": "B", "urban": 5, "rural": 4},
            {"from": date(2020, 1, 1), "county": "*", "urban": 3, "rural": 2},
        ],
        "waivers": {},
        "accept_first_grounds": {},
        "home_visit_grounds": [],
        "closing_checklist": {"default": []},
        "network": {"service_circle": {"town_minutes": 30, "rural_minutes": 60}},
    }
    policy = read_policy(data)
    assert assess(Member("self", 0), policy=policy, county="B").threshold_fen == 5
    assert assess(Member("self", 0), policy=policy, county="C").threshold_fen == 3


def test_the_answer_names_the_standard_and_nobodys_name() -> None:
    answer = assess(Member(None, 50_000, self_only=True), Member(None, 10)).as_json()
    assert answer["lines"] == [{"label": "self", "amount_fen": 50_000}, {"label": "member", "amount_fen": 10}]
    assert answer["standard"]["from"] == "2010-01-01"
    assert answer["standard"]["formula"] == "dibao_line * 2 + 20000"
    assert (answer["standard"]["dibao_fen"], answer["standard"]["dibao_from"]) == (81_500, "2026-01-01")
    assert "张三" not in str(answer)


@pytest.mark.parametrize(
    ("household", "more", "code"),
    [
        ([], {}, "household_empty"),
        ([Member("self", 1)], {"opponent_in_household": True}, "self_only_line_required"),
        ([Member("a", 1, self_only=True), Member("b", 1, self_only=True)], {"opponent_in_household": True}, "self_only_line_required"),
        ([Member("self", 1)], {"residence": None}, "residence_required"),
        ([Member("self", 1)], {"on": date(2009, 12, 31)}, "no_standard"),
    ],
)
def test_a_sum_that_cannot_be_made_is_refused(household: list[Member], more: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        assess(*household, **more)
    assert (refused.value.code, refused.value.status) == (code, 422)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_per_person_times_members_never_exceeds_the_sum_nor_falls_a_member_short_of_it(incomes: list[int]) -> None:
    each = assess(*(Member("x", income) for income in incomes)).per_person_fen
    assert each * len(incomes) <= sum(incomes) < (each + 1) * len(incomes)


@pytest.mark.parametrize(("formula", "value"), [("line * 2 + 20000", 20014), ("(line + 1) * 2 - 3 * 2", 10), ("7", 7), (" 1 - 2 - 3 ", -4)])
def test_a_formula_is_a_sum_of_products(formula: str, value: int) -> None:
    assert evaluate(formula, {"line": 7}) == value


@pytest.mark.parametrize("formula", ["", "line *", "line 2", "(line", "other", "line / 2", "line ** 2", "__import__('os')", "1.5", "line)"])
def test_whatever_is_not_a_sum_is_a_fault(formula: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        evaluate(formula, {"line": 7})
