"""The service circle drawn: rings at their minutes, each township as far from the middle as its way is long."""

from math import dist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.circle_map import FARTHEST, HEIGHT, MOST_NAMES, WIDTH, drawn, radius


def town(n: int, minutes: int | None = 20, cases: int = 1, residence: str = "rural") -> dict[str, Any]:
    return {"key": f"T-{n:02}", "minutes": minutes, "cases": cases, "residence": residence, "limit": 30 if residence == "urban" else 60}


def words(each: Any) -> tuple[str, str, str]:
    return each["key"], f"label {each['key']}", f"/cases?{each['key']}"


TOWNS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 200)), st.integers(0, 500), st.sampled_from(("urban", "rural"))), max_size=40
).map(lambda drawn_: [town(n, *each) for n, each in enumerate(drawn_)])


@given(TOWNS)
def test_a_township_stands_as_far_out_as_its_way_is_long(towns: list[dict[str, Any]]) -> None:
    drawing = drawn(towns, (30, 60), words)
    assert [ring.minutes for ring in drawing.rings] == [30, 60]
    by_label = {dot.label: dot for dot in drawing.dots}
    assert len(by_label) == len(towns)
    for each in towns:
        dot = by_label[f"label {each['key']}"]
        assert dist((dot.x, dot.y), drawing.middle) == pytest.approx(radius(each["minutes"]), abs=0.2)
        assert dot.size <= dot.x <= WIDTH - dot.size
        assert dot.size <= dot.y <= HEIGHT - dot.size
        inside = dist((dot.x, dot.y), drawing.middle) <= radius(each["limit"]) + 0.2
        assert dot.way == ("unmeasured" if each["minutes"] is None else "within" if inside else "beyond")
        assert dot.town == (each["residence"] == "urban")
        assert dot.link == (f"/cases?{each['key']}" if each["cases"] else "")
    assert sum(bool(dot.name) for dot in drawing.dots) == min(len(towns), MOST_NAMES)


def test_more_cases_make_a_larger_dot() -> None:
    few, many = sorted(drawn([town(1, cases=1), town(2, cases=100)], (30, 60), words).dots, key=lambda dot: dot.label)
    assert few.size < many.size


def test_what_was_never_measured_stands_outside_both_rings() -> None:
    (dot,) = drawn([town(1, minutes=None)], (30, 60), words).dots
    assert (dot.way, radius(None)) == ("unmeasured", radius(FARTHEST))


def test_a_long_name_is_cut_in_the_picture_alone() -> None:
    (dot,) = drawn([town(1)], (30, 60), lambda _: ("长" * 200, "长" * 200, "")).dots
    assert dot.name == f"{'长' * 8}…"
    assert dot.label == "长" * 200


def test_a_circle_of_nothing_has_its_rings() -> None:
    drawing = drawn([], (30, 60), words)
    assert (len(drawing.rings), drawing.dots) == (2, ())
