"""The drawn map: boxes in the columns of their stages, none over another, a curve for each move that is shown."""

from itertools import combinations, pairwise, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lifecycle import STAGE_OF, STAGES, STATES
from web.process_map import BOX_HEIGHT, BOX_WIDTH, MOST_MOVES, Words, drawn

WORDS = Words(
    str, str, lambda s: ("short", f"label {s['state']}", f"/to/{s['state']}"), lambda m: (f"{m['moves']}", f"{m['start']} {m['end']}", "/m")
)


def state(name: str) -> dict[str, Any]:
    return {"state": name, "stage": STAGE_OF[name], "cases": 1}  # pyright: ignore[reportArgumentType]


def move(start: str | None, end: str, moves: int = 1) -> dict[str, Any]:
    return {"start": start, "end": end, "moves": moves}


maps = st.lists(st.sampled_from(STATES), min_size=1, unique=True).flatmap(
    lambda names: st.tuples(
        st.just(sorted(names, key=STATES.index)),
        st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names), st.integers(1, 5000)), unique_by=lambda m: m[:2], max_size=60),
    )
)


@given(maps)
def test_boxes_stand_apart_in_the_columns_of_their_stages(given_map: tuple[list[str], list[tuple[str, str, int]]]) -> None:
    names, moves = given_map
    drawing = drawn([state(n) for n in names], [move(*m) for m in moves if m[0] != m[1]], WORDS)
    assert [box.name for box in drawing.boxes] == [(name,) for name in names]
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= BOX_WIDTH or abs(one.y - other.y) >= BOX_HEIGHT
    for box, name in zip(drawing.boxes, names, strict=True):
        assert box.x + BOX_WIDTH // 2 == drawing.columns[STAGES.index(STAGE_OF[name])].x  # pyright: ignore[reportArgumentType]
        assert 0 <= box.x <= drawing.width - BOX_WIDTH
        assert 0 <= box.y <= drawing.height - BOX_HEIGHT


@given(maps)
def test_the_most_frequent_moves_are_drawn_and_the_others_counted(given_map: tuple[list[str], list[tuple[str, str, int]]]) -> None:
    names, pairs = given_map
    moves = [move(*m) for m in pairs if m[0] != m[1]]
    drawing = drawn([state(n) for n in names], moves, WORDS)
    assert len(drawing.curves) == min(len(moves), MOST_MOVES)
    assert drawing.left_out == len(moves) - len(drawing.curves)
    widths = [curve.width for curve in drawing.curves]
    assert all(one >= other for one, other in pairwise(widths))
    for curve in drawing.curves:
        assert 0 <= curve.at.x <= drawing.width
        assert 0 <= curve.at.y <= drawing.height


def test_a_move_back_is_told_from_one_onward() -> None:
    names = ["received", "examined", "awaiting_assignment"]
    drawing = drawn([state(n) for n in names], [move("received", "examined", 9), move("awaiting_assignment", "received", 3)], WORDS)
    assert [curve.back for curve in drawing.curves] == [False, True]


@pytest.mark.parametrize("often", list(permutations((7, 5, 3, 2))))
def test_the_words_of_moves_between_the_same_columns_stand_apart_and_on_no_box(often: tuple[int, ...]) -> None:
    names = ["received", "examined", "awaiting_assignment", "assigned", "lawyer_named"]
    ways = (
        ("received", "examined"), ("examined", "awaiting_assignment"), ("received", "awaiting_assignment"), ("examined", "assigned"),
    )  # fmt: skip
    words = Words(str, str, WORDS.of_state, lambda m: ("7 · 0.5 d", f"{m['start']} {m['end']}", "/m"))
    drawing = drawn([state(n) for n in names], [move(*way, times) for way, times in zip(ways, often, strict=True)], words)
    for one, other in combinations(drawing.curves, 2):
        assert abs(one.at.x - other.at.x) >= 60 or abs(one.at.y - other.at.y) >= 14
    for curve in drawing.curves:
        assert not any(box.x < curve.at.x < box.x + BOX_WIDTH and box.y < curve.at.y < box.y + BOX_HEIGHT for box in drawing.boxes)


def test_what_opens_a_case_stands_in_the_table_alone() -> None:
    drawing = drawn([state("received")], [move(None, "received", 3)], WORDS)
    assert (drawing.curves, drawing.left_out) == ((), 0)


def test_a_long_name_takes_two_lines() -> None:
    words = Words(str, lambda _: "lawyer named, engagement to sign", WORDS.of_state, WORDS.of_move)
    assert drawn([state("lawyer_named")], [], words).boxes[0].name == ("lawyer named, engagement", "to sign")


def test_a_map_of_nothing_is_empty() -> None:
    assert drawn([], [], WORDS).boxes == ()
