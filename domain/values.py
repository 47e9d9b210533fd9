"""The words commands and events are made of: texts, money, papers, people, the matter. Field names are those of the HTTP contract."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain
from typing import Annotated, Any, Literal, cast, get_args
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)  # fmt: skip
from pydantic_core import PydanticCustomError

from domain.identity import valid_id_number


class Model(BaseModel):
    """A frozen value. Unknown fields are a fault, never dropped: what was typed is never silently lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a personal field. `own` fields stand under their party's key, the rest (free text) under the applicant's."""

    own: bool = False


class Sealed(Model):
    """A personal value encrypted under its person's data key (AES-256-GCM); rules carry it and never look inside.

    `subject` is the data subject's id, `box` base64url of nonce (12 bytes) + cipher text + tag (16 bytes). Associated data: ledger, stream,
    field name.
    """

    subject: UUID
    box: str


Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A code of the directory: office, person, unit, lawyer, tariff, template."""
Fen = Annotated[int, Field(ge=0, le=10**15)]
"""Money in fen (1 yuan = 100 fen)."""
PersonalText = Annotated[Text | Sealed, Personal()]
"""Free text that may speak of people: kept under the applicant's key."""
OwnText = Annotated[Text | Sealed, Personal(own=True)]
OwnDate = Annotated[date | Sealed, Personal(own=True)]
Moment = AwareDatetime
Pointer = Annotated[str, StringConstraints(pattern=r"^(/([^/~]|~[01])*)+$", max_length=500)]

Category = Literal[
    "migrant_worker", "gig_worker", "dibao_recipient", "laid_off_worker", "rural_family_planning_household", "disabled", "elderly",
    "minor", "woman", "soldier_family", "veteran", "bereaved_family", "seriously_ill", "domestic_violence_victim", "special_hardship",
    "suspect_or_defendant", "crime_victim", "other",
]  # fmt: skip
Cause = Literal[
    "wages", "work_injury", "occupational_disease", "labour_relation", "traffic_accident", "medical_injury", "personal_injury",
    "product_or_food", "environmental", "maintenance_of_parents", "child_support", "custody", "guardianship", "spousal_support",
    "divorce_or_domestic_violence", "protection_order", "inheritance", "land_or_housing", "social_insurance", "social_assistance",
    "pension_or_relief", "judicial_relief", "state_compensation", "incapacity", "personality_rights", "good_samaritan", "consumer",
    "criminal_defence", "victim_representation", "compulsory_treatment", "administrative", "other",
]  # fmt: skip
CaseStage = Literal[
    "negotiation", "mediation", "arbitration", "first_instance", "second_instance", "retrial", "enforcement", "special_procedure",
    "protection_order", "reconsideration", "bankruptcy", "investigation", "prosecution", "trial", "death_review",
]  # fmt: skip
Channel = Literal[
    "walk_in", "hotline", "letter", "web", "home_visit", "duty_office", "outlet", "referral", "outreach", "remote", "organ_notice",
]  # fmt: skip
MatterKind = Literal["civil", "criminal", "administrative", "state_compensation"]
Forum = Literal["litigation", "arbitration", "mediation", "non_litigation", "investigation", "prosecution", "trial", "reconsideration"]
Residence = Literal["urban", "rural"]
Proof = Literal["signature", "fingerprint", "witness", "recording"]


class Paper(Model):
    """A paper listed, handed in or owed. `kind` is the word both sides match on (e.g. `id_copy`)."""

    kind: Text
    title: Text | None = None
    copies: Annotated[int, Field(ge=1, le=10_000)] | None = None
    original: bool | None = None
    document_id: UUID | None = None


class SafeContact(Model):
    """How a person in danger may be reached, and by which number or means never."""

    phone: OwnText | None = None
    never: OwnText | None = None


class Party(Model):
    """A person or organisation of the case. `subject_id` (UUIDv7) is given when the party enters the ledger."""

    party_id: Annotated[int, Field(ge=0)] | None = None
    subject_id: UUID | None = None
    name: OwnText
    id_kind: Literal["resident_id", "passport", "hk_mo_tw", "organisation_code", "other"] | None = None
    id_number: OwnText | None = None
    phone: OwnText | None = None
    address: OwnText | None = None
    birth_date: OwnDate | None = None
    safe_contact: SafeContact | None = None

    @field_validator("birth_date", mode="after")
    @classmethod
    def _born(cls, day: date | Sealed | None, info: ValidationInfo) -> date | Sealed | None:
        """Held against the context's `today`, which whoever reads a body gives; a sealed day was checked before it was sealed."""
        context: Mapping[str, date] = info.context or {}
        if isinstance(day, date) and day > context.get("today", day):
            raise PydanticCustomError("born_in_future", "nobody is born in the future")
        return day

    @field_validator("id_number", mode="after")
    @classmethod
    def _checks(cls, number: str | Sealed | None, info: ValidationInfo) -> str | Sealed | None:
        """A sealed number was checked before it was sealed."""
        return valid_id_number(info.data.get("id_kind"), number) if isinstance(number, str) else number


