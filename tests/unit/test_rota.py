"""The rota: shared out fairly, swapped only between two who both can, never without somebody on it."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.command import Refusal
from domain.directory import Directory, LeaveSet
from domain.registers import RegisterEvent
from domain.rota import (
    Rota,
    RotaPublished,
    Shift,
    ShiftCovered,
    Slot,
    SwapAccepted,
    SwapProposed,
    SwapRefused,
    away_by,
    cover,
    days_of,
    folded,
    open_shifts,
    plan,
    propose,
    settle,
)
from tests.unit.hands import DIRECTORY

ZONE = ZoneInfo("Asia/Shanghai")
NINE, FIVE = time(9), time(17)
TODAY = date(2026, 3, 1)
PEOPLE = ("chen", "li", "wang")


def never(person: str, day: date) -> bool:
    return False


def march(*days: int) -> list[date]:
    return [date(2026, 3, day) for day in days]


def shift(day: int, person: str) -> Shift:
    return Shift(day=date(2026, 3, day), start=NINE, end=FIVE, person=person)


def slot(day: int) -> Slot:
    return Slot(day=date(2026, 3, day), start=NINE)


def published(*shifts: Shift, since: date = TODAY) -> RotaPublished:
    return RotaPublished(since=since, office="DY", rota="duty", month="2026-03", shifts=shifts)


def offered(give: int, by: str, to: str, take: int | None = None, swap: str = "s1") -> SwapProposed:
    return SwapProposed(
        since=TODAY, office="DY", rota="duty", swap=swap, by=by, to=to, give=slot(give), take=slot(take) if take else None, reason="出庭"
    )


def rota(*events: RegisterEvent) -> Rota:
    return folded("DY", events)


def persons(held: Rota) -> dict[int, str]:
    return {each.day.day: each.person for _, each in held.between(*days_of("2026-03"))}


MONTH = published(shift(2, "chen"), shift(4, "li"), shift(6, "wang"), shift(9, "chen"))


def test_a_month_is_shared_out_to_whoever_had_the_fewest_shifts_so_far() -> None:
    before = rota(RotaPublished(since=date(2026, 2, 1), office="DY", rota="duty", month="2026-02", shifts=(
        Shift(day=date(2026, 2, 2), start=NINE, end=FIVE, person="chen"), Shift(day=date(2026, 2, 4), start=NINE, end=FIVE, person="chen"),
    )))  # fmt: skip
    planned = plan(before, "duty", march(2, 4, 6, 9), (NINE, FIVE), PEOPLE, away=never)
    assert [s.person for s in planned.shifts] == ["li", "wang", "li", "wang"]
    assert planned.counts == {"chen": 2, "li": 2, "wang": 2}


def test_nobody_is_given_a_day_of_leave_nor_two_days_without_rest_between() -> None:
    def away(person: str, day: date) -> bool:
        return person == "li"

    planned = plan(rota(), "duty", march(2, 3, 4), (NINE, FIVE), PEOPLE, away=away)
    assert [s.person for s in planned.shifts] == ["chen", "wang", "chen"]
    assert planned.gaps == ()


def test_a_day_nobody_can_take_stays_a_gap_that_is_told() -> None:
    planned = plan(rota(), "duty", march(2, 3), (NINE, FIVE), ("chen",), away=never)
    assert [s.day.day for s in planned.shifts] == [2]
    assert planned.gaps == (date(2026, 3, 3),)


@given(st.integers(3, 9), st.integers(1, 28))
def test_a_plan_is_never_more_than_one_shift_out_of_balance(people: int, days: int) -> None:
    names = [f"p{n}" for n in range(people)]
    planned = plan(rota(), "duty", [TODAY + timedelta(days=n) for n in range(days)], (NINE, FIVE), names, away=never)
    assert max(planned.counts.values()) - min(planned.counts.values()) <= 1
    assert len(planned.shifts) == days


def test_who_is_on_duty_is_told_by_the_hour_and_across_midnight() -> None:
    night = Shift(day=date(2026, 3, 3), start=time(20), end=time(8), person="li")
    held = rota(published(shift(2, "chen"), night))

    def on(day: int, hour: int) -> list[str]:
        return [s.person for _, s in held.on(datetime(2026, 3, day, hour, tzinfo=ZONE))]

    assert (on(2, 9), on(2, 17), on(3, 23), on(4, 7), on(4, 8)) == (["chen"], [], ["li"], ["li"], [])


def test_the_shift_stays_with_who_proposed_until_the_other_accepts() -> None:
    asked = offered(2, "chen", "li", take=4)
    assert persons(rota(MONTH, asked))[2] == "chen"
    answer = settle(rota(MONTH, asked), "s1", "li", accepts=True, away=never, today=TODAY)
    assert isinstance(answer, SwapAccepted)
    assert persons(rota(MONTH, asked, answer)) == {2: "li", 4: "chen", 6: "wang", 9: "chen"}


def test_a_refused_swap_leaves_each_where_they_were() -> None:
    asked = offered(2, "chen", "li")
    answer = settle(rota(MONTH, asked), "s1", "li", accepts=False, away=never, today=TODAY)
    assert isinstance(answer, SwapRefused)
    assert persons(rota(MONTH, asked, answer)) == persons(rota(MONTH))


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        ask()
    return refused.value.code


def test_only_ones_own_shift_is_offered_and_only_for_one_the_other_has() -> None:
    assert refusal(lambda: propose(rota(MONTH), offered(4, "chen", "li"), never, TODAY)) == "not_their_shift"
    assert refusal(lambda: propose(rota(MONTH), offered(2, "chen", "li", take=6), never, TODAY)) == "not_their_shift"
    assert refusal(lambda: propose(rota(MONTH), offered(3, "chen", "li"), never, TODAY)) == "unknown_shift"


def test_both_must_be_able_on_the_day_they_would_get() -> None:
    def away(person: str, day: date) -> bool:
        return person == "li" and day == date(2026, 3, 2)

    assert refusal(lambda: propose(rota(MONTH), offered(2, "chen", "li", take=4), away, TODAY)) == "person_on_leave"
    tight = published(shift(2, "chen"), shift(3, "li"), shift(6, "wang"))
    assert refusal(lambda: propose(rota(tight), offered(2, "chen", "li"), never, TODAY)) == "no_day_of_rest"
    assert propose(rota(tight), offered(2, "chen", "li", take=3), never, TODAY).take == slot(3)


def test_a_shift_stands_in_one_open_swap_at_a_time() -> None:
    asked = offered(2, "chen", "li")
    assert refusal(lambda: propose(rota(MONTH, asked), offered(2, "chen", "wang", swap="s2"), never, TODAY)) == "swap_open"


def test_only_the_one_asked_accepts_and_only_once() -> None:
    asked = offered(2, "chen", "li")
    held = rota(MONTH, asked)
    assert refusal(lambda: settle(held, "s1", "wang", accepts=True, away=never, today=TODAY)) == "not_your_swap"
    assert refusal(lambda: settle(held, "s1", "chen", accepts=True, away=never, today=TODAY)) == "not_your_swap"
    assert isinstance(settle(held, "s1", "chen", accepts=False, away=never, today=TODAY), SwapRefused)
    done = rota(MONTH, asked, SwapAccepted(since=TODAY, office="DY", rota="duty", swap="s1"))
    assert refusal(lambda: settle(done, "s1", "li", accepts=True, away=never, today=TODAY)) == "swap_settled"


def test_a_shift_that_was_covered_meanwhile_is_no_longer_swapped() -> None:
    covered = ShiftCovered(since=TODAY, office="DY", rota="duty", slot=slot(2), person="wang", was="chen", reason="急病")
    held = rota(MONTH, offered(2, "chen", "li"), covered)
    assert refusal(lambda: settle(held, "s1", "li", accepts=True, away=never, today=TODAY)) == "not_their_shift"


def test_a_shift_that_is_over_is_not_swapped() -> None:
    later = date(2026, 3, 3)
    assert refusal(lambda: propose(rota(MONTH), offered(2, "chen", "li"), never, later)) == "shift_is_over"
    assert refusal(lambda: settle(rota(MONTH, offered(2, "chen", "li")), "s1", "li", accepts=True, away=never, today=later)) == (
        "shift_is_over"
    )


def test_a_sudden_leave_is_covered_by_somebody_who_is_not_away() -> None:
    event = ShiftCovered(since=TODAY, office="DY", rota="duty", slot=slot(2), person="wang", was="nobody", reason="急病")
    taken = cover(rota(MONTH), event, never)
    assert taken.was == "chen"
    assert persons(rota(MONTH, taken))[2] == "wang"

    def wang_away(person: str, day: date) -> bool:
        return person == "wang"

    assert refusal(lambda: cover(rota(MONTH), event, wang_away)) == "person_on_leave"


def test_a_new_publication_voids_what_was_planned_from_its_day_on_and_open_swaps_with_it() -> None:
    again = published(shift(6, "chen"), shift(9, "li"), since=date(2026, 3, 5))
    held = rota(MONTH, offered(9, "chen", "li", swap="late"), offered(2, "chen", "li", swap="early"), again)
    assert persons(held) == {2: "chen", 4: "li", 6: "chen", 9: "li"}
    assert (held.swaps["late"].state, held.swaps["early"].state) == ("void", "open")


def test_what_a_leaver_still_has_is_listed_from_the_day_on() -> None:
    assert [s.day.day for _, s in open_shifts(rota(MONTH), "chen", date(2026, 3, 3))] == [9]


def test_leave_is_taken_from_the_panel() -> None:
    on_leave = Directory.fold([LeaveSet(since=TODAY, lawyer="li")], DIRECTORY)
    assert away_by(on_leave)("p-li", TODAY)
    assert not away_by(DIRECTORY)("p-li", TODAY)
    assert not away_by(DIRECTORY)("nobody", TODAY)
