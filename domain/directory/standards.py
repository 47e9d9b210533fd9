"""The hardship standard, the minimum living guarantee lines it speaks of and the share of pledges that is checked, by day.

Entered by the administrator; they stand beside the rows of `policy.yaml` the product begins with (`domain.eligibility.standards`).
Sources: 法律援助法 art. 34 (the province sets the standard), 41 (pledge and verification).
"""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from domain.directory.changes import DirectoryEvent, Draft
from domain.directory.entries import Name
from domain.eligibility.policy import DIBAO_LINE, EVERYWHERE, evaluate
from domain.values import Code, Fen, Model

Formula = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
CodeOrAll = Code | Annotated[str, StringConstraints(pattern=r"^\*$")]
"""A code of the directory, or `*` for all that have no row of their own."""


class Grounded(Model):
    """By which instrument a standard is set; `reason` says why it is entered after the day it holds from."""

    instrument: Name
    reason: Name | None = None


class HardshipStandardSet(Grounded, DirectoryEvent):
    """The hardship standard holds from a day on: in fen per person of the household and month, as a sum of the 低保 line."""

    kind = "standards"
    formula: Formula

    @field_validator("formula")
    @classmethod
    def _is_a_sum(cls, formula: str) -> str:
        try:
            evaluate(formula, {DIBAO_LINE: 1})
        except ValueError as fault:
            raise PydanticCustomError("not_a_formula", "a sum such as dibao_line * 2 + 20000") from fault
        return formula

    def apply(self, draft: Draft) -> None:
        draft.standards.append(self)


class DibaoLineSet(Grounded, DirectoryEvent):
    """The minimum living guarantee line (低保) of a county from a day on, in fen a month per person."""

    kind = "standards"
    county: CodeOrAll = EVERYWHERE
    urban_fen: Fen
    rural_fen: Fen

    def apply(self, draft: Draft) -> None:
        draft.standards.append(self)


class SpotCheckShareSet(Grounded, DirectoryEvent):
    """How many of a hundred integrity pledges are verified from a day on, at a centre or everywhere."""

    kind = "standards"
    centre: CodeOrAll = EVERYWHERE
    percent: Annotated[int, Field(ge=0, le=100)]

    def apply(self, draft: Draft) -> None:
        if self.centre != EVERYWHERE:
            draft.need(draft.offices, self.centre)
        draft.standards.append(self)
