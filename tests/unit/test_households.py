"""Forty households worked out by hand: the product comes to the same to the fen, and tells how in both languages."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import texts
from api.eligibility import sentences
from domain.command import Refusal
from domain.directory import DIRECTORY_EVENTS, Directory
from domain.eligibility import calculate
from domain.eligibility.explanation import explain, with_numbers, yuan
from domain.eligibility.standards import standing
from domain.stages.decision import AssessHardship, HouseholdMember
from ledger import rules
from ops.example.directory import directory_events

TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("households.yaml").read_text(encoding="utf-8"))
ROWS: list[dict[str, Any]] = TABLE["households"]


def entered() -> Directory:
    """The example's directory and the table's own standards."""
    events = [DIRECTORY_EVENTS[row["type"]].model_validate({n: v for n, v in row.items() if n != "type"}) for row in TABLE["entered"]]
    return Directory.fold([*directory_events(), *events])


POLICY = standing(rules.current().policy, entered())
household = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['n']}: {row['working']}")


def question(row: dict[str, Any]) -> AssessHardship:
    members = tuple(
        HouseholdMember(relation=relation.removesuffix("*"), income_fen_per_month=fen, self_only=relation.endswith("*"))
        for relation, fen in row["members"]
    )
    return AssessHardship(
        household=members, county=row["county"], residence=row["residence"], opponent_in_household=row.get("opponent", False)
    )


def worked_out(row: dict[str, Any]) -> dict[str, Any]:
    asked = question(row)
    found = calculate(
        POLICY, on=row["day"], household=asked.household, county=asked.county, residence=asked.residence,
        opponent_in_household=asked.opponent_in_household,
    )  # fmt: skip
    return asked.model_dump(mode="json", exclude_none=True) | found.as_json()


def test_there_are_forty_each_with_its_working() -> None:
    assert [row["n"] for row in ROWS] == list(range(1, 41))
    assert all(row["working"] for row in ROWS)


@household
def test_the_result_is_the_one_worked_out_by_hand(row: dict[str, Any]) -> None:
    if row["per"] is None:
        with pytest.raises(Refusal) as refused:
            worked_out(row)
        assert refused.value.code == "no_standard"
        return
    found = worked_out(row)
    assert (found["per_person_fen"], found["threshold_fen"], found["in_hardship"], len(found["lines"])) == (
        row["per"], row["threshold"], row["in_hardship"], row["people"],
    )  # fmt: skip


@household
def test_each_line_of_it_is_told_in_both_languages(row: dict[str, Any]) -> None:
    if row["per"] is None:
        return
    found = explain(worked_out(row))
    said = {lang: sentences(lang, found, {}) for lang in texts.LANGUAGES}
    for told in said.values():
        whole = "\n".join(told)
        assert all(yuan(fen) in whole for _, fen in row["members"])
        assert yuan(row["per"]) in told[-1]
        assert yuan(row["threshold"]) in told[-1]
        assert yuan(abs(row["threshold"] - row["per"])) in told[-1] or row["threshold"] == row["per"]
        assert "{" not in whole
        assert "[[" not in whole
    assert len({len(told) for told in said.values()}) == 1
    assert ("不符合" in said["zh-CN"][-1]) == (not row["in_hardship"])
    assert ("not in economic hardship" in said["en"][-1]) == (not row["in_hardship"])


def test_who_is_left_out_is_named_with_the_cause() -> None:
    found = explain(worked_out(ROWS[20]))
    assert [line["label"] for line in found.left_out] == ["spouse"]
    said = sentences("zh-CN", found, {})
    assert "只计算申请人本人的收入" in said[0]
    assert "不计入：配偶，每月 20,000.00 元，因为对方是家庭成员。" in said


def test_the_standard_is_told_with_the_numbers_put_in() -> None:
    said = sentences("en", explain(worked_out(ROWS[0])), {})
    assert "815.00 × 2 + 200.00 = 1,830.00 yuan" in said[-2]
    assert "1 Jan 2026" in said[-3]


def test_half_a_fen_that_was_dropped_is_told() -> None:
    assert "less than a fen is dropped" in "".join(sentences("en", explain(worked_out(ROWS[6])), {}))
    assert "less than a fen is dropped" not in "".join(sentences("en", explain(worked_out(ROWS[7])), {}))


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("dibao_line * 2 + 20000", "590.00 × 2 + 200.00"),
        ("2 * dibao_line - 100", "2 × 590.00 − 1.00"),
        ("(dibao_line + 10000) * 3", "(590.00 + 100.00) × 3"),
        ("150000", "1,500.00"),
    ],
)
def test_a_number_that_multiplies_is_no_amount(formula: str, said: str) -> None:
    assert with_numbers(formula, 59_000) == said


def test_an_assessment_of_an_old_day_is_told_by_the_numbers_stored_with_it() -> None:
    stored = worked_out(ROWS[30])
    assert stored["standard"]["dibao_from"] == date(2010, 1, 1).isoformat()
    assert explain(stored).formula == "72.00 × 2 + 200.00"
