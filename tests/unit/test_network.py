"""The worked example's city is whole: every kind of office in its number, each centre with the bureau that set it up."""

from collections import Counter
from datetime import date

from domain.directory import Directory
from ledger.rules import current
from ops.example.directory import directory_events
from ops.example.network import network_events

STORIES = Directory.fold(directory_events())
CITY = Directory.fold(network_events(), STORIES)
DAY = date(2026, 3, 2)


def test_the_city_has_the_network_of_the_local_policy() -> None:
    assert Counter(office.kind for office in CITY.offices()) == {
        "bureau": 18, "centre": 18, "work_station": 210, "firm_intake_point": 51, "village_liaison": 2546,
        "department_liaison_station": 89, "duty_lawyer_office": 16,
    }  # fmt: skip


def test_each_centre_was_set_up_by_the_bureau_of_its_own_place_and_by_no_other() -> None:
    centres = [office for office in CITY.offices() if office.kind == "centre"]
    assert {c.code: c.bureau for c in centres} == {c.code: f"B-{c.county}" for c in centres}
    assert len({c.bureau for c in centres}) == 18
    assert {c.bureau for c in centres} == {o.code for o in CITY.offices() if o.kind == "bureau"}
    assert [c.code for c in centres if c.level == "city"] == ["C-CITY"]


def test_every_outlet_stands_under_the_centre_of_its_county() -> None:
    outlets = [office for office in CITY.offices() if office.kind not in ("bureau", "centre")]
    for outlet in outlets:
        centre = CITY.centre_of(outlet.code)
        assert centre is not None
        assert centre.county == outlet.county


def test_no_two_offices_of_a_county_bear_one_name() -> None:
    assert [name for name, n in Counter((o.county, o.name) for o in CITY.offices()).items() if n > 1] == []


def test_each_village_has_one_liaison_of_its_own_and_each_outlet_somebody() -> None:
    held = Counter(office for person in CITY.people() for role, office in person.roles_on(DAY) if role == "liaison")
    assert {held[o.code] for o in CITY.offices() if o.kind == "village_liaison"} == {1}
    staffed = {office for person in CITY.people() for _, office in person.roles_on(DAY)}
    assert [o.code for o in CITY.offices() if o.code not in staffed] == []


def test_what_the_stories_need_is_as_it_was() -> None:
    for book in ("office_of", "person_of", "unit_of", "lawyer_of", "tariffs"):
        told, whole = getattr(STORIES, book), getattr(CITY, book)
        assert {code: whole[code] for code in told} == told
    assert CITY.charges == STORIES.charges
    assert CITY.delegations == STORIES.delegations


def test_every_way_is_measured_and_most_lie_within_the_circle() -> None:
    circle = current().policy.circle
    within = 0
    for township in CITY.township_of.values():
        nearest = min(township.minutes.values())
        within += nearest <= circle.limit(township.residence)
        assert all(CITY.office(code) is not None for code in township.minutes)
    assert len(CITY.township_of) == 210
    assert 0.9 < within / 210 <= 1
    village = next(o for o in CITY.offices() if o.kind == "village_liaison" and o.township)
    assert CITY.travel(village.township, village.code) == village.minutes


def test_the_panel_is_that_of_a_city_and_every_county_has_criminal_lawyers_and_some_for_minors() -> None:
    panel = CITY.lawyers(DAY)
    assert 400 <= len(panel) <= 500
    at = {unit.code: unit.office for unit in CITY.units()}
    assert {at[x.unit] for x in panel if x.criminal_since} == {o.code for o in CITY.offices() if o.kind == "centre"}
    assert {at[x.unit] for x in panel if x.minors} >= {o.code for o in CITY.offices() if o.kind == "centre"} - {"C-YTX"}


def test_it_is_the_same_city_on_every_machine() -> None:
    network_events.cache_clear()
    assert Directory.fold(network_events(), STORIES) == CITY