class Applicant(Party):
    categories: tuple[Category, ...] = ()
    county: Text | None = None
    residence: Residence | None = None
    township: Code | None = None
    """Of the directory; the service circle is measured from it."""
    mobility_impaired: bool | None = None
    language: Text | None = None
    claim_fen: Fen | None = None


class Proxy(Model):
    """Who applies on the applicant's behalf (代为申请), and by what relation."""

    party: Party
    relation: Literal["guardian", "spouse", "parent", "child", "other_relative", "unit", "custody_facility"]


class Matter(Model):
    kind: MatterKind | None = None
    cause: Cause | None = None
    forum: Forum | None = None
    stage: CaseStage | None = None
    summary: PersonalText
    claim_fen: Fen | None = None
    limitation_on: date | None = None


class HouseholdMember(Model):
    """One of the household. `self_only` marks the applicant's own line, the only one that counts where the opponent is of the household."""

    name: PersonalText | None = None
    relation: Annotated[str, StringConstraints(min_length=1, max_length=50, strip_whitespace=True)] | None = None
    """To the applicant; the sum's lines are named by it, so it is a word such as `spouse`, never a name."""
    income_fen_per_month: Fen
    self_only: bool = False


def _as_text(value: Any) -> Any:
    """A body as the canonical JSON text that is sealed; what is sealed, or that text already, stays."""
    if not isinstance(value, dict):
        return value
    body = cast("dict[str, Any]", value)
    if body.keys() == Sealed.model_fields.keys():
        return body
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


Body = Annotated[
    Annotated[str, StringConstraints(max_length=100_000)] | Sealed,
    Personal(),
    BeforeValidator(_as_text),
    WithJsonSchema({"type": "object", "additionalProperties": True}),
]


class Proposed(Model):
    """A command by name and the body it is to be issued with, kept as one sealed text."""

    command: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]
    body: Body | None = None


class Payee(Model):
    """Who is paid, in fen. `part` says for which part of the work."""

    unit: Code | None = None
    lawyer: Code | None = None
    amount_fen: Fen
    kind: Literal["case", "duty_day", "consultation_day"] = "case"
    part: Text | None = None


@cache
def personal_marks(model: type[BaseModel]) -> Mapping[str, Personal]:
    """The personal fields of a model class: field name -> mark."""

    def find(annotation: Any) -> Personal | None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return None
        metadata: tuple[Any, ...] = getattr(cast("Any", annotation), "__metadata__", ())
        own = [m for m in metadata if isinstance(m, Personal)]
        return next(chain(own, filter(None, map(find, get_args(annotation)))), None)

    marks: dict[str, Personal] = {}
    for name, field in model.model_fields.items():
        mark = next((m for m in field.metadata if isinstance(m, Personal)), None) or find(field.annotation)
        if mark is not None:
            marks[name] = mark
    return marks


type Change = Callable[[Party | None, str, Personal, Any], Any]


def map_personal[M: BaseModel](model: M, change: Change, party: Party | None = None) -> M:
    """The same value with every personal leaf replaced by `change(enclosing party, field name, mark, leaf)`; None stays None.

    The field's name is that of the JSON (its alias where it has one): what is sealed under it is opened by it.
    """
    marks = personal_marks(type(model))
    party = model if isinstance(model, Party) else party

    def walk(name: str, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(walk(name, item) for item in value)  # pyright: ignore[reportUnknownVariableType]
        if value is not None and name in marks:
            return change(party, type(model).model_fields[name].alias or name, marks[name], value)
        return map_personal(value, change, party) if isinstance(value, BaseModel) else value

    old = {name: getattr(model, name) for name in type(model).model_fields}
    new = {name: walk(name, value) for name, value in old.items()}
    return model.model_copy(update={name: value for name, value in new.items() if value is not old[name]})
