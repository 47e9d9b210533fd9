"""Standards as dated events of the directory, what a new one would change, and which pledges are drawn to be verified."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.directory import DibaoLineSet, Directory, DirectoryEvent, DirectoryFault, HardshipStandardSet, SpotCheckShareSet
from domain.eligibility.policy import Policy
from domain.eligibility.rehearsal import Counts, again
from domain.eligibility.spot_checks import Pledge, drawn
from domain.eligibility.standards import as_if, standing
from domain.stages.decision import AssessHardship
from tests.unit import world
from tests.unit.world import RULES, Case, household
from tests.unit.world import given as case_of

JULY = date(2026, 7, 1)


def line(since: date, urban: int, county: str = "*", **more: Any) -> DibaoLineSet:
    return DibaoLineSet(since=since, county=county, urban_fen=urban, rural_fen=urban - 20_000, instrument="通知", **more)


def policy(*events: DirectoryEvent) -> Policy:
    return standing(RULES.policy, Directory.fold(events, world.DIRECTORY))


def threshold(held: Policy, on: date, county: str = "ADX") -> int:
    found = held.standard(on, county, "urban")
    assert found is not None
    return found.threshold_fen


class TestInForce:
    def test_a_line_holds_from_its_day_and_not_before(self) -> None:
        held = policy(line(JULY, 90_000))
        assert [threshold(held, on) for on in (date(2026, 6, 30), JULY)] == [183_000, 200_000]

    def test_a_row_of_the_directory_goes_before_the_files_row_of_the_same_day(self) -> None:
        assert threshold(policy(line(date(2026, 1, 1), 90_000)), date(2026, 3, 2)) == 200_000

    def test_of_two_rows_for_one_day_the_one_entered_later_counts(self) -> None:
        assert threshold(policy(line(JULY, 90_000), line(JULY, 95_000)), JULY) == 210_000

    def test_a_countys_own_line_goes_before_a_later_one_for_all(self) -> None:
        held = policy(line(JULY, 90_000, "YTX"), line(date(2026, 9, 1), 99_000))
        on = date(2026, 9, 2)
        assert (threshold(held, on, "YTX"), threshold(held, on, "云台县"), threshold(held, on, "ADX")) == (200_000, 200_000, 218_000)

    def test_a_formula_holds_from_its_day(self) -> None:
        held = policy(HardshipStandardSet(since=JULY, formula="dibao_line * 3", instrument="办法"))
        assert [threshold(held, on) for on in (date(2026, 6, 30), JULY)] == [183_000, 244_500]

    def test_what_is_no_sum_is_no_formula(self) -> None:
        with pytest.raises(ValidationError, match="dibao_line"):
            HardshipStandardSet(since=JULY, formula="dibao_line / 2", instrument="办法")

    def test_a_share_names_an_office_of_the_directory(self) -> None:
        with pytest.raises(DirectoryFault):
            policy(SpotCheckShareSet(since=JULY, centre="C-NOWHERE", percent=5, instrument="通知"))

    def test_a_centres_share_goes_before_the_one_for_all(self) -> None:
        held = policy(SpotCheckShareSet(since=JULY, centre=world.CENTRE, percent=50, instrument="通知"))
        assert (held.spot_check_percent(JULY, world.CENTRE), held.spot_check_percent(JULY, "C-ADX")) == (50, 10)


class TestDecisions:
    def test_a_decision_rests_on_the_standard_the_directory_holds_for_its_legal_day(self) -> None:
        poor = AssessHardship(household=household(190_000), county="CITY", residence="urban")
        case = case_of(world.submit())
        (before,) = case.copy().when(poor)
        (after,) = case.copy().when(poor, directory=Directory.fold([line(date(2026, 3, 1), 90_000)], world.DIRECTORY))
        assert (before.in_hardship, before.threshold_fen) == (False, 183_000)  # type: ignore[attr-defined]
        assert (after.in_hardship, after.threshold_fen) == (True, 200_000)  # type: ignore[attr-defined]

    def test_what_was_decided_keeps_its_standard_whatever_is_entered_afterwards(self) -> None:
        case = case_of(world.submit(), AssessHardship(household=household(190_000), county="CITY", residence="urban"))
        assessed = case.history[-1].event
        outcome = again(policy(line(date(2026, 3, 1), 90_000)), world.TODAY, assessed)  # type: ignore[arg-type]
        held = case.state.recipients[0].hardship
        assert held is not None
        assert (held.in_hardship, outcome.same_outcome) == (False, False)


def assessed(fen: int) -> tuple[Case, Any]:
    case = case_of(world.submit(), AssessHardship(household=household(fen), county="ADX", residence="urban"))
    return case, case.history[-1].event


class TestRehearsal:
    def test_under_the_rules_of_its_day_an_assessment_comes_to_the_same(self) -> None:
        _, event = assessed(183_000)
        assert again(policy(), world.TODAY, event) == again(RULES.policy, world.TODAY, event)
        assert again(policy(), world.TODAY, event)[1:] == (True, True)

    def test_another_sum_with_the_same_outcome_changes_nothing_for_the_applicant(self) -> None:
        _, event = assessed(100)
        found = again(policy(line(date(2026, 1, 1), 90_000)), world.TODAY, event)
        assert (found.same_sum, found.same_outcome) == (False, True)

    def test_a_day_without_a_standard_is_counted_apart(self) -> None:
        counts = Counts()
        assert not counts.count("C-ADX", again(policy(), date(2009, 1, 1), assessed(1)[1]))
        assert (counts.without_standard, counts.changed) == (1, 0)

    def test_what_would_change_is_counted_by_way_and_by_centre(self) -> None:
        counts, lower = Counts(), policy(line(date(2026, 1, 1), 50_000))
        for fen in (100_000, 150_000, 200_000):
            counts.count("C-ADX", again(lower, world.TODAY, assessed(fen)[1]))
        assert (counts.looked_at, counts.would_be_out, counts.would_be_in, dict(counts.by_centre)) == (3, 1, 0, {"C-ADX": 1})

    def test_a_rehearsed_line_holds_to_the_end_whatever_was_set_since(self) -> None:
        held = as_if(policy(line(JULY, 99_000)), [line(date(2025, 6, 1), 60_000)], world.DIRECTORY)
        assert [threshold(held, on) for on in (date(2025, 5, 31), date(2025, 6, 1), date(2026, 8, 1))] == [176_000, 140_000, 140_000]

    def test_a_rehearsed_line_for_all_leaves_a_countys_own(self) -> None:
        held = as_if(policy(line(JULY, 99_000, "YTX")), [line(date(2026, 1, 1), 60_000)], world.DIRECTORY)
        assert (threshold(held, JULY, "YTX"), threshold(held, JULY)) == (218_000, 140_000)


def pledges(n: int, salt: int = 0) -> list[Pledge]:
    return [Pledge(position, (position * 7919 + salt).to_bytes(32), JULY) for position in range(1, n + 1)]


class TestSpotChecks:
    def test_the_same_ledger_draws_the_same_pledges(self) -> None:
        assert drawn(pledges(300), "2026-07", lambda _: 10) == drawn(reversed(pledges(300)), "2026-07", lambda _: 10)

    def test_about_the_share_is_drawn_and_another_month_draws_others(self) -> None:
        july, august = (drawn(pledges(2000), month, lambda _: 10) for month in ("2026-07", "2026-08"))
        assert 150 < len(july) < 250
        assert july != august

    def test_what_is_drawn_stays_drawn_as_the_month_goes_on(self) -> None:
        assert drawn(pledges(200), "2026-07", lambda _: 10) <= drawn(pledges(400), "2026-07", lambda _: 10)

    def test_at_least_one_is_drawn_where_any_share_is_set(self) -> None:
        assert len(drawn(pledges(3, salt=5), "2026-07", lambda _: 1)) == 1
        assert drawn(pledges(3), "2026-07", lambda _: 0) == frozenset()
        assert drawn([], "2026-07", lambda _: 10) == frozenset()

    @given(st.integers(0, 10**6))
    def test_all_are_drawn_where_all_are_to_be(self, salt: int) -> None:
        assert len(drawn(pledges(20, salt), "2026-07", lambda _: 100)) == 20
