"""Leave and deputies: who stands in on which day, whom a message reaches, which rights end."""

from datetime import date, timedelta

import pytest

from domain.directory import CaseScope, Directory, DirectoryFault, PersonAway, RoleEnded, RoleGranted
from notify.deliver import recipients
from tests.unit.world import CENTRE, DIRECTORY, TODAY, away

DAY = timedelta(days=1)
OWNER, DEPUTY, THIRD = "P-LI-GUANGMING", "P-HE-JING", "P-LIN-XIAOMEI"
CASE = CaseScope(centre=CENTRE, owner=OWNER)


def also(directory: Directory, person: str, deputy: str, since: date = TODAY, until: date = TODAY) -> Directory:
    return Directory.fold([PersonAway(since=since, person=person, until=until, deputy=deputy)], directory)


def test_a_deputy_stands_in_from_the_first_day_to_the_last_and_no_longer() -> None:
    directory = away(OWNER, DEPUTY, TODAY, TODAY + DAY)
    days = [TODAY - DAY, TODAY, TODAY + DAY, TODAY + 2 * DAY]
    assert [directory.deputy_of(OWNER, day) for day in days] == [None, DEPUTY, DEPUTY, None]


def test_who_is_back_sooner_says_so_under_the_same_first_day() -> None:
    directory = also(away(OWNER, DEPUTY, TODAY, TODAY + 9 * DAY), OWNER, THIRD, TODAY, TODAY + DAY)
    assert [directory.deputy_of(OWNER, TODAY + n * DAY) for n in (0, 1, 2)] == [THIRD, THIRD, None]


def test_a_deputy_who_is_away_too_is_stood_in_for_and_a_circle_ends() -> None:
    chain = also(away(OWNER, DEPUTY), DEPUTY, THIRD)
    assert chain.standing_in(OWNER, TODAY) == THIRD
    assert also(chain, THIRD, OWNER).standing_in(OWNER, TODAY) == THIRD


@pytest.mark.parametrize(("person", "until", "deputy"), [("P-NOBODY", TODAY, DEPUTY), (OWNER, TODAY, OWNER), (OWNER, TODAY - DAY, DEPUTY)])
def test_a_leave_that_cannot_be_is_a_fault(person: str, until: date, deputy: str) -> None:
    with pytest.raises(DirectoryFault):
        Directory.fold([PersonAway(since=TODAY, person=person, until=until, deputy=deputy)], DIRECTORY)


def test_a_reminder_reaches_the_deputy_instead() -> None:
    assert recipients(["owner"], CASE, DIRECTORY, TODAY) == (OWNER,)
    assert recipients(["owner"], CASE, away(OWNER, DEPUTY), TODAY) == (DEPUTY,)
    assert recipients(["owner"], CASE, away(OWNER, DEPUTY), TODAY + DAY) == (OWNER,)


def test_a_deputy_behind_the_cases_wall_gets_nothing_of_it() -> None:
    walled = CaseScope(centre=CENTRE, owner=OWNER, excluded=frozenset({DEPUTY}))
    assert recipients(["owner"], walled, away(OWNER, DEPUTY), TODAY) == (OWNER,)


def test_who_is_named_twice_by_way_of_a_leave_gets_one_message() -> None:
    both = recipients(["caseworker"], CASE, DIRECTORY, TODAY)
    assert {OWNER, DEPUTY} <= set(both)
    reached = recipients(["caseworker"], CASE, away(OWNER, DEPUTY), TODAY)
    assert sorted(reached) == sorted(set(both) - {OWNER})


def test_a_role_ends_on_its_day_and_stays_in_days_gone_by() -> None:
    directory = Directory.fold([RoleEnded(since=TODAY, person=OWNER, role="caseworker", office=CENTRE)], DIRECTORY)
    person = directory.person_of[OWNER]
    assert ("caseworker", CENTRE) in person.roles_on(TODAY - DAY)
    assert person.roles_on(TODAY) == ()


def test_a_role_that_ended_may_be_given_again() -> None:
    ended = RoleEnded(since=TODAY, person=OWNER, role="caseworker", office=CENTRE)
    again = RoleGranted(since=TODAY + DAY, person=OWNER, role="caseworker", office=CENTRE)
    person = Directory.fold([ended, again], DIRECTORY).person_of[OWNER]
    assert [bool(person.roles_on(TODAY + n * DAY)) for n in (-1, 0, 1)] == [True, False, True]


def test_a_role_that_is_not_held_does_not_end() -> None:
    with pytest.raises(DirectoryFault):
        Directory.fold([RoleEnded(since=TODAY, person=OWNER, role="approver", office=CENTRE)], DIRECTORY)
