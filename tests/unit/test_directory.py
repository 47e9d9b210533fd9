"""The directory: dated reference data folded from its own events."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.command import EVENTS
from domain.directory import (
    DIRECTORY_EVENTS,
    CaseScope,
    DelegationGiven,
    Directory,
    DirectoryFault,
    Grant,
    LawyerSuspended,
    LeaveSet,
    Office,
    OfficeOpened,
    Person,
    PersonRegistered,
    RoleGranted,
    TariffSet,
)
from ops.example.directory import directory_events, people_accounts
from ops.example.network import network_events

EXAMPLE = Directory.fold(directory_events())
DAY = date(2026, 3, 2)
SINCE = date(2010, 1, 1)


def office(code: str, parent: str | None = None) -> OfficeOpened:
    made = Office(code=code, name=code, name_en=code, short=code, kind="centre", parent=parent, level="county", county="X")
    return OfficeOpened(since=SINCE, office=made)


def person(code: str, *grants: Grant) -> PersonRegistered:
    return PersonRegistered(since=SINCE, person=Person(code=code, name=code, office="C-1", grants=grants))


def test_who_holds_a_role_for_a_while_is_reminded_while_it_lasts() -> None:
    grant = Grant(since=date(2026, 1, 1), until=date(2026, 1, 31), role="approver", office="C-1")
    found = Directory.fold([office("C-1"), person("P-1", grant)])
    case = CaseScope(centre="C-1")
    assert found.who("approver", case, date(2026, 1, 31)) == ("P-1",)
    assert found.who("approver", case, date(2026, 2, 1)) == ()


def test_unknown_codes_are_answered_not_refused() -> None:
    empty = Directory()
    assert empty.office("C-0") is None
    assert empty.single_officer("C-0") is False
    assert empty.delegated("P-0", "C-0", DAY) is False
    assert empty.tariff("flat_civil", DAY) is None
    assert empty.bureau_of("C-0") is None
    assert empty.below("C-0") == frozenset()
    assert empty.who("owner", CaseScope(centre="C-0"), DAY) == ()


def test_an_outlets_centre_is_found_above_it() -> None:
    centre = EXAMPLE.centre_of("W-ADX-NGY")
    assert centre is not None
    assert centre.code == "C-ADX"
    assert EXAMPLE.centre_of("C-ADX") is centre
    assert EXAMPLE.centre_of("B-ADX") is None


def test_each_centre_was_set_up_by_the_bureau_of_its_own_place() -> None:
    assert {c.code: EXAMPLE.bureau_of(c.code) for c in EXAMPLE.offices() if c.kind == "centre"} == {
        "C-CITY": "B-CITY",
        "C-ADX": "B-ADX",
        "C-YTX": "B-YTX",
    }


def test_the_city_level_stands_above_every_office_a_county_above_its_own() -> None:
    assert EXAMPLE.below("C-CITY") == {o.code for o in EXAMPLE.offices()}
    assert EXAMPLE.below("C-ADX") == {"C-ADX", "W-ADX-NGY", "V-ADX-LIUJIAWAN", "DL-ADX-CUSTODY"}


@pytest.mark.parametrize(
    "event",
    [
        office("C-1", parent="C-9"),
        PersonRegistered(since=SINCE, person=Person(code="P-1", name="某", office="C-9")),
        RoleGranted(since=SINCE, person="P-9", role="caseworker", office="C-9"),
        DelegationGiven(since=SINCE, person="P-9", centre="C-9"),
        LeaveSet(since=SINCE, lawyer="L-9"),
    ],
)
def test_an_event_that_names_what_is_not_there_does_not_enter(event: OfficeOpened) -> None:
    with pytest.raises(DirectoryFault):
        Directory.fold([event])


def test_no_office_may_stand_above_itself() -> None:
    with pytest.raises(DirectoryFault):
        Directory.fold([office("C-1"), office("C-2", parent="C-1"), office("C-1", parent="C-2")])


def test_a_role_holds_from_its_first_to_its_last_day() -> None:
    grant = Grant(since=date(2026, 1, 1), until=date(2026, 1, 31), role="approver", office="C-1")
    found = Directory.fold([office("C-1"), person("P-1", grant)])
    held = [day.day for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1))
            if found.people_with("approver", day, "C-1")]  # fmt: skip
    assert held == [1, 31]


def test_a_role_granted_later_is_added_to_those_held() -> None:
    held = Grant(since=SINCE, role="receptionist", office="C-1")
    found = Directory.fold([office("C-1"), person("P-1", held), RoleGranted(since=DAY, person="P-1", role="caseworker", office="C-1")])
    assert found.person_of["P-1"].roles_on(DAY - timedelta(1)) == (("receptionist", "C-1"),)
    assert found.person_of["P-1"].roles_on(DAY) == (("receptionist", "C-1"), ("caseworker", "C-1"))


def test_a_delegation_is_for_one_person_one_centre_and_its_days() -> None:
    given_to = DelegationGiven(since=DAY, person="P-1", centre="C-1", until=DAY + timedelta(9))
    found = Directory.fold([office("C-1"), office("C-2"), person("P-1"), person("P-2"), given_to])
    assert found.delegated("P-1", "C-1", DAY)
    assert found.delegated("P-1", "C-1", DAY + timedelta(9))
    assert not found.delegated("P-1", "C-1", DAY + timedelta(10))
    assert not found.delegated("P-1", "C-1", DAY - timedelta(1))
    assert not found.delegated("P-1", "C-2", DAY)
    assert not found.delegated("P-2", "C-1", DAY)


@given(
    st.lists(st.tuples(st.dates(date(2010, 1, 1), date(2030, 1, 1)), st.integers(0, 10**6)), max_size=6),
    st.dates(date(2009, 1, 1), date(2031, 1, 1)),
)
def test_the_tariff_of_a_day_is_the_last_set_on_or_before_it(settings: list[tuple[date, int]], on: date) -> None:
    found = Directory.fold(TariffSet(since=since, code="flat", amount_fen=fen) for since, fen in settings).tariff("flat", on)
    in_force: tuple[date, int] | None = None
    for since, fen in settings:
        if since <= on and (in_force is None or since >= in_force[0]):
            in_force = (since, fen)
    assert (found and (found.since, found.amount_fen)) == in_force


def test_a_suspended_lawyer_stays_on_the_panel_so_that_the_list_can_say_why() -> None:
    assert "L-SUN-LI" in {x.code for x in EXAMPLE.lawyers(DAY)}
    assert EXAMPLE.lawyer_of["L-SUN-LI"].suspended(DAY)
    assert not EXAMPLE.lawyer_of["L-SUN-LI"].suspended(date(2025, 2, 28))
    assert EXAMPLE.lawyer_of["L-OUYANG-JING"].on_leave(DAY)


def test_who_is_at_work_in_the_example_has_room_for_hundreds_of_trials() -> None:
    small = {x.code for x in EXAMPLE.lawyers(DAY) if x.max_load < 300}
    assert small == {"L-SUN-LI", "L-OUYANG-JING"}


def test_a_lawyer_is_on_the_panel_from_the_first_day_of_practice() -> None:
    assert "L-CHEN-SIYUAN" not in {x.code for x in EXAMPLE.lawyers(date(2023, 6, 30))}
    assert "L-CHEN-SIYUAN" in {x.code for x in EXAMPLE.lawyers(date(2023, 7, 1))}


CASE = CaseScope(centre="C-CITY", unit="U-ZHENGHE", owner="P-LI-GUANGMING", lawyers=("L-WANG-MIN",))


@pytest.mark.parametrize(
    ("function", "people"),
    [
        ("owner", ("P-LI-GUANGMING",)),
        ("caseworker", ("P-LI-GUANGMING", "P-HE-JING")),
        ("approver", ("P-CHEN-WEIDONG", "P-QI-LAN")),
        ("lawyer", ("P-WANG-MIN",)),
        ("unit_manager", ("P-ZHENG-HE",)),
        ("team_lead", ("P-HE-JING",)),
        ("centre_director", ("P-CHEN-WEIDONG",)),
        ("deputy", ("P-QI-LAN",)),
        ("supervisor", ("P-GAO-YUAN",)),
    ],
)
def test_a_rung_reaches_whoever_holds_the_function(function: str, people: tuple[str, ...]) -> None:
    assert EXAMPLE.who(function, CASE, DAY) == people


@pytest.mark.parametrize(
    ("function", "people"),
    [
        ("owner", ("P-CUI-HAIBO",)),
        ("lawyer", ("P-CUI-HAIBO",)),
        ("unit_manager", ("P-CUI-HAIBO",)),
        ("team_lead", ("P-TIAN-ZHONG",)),
        ("deputy", ("P-ZENG-QIANG",)),
    ],
)
def test_a_function_nobody_holds_falls_back(function: str, people: tuple[str, ...]) -> None:
    assert EXAMPLE.who(function, CaseScope(centre="C-YTX"), DAY) == people


def test_a_centre_without_a_supervisor_is_the_citys_to_watch() -> None:
    lone = Directory.fold([office("C-LONE", parent="B-CITY")], EXAMPLE)
    assert lone.who("supervisor", CaseScope(centre="C-LONE"), DAY) == ("P-GAO-YUAN",)


def test_folding_on_a_directory_leaves_it_as_it_was() -> None:
    Directory.fold([LawyerSuspended(since=SINCE, lawyer="L-WANG-MIN", reason="试")], EXAMPLE)
    assert not EXAMPLE.lawyer_of["L-WANG-MIN"].suspended(DAY)


def test_every_event_survives_its_stored_form() -> None:
    events = (*directory_events(), *network_events())
    assert [DIRECTORY_EVENTS[event.type].model_validate_json(event.model_dump_json()) for event in events] == [*events]
    assert {event.stream for event in events} == {
        "directory/offices", "directory/people", "directory/units", "directory/lawyers", "directory/delegations", "directory/tariffs",
        "directory/townships",
    }  # fmt: skip


def test_no_event_of_the_directory_is_taken_for_a_cases() -> None:
    assert not DIRECTORY_EVENTS.keys() & EVENTS.keys()


def test_the_example_has_an_account_for_every_role_and_whole_staffs_at_every_centre() -> None:
    held = {(a.role, a.office) for a in people_accounts()}
    assert {role for role, _ in held} == {
        "liaison", "receptionist", "caseworker", "approver", "duty_lawyer", "unit_manager", "lawyer", "finance_officer", "supervisor",
        "bureau_officer", "auditor", "system_administrator", "security_administrator",
    }  # fmt: skip
    for centre in ("C-CITY", "C-ADX", "C-YTX"):
        staff = {role for role, office in held if office == centre}
        assert {"receptionist", "caseworker", "approver", "finance_officer", "supervisor", "unit_manager", "lawyer"} <= staff


def test_every_account_acts_in_the_one_role_its_person_holds() -> None:
    accounts = people_accounts()
    assert len({a.username for a in accounts}) == len(accounts)
    assert all(EXAMPLE.person_of[a.person].roles_on(DAY) == ((a.role, a.office),) for a in accounts)


def test_the_examples_panel_shows_every_gate() -> None:
    panel = EXAMPLE.lawyers(DAY)
    assert len(panel) == 15
    assert len([u for u in EXAMPLE.units() if u.kind == "firm"]) == 4
    assert [x.code for x in panel if x.public_pay] == ["L-BAO-SHENG"]
    assert len([x for x in panel if x.minors]) == 2
    assert any(x.criminal_since and x.criminal_since < DAY - timedelta(days=3 * 366) for x in panel)
    assert all(EXAMPLE.person(x.person) for x in panel)
