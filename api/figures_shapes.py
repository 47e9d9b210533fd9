"""What the statistics answer, for the OpenAPI document, with an example."""

from typing import Any

from pydantic import Field

from api.case_shapes import Shape
from domain.values import Residence

type Json = dict[str, Any]
_FIND = "Query of `/cases` that lists exactly these cases."


class Figure(Shape):
    """A number of cases. `amount` is fen of money and subsidies, people helped of `kinds`, `offices` and `total`, else 0."""

    cases: int
    amount: int
    find: str = Field(description=_FIND)


class KeyedFigure(Figure):
    key: str = Field(description="A code, `unknown` or `none`.")


class FoundBySeries(Shape):
    opened: str
    decided: str
    assigned: str
    concluded: str


class MonthOfFigures(Shape):
    key: str
    opened: int
    decided: int
    assigned: int
    concluded: int
    find: FoundBySeries


class AcceptedFirstFigures(Shape):
    """`share` of those helped, `in_time` of those whose papers were or should have been complete."""

    cases: int
    helped: int
    share: float | None
    in_time: float | None
    find: str = Field(description=_FIND)
    states: list[KeyedFigure]


class DaysBin(Shape):
    """Cases that took `first` to `last` days, both included; no last day of the last."""

    first: int
    last: int | None
    cases: int
    find: str = Field(description=_FIND)


class DaysTaken(Figure):
    median_days: float | None
    p90_days: float | None
    bins: list[DaysBin]


class DaysToDecision(DaysTaken):
    results: list[KeyedFigure]


class FoundByWay(Shape):
    cases: str
    within: str
    beyond: str
    unmeasured: str


class WaysFigures(Shape):
    """Cases by whether the applicant's way to where the case was received is within the circle; `share` of the measured ones."""

    cases: int
    within: int
    beyond: int
    unmeasured: int
    share: float | None
    find: FoundByWay


class TownshipFigures(WaysFigures):
    key: str
    name: str
    name_en: str
    county: str
    residence: Residence
    limit: int = Field(description="Minutes promised.")
    minutes: int | None = Field(description="To the nearest outlet or centre.")


class UnknownTownship(Shape):
    cases: int
    find: str = Field(description=_FIND)


class CircleFigures(Shape):
    town_minutes: int
    rural_minutes: int
    townships: list[TownshipFigures]
    unknown: UnknownTownship
    total: WaysFigures


class Figures(Shape):
    """Whole months, the first and the last included; each fact is in the month of its own day."""

    first: str = Field(alias="from")
    last: str = Field(alias="to")
    office: str | None
    kind: str | None
    total: Figure
    kinds: list[KeyedFigure]
    channels: list[KeyedFigure]
    categories: list[KeyedFigure]
    offices: list[KeyedFigure]
    months: list[MonthOfFigures]
    accept_first: AcceptedFirstFigures
    decision: DaysToDecision
    assignment: DaysTaken
    outcomes: list[KeyedFigure]
    money: list[KeyedFigure]
    subsidies: Figure
    circle: CircleFigures


_PERIOD = "fact_from=2026-01&fact_to=2026-01"


def _find(fact: str, *more: str) -> str:
    return "&".join((f"fact={fact}", *more, _PERIOD))


def _one(fact: str, key: str, amount: int = 0) -> Json:
    return {"key": key, "cases": 1, "amount": amount, "find": _find(fact, f"fact_key={key}")}


def _of_ways(*more: str) -> Json:
    find = {word: _find("township", *more, f"fact_circle={word}") for word in ("within", "beyond", "unmeasured")}
    return {
        "cases": 1, "within": 1, "beyond": 0, "unmeasured": 0, "share": 1.0, "find": {"cases": _find("township", *more), **find},
    }  # fmt: skip


FIGURES: Json = {
    "from": "2026-01",
    "to": "2026-01",
    "office": None,
    "kind": None,
    "total": {"cases": 1, "amount": 1, "find": _find("kind")},
    "kinds": [_one("kind", "civil", 1)],
    "channels": [_one("channel", "walk_in")],
    "categories": [_one("category", "migrant_worker")],
    "offices": [{"key": "C-ADX", "cases": 1, "amount": 1, "find": _find("kind", "fact_centre=C-ADX")}],
    "months": [
        {
            "key": "2026-01", "opened": 1, "decided": 1, "assigned": 1, "concluded": 0,
            "find": {
                "opened": _find("kind"), "decided": _find("decision"), "assigned": _find("assignment"), "concluded": _find("outcome"),
            },
        },
    ],
    "accept_first": {
        "cases": 1, "helped": 1, "share": 1.0, "in_time": None, "find": _find("decision", "fact_key=accepted_first"),
        "states": [_one("accept_first", "papers_owed")],
    },
    "decision": {
        "cases": 1, "amount": 0, "find": _find("decision"), "median_days": 0.0, "p90_days": 0.0,
        "bins": [{"first": 0, "last": 0, "cases": 1, "find": _find("decision", "fact_days_from=0&fact_days_to=0")}],
        "results": [_one("decision", "accepted_first")],
    },
    "assignment": {
        "cases": 1, "amount": 0, "find": _find("assignment"), "median_days": 1.0, "p90_days": 1.0,
        "bins": [{"first": 1, "last": 1, "cases": 1, "find": _find("assignment", "fact_days_from=1&fact_days_to=1")}],
    },
    "outcomes": [],
    "money": [],
    "subsidies": {"cases": 0, "amount": 0, "find": _find("subsidy")},
    "circle": {
        "town_minutes": 30,
        "rural_minutes": 60,
        "townships": [
            {
                "key": "T-ADX-NGY", "name": "内官营镇", "name_en": "Neiguanying", "county": "ADX", "residence": "rural", "limit": 60,
                "minutes": 18, **_of_ways("fact_key=T-ADX-NGY"),
            },
        ],
        "unknown": {"cases": 0, "find": _find("township", "fact_key=unknown")},
        "total": _of_ways(),
    },
}  # fmt: skip
