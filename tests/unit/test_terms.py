"""Limits, ladders and business hours that an administrator sets, as `Rules.under` lays them over the files."""

from datetime import date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from domain.clocks.terms import check
from domain.directory import Directory, DirectoryEvent, DirectoryFault, HoursSet, LadderSet, LadderStep, LimitConfirmed, LimitSet
from domain.rules import Rules
from tests.unit.world import DIRECTORY, RULES

NEW_YEAR, MARCH = date(2026, 1, 1), date(2026, 3, 2)


def under(*events: DirectoryEvent, on: date = MARCH, office: str | None = None) -> Rules:
    return RULES.under(Directory.fold(events, DIRECTORY), on, office)


def limit_set(code: str = "examine_application", since: date = NEW_YEAR, **said: Any) -> LimitSet:
    return LimitSet(since=since, code=code, source="省司法厅通知", **said)


def ladder(*steps: str, code: str = "default", since: date = NEW_YEAR, office: str | None = None) -> LadderSet:
    return LadderSet(since=since, code=code, office=office, steps=tuple(LadderStep(at=at, to=("owner",)) for at in steps))


def steps(rules: Rules, limit: str = "examine_application") -> list[str]:
    return [step.words for step in rules.limits.ladder(rules.limits.rows[limit][0])]


class TestLimits:
    def test_a_row_holds_from_its_day_on_and_leaves_the_one_before_it(self) -> None:
        rules = under(limit_set(n=5))
        assert [rules.due("examine_application", day).due_on for day in (date(2025, 12, 31), MARCH)] == [date(2026, 1, 7), date(2026, 3, 9)]
        assert rules.limits.row("examine_application", date(2022, 1, 1)).n == 7
        assert rules.limits.row("examine_application", NEW_YEAR).n == 5

    def test_what_starts_and_stops_it_stays_as_it_was(self) -> None:
        new, old = under(limit_set(n=5)).limits.rows["examine_application"]
        assert (new.starts, new.stops, new.pauses, new.custody) == (old.starts, old.stops, old.pauses, old.custody)
        assert (new.source, new.confirmed) == ("省司法厅通知", False)

    def test_a_row_of_the_same_day_is_corrected(self) -> None:
        rules = under(limit_set(n=5), limit_set(n=6))
        assert [row.n for row in rules.limits.rows["examine_application"]] == [6, 7]

    def test_numbers_by_kind_are_set_one_by_one(self) -> None:
        rules = under(limit_set("next_remedy", n={"award": 10}))
        assert rules.limits.rows["next_remedy"][0].n == {
            "award": 10, "judgment": 15, "ruling": 10, "criminal_judgment": 10, "criminal_ruling": 5,
        }  # fmt: skip

    def test_a_unit_is_set(self) -> None:
        assert under(limit_set(n=3, unit="working_day")).due("examine_application", date(2026, 3, 6)).due_on == date(2026, 3, 11)

    def test_a_number_is_confirmed_for_the_row_it_stands_in_alone(self) -> None:
        confirmed = LimitConfirmed(since=MARCH, code="file_objection", row_from=date(2022, 1, 1), source="复函")
        rows = under(confirmed, limit_set("file_objection", n=10)).limits.rows["file_objection"]
        assert [(row.n, row.confirmed) for row in rows] == [(10, False), (15, True)]

    def test_rules_without_terms_are_the_files_own(self) -> None:
        assert RULES.under(DIRECTORY, MARCH, "C-CITY") is RULES

    def test_they_are_worked_out_once_a_directory_office_and_day(self) -> None:
        directory = Directory.fold([limit_set(n=5)], DIRECTORY)
        assert RULES.under(directory, MARCH, "C-ADX") is RULES.under(directory, MARCH, "C-ADX")
        again = Directory.fold([limit_set(n=6)], directory)
        assert RULES.under(again, MARCH, "C-ADX").limits.rows["examine_application"][0].n == 6

    @pytest.mark.parametrize(
        ("event", "code"),
        [
            (limit_set("no_such_limit", n=5), "unknown_limit"),
            (limit_set("before_limitation", n=5), "limit_does_not_fit"),
            (limit_set("next_remedy", n=5), "limit_does_not_fit"),
            (limit_set(n={"award": 5}), "limit_does_not_fit"),
            (limit_set(n=5, since=date(2021, 12, 31)), "limit_does_not_fit"),
            (limit_set(unit="working_day", since=date(2022, 1, 1)), "limit_does_not_fit"),
            (limit_set(ladder="no_such_ladder"), "limit_does_not_fit"),
            (LimitConfirmed(since=MARCH, code="file_objection", row_from=MARCH, source="x"), "limit_does_not_fit"),
            (ladder("missed", code="no_such_ladder"), "unknown_limit"),
        ],
    )
    def test_what_does_not_fit_is_refused_and_changes_nothing(self, event: DirectoryEvent, code: str) -> None:
        with pytest.raises(DirectoryFault) as refused:
            check(RULES.limits, event)
        assert refused.value.code == code
        assert under(event).limits.rows == RULES.limits.rows

    @pytest.mark.parametrize(
        "event", [limit_set(n=5), limit_set("next_remedy", n={"award": 10}), ladder("missed"), ladder("missed", code="pay_subsidy")]
    )
    def test_what_fits_is_not_refused(self, event: DirectoryEvent) -> None:
        check(RULES.limits, event)


