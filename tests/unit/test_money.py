"""Awards against payments, as the recorded steps tell them."""

from datetime import date
from typing import Any

from domain.case import Procedure
from domain.money import Money, money

DAY = date(2026, 3, 1)


def step(kind: str, fen: int | None, day: int = 1, *, people: tuple[int, ...] = (0,), **more: Any) -> Procedure:
    held_on = DAY.replace(day=day)
    return Procedure(kind=kind, stage="arbitration", body="某", held_on=held_on, amount_fen=fen, for_recipients=people, version=day, **more)


def test_where_no_step_names_an_amount_nothing_is_told() -> None:
    assert money([step("filed", None), step("award", None), step("preservation_ordered", 500)]) is None


def test_what_was_paid_is_counted_against_what_was_awarded() -> None:
    steps = [step("award", 1000, payment_due_on=date(2026, 4, 1)), step("payment_received", 300, 5), step("payment_received", 200, 9)]
    told = money(steps)
    assert told == Money(awarded_fen=1000, received_fen=500, outstanding_fen=500, due_on=date(2026, 4, 1), received_on=DAY.replace(day=9))


def test_a_later_decision_takes_the_place_of_the_earlier_about_the_same_people() -> None:
    told = money([step("judgment", 1200, 20, people=(0, 1)), step("award", 1000, 2, people=(0,))])
    assert told is not None
    assert told.awarded_fen == 1200


def test_decisions_about_different_people_add_up() -> None:
    told = money([step("award", 1000, 2), step("mediation_paper", 700, 3, people=(1, 2))])
    assert told is not None
    assert (told.awarded_fen, told.outstanding_fen) == (1700, 1700)


def test_nothing_is_outstanding_once_more_has_come_in_or_nothing_was_awarded() -> None:
    for steps in ([step("award", 100), step("payment_received", 150, 4)], [step("payment_received", 150, 4)]):
        told = money(steps)
        assert told is not None
        assert told.outstanding_fen == 0
