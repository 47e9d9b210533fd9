"""The service circle drawn: a centre in the middle, its townships as far from it as the way to the nearest outlet is long, and two rings.

A scheme and no map: nobody has to fetch tiles, and what counts, the minutes, is what is drawn. Directions mean nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Any

from texts.speak import columns

type Json = Mapping[str, Any]

WIDTH, HEIGHT = 660, 470
_MIDDLE = (WIDTH / 2, HEIGHT / 2)
_NEAREST, _A_MINUTE = 40.0, 1.9
_UPRIGHT, _OPEN = 0.5, 0.35
"""Cosine up to which a name stands above or below its dot; the half of the gap at the top, as an angle."""
FARTHEST = 90
"""Minutes at which whatever is farther away, or was never measured, is drawn."""
_SMALL, _LARGE = 6.0, 15.0
_LETTERS = 16
"""Letters of a name; a Chinese one is as wide as two."""
MOST_NAMES = 18
"""Townships that are named in the picture, those with most cases; the table beside it names all."""


@dataclass(frozen=True, slots=True)
class Ring:
    radius: float
    minutes: int


@dataclass(frozen=True, slots=True)
class Dot:
    """A township: where it stands, how large, how its way is (`within`, `beyond`, `unmeasured`), its name and where that stands."""

    x: float
    y: float
    size: float
    way: str
    town: bool
    name: str
    at: tuple[float, float]
    anchor: str
    label: str
    link: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """In units of its own; `width` and `height` are of its view box."""

    rings: tuple[Ring, ...]
    dots: tuple[Dot, ...]
    width: int = WIDTH
    height: int = HEIGHT
    middle: tuple[float, float] = _MIDDLE


def radius(minutes: int | None) -> float:
    return _NEAREST + _A_MINUTE * min(FARTHEST if minutes is None else minutes, FARTHEST)


def drawn(townships: Sequence[Json], limits: Sequence[int], words: Callable[[Json], tuple[str, str, str]]) -> Drawing:
    """`townships` with `minutes`, `limit`, `cases` and `residence`; `limits` are the rings' minutes; `words`: name, label, link of each."""
    most = max((each["cases"] for each in townships), default=0) or 1
    named = {id(each) for each in sorted(townships, key=lambda each: -each["cases"])[:MOST_NAMES]}
    dots = [_dot(each, _angle(n, len(townships)), most, words(each), named=id(each) in named) for n, each in enumerate(_spread(townships))]
    return Drawing(tuple(Ring(radius(minutes), minutes) for minutes in sorted(set(limits))), tuple(dots))


def _angle(n: int, count: int) -> float:
    """The round is left open at the top, where the rings' minutes stand."""
    return -pi / 2 + _OPEN + (2 * pi - 2 * _OPEN) * (n + 0.5) / count


def _spread(townships: Sequence[Json]) -> list[Json]:
    """Near and far ones in turn, so that neighbours in the round do not stand at the same distance."""
    ordered = sorted(townships, key=lambda each: (radius(each["minutes"]), each["key"]))
    half = (len(ordered) + 1) // 2
    near, far = ordered[:half], ordered[half:]
    return [each for n, first in enumerate(near) for each in (first, *far[n : n + 1])]


def _dot(each: Json, angle: float, most: int, words: tuple[str, str, str], *, named: bool) -> Dot:
    name, label, link = words
    away = radius(each["minutes"])
    x, y = _MIDDLE[0] + away * cos(angle), _MIDDLE[1] + away * sin(angle)
    size = _SMALL + (_LARGE - _SMALL) * sqrt(each["cases"] / most)
    way = "unmeasured" if each["minutes"] is None else "within" if each["minutes"] <= each["limit"] else "beyond"
    at, anchor = _beside(x, y, size, angle)
    return Dot(
        round(x, 1), round(y, 1), round(size, 1), way, each["residence"] == "urban", _short(name) if named else "", at,
        anchor, label, link if each["cases"] else "",
    )  # fmt: skip


def _beside(x: float, y: float, size: float, angle: float) -> tuple[tuple[float, float], str]:
    """Where a dot's name stands, and from which end it is written: outward of the dot, above or below it where that is upright."""
    if abs(cos(angle)) < _UPRIGHT:
        return (round(x, 1), round(y + (size + 15 if sin(angle) > 0 else -size - 6), 1)), "middle"
    right = cos(angle) > 0
    return (round(x + (size + 5) * (1 if right else -1), 1), round(y + 4, 1)), "start" if right else "end"


def _short(name: str) -> str:
    fits = (n for n in range(len(name), 0, -1) if columns(name[:n]) <= _LETTERS)
    kept = next(fits, 0)
    return name if kept == len(name) else f"{name[:kept].rstrip()}…"
