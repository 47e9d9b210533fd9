"""The chance that a limit is missed at the present pace: worked out by hand, and tied to a plain count of who stayed open."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clocks.forecast import ENOUGH, Chance, Count, Pace, chance
from web.forecast import in_tenths

DAYS = st.integers(min_value=0, max_value=30)
ENDED = st.lists(DAYS, min_size=1, max_size=60)
OPEN = st.lists(DAYS, max_size=30)


def pace(ended: list[int], waiting: list[int] | None = None) -> Pace:
    return Pace(Counter(ended), Counter(waiting or []))


TEN = pace([1, 2, 2, 3, 5, 5, 5, 8, 9, 12])


@pytest.mark.parametrize(
    ("age", "last", "comparable", "share"),
    [
        (0, 7, 10, 3 / 10),  # 8, 9 and 12 of all
        (2, 7, 9, 3 / 9),  # the one of day 1 is out
        (3, 7, 7, 3 / 7),
        (4, 7, 6, 3 / 6),
        (5, 7, 6, 3 / 6),  # nobody ended on day 4
        (6, 7, 3, 3 / 3),
        (7, 7, 3, 3 / 3),  # due today, and all three were still open then
        (8, 8, 3, 2 / 3),  # due today, and one of three was met on that very day
        (9, 8, 2, 1),  # past its last day
        (0, 12, 10, 0),  # none took longer
        (12, 12, 1, 0),
    ],
)
def test_the_share_of_those_open_at_that_age_that_stayed_open_past_the_last_day(age: int, last: int, comparable: int, share: float) -> None:
    assert TEN.comparable(age) == comparable
    assert TEN.share_open_after(last, age) == pytest.approx(share)


def test_one_that_is_open_counts_for_the_days_it_has_stood() -> None:
    """Day 2: of 4 watched to its end one was met. Day 4: one of the two still watched; the third, in its day 4 now, is not yet."""
    watched = pace([2, 4], [4, 9])
    assert [watched.comparable(age) for age in (0, 2, 3, 4, 5, 8, 9)] == [4, 4, 3, 2, 1, 1, 0]
    assert watched.share_open_after(4, 0) == pytest.approx(3 / 4 * 1 / 2)
    assert watched.share_open_after(8, 0) == pytest.approx(3 / 8)


def test_an_office_that_never_answers_does_not_look_quick() -> None:
    assert pace([2] * 30).share_open_after(7, 0) == 0
    assert pace([2] * 30, [60] * 30).share_open_after(7, 0) == pytest.approx(1 / 2)


def test_where_none_was_watched_to_the_last_day_there_is_no_share() -> None:
    assert pace([2, 3], [5]).share_open_after(7, 0) is None
    assert pace([]).share_open_after(3, 0) is None


def test_counts_of_several_offices_add_up() -> None:
    assert Pace.of([Count(2, 1, 0), Count(2, 2, 1), Count(3, 0, 4)]) == Pace({2: 3, 3: 0}, {2: 1, 3: 4})


class TestWhoseHistory:
    OFFICE, REACH = pace([3] * ENOUGH), pace([9] * ENOUGH)

    def test_the_offices_own_where_it_is_long_enough(self) -> None:
        assert chance(age=1, last=5, office=self.OFFICE, reach=self.REACH) == Chance(0.0, ENOUGH, "office")

    def test_else_all_that_is_reached(self) -> None:
        assert chance(age=1, last=5, office=pace([3] * (ENOUGH - 1)), reach=self.REACH) == Chance(1.0, ENOUGH, "reach")

    def test_what_counts_is_how_many_were_still_open_at_the_age(self) -> None:
        assert chance(age=4, last=5, office=self.OFFICE, reach=self.REACH) == Chance(1.0, ENOUGH, "reach")

    def test_of_too_few_nothing_is_told(self) -> None:
        assert chance(age=4, last=5, office=self.OFFICE, reach=pace([9] * (ENOUGH - 1))) is None


@pytest.mark.parametrize(
    ("missed", "said"),
    [
        *((0.0, ("never", 0)), (0.01, ("under", 1)), (0.049, ("under", 1)), (0.05, ("tenths", 1)), (0.25, ("tenths", 3))),
        *((0.949, ("tenths", 9)), (0.95, ("over", 9)), (0.999, ("over", 9)), (1.0, ("surely", 10))),
    ],
)
def test_a_chance_is_told_in_tenths(missed: float, said: tuple[str, int]) -> None:
    assert in_tenths(missed) == said


@given(ENDED, OPEN, DAYS, DAYS)
def test_a_share_is_a_share(ended: list[int], waiting: list[int], age: int, last: int) -> None:
    share = pace(ended, waiting).share_open_after(last, age)
    assert share is None or 0 <= share <= 1


@given(ENDED, DAYS, DAYS)
def test_without_open_ones_it_is_a_plain_count(ended: list[int], age: int, last: int) -> None:
    open_then = [days for days in ended if days >= age]
    found = pace(ended).share_open_after(last, age)
    if last < age:
        assert found == 1
    elif open_then:
        assert found == pytest.approx(sum(days > last for days in open_then) / len(open_then))
    else:
        assert found is None


@given(ENDED, OPEN, DAYS, DAYS)
def test_it_never_sinks_with_age_and_stands_still_where_nobody_ended(ended: list[int], waiting: list[int], age: int, last: int) -> None:
    at = pace(ended, waiting)
    now, tomorrow = at.share_open_after(last, age), at.share_open_after(last, age + 1)
    if age >= last or now is None or tomorrow is None:
        return
    assert tomorrow >= now - 1e-12
    if age not in ended:
        assert tomorrow == pytest.approx(now)


@given(ENDED, DAYS)
def test_it_is_nothing_where_nobody_was_ever_open_past_the_last_day(ended: list[int], age: int) -> None:
    last = max(ended)
    assert age > last or pace(ended).share_open_after(last, age) == 0
