"""What a form offers somebody at a desk, out of a city of thousands."""

from web.backend import Json
from web.near import Near


def office(code: str, kind: str, parent: str | None = None) -> Json:
    return {"code": code, "kind": kind, "parent": parent}


OFFICES = [
    office("B-A", "bureau"), office("C-A", "centre", "B-A"), office("W-A", "work_station", "C-A"), office("V-A1", "village_liaison", "C-A"),
    office("V-A2", "village_liaison", "C-A"), office("C-B", "centre", "B-A"), office("W-B", "work_station", "C-B"),
]  # fmt: skip
PEOPLE = [
    {"code": f"P-{at}", "office": at, "roles": [role]}
    for at, role in (("C-A", "receptionist"), ("W-A", "liaison"), ("V-A1", "liaison"), ("V-A2", "liaison"), ("C-B", "receptionist"),
                     ("W-B", "liaison"))
] + [{"code": "P-DECIDES", "office": "C-B", "roles": ["approver"]}]  # fmt: skip


def codes(entries: list[Json]) -> list[str]:
    return [entry["code"] for entry in entries]


def test_a_centre_is_offered_its_outlets_and_every_other_centre() -> None:
    assert codes(Near.of("C-A", OFFICES, PEOPLE).offices) == ["B-A", "C-A", "W-A", "V-A1", "V-A2", "C-B"]


def test_a_centre_is_offered_its_people_and_who_decides_elsewhere_but_no_village() -> None:
    assert codes(Near.of("C-A", OFFICES, PEOPLE).people) == ["P-C-A", "P-W-A", "P-DECIDES"]


def test_a_village_sees_its_own_liaison_and_its_centre() -> None:
    assert codes(Near.of("V-A1", OFFICES, PEOPLE).people) == ["P-C-A", "P-W-A", "P-V-A1", "P-DECIDES"]


def test_who_has_no_office_is_offered_everything() -> None:
    assert Near.of("", OFFICES, PEOPLE) == Near(OFFICES, PEOPLE)
