"""What is asked and answered about the people of the cases, for the routes and the OpenAPI document."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.case_shapes import Shape
from domain.identity_facts import Fault
from domain.person_links import LinkReason, UnlinkReason
from domain.presence import PartyRole
from domain.values import Cause, Code, Text

type Json = dict[str, Any]

_Typed = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True, pattern=r"^[^\x00]*$")]
Kind = Literal["case", "consultation", "duty"]
Reason = Literal["number", "name", "variant", "look_alike", "sound", "phone", "birth_date", "other_number"]
Matched = Literal["name", "pinyin", "initials", "id_number", "phone", "phone_tail", "earlier_entry"]


class Asked(BaseModel):
    """Whoever is being taken down, so far as is known. Nothing of it is kept."""

    model_config = ConfigDict(extra="forbid")

    name: _Typed | None = None
    id_kind: Literal["resident_id", "passport", "hk_mo_tw", "organisation_code", "other"] | None = None
    id_number: _Typed | None = None
    birth_date: date | None = None
    phone: _Typed | None = None


class AskedNumber(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id_number: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True, pattern=r"^[^\x00]*$")]


class Linking(BaseModel):
    """The other entry of the same person, and how that is known."""

    model_config = ConfigDict(extra="forbid")

    other: UUID
    reason: LinkReason


class Unlinking(BaseModel):
    model_config = ConfigDict(extra="forbid")

    other: UUID
    reason: UnlinkReason


class PersonEntry(Shape):
    """What a person is in, in which role. `present` is false for who left it."""

    subject_id: UUID
    case_id: UUID
    party_id: int
    kind: Kind
    role: PartyRole
    present: bool
    number: Text | None
    state: str
    centre: Code
    cause: Cause | None
    opened_on: date | None


class KnownPerson(Shape):
    """A person of the caller's cases. `subject_id` stands for all entries that are linked; of numbers only the ends are told."""

    subject_id: UUID
    name: str | None = Field(description="Null once erased.")
    other_names: list[str]
    id_kind: str | None
    id_tail: str | None
    birth_date: date | None
    phone_tail: str | None
    linked: list[UUID]
    entries: list[PersonEntry]


class FoundPerson(KnownPerson):
    matched: list[Matched] = Field(description="`earlier_entry`: by what an entry said before it was corrected.")


class AlikePerson(KnownPerson):
    reasons: list[Reason] = Field(
        description="Same number, name, phone, birthday; variant characters, one mistaken for another, the same sound; another number."
    )


class Alike(Shape):
    """The surest first. `elsewhere` counts cases of other centres in which the very number stands; nothing more is told of them."""

    items: list[AlikePerson]
    elsewhere: int


class IdentityFacts(Shape):
    """What a resident's number says. `expected` is the check character that fits its first 17 digits, where another stands there."""

    number: str
    valid: bool
    fault: Fault | None
    county: str | None
    birth_date: date | None
    sex: Literal["female", "male"] | None
    age: int | None
    expected: str | None


class Linked(Shape):
    kept: UUID
    other: UUID


_KEPT, _OTHER = "01890000-0000-7000-8000-0000000000a1", "01890000-0000-7000-8000-0000000000b2"
KNOWN: Json = {
    "subject_id": _KEPT,
    "name": "欧阳某某",
    "other_names": [],
    "id_kind": "resident_id",
    "id_tail": "002X",
    "birth_date": "1949-12-31",
    "phone_tail": "1234",
    "linked": [],
    "entries": [
        {
            "subject_id": _KEPT, "case_id": "01890000-0000-7000-8000-000000000001", "party_id": 0, "kind": "case", "role": "applicant",
            "present": True, "number": "鹿鸣援受[2026]1号", "state": "received", "centre": "C-CITY", "cause": "wages",
            "opened_on": "2026-11-24",
        }
    ],
}  # fmt: skip
BODIES: Mapping[str, tuple[type[BaseModel], Json]] = {
    "person_duplicates": (
        Asked,
        {"name": "欧阳某某", "id_kind": "resident_id", "id_number": "11010519491231002X", "phone": "13900001234"},
    ),
    "person_identity": (AskedNumber, {"id_number": "11010519491231002X"}),
    "link_people": (Linking, {"other": _OTHER, "reason": "same_number"}),
    "unlink_people": (Unlinking, {"other": _OTHER, "reason": "different_people"}),
}
"""By operation: its body and an example."""
IDENTITY: Json = {
    "number": "11010519491231002X", "valid": True, "fault": None, "county": "110105", "birth_date": "1949-12-31", "sex": "female",
    "age": 76, "expected": None,
}  # fmt: skip
LINKED: Json = {"kept": _KEPT, "other": _OTHER}
FINDINGS: Json = {
    "hits": [
        {
            "party_id": 1, "role_here": "opponent", "case_id": "01890000-0000-7000-8000-000000000009", "kind": "case",
            "number": "安定援民字[2026]7号", "centre": "C-ANDING", "open": True, "role_there": "applicant", "matched_by": "number",
            "why": "opponent_is_client_there", "severity": "bars", "barred": ["L-MA-ZHIQIANG"],
        }
    ],
    "people_searched": 1_024_000,
    "unlisted": 0,
}  # fmt: skip
