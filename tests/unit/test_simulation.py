"""The arithmetic of the simulation of assignments: what it tells must be so."""

import pytest

from bench.assignment import city, gini, stream, year
from ledger import rules


@pytest.mark.parametrize(
    ("values", "share"),
    [([3, 3, 3], 0.0), ([0, 0, 0, 8], 0.75), ([1, 3], 0.25), ([0, 1], 0.5), ([1, 2, 3, 4], 0.25)],
)
def test_gini_is_how_unequal_the_loads_are(values: list[float], share: float) -> None:
    assert gini(values) == pytest.approx(share)


def test_loads_that_are_all_nothing_have_no_share_to_compare() -> None:
    with pytest.raises(ValueError, match="no share"):
        gini([0, 0])


def test_every_case_is_given_once_or_to_nobody_and_a_wish_is_followed_where_no_gate_stands_in_its_way() -> None:
    directory = city()
    cases = list(stream(directory, 40))
    given = year("ranking", directory, cases, rules.current().matching.on(cases[0].on))

    assert len(given.minutes) + given.nobody == len(cases)
    assert given.named == sum(bool(c.case.choice and c.case.choice.choices) for c in cases)
    assert 0 < given.honoured <= given.named
    assert sum(given.held.values()) > 0


def test_the_stream_is_the_same_however_often_it_is_drawn() -> None:
    directory = city()
    assert [c.case for c in stream(directory, 20)] == [c.case for c in stream(directory, 20)]
