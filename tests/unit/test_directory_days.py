"""The directory by legal day: what is written anew, what ends, townships, and days kept otherwise than announced."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.clocks.due import due
from domain.directory import (
    CalendarDaySet,
    CaseScope,
    Directory,
    DirectoryEvent,
    DirectoryFault,
    Grant,
    Lawyer,
    LawyerRegistered,
    LeaveSet,
    Office,
    OfficeClosed,
    OfficeOpened,
    Person,
    PersonChanged,
    PersonLeft,
    PersonRegistered,
    RoleGranted,
    Township,
    TownshipSet,
    Unit,
    UnitRegistered,
)
from domain.directory.circle import service_circle
from domain.values import Applicant
from tests.unit.world import CENTRE, DIRECTORY, RULES, TODAY, given, names, submit

SINCE, MOVED = date(2020, 1, 1), date(2026, 4, 1)
DAY = timedelta(1)


def office(code: str = "C-1", since: date = SINCE, **changes: Any) -> OfficeOpened:
    said: dict[str, Any] = {"name": code, "name_en": code, "short": code, "kind": "centre", "level": "county", "county": "X"}
    return OfficeOpened(since=since, office=Office(code=code, **(said | changes)))


def person(code: str = "P-1", since: date = SINCE, **changes: Any) -> PersonRegistered:
    return PersonRegistered(since=since, person=Person(code=code, **({"name": code, "office": "C-1"} | changes)))


CASEWORKER = Grant(since=SINCE, role="caseworker", office="C-1")
PEOPLE: tuple[DirectoryEvent, ...] = (office(), office("C-2"), person(grants=(CASEWORKER,)))


class TestWrittenAnew:
    def test_a_later_entry_leaves_what_held_before(self) -> None:
        found = Directory.fold([office(name="旧名"), office(since=MOVED, name="新名")])
        assert [found.on(day).office_of["C-1"].name for day in (SINCE - DAY, MOVED - DAY, MOVED)] == ["旧名", "旧名", "新名"]

    def test_an_entry_for_an_earlier_day_does_not_undo_a_later_one(self) -> None:
        found = Directory.fold([office(name="甲"), office(since=MOVED, name="丙"), office(since=date(2022, 1, 1), name="乙")])
        assert [found.on(date(year, 6, 1)).office_of["C-1"].name for year in (2021, 2022, 2026)] == ["甲", "乙", "丙"]
        assert found.office_of["C-1"].name == "丙"

    def test_of_two_from_one_day_the_one_recorded_later_holds(self) -> None:
        assert Directory.fold([office(name="误"), office(name="正")]).on(MOVED).office_of["C-1"].name == "正"

    def test_a_role_has_days_of_its_own_whichever_version_is_asked(self) -> None:
        moved = PersonChanged(since=MOVED, person="P-1", name="P-1", office="C-2")
        granted = RoleGranted(since=date(2021, 1, 1), person="P-1", role="approver", office="C-1")
        found = Directory.fold([*PEOPLE, moved, granted])
        before = found.on(MOVED - DAY)
        assert before.person_of["P-1"].office == "C-1"
        assert [p.code for p in before.people_with("approver", MOVED - DAY, "C-1")] == ["P-1"]
        assert found.on(MOVED).person_of["P-1"].office == "C-2"

    def test_a_lawyers_leave_outlives_a_new_entry(self) -> None:
        lawyer = Lawyer(code="L-1", name="甲", unit="U-1", gender="female", practising_since=SINCE)
        unit = UnitRegistered(since=SINCE, unit=Unit(code="U-1", name="所", kind="firm", office="C-1"))
        found = Directory.fold([
            *PEOPLE, unit, LawyerRegistered(since=SINCE, lawyer=lawyer), LeaveSet(since=MOVED, lawyer="L-1"),
            LawyerRegistered(since=MOVED, lawyer=lawyer.model_copy(update={"max_load": 3})),
        ])  # fmt: skip
        assert found.lawyer_of["L-1"].on_leave(MOVED)
        assert found.on(MOVED - DAY).lawyer_of["L-1"].max_load == 10
        assert found.on(MOVED - DAY).lawyer_of["L-1"].on_leave(MOVED)

    def test_a_view_of_a_view_and_a_fold_on_a_view_lose_nothing(self) -> None:
        found = Directory.fold([office(name="旧名"), office(since=MOVED, name="新名")])
        assert found.on(SINCE).on(MOVED).office_of["C-1"].name == "新名"
        assert Directory.fold([office("C-2")], found.on(SINCE)).office_of["C-1"].name == "新名"

    def test_a_directory_in_which_nothing_was_written_anew_is_its_own_view(self) -> None:
        found = Directory.fold(PEOPLE)
        assert found.on(MOVED) is found


class TestEnds:
    def test_a_closed_office_takes_nothing_new_and_keeps_its_name(self) -> None:
        found = Directory.fold([*PEOPLE, OfficeClosed(since=MOVED, office="C-1", successor="C-2", reason="撤并")])
        assert found.takes_new("C-1", MOVED - DAY)
        assert not found.takes_new("C-1", MOVED)
        assert found.on(MOVED).office_of["C-1"].successor == "C-2"
        assert found.on(MOVED - DAY).office_of["C-1"].closed_on is None

    def test_an_office_opened_anew_is_open(self) -> None:
        closed = OfficeClosed(since=MOVED, office="C-2", reason="撤并")
        found = Directory.fold([*PEOPLE, closed, office("C-2", since=MOVED + 9 * DAY)])
        assert [found.on(day).takes_new("C-2", day) for day in (MOVED, MOVED + 9 * DAY)] == [False, True]

    @pytest.mark.parametrize(
        ("code", "events"),
        [
            ("office_already_closed", [OfficeClosed(since=MOVED, office="C-2", reason="x")] * 2),
            ("offices_below", [office("W-1", parent="C-1", kind="work_station"), OfficeClosed(since=MOVED, office="C-1", reason="x")]),
            ("successor_does_not_fit", [OfficeClosed(since=MOVED, office="C-1", successor="C-1", reason="x")]),
            (
                "successor_does_not_fit",
                [office("W-1", parent="C-2", kind="work_station"), OfficeClosed(since=MOVED, office="C-1", successor="W-1", reason="x")],
            ),
            ("unknown_code", [OfficeClosed(since=MOVED, office="C-9", reason="x")]),
            ("person_already_left", [PersonLeft(since=MOVED, person="P-1")] * 2),
            ("unknown_code", [PersonChanged(since=MOVED, person="P-1", name="甲", office="C-9")]),
            ("unknown_code", [TownshipSet(since=MOVED, township=Township(
                code="T-1", name="镇", name_en="T", county="X", residence="rural", minutes={"C-9": 5}))]),
            ("unknown_code", [CalendarDaySet(since=MOVED, day=MOVED, kept="off", name="x", source="x", office="C-9")]),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_does_not_enter(self, code: str, events: list[DirectoryEvent]) -> None:
        with pytest.raises(DirectoryFault) as met:
            Directory.fold([*PEOPLE, *events])
        assert met.value.code == code

    def test_who_left_holds_no_role_and_gets_no_reminder_from_that_day_on(self) -> None:
        found = Directory.fold([*PEOPLE, PersonLeft(since=MOVED, person="P-1")])
        case = CaseScope(centre="C-1")
        assert found.on(MOVED).person_of["P-1"].roles_on(MOVED) == ()
        assert found.on(MOVED - DAY).who("caseworker", case, MOVED - DAY) == ("P-1",)
        assert found.on(MOVED).who("caseworker", case, MOVED) == ()
        assert found.on(MOVED).person_of["P-1"].name == "P-1"


class TestTravel:
    def test_minutes_are_those_of_the_day(self) -> None:
        def road(minutes: int, since: date) -> TownshipSet:
            township = Township(code="T-1", name="镇", name_en="T", county="X", residence="rural", minutes={"C-1": minutes})
            return TownshipSet(since=since, township=township)

        found = Directory.fold([*PEOPLE, road(80, SINCE), road(40, MOVED)])
        assert [found.on(day).travel("T-1", "C-1") for day in (SINCE, MOVED)] == [80, 40]
        assert found.travel("T-1", "C-2") is None
        assert found.travel(None, "C-1") is None
        assert found.travel("T-9", None) is None


def kept(how: Any, day: date, since: date = SINCE, office: str | None = None) -> CalendarDaySet:
    return CalendarDaySet(since=since, day=day, kept=how, name="暴雪停办", office=office, source="县政府通知")


FRIDAY, SATURDAY = date(2026, 3, 13), date(2026, 3, 14)


class TestCalendar:
    def counted(self, found: Directory, on: date, centre: str) -> date:
        calendar = RULES.keeping(found.day_rules(on, centre)).calendar
        return calendar.add_workdays(FRIDAY - DAY, 1)

    def test_a_day_off_counts_for_decisions_from_its_day_on_and_for_none_before(self) -> None:
        found = Directory.fold([*PEOPLE, kept("off", FRIDAY, since=FRIDAY - DAY)])
        assert self.counted(found, FRIDAY - DAY, "C-1") == date(2026, 3, 16)
        assert self.counted(found, FRIDAY - 2 * DAY, "C-1") == FRIDAY

    def test_an_offices_day_is_for_it_and_those_below_it(self) -> None:
        below = office("C-3", parent="C-1")
        found = Directory.fold([*PEOPLE, below, kept("off", FRIDAY, office="C-1")])
        assert [self.counted(found, FRIDAY, code) for code in ("C-1", "C-3", "C-2")] == [date(2026, 3, 16), date(2026, 3, 16), FRIDAY]

    def test_the_nearer_office_has_the_last_word(self) -> None:
        found = Directory.fold([*PEOPLE, kept("off", FRIDAY, office="C-1"), kept("off", FRIDAY), kept("worked", FRIDAY, office="C-1")])
        assert self.counted(found, FRIDAY, "C-1") == FRIDAY
        assert self.counted(found, FRIDAY, "C-2") == date(2026, 3, 16)

    def test_a_day_taken_back_is_as_announced(self) -> None:
        found = Directory.fold([*PEOPLE, kept("worked", SATURDAY), kept("as_announced", SATURDAY)])
        calendar = RULES.keeping(found.day_rules(SATURDAY, "C-1")).calendar
        assert not calendar.is_workday(SATURDAY)

    def test_a_limit_in_working_days_passes_over_the_day_and_says_by_which_name(self) -> None:
        found = Directory.fold([*PEOPLE, kept("off", FRIDAY)])
        limit = next(x for rows in RULES.limits.rows.values() for x in rows if x.unit == "working_day" and isinstance(x.n, int))
        started = FRIDAY - DAY
        plain = due(limit, started, RULES.calendar, n=1)
        moved = due(limit, started, RULES.keeping(found.day_rules(started, "C-1")).calendar, n=1)
        assert (plain.due_on, moved.due_on) == (FRIDAY, date(2026, 3, 16))
        assert "暴雪停办" in {span.label for span in moved.counted}


class TestCases:
    TOWN = Township(code="T-1", name="镇", name_en="T", county="CITY", residence="rural", minutes={CENTRE: 61})

    def applicant(self, township: str | None) -> Applicant:
        return Applicant(name="王建国", categories=("migrant_worker",), county="CITY", residence="rural", township=township)

    def test_a_township_nobody_knows_is_refused_where_it_was_typed(self) -> None:
        refusal = given().refused("unknown_township", submit(applicant=self.applicant("T-9")))
        assert (refusal.status, refusal.pointer) == (422, "/applicant/township")

    def test_a_township_of_the_directory_is_taken(self) -> None:
        known = Directory.fold([TownshipSet(since=SINCE, township=self.TOWN)], DIRECTORY)
        assert names(given().when(submit(applicant=self.applicant("T-1")), directory=known)) == ["application_submitted"]

    @pytest.mark.parametrize(("minutes", "residence", "within"), [
        (30, "urban", True), (31, "urban", False), (60, "rural", True), (61, "rural", False),
    ])  # fmt: skip
    def test_the_circle_is_half_an_hour_in_town_and_an_hour_in_the_country(self, minutes: int, residence: Any, within: bool) -> None:
        town = self.TOWN.model_copy(update={"minutes": {CENTRE: minutes}, "residence": residence})
        found = service_circle(Directory.fold([TownshipSet(since=SINCE, township=town)], DIRECTORY), "T-1", CENTRE, RULES.policy.circle)
        assert found == ("T-1", CENTRE, minutes, within)

    def test_a_way_nobody_measured_is_neither_within_nor_without(self) -> None:
        known = Directory.fold([TownshipSet(since=SINCE, township=self.TOWN)], DIRECTORY)
        assert service_circle(known, "T-1", "C-ADX", RULES.policy.circle) == ("T-1", "C-ADX", None, None)
        assert service_circle(known, None, CENTRE, RULES.policy.circle) is None

    def test_a_closed_centre_takes_no_application_and_names_who_does(self) -> None:
        outlets = [o.code for o in DIRECTORY.offices() if o.parent == "C-ADX"]
        ends = [OfficeClosed(since=TODAY, office=code, reason="撤并") for code in (*outlets, "C-ADX")]
        closed = Directory.fold([*ends[:-1], OfficeClosed(since=TODAY, office="C-ADX", successor=CENTRE, reason="撤并")], DIRECTORY)
        refusal = given().refused("office_closed", submit(centre="C-ADX"), directory=closed.on(TODAY))
        assert refusal.detail["successor"] == CENTRE
        assert given(on=TODAY - DAY).when(submit(centre="C-ADX"), directory=closed.on(TODAY - DAY))
