"""When a right is lost: limitations and periods to appeal, sue or apply, counted as the law counts them (民法典 188-204).

A calculator for the counter. It records nothing and starts no clock; what it finds goes into the application's `matter.limitation_on`,
and under seven days offer to accept the case first (法律援助法 art. 44 (1)).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from domain.clocks.calendar import DAY, Calendar
from domain.command import Refusal

Unit = Literal["year", "month", "day"]
URGENT_DAYS = 7
"""Art. 44 (1): less than seven days are left."""
GROUND = "limitation_within_7_days"
"""The ground of accepting first that a near limitation gives."""


class Period(NamedTuple):
    n: int
    unit: Unit
    start: str
    """What it is counted from: `start_<word>` of the catalogue `eligibility`."""


@dataclass(frozen=True, slots=True)
class Limitation:
    """One row of `limitation.yaml`; its header says what the keys mean."""

    id: str
    from_: date
    period: Period
    source: str
    confirmed: bool
    at_most: Period | None = None
    interruption: bool = False
    suspension: Literal["six_months", "goes_on"] | None = None
    running: str | None = None


class Obstacle(NamedTuple):
    """What kept the person from claiming: from a day to the day it was gone (民法典 194)."""

    first: date
    last: date


class Step(NamedTuple):
    """One step of the counting, told by `limitation_<name>` of the catalogue `eligibility`."""

    name: str
    values: Mapping[str, Any]


class Ending(NamedTuple):
    """`ends_on` is the last day of the right; None while it does not run. `days_left` counts from the day asked for: 0 is the last day."""

    limitation: Limitation
    ends_on: date | None
    days_left: int | None
    provisional: bool
    steps: tuple[Step, ...]

    @property
    def urgent(self) -> bool:
        """Less than seven days are left, and it is not over: the case may be accepted first."""
        return self.days_left is not None and 0 <= self.days_left < URGENT_DAYS


@dataclass(frozen=True, slots=True)
class Limitations:
    """All rows by id, newest first."""

    rows: Mapping[str, tuple[Limitation, ...]]

    def on(self, limitation: str, day: date) -> Limitation | None:
        """The row in force on that day: the newest that began by then."""
        return next((row for row in self.rows.get(limitation, ()) if row.from_ <= day), None)


def read_limitations(data: Mapping[str, Any]) -> Limitations:
    """The rows of a parsed `limitation.yaml`. Raises `KeyError` or `ValueError` where it cannot be read."""
    rows: dict[str, list[Limitation]] = {}
    for raw in data["limitations"]:
        longest = raw.get("at_most")
        row = Limitation(
            id=raw["id"],
            from_=raw["from"],
            period=Period(raw["n"], raw["unit"], raw["start"]),
            source=raw["source"],
            confirmed=raw["confirmed"],
            at_most=Period(longest["n"], longest["unit"], longest["start"]) if longest else None,
            interruption=raw.get("interruption", False),
            suspension=raw.get("suspension"),
            running=raw.get("running"),
        )
        rows.setdefault(row.id, []).append(row)
    return Limitations({name: tuple(sorted(found, key=lambda row: row.from_, reverse=True)) for name, found in rows.items()})


def after(day: date, n: int, unit: Unit) -> date:
    """The last day of a period that starts on a day, before days off are looked at.

    Years and months end on the day of the same number, or on the last of a month that has none (民法典 202): a month from 31 January ends
    on the last of February, a year from 29 February on 28 February. The start day is not counted (民法典 201).
    """
    if unit == "day":
        return day + timedelta(days=n)
    months = day.year * 12 + day.month - 1 + n * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def ending(
    limitation: Limitation,
    calendar: Calendar,
    *,
    today: date,
    start: date | None,
    since: date | None = None,
    interrupted: Sequence[date] = (),
    obstacles: Sequence[Obstacle] = (),
    still_running: bool = False,
) -> Ending:
    """When the right is lost, seen from `today`.

    `start` is the day it is counted from; `since` the day the longest period is counted from, where there is one and it is known;
    `interrupted` the days on which it began anew; `still_running` says that what keeps it from running (an employment) lasts.
    Raises `Refusal` (422): `limitation_does_not_wait`, `limitation_start_required`, `limitation_not_interruptible`,
    `limitation_not_suspendible`, `interrupted_too_late` (it was over by then), `date_before_start`.
    """
    if still_running:
        return _waiting(limitation)
    if start is None:
        raise Refusal("limitation_start_required", status=422, pointer="/start", start=limitation.period.start)
    _check_known(limitation, interrupted, obstacles)
    _check_days(start, interrupted, obstacles)
    last, steps = _run(limitation, calendar, start, interrupted, obstacles)
    longest = after(since, *limitation.at_most[:2]) if limitation.at_most and since else last
    if limitation.at_most and longest < last:
        last = longest
        steps.append(Step("at_most", {"on": since, "n": limitation.at_most.n, "ends_on": last}))
    rolled = calendar.roll(last)
    if rolled != last:
        steps.append(Step("rolled", {"on": last, "ends_on": rolled}))
    left = (rolled - today).days
    steps.append(Step("over", {"ends_on": rolled, "days": -left}) if left < 0 else Step("ends", {"ends_on": rolled, "days": left}))
    return Ending(limitation, rolled, left, provisional=calendar.provisional(rolled), steps=tuple(steps))


def _waiting(limitation: Limitation) -> Ending:
    if limitation.running is None:
        raise Refusal("limitation_does_not_wait", status=422, pointer="/still_running", limitation=limitation.id)
    return Ending(limitation, None, None, provisional=False, steps=(Step("not_running", {"waits_for": limitation.running}),))


def _run(
    limitation: Limitation, calendar: Calendar, start: date, interrupted: Sequence[date], obstacles: Sequence[Obstacle]
) -> tuple[date, list[Step]]:
    """The last day as interruptions and obstacles leave it, days off not looked at yet, and the steps that led there."""
    n, unit, counted_from = limitation.period
    steps = [Step("starts", {"start": counted_from, "on": start, "n": n, "unit": unit})]
    begun, last = start, after(start, n, unit)
    for index, day in sorted(enumerate(interrupted), key=lambda each: each[1]):
        until, _ = _suspended(limitation, begun, last, obstacles)
        if day > calendar.roll(until):
            raise Refusal("interrupted_too_late", status=422, pointer=f"/interrupted/{index}", day=day, ended_on=until)
        begun, last = day, after(day, n, unit)
        steps.append(Step("anew", {"on": day, "ends_on": last}))
    last, told = _suspended(limitation, begun, last, obstacles)
    return last, [*steps, *told]


def _check_known(limitation: Limitation, interrupted: Sequence[date], obstacles: Sequence[Obstacle]) -> None:
    if interrupted and not limitation.interruption:
        raise Refusal("limitation_not_interruptible", status=422, pointer="/interrupted", limitation=limitation.id)
    if obstacles and limitation.suspension is None:
        raise Refusal("limitation_not_suspendible", status=422, pointer="/obstacles", limitation=limitation.id)


def _check_days(start: date, interrupted: Sequence[date], obstacles: Sequence[Obstacle]) -> None:
    for index, day in enumerate(interrupted):
        if day < start:
            raise Refusal("date_before_start", status=422, pointer=f"/interrupted/{index}", day=day, start=start)
    for index, obstacle in enumerate(obstacles):
        if obstacle.last < obstacle.first:
            raise Refusal("date_before_start", status=422, pointer=f"/obstacles/{index}/to", day=obstacle.last, start=obstacle.first)


def _suspended(limitation: Limitation, begun: date, last: date, obstacles: Sequence[Obstacle]) -> tuple[date, list[Step]]:
    """The last day with the obstacles since it began taken into account, in the order they began, and how each moved it."""
    steps: list[Step] = []
    for first, gone in _since(begun, obstacles):
        if first > last:
            break
        if limitation.suspension == "goes_on":
            last += gone - first + DAY
        elif gone >= after(last, -6, "month"):
            # Only an obstacle that lasts into the last six months suspends it (民法典 194).
            last = max(last, after(gone, 6, "month"))
        else:
            continue
        steps.append(Step("suspended", {"from": first, "to": gone, "ends_on": last}))
    return last, steps


def _since(begun: date, obstacles: Sequence[Obstacle]) -> Iterator[Obstacle]:
    """The obstacles from the day after it began, those that overlap as one."""
    united: list[Obstacle] = []
    for began, last in sorted(obstacles):
        first = max(began, begun + DAY)
        if last < first:
            continue
        if united and first <= united[-1].last + DAY:
            united[-1] = Obstacle(united[-1].first, max(united[-1].last, last))
        else:
            united.append(Obstacle(first, last))
    return iter(united)
