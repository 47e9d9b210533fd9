"""A body is taken at its word: what is of another kind than asked for is pointed at, never read as what it might have meant."""

from datetime import date, timedelta
from typing import Any

import pytest

from api.problem import Problem
from api.typed import LARGEST, check_numbers, typed
from domain.command import COMMANDS
from domain.stages.closure import ScorePeerReview
from tests.unit.world import submit

SUBMIT: dict[str, Any] = {"centre": "C-CITY", "channel": "walk_in", "applicant": {"name": "王建国"}}


def fault(command: str, body: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(Problem) as met:
        typed(COMMANDS[command], body)
    (error,) = met.value.errors
    return error["pointer"], error["code"]


@pytest.mark.parametrize(
    ("command", "body", "pointer", "code"),
    [
        ("submit_application", SUBMIT | {"matter": {"summary": "欠薪", "claim_fen": "5"}}, "/matter/claim_fen", "not_an_integer"),
        ("submit_application", SUBMIT | {"matter": {"summary": "欠薪", "claim_fen": True}}, "/matter/claim_fen", "not_an_integer"),
        ("submit_application", SUBMIT | {"effective_on": "2026-03-10T00:00:00"}, "/effective_on", "not_a_date"),
        ("submit_application", SUBMIT | {"form": "oral"}, "/oral", "oral_record_missing"),
        ("declare_conflict_check", {"cleared": "yes"}, "/cleared", "not_a_boolean"),
        ("schedule_hearing", {"forum": "法院", "at": 1767229200}, "/at", "not_a_moment"),
        ("grant_aid", {"reasons": "符合条件", "forms": "litigation"}, "/forms", "not_a_list"),
    ],
)
def test_a_value_of_another_kind_is_a_fault(command: str, body: dict[str, Any], pointer: str, code: str) -> None:
    assert fault(command, body) == (pointer, code)


def test_days_moments_and_ids_come_as_texts() -> None:
    body = SUBMIT | {"effective_on": "2026-03-10", "consultation_id": "01890000-0000-7000-8000-000000000001"}
    assert typed(type(submit()), body).effective_on is not None
    assert typed(COMMANDS["schedule_hearing"], {"forum": "法院", "at": "2026-03-10T09:30:00+08:00"})


def test_points_may_come_as_a_form_sends_them() -> None:
    assert typed(ScorePeerReview, {"scores": {"实体": "90", "程序": 80}}).scores == {"实体": 90, "程序": 80}
    assert fault("score_peer_review", {"scores": {"实体": "九十"}}) == ("/scores/实体", "not_an_integer")


@pytest.mark.parametrize(
    ("number", "code"), [(1.5, "not_an_integer"), (2.0, "not_an_integer"), (LARGEST + 1, "too_large"), (-LARGEST - 1, "too_small")]
)
def test_a_number_without_a_place_in_the_ledger_is_pointed_at(number: float, code: str) -> None:
    with pytest.raises(Problem) as met:
        check_numbers({"papers": [{"copies": 1}, {"copies": number}]})
    assert met.value.errors == ({"pointer": "/papers/1/copies", "code": code},)


def test_the_largest_integer_passes() -> None:
    check_numbers({"a": [LARGEST, -LARGEST, True, "1.5"]})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"applicant": {"name": "王建国", "birth_date": "2126-03-10"}}, "/applicant/birth_date"),
        ({"opponents": [{"name": "某公司"}, {"name": "李四", "birth_date": "2126-03-10"}]}, "/opponents/1/birth_date"),
        ({"proxy": {"relation": "spouse", "party": {"name": "李四", "birth_date": "2126-03-10"}}}, "/proxy/party/birth_date"),
    ],
)
def test_nobody_is_born_in_the_future(body: dict[str, Any], pointer: str) -> None:
    assert fault("submit_application", SUBMIT | body) == (pointer, "born_in_future")


def test_a_child_may_be_born_on_the_day() -> None:
    today = date(2026, 3, 10)
    child: dict[str, Any] = {"applicant": {"name": "王小宝", "birth_date": today.isoformat()}}
    assert typed(type(submit()), SUBMIT | child, today)
    with pytest.raises(Problem):
        typed(type(submit()), SUBMIT | child, today - timedelta(days=1))
