"""The sum that tells hardship (经济困难, LAL 34, 41): what a person of the household has a month, held against the standard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from domain.command import Refusal
from domain.eligibility.policy import Policy
from domain.values import Residence


class Member(Protocol):
    """A line of the household. `income_fen_per_month` in fen; `self_only` marks the applicant's own line."""

    @property
    def relation(self) -> str | None: ...
    @property
    def income_fen_per_month(self) -> int: ...
    @property
    def self_only(self) -> bool | None: ...


def label_of(relation: str | None, *, self_only: bool) -> str:
    """What a line of the sum is called: the relation to the applicant, `self` or `member` where none was given, never a name."""
    return relation or ("self" if self_only else "member")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sum: `label` is the relation to the applicant (`self`, `member` where none was given), never a name."""

    label: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class StandardRef:
    """Which standard was applied: the formula with its instrument, and the 低保 line it spoke of that day."""

    from_: date
    formula: str
    instrument: str
    dibao_fen: int
    dibao_from: date


@dataclass(frozen=True, slots=True)
class Calculation:
    """`per_person_fen` is the sum of `lines` divided by their number, rounded down to the fen. At the threshold is in hardship."""

    in_hardship: bool
    per_person_fen: int
    threshold_fen: int
    lines: tuple[Line, ...]
    standard: StandardRef
    property_fen: int | None = None
    """Declared, recorded beside the sum; the standard sets no limit to it."""

    def as_json(self) -> dict[str, Any]:
        """The answer of `POST /eligibility/hardship`."""
        return {
            "in_hardship": self.in_hardship,
            "per_person_fen": self.per_person_fen,
            "threshold_fen": self.threshold_fen,
            "lines": [{"label": line.label, "amount_fen": line.amount_fen} for line in self.lines],
            "standard": {
                "from": self.standard.from_.isoformat(),
                "formula": self.standard.formula,
                "instrument": self.standard.instrument,
                "dibao_fen": self.standard.dibao_fen,
                "dibao_from": self.standard.dibao_from.isoformat(),
            },
        }


def calculate(
    policy: Policy,
    *,
    on: date,
    household: Sequence[Member],
    county: str,
    residence: Residence | None,
    property_fen: int | None = None,
    opponent_in_household: bool = False,
) -> Calculation:
    """The hardship of a household under the standard of a legal day.

    Where the opponent is of the household only the applicant's own line counts, as one person. Raises `Refusal` (422): `household_empty`,
    `self_only_line_required` (none or more than one such line), `residence_required`, `no_standard`.
    """
    if not household:
        raise Refusal("household_empty", status=422, pointer="/household")
    counted = [member for member in household if member.self_only] if opponent_in_household else list(household)
    if opponent_in_household and len(counted) != 1:
        raise Refusal("self_only_line_required", status=422, pointer="/household", lines=len(counted))
    if residence is None:
        raise Refusal("residence_required", status=422, pointer="/residence")
    standard = policy.standard(on, county, residence)
    if standard is None:
        raise Refusal("no_standard", status=422, pointer="/county", county=county, on=on)
    per_person = sum(member.income_fen_per_month for member in counted) // len(counted)
    return Calculation(
        in_hardship=per_person <= standard.threshold_fen,
        per_person_fen=per_person,
        threshold_fen=standard.threshold_fen,
        lines=tuple(Line(label_of(m.relation, self_only=bool(m.self_only)), m.income_fen_per_month) for m in counted),
        standard=StandardRef(standard.from_, standard.formula, standard.instrument, standard.dibao_fen, standard.dibao_from),
        property_fen=property_fen,
    )
