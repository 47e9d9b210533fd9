"""The filters by which the list of cases shows exactly what a figure of the statistics counts."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode

from fastapi import Depends, Query

from api.history_filters import offices_of
from domain.directory import Directory
from domain.directory.circle import Circle, ways, within
from readmodels.case_facts import Fact
from readmodels.figures import FactQuery

InCircle = Literal["within", "beyond", "unmeasured"]
WAYS: tuple[InCircle, ...] = get_args(InCircle)
_MONTH = r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$"
Month = Annotated[str | None, Query(pattern=_MONTH, description="A month, such as 2026-03.")]
Days = Annotated[int | None, Query(ge=0, le=2**31 - 1)]
_SAID = {
    "key": "key", "first": "from", "last": "to", "office": "office", "centre": "centre", "kind": "kind", "days_from": "days_from",
    "days_to": "days_to", "circle": "circle",
}  # fmt: skip
"""The filters' names in an address, behind `fact_`."""
NAMES = ("fact", *(f"fact_{said}" for said in _SAID.values()))
"""The filters of the list of cases that a figure's link brings."""


def first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_of(month: str) -> date:
    first = first_of(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


@dataclass(frozen=True, slots=True)
class Counted:
    """What a figure counts: the fact, its key, whole months, an office with those below it, a centre
    alone, the matter's kind, days, the circle.
    """

    fact: Fact
    key: str | None = None
    first: str | None = None
    last: str | None = None
    office: str | None = None
    centre: str | None = None
    kind: str | None = None
    days_from: int | None = None
    days_to: int | None = None
    circle: InCircle | None = None

    def of(self, directory: Directory, circle: Circle) -> FactQuery:
        chosen = None
        if self.circle is not None:
            measured = {way: n for way, n in ways(directory).items() if self.key in (None, way[0])}
            chosen = tuple(
                way for way, n in measured.items()
                if self.circle == "unmeasured" or within(directory, way, n, circle) == (self.circle == "within")
            )  # fmt: skip
        return FactQuery(
            self.fact, self.key, first_of(self.first) if self.first else None, last_of(self.last) if self.last else None,
            offices=offices_of(directory, self.office), centre=self.centre, kind=self.kind, days_from=self.days_from,
            days_to=self.days_to, ways=chosen, other_ways=self.circle == "unmeasured",
        )  # fmt: skip

    @property
    def query(self) -> str:
        """The filters as they stand in an address, of the interface and of the page alike."""
        said = {"fact": self.fact} | {f"fact_{said}": getattr(self, name) for name, said in _SAID.items()}
        return urlencode({name: value for name, value in said.items() if value is not None})


def _counted(
    *,
    fact: Annotated[Fact | None, Query(description="What a figure of `/reports/figures` counts; for who watches over cases.")] = None,
    fact_key: Annotated[str | None, Query(max_length=64, description="Which of them, such as `hotline` of `channel`.")] = None,
    fact_from: Month = None,
    fact_to: Month = None,
    fact_office: Annotated[str | None, Query(max_length=64, description="An office, those below it included.")] = None,
    fact_centre: Annotated[str | None, Query(max_length=64, description="The centre whose case it is.")] = None,
    fact_kind: Annotated[str | None, Query(max_length=64, description="The matter's kind.")] = None,
    fact_days_from: Days = None,
    fact_days_to: Days = None,
    fact_circle: Annotated[InCircle | None, Query(description="Of townships: whether the way is within the service circle.")] = None,
) -> Counted | None:
    if fact is None:
        return None
    return Counted(fact, fact_key, fact_from, fact_to, fact_office, fact_centre, fact_kind, fact_days_from, fact_days_to, fact_circle)


CountedAs = Annotated[Counted | None, Depends(_counted)]
