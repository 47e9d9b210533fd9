"""What weighs how much when lawyers are ranked: dated rows of `rules_data/matching.yaml`, each number with its reason beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

Point = Literal[
    "wished_gender", "wished_language", "wished_speciality", "own_language", "speciality", "near_town", "near_circle", "load", "waiting",
    "excellent_quality", "good_quality", "failed_quality", "declined", "replaced",
]  # fmt: skip
Apart = Literal["place", "centre", "county", "elsewhere"]
"""How far a unit stands from a case where no travel time is entered."""
POINTS: frozenset[str] = frozenset(get_args(Point))
APART: frozenset[str] = frozenset(get_args(Apart))


@dataclass(frozen=True, slots=True)
class Weights:
    """One row. Minutes, days and points; `town` and `circle` are the half-hour and the one-hour circle."""

    since: date
    points: Mapping[Point, int]
    why: Mapping[Point, str]
    town: int
    circle: int
    assumed: Mapping[Apart, int]
    window: int
    """Days for which a declined offer or a replacement counts."""
    patience: int
    """Days without an assignment after which waiting weighs in full."""
    most_declined: int
    """Declined offers that count at most; so with `most_replaced`."""
    most_replaced: int


@dataclass(frozen=True, slots=True)
class Matching:
    """Every row, the newest first."""

    rows: tuple[Weights, ...]

    def on(self, day: date) -> Weights:
        """The row in force on a legal day; the oldest before its own first day, since archived cases were assigned too."""
        return next((row for row in self.rows if row.since <= day), self.rows[-1])


def read_matching(data: Mapping[str, Any]) -> Matching:
    """The rows of a parsed `matching.yaml`. Raises `ValueError` or `KeyError` where a row lacks a number or names one nobody knows."""
    rows = [_row(raw) for raw in data["rows"]]
    if not rows:
        raise ValueError("matching.yaml: no row")
    return Matching(tuple(sorted(rows, key=lambda row: row.since, reverse=True)))


def _row(raw: Mapping[str, Any]) -> Weights:
    points, assumed = raw["points"], raw["assumed"]
    if strange := sorted((POINTS ^ points.keys()) | (APART ^ assumed.keys())):
        raise ValueError(f"matching.yaml: {raw['from']}: {strange}")
    if any(not given["why"] for given in points.values()):
        raise ValueError(f"matching.yaml: {raw['from']}: a weight without a reason")
    return Weights(
        since=raw["from"],
        points={name: int(given["points"]) for name, given in points.items()},
        why={name: given["why"] for name, given in points.items()},
        town=int(raw["near"]["town"]),
        circle=int(raw["near"]["circle"]),
        assumed={name: int(minutes) for name, minutes in assumed.items()},
        window=int(raw["window"]),
        patience=int(raw["patience"]),
        most_declined=int(raw["most_declined"]),
        most_replaced=int(raw["most_replaced"]),
    )