class TestLadders:
    def test_it_is_that_of_its_office_and_those_below_from_its_day_on(self) -> None:
        own = ladder("-25%", "missed", office="C-ADX")
        assert steps(under(own, office="C-ADX")) == ["-25%", "missed"]
        assert steps(under(own, office="W-ADX-NGY")) == ["-25%", "missed"]
        assert steps(under(own, office="C-CITY"))[0] == "-50%"
        assert steps(under(own, office="C-ADX", on=date(2025, 12, 31)))[0] == "-50%"

    def test_the_nearer_office_goes_before_the_wider_one_whenever_it_was_said(self) -> None:
        near, wide = ladder("-25%", "missed", office="C-ADX"), ladder("-75%", "missed", since=date(2026, 2, 1))
        for said in ((near, wide), (wide, near)):
            assert steps(under(*said, office="C-ADX"))[0] == "-25%"
            assert steps(under(*said, office="C-CITY"))[0] == "-75%"

    def test_of_one_office_the_later_day_stands_and_of_one_day_the_later_entry(self) -> None:
        first, later = ladder("-10%", "missed"), ladder("-20%", "missed", since=date(2026, 2, 1))
        assert steps(under(later, first))[0] == "-20%"
        assert steps(under(first, ladder("-30%", "missed")))[0] == "-30%"

    def test_a_limits_own_ladder_goes_before_the_one_it_climbs(self) -> None:
        rules = under(ladder("-25%", "missed", code="pay_subsidy"), ladder("-75%", "missed", code="own_promise"))
        assert [steps(rules, name)[0] for name in ("pay_subsidy", "answer_letter")] == ["-25%", "-75%"]

    @pytest.mark.parametrize("name", ["default", "default_hours", "own_promise", "own_promise_hours"])
    def test_every_step_of_the_files_is_said_in_its_own_words(self, name: str) -> None:
        said = [step.words for step in RULES.limits.ladders[name]]
        assert [step.words for step in under(ladder(*said, code=name)).limits.ladders[name]] == said

    @pytest.mark.parametrize("broken", ["-50", "due day", "-1 working_day", "missed +2 working_day", "due day 25:00", ""])
    def test_a_broken_step_is_refused_with_its_row(self, broken: str) -> None:
        with pytest.raises(ValidationError) as refused:
            LadderSet.model_validate(
                {"since": MARCH, "code": "default", "steps": [{"at": "missed", "to": ["owner"]}, {"at": broken, "to": ["owner"]}]}
            )
        assert [(error["loc"], error["type"]) for error in refused.value.errors()] == [(("steps", 1, "at"), "not_a_step")]

    @pytest.mark.parametrize(("said", "code"), [(["-50%"], "no_missed_step"), (["missed", "missed"], "step_twice")])
    def test_a_ladder_tells_of_a_miss_once(self, said: list[str], code: str) -> None:
        with pytest.raises(ValidationError) as refused:
            ladder(*said)
        assert refused.value.errors()[0]["type"] == code


class TestHours:
    def hours(self, closes_at: str, office: str | None = None, since: date = NEW_YEAR, **said: Any) -> HoursSet:
        return HoursSet(since=since, office=office, closes_at=time.fromisoformat(closes_at), source="本中心公告", **said)

    def due_at(self, *events: DirectoryEvent, office: str | None = "C-ADX", limit: str = "file_objection", start: date = MARCH) -> str:
        return under(*events, office=office).due(limit, start).due_at.isoformat()[:16]

    def test_what_is_handed_in_at_the_office_ends_with_its_business(self) -> None:
        assert self.due_at(self.hours("17:30", "C-ADX")) == "2026-03-17T17:30"
        assert self.due_at(self.hours("17:30", "C-ADX"), limit="examine_application") == "2026-03-09T23:59"

    def test_hours_hold_on_last_days_from_their_own_on(self) -> None:
        assert self.due_at(self.hours("17:30", since=date(2026, 3, 17))) == "2026-03-17T17:30"
        assert self.due_at(self.hours("17:30", since=date(2026, 3, 18))) == "2026-03-17T23:59"

    def test_a_nearer_office_keeps_its_own_once_they_began(self) -> None:
        wide, near = self.hours("18:00"), self.hours("16:00", "C-ADX", since=date(2026, 3, 10))
        assert self.due_at(wide, near) == "2026-03-17T16:00"
        assert self.due_at(wide, near, start=date(2026, 2, 20)) == "2026-03-09T18:00"
        assert self.due_at(near, wide, office="C-CITY") == "2026-03-17T18:00"

    def test_a_weekday_has_its_own(self) -> None:
        assert self.due_at(self.hours("17:30", weekdays={2: time(12)})) == "2026-03-17T12:00"  # a Tuesday

    def test_an_hour_is_the_offices_own_clocks(self) -> None:
        with pytest.raises(ValidationError):
            HoursSet(since=MARCH, closes_at=datetime.fromisoformat("2026-03-02T17:30:00+08:00").timetz(), source="x")

    def test_an_unknown_office_is_refused(self) -> None:
        with pytest.raises(DirectoryFault):
            under(self.hours("17:30", "C-NONE"))
