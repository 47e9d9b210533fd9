"""Past assessments made again: under the rules of their day (re-run), and under rules that are only planned (rehearsal).

An assessment is a fact and is never changed by either; what differs is for people to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from domain.command import Refusal
from domain.eligibility.hardship import Calculation, Member, calculate
from domain.eligibility.policy import Policy
from domain.values import Residence


class Assessed(Protocol):
    """What a `hardship_assessed` event holds of the question and of its answer."""

    @property
    def household(self) -> Sequence[Member]: ...
    @property
    def county(self) -> str: ...
    @property
    def residence(self) -> Residence | None: ...
    @property
    def property_fen(self) -> int | None: ...
    @property
    def opponent_in_household(self) -> bool: ...
    @property
    def in_hardship(self) -> bool: ...
    @property
    def per_person_fen(self) -> int: ...
    @property
    def threshold_fen(self) -> int: ...


class Again(NamedTuple):
    """An assessment made again; `calculation` is None where no standard was known for its day."""

    calculation: Calculation | None
    same_sum: bool
    same_outcome: bool


def again(policy: Policy, on: date, assessed: Assessed) -> Again:
    """The same question under this policy on the same legal day, held against the answer that was recorded."""
    try:
        found = calculate(
            policy,
            on=on,
            household=assessed.household,
            county=assessed.county,
            residence=assessed.residence,
            property_fen=assessed.property_fen,
            opponent_in_household=assessed.opponent_in_household,
        )
    except Refusal as refusal:
        if refusal.code != "no_standard":
            raise
        return Again(None, same_sum=False, same_outcome=False)
    same_sum = (found.per_person_fen, found.threshold_fen) == (assessed.per_person_fen, assessed.threshold_fen)
    return Again(found, same_sum, found.in_hardship == assessed.in_hardship)


@dataclass
class Counts:
    """What a rehearsal counted: assessments looked at, and those whose outcome would be the other one."""

    looked_at: int = 0
    would_be_in: int = 0
    """Not in hardship as assessed, in hardship under the rules rehearsed."""
    would_be_out: int = 0
    without_standard: int = 0
    """The rules rehearsed know no standard for the day."""
    by_centre: Counter[str] = field(default_factory=Counter[str])
    """Assessments whose outcome would change, by centre."""

    @property
    def changed(self) -> int:
        return self.would_be_in + self.would_be_out

    def count(self, centre: str, found: Again) -> bool:
        """Count one; whether its outcome would change."""
        self.looked_at += 1
        if found.calculation is None:
            self.without_standard += 1
            return False
        if found.same_outcome:
            return False
        if found.calculation.in_hardship:
            self.would_be_in += 1
        else:
            self.would_be_out += 1
        self.by_centre[centre] += 1
        return True
