"""Cases to be handled with care say so discreetly, with the safe way to reach people; text from right to left turns nothing round."""

from datetime import date
from typing import Any

import pytest

from web.bidi import isolated
from web.care import care

TODAY = date(2026, 11, 26)
ADULT: dict[str, Any] = {"name": "王某", "categories": ["woman"], "birth_date": "1990-01-01"}


def case(**more: Any) -> dict[str, Any]:
    return {"applicant": ADULT, "co_applicants": [], "matter": {"cause": "wages"}, **more}


def test_most_cases_need_no_special_care() -> None:
    assert care(case(), TODAY) is None
    assert care({"applicant": None}, TODAY) is None


@pytest.mark.parametrize(
    "told",
    [
        {"applicant": ADULT | {"categories": ["domestic_violence_victim"]}},
        {"co_applicants": [ADULT | {"categories": ["domestic_violence_victim"]}]},
        {"matter": {"cause": "protection_order"}},
        {"eligibility": {"waiver": "abuse_abandonment_domestic_violence"}},
        {"proxy": {"party": ADULT | {"safe_contact": {"phone": "13900000000"}}}},
    ],
)
def test_danger_at_home_is_known_by_group_matter_ground_or_the_way_to_reach_somebody(told: dict[str, Any]) -> None:
    found = care(case(**told), TODAY)
    assert found is not None
    assert found.why == ("violence",)


def test_the_safe_way_comes_with_it() -> None:
    way = {"phone": "13900000000", "never": "座机"}
    found = care(case(applicant=ADULT | {"safe_contact": way}), TODAY)
    assert found is not None
    assert found.ways == ({"name": "王某", **way},)


@pytest.mark.parametrize(("born", "minor"), [("2008-11-27", True), ("2008-11-26", False), (None, False), ("(erased)", False)])
def test_a_minor_is_who_is_not_yet_eighteen(born: str | None, minor: bool) -> None:
    found = care(case(applicant=ADULT | {"birth_date": born}), TODAY)
    assert (found is not None and found.why == ("minor",)) is minor


def test_who_speaks_for_others_and_the_other_side_are_no_reason() -> None:
    child = ADULT | {"birth_date": "2015-01-01"}
    assert care(case(opponents=[child], proxy={"party": child}), TODAY) is None


def test_text_from_right_to_left_is_set_apart_and_other_text_is_not() -> None:
    assert isolated("محمد") == "\u2068محمد\u2069"
    assert isolated("王某 (Wang)") == "王某 (Wang)"
    assert isolated({"applicant": {"name": "משה"}, "papers": ["x", 3, None]}) == {
        "applicant": {"name": "\u2068משה\u2069"}, "papers": ["x", 3, None],
    }  # fmt: skip
