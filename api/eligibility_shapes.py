"""The shapes of eligibility's answers, for the OpenAPI document; written and held to the answers as those of `api.shapes`."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.case_shapes import Shape
from api.shapes import HardshipLine, HardshipStandard
from domain.case import Status
from domain.lifecycle import State
from domain.values import Code


class HardshipResult(Shape):
    """The sum over the household, held against the standard. Amounts in fen a month; at the threshold is in hardship."""

    in_hardship: bool
    per_person_fen: int
    threshold_fen: int
    lines: list[HardshipLine]
    standard: HardshipStandard
    left_out: list[HardshipLine] = Field(description="Not counted: the opponent is of the household.")
    sum_fen: int
    people: int = Field(description="By how many the sum was divided.")
    margin_fen: int = Field(description="How far below the threshold the result lies; negative above it.")
    formula: str = Field(description="The formula with the numbers put in, in yuan.")
    explanation: list[str] = Field(description="Each step as a sentence, in the caller's language.")


class LimitationRow(Shape):
    """A limitation: from which event it is counted, how long it is, where that stands."""

    limitation: str
    name: str
    n: int
    unit: Literal["year", "month", "day"]
    start: str
    source: str
    confirmed: bool = Field(description="False: from memory, to be confirmed before it is relied on.")
    interruption: bool
    suspension: bool
    running: str | None = Field(description="What keeps it from running while it lasts.")


class Offer(Shape):
    """A command that the answer makes possible, with what its body begins with."""

    command: Literal["accept_first", "refer_elsewhere"]
    body: dict[str, Any]
    matter: dict[str, Any] | None = Field(default=None, description="What the application's matter is to say.")


class LimitationResult(Shape):
    """When the right is lost. `days_left` is 0 on the last day and negative afterwards; null while it does not run."""

    limitation: str
    name: str
    n: int
    unit: Literal["year", "month", "day"]
    start: str
    source: str
    confirmed: bool
    ends_on: date | None
    days_left: int | None
    provisional: bool = Field(description="It ends in a year whose days off are not announced yet.")
    explanation: list[str]
    offer: Offer | None


class CompetentCentre(Shape):
    centre: Code
    name: str
    phone: str | None
    reason: Literal["organ_of_the_case", "organ_of_the_dispute", "where_it_arose"]
    told: str = Field(description="The reason as a sentence, in the caller's language.")


class ElsewherePlace(Shape):
    county: str
    reason: Literal["organ_of_the_case", "organ_of_the_dispute", "where_it_arose"]


class Venue(Shape):
    """Centres to apply to, the nearest reason first; `elsewhere` are places of which the directory has no centre."""

    litigation: bool
    competent: list[CompetentCentre]
    elsewhere: list[ElsewherePlace]
    here: bool | None
    offer: Offer | None


class GroundRow(Shape):
    """A ground with its legal basis; `papers` prove a waiver, or are usually owed after accepting first."""

    kind: Literal["waiver", "accept_first"]
    ground: str
    name: str
    basis: str
    legal_basis: str
    papers: list[str]


class StandardRow(Shape):
    """A row of the standards: the formula, a county's line, or a centre's share of pledges to verify. `*` is for all others."""

    kind: Literal["formula", "line", "share"]
    from_: date = Field(alias="from")
    whose: str
    formula: str | None
    urban_fen: int | None
    rural_fen: int | None
    percent: int | None
    instrument: str | None
    in_force: bool


class CentreCount(Shape):
    centre: Code
    changed: int


class Counts(Shape):
    """How many assessments were looked at, and how many would come out otherwise."""

    looked_at: int
    changed: int
    would_be_in: int
    would_be_out: int
    without_standard: int
    by_centre: list[CentreCount]


class StandardsSet(Shape):
    """What was recorded; `affected` are assessments of the days concerned, which keep their outcome until people look at them."""

    since: date
    recorded: list[str]
    backdated: bool
    affected: Counts


class Sum(Shape):
    in_hardship: bool
    per_person_fen: int
    threshold_fen: int


class ChangedRow(Shape):
    case_id: UUID
    register_number: str | None
    case_number: str | None
    centre: Code
    state: State
    statuses: list[Status]
    version: int
    effective_on: date
    recorded: Sum
    would_be: Sum | None


class RehearsalResult(Shape):
    """`counts` stand in the first page; `shown` is false for who sees no cases and is told the numbers alone."""

    items: list[ChangedRow]
    next_cursor: str | None
    counts: Counts | None
    shown: bool


class MadeAgain(Shape):
    """`result` is null where no standard, or no such ground, was known."""

    same_sum: bool
    same_outcome: bool
    result: dict[str, Any] | None


class RerunItem(Shape):
    """An assessment or a waiver: as recorded, made again by what was known then, and by what is known now for the same day."""

    version: int
    type: Literal["hardship_assessed", "hardship_check_waived"]
    effective_on: date
    recorded_at: AwareDatetime
    for_recipients: list[int]
    recorded: dict[str, Any]
    then: MadeAgain
    now: MadeAgain


class Rerun(Shape):
    case_id: UUID
    version: int
    type: str
    items: list[RerunItem]


class PledgeRow(Shape):
    """A pledge drawn to be verified; its `chain_hash` is what it was drawn by."""

    case_id: UUID
    register_number: str | None
    state: State
    version: int
    position: int
    chain_hash: str
    effective_on: date
    household: int
    per_person_fen: int
    threshold_fen: int
    in_hardship: bool
    verification: Literal["open", "requested", "confirmed", "not_confirmed", "no_answer"]


class SpotChecks(Shape):
    centre: Code
    month: str
    percent: int
    pledges: int = Field(description="Pledges recorded in the month, of which the items were drawn.")
    items: list[PledgeRow]
    next_cursor: str | None
