"""Which limits will be missed at the present pace: of earlier ones still open at this age, the share that stayed open past the last day.

Pure. Ages are calendar days from start to end without the days of pauses. Earlier ones that ended count for the day on which they did;
those still open, an answered miss or not, count for the days they have stood so far and no longer (the product-limit estimate of Kaplan
and Meier): an office that never answers does not look quick for it. What was cancelled or lapsed says nothing of the pace and is left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

ENOUGH = 20
"""Earlier clocks that were open at the age asked about; of fewer no number is told."""

Basis = Literal["office", "reach"]


class Count(NamedTuple):
    """Clocks of one length: `ended` on that day of their age, and `open` in that day of it, today."""

    days: int
    ended: int
    open: int


@dataclass(frozen=True)
class Pace:
    """How long the clocks of one limit took."""

    ended: Mapping[int, int]
    open: Mapping[int, int]

    @classmethod
    def of(cls, counts: Iterable[Count]) -> "Pace":
        ended, waiting = Counter[int](), Counter[int]()
        for count in counts:
            ended[count.days] += count.ended
            waiting[count.days] += count.open
        return cls(ended, waiting)

    @cached_property
    def _watched(self) -> tuple[int, ...]:
        """By age: how many were seen to come into that day open and to its end. A day that is not over yet is not seen to its end."""
        longest = max([*self.ended, *self.open], default=-1)
        each = (self.ended.get(day, 0) + self.open.get(day + 1, 0) for day in range(longest, -1, -1))
        return tuple(accumulate(each))[::-1]

    def comparable(self, age: int) -> int:
        """Clocks that were still open at that age."""
        return self._watched[age] if 0 <= age < len(self._watched) else 0

    def share_open_after(self, last: int, age: int) -> float | None:
        """Of those open at `age` the share that was open after the day `last`; 1 for a last day that is over.

        None where none was watched that long.
        """
        share = 1.0
        for day in range(age, last + 1):
            if not share:
                return 0.0
            watched = self.comparable(day)
            if not watched:
                return None
            share *= 1 - self.ended.get(day, 0) / watched
        return share


class Chance(NamedTuple):
    """That a clock is missed, and what says so: `comparable` earlier clocks, of its office or of all that the reader reaches."""

    missed: float
    comparable: int
    basis: Basis


def chance(*, age: int, last: int, office: Pace, reach: Pace) -> Chance | None:
    """For a clock of this age whose last day is its day `last`, by its office's pace or, where that is too short, by all. None: too few."""
    told: tuple[tuple[Basis, Pace], ...] = (("office", office), ("reach", reach))
    for basis, pace in told:
        comparable = pace.comparable(age)
        share = pace.share_open_after(last, age) if comparable >= ENOUGH else None
        if share is not None:
            return Chance(share, comparable, basis)
    return None
