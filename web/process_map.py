"""The process map drawn: stages are columns, states boxes in the order of the line, moves curves between them.

The columns are the five stages, so that no layout has to be searched for: a move onward runs to the right, one back underneath.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, NamedTuple

from domain.lifecycle import STAGES
from texts.speak import columns

type Json = Mapping[str, Any]

BOX_WIDTH, BOX_HEIGHT = 178, 72
_PITCH_X, _PITCH_Y = 252, 118
_TOP, _SIDE = 48, 66
_LETTER = 7
"""How wide a letter of a move's words is; a Chinese one is twice that. They are about twice as high."""
_EDGE = 12
"""How far words may reach over a box's side, where nothing is written."""
_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.12, 0.88)
"""Parts of a curve at which its words may stand, the best first."""
_LINE = 24
"""Letters of a box's line; a Chinese one is as wide as two."""
MOST_MOVES = 28
"""Moves that are drawn; a picture with all of them cannot be read, the table beside it holds them."""


class Point(NamedTuple):
    x: float
    y: float


type _Area = tuple[float, float, float, float]
"""A place that is taken: left, top, right, bottom."""
type _Way = tuple[Point, Point, Point, Point]
"""A cubic curve: where it begins, the two points that draw it aside, where it ends."""


@dataclass(frozen=True, slots=True)
class Box:
    """A state: where its box stands, its name in one line or two, what is written below, what it is called aloud, where it leads."""

    x: int
    y: int
    name: tuple[str, ...]
    short: str
    label: str
    link: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A move: its path, its width, its words and where they stand, where it leads. `back`: against the line's order."""

    path: str
    width: float
    back: bool
    short: str
    at: Point
    label: str
    link: str


@dataclass(frozen=True, slots=True)
class Column:
    x: int
    name: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole map, in units of its own; `width` and `height` are of its view box. `left_out` moves are not drawn."""

    width: int
    height: int
    columns: tuple[Column, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    left_out: int
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


@dataclass(frozen=True, slots=True)
class Words:
    """What the map is written in: names of stages and states, and a state's or move's words (`short`, `label`) and link."""

    stage: Callable[[str], str]
    state: Callable[[str], str]
    of_state: Callable[[Json], tuple[str, str, str]]
    of_move: Callable[[Json], tuple[str, str, str]]


def drawn(states: Sequence[Json], moves: Sequence[Json], words: Words) -> Drawing:
    """`states` in the order of the line; `moves` from one of them to another (those that open a case stand in the table alone)."""
    rows = dict.fromkeys(STAGES, 0)
    places: dict[str, tuple[int, int]] = {}
    for each in states:
        places[each["state"]] = STAGES.index(each["stage"]), rows[each["stage"]]
        rows[each["stage"]] += 1
    between = [move for move in moves if move["start"] in places and move["end"] in places]
    shown = sorted(between, key=lambda move: -move["moves"])[:MOST_MOVES]
    most = max((move["moves"] for move in shown), default=1)
    bottom = _TOP + max(rows.values(), default=0) * _PITCH_Y
    ways = [_points(places[move["start"]], places[move["end"]], n, bottom) for n, move in enumerate(shown)]
    lowest = max((point.y for points, _ in ways for point in points), default=0)
    boxes = tuple(_box(each, places[each["state"]], words) for each in states)
    taken: list[_Area] = [(box.x + _EDGE, box.y, box.x + BOX_WIDTH - _EDGE, box.y + BOX_HEIGHT) for box in boxes]
    return Drawing(
        width=2 * _SIDE + (len(STAGES) - 1) * _PITCH_X + BOX_WIDTH,
        height=int(max(lowest, bottom - _PITCH_Y + BOX_HEIGHT)) + 20,
        columns=tuple(Column(_SIDE + n * _PITCH_X + BOX_WIDTH // 2, words.stage(stage)) for n, stage in enumerate(STAGES)),
        boxes=boxes,
        curves=tuple(_curve(move, way, taken, most, words) for move, way in zip(shown, ways, strict=True)),
        left_out=len(between) - len(shown),
    )


def _corner(place: tuple[int, int]) -> Point:
    return Point(_SIDE + place[0] * _PITCH_X, _TOP + place[1] * _PITCH_Y)


def _box(each: Json, place: tuple[int, int], words: Words) -> Box:
    short, label, link = words.of_state(each)
    at = _corner(place)
    return Box(int(at.x), int(at.y), _lines(words.state(each["state"])), short, label, link)


def _lines(name: str) -> tuple[str, ...]:
    """The name in at most two lines: at a space where there is one, else it stays whole."""
    if columns(name) <= _LINE:
        return (name,)
    return tuple(wrap(name, _LINE, max_lines=2, placeholder="…", break_long_words=False))


def _curve(move: Json, way: tuple[_Way, bool], taken: list[_Area], most: int, words: Words) -> Curve:
    points, back = way
    short, label, link = words.of_move(move)
    p0, p1, p2, p3 = points
    path = f"M{p0.x:g} {p0.y:g}C{p1.x:g} {p1.y:g} {p2.x:g} {p2.y:g} {p3.x:g} {p3.y:g}"
    at = _free(points, short, taken)
    return Curve(path, round(1 + 5 * (move["moves"] / most) ** 0.5, 1), back, short, at, label, link)


def _free(points: _Way, words: str, taken: list[_Area]) -> Point:
    """Where along the curve its words stand clear of boxes and of other words, which from then on are clear of them; else in its middle."""
    wide, high = _LETTER * columns(words) / 2, _LETTER
    for t in _PLACES:
        at = _along(points, t)
        area = (at.x - wide, at.y - high, at.x + wide, at.y + high)
        if not any(area[0] < x1 and x0 < area[2] and area[1] < y1 and y0 < area[3] for x0, y0, x1, y1 in taken):
            taken.append(area)
            return at
    return _along(points, _PLACES[0])


def _points(start: tuple[int, int], end: tuple[int, int], n: int, bottom: int) -> tuple[_Way, bool]:
    """The four points of a curve from one box to another, and whether it runs back."""
    a, b = _corner(start), _corner(end)
    middle, aside = BOX_HEIGHT / 2, 6 * (n % 4)
    if end[0] > start[0]:
        first, last = Point(a.x + BOX_WIDTH, a.y + middle), Point(b.x, b.y + middle)
        reach = max(40.0, (last.x - first.x) / 2)
        return (first, Point(first.x + reach, first.y), Point(last.x - reach, last.y), last), False
    if end[0] == start[0]:
        down = end[1] > start[1]
        side = BOX_WIDTH if down else 0
        out = (26 + 10 * abs(end[1] - start[1])) * (1 if down else -1)
        first, last = Point(a.x + side, a.y + middle + 10), Point(b.x + side, b.y + middle - 10)
        return (first, Point(first.x + out, first.y), Point(last.x + out, last.y), last), not down
    first, last = Point(a.x + BOX_WIDTH / 2 - aside, a.y + BOX_HEIGHT), Point(b.x + BOX_WIDTH / 2 + aside, b.y + BOX_HEIGHT)
    depth = min(max(a.y, b.y) + BOX_HEIGHT + 44 + 10 * (start[0] - end[0]) + aside, bottom + 60)
    return (first, Point(first.x, depth), Point(last.x, depth), last), True


def _along(points: _Way, t: float) -> Point:
    """The point of a cubic curve at `t` from 0 to 1, to the tenth."""
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    return Point(
        round(sum(w * p.x for w, p in zip(weights, points, strict=True)), 1),
        round(sum(w * p.y for w, p in zip(weights, points, strict=True)), 1),
    )
