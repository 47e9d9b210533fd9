"""The date engine: how many due dates a second one core works out, each with its days told, beside a naive day-by-day counter.

`python -m bench.dates`. The mix is that of the product's own limits over the days of three years: seven days and thirty, seven working
days, hours, a date of the case's own, and limits that were paused, some of them twice. The peer walks the same questions day by day
and answers the last day alone, without telling how it was counted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from bench.figures import Judged, Report
from domain.clocks.calendar import DAY, Calendar
from domain.clocks.due import Interval, due
from domain.clocks.limits import Limit
from ledger import rules

RATE, ROUNDS = 20_000, 5
"""Due dates a second at least; rounds through the mix, of which the fastest counts."""
_FIRST, _DAYS = date(2024, 1, 1), 1000
_PLAIN = ("examine_application", "assign_unit", "sign_engagement", "file_objection", "pay_subsidy", "answer_letter")
_PAUSED = (("examine_application", ((2, 7),)), ("examine_application", ((1, 4), (3, 12))), ("review_closing_file", ((10, 20),)))


class _Asked(NamedTuple):
    limit: Limit
    start: date
    own: date | None
    pauses: tuple[Interval, ...]


def run() -> Report:
    """Measure; the report is kept when every budget is."""
    calendar = rules.current().calendar
    mix = _mix()
    own, naive = _fastest(mix, lambda q: _counted(q, calendar)), _fastest(mix, lambda q: _walked(q, calendar))
    wrong = sum(_counted(q, calendar) != _walked(q, calendar) for q in mix)
    rate = len(mix) / own
    budgets = (
        ("due dates a second, each with its days told", Judged(rate, RATE, "at_least", "/s")),
        ("answers that differ from the naive counter's", Judged(wrong, 0, "at_most", "")),
    )
    rows = [(name, *judged.cells()) for name, judged in budgets]
    rows += [
        ("the naive counter, last day alone", f"{len(mix) / naive:.0f} /s", "", ""),
        ("time beside it", f"{own / naive:.2f} ×", "", ""),
        *(
            (f"{name} alone", f"{_alone(name, calendar):.0f} /s", "", "")
            for name in ("examine_application", "pay_subsidy", "answer_letter")
        ),
    ]
    return Report(
        "The date engine",
        "python -m bench.dates",
        f"{len(mix):,} due dates over the days of 2024 to 2026, on one core, the fastest of {ROUNDS} rounds.",
        (("what", "found", "budget", ""), rows),
        all(judged.kept for _, judged in budgets),
    )


def _mix() -> list[_Asked]:
    limits = {name: rows[0] for name, rows in rules.current().limits.rows.items()}
    zone = rules.current().zone
    found: list[_Asked] = []
    for day in (_FIRST + timedelta(days=n) for n in range(_DAYS)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        found.extend(_Asked(limits[name], day, None, ()) for name in _PLAIN)
        found.append(_Asked(limits["urgent_assign"], noon, None, ()))
        found.append(_Asked(limits["before_limitation"], day, day + timedelta(days=90), ()))
        for name, spells in _PAUSED:
            pauses = tuple((noon + timedelta(days=first), noon + timedelta(days=last)) for first, last in spells)
            found.append(_Asked(limits[name], day, None, pauses))
    return found


def _counted(asked: _Asked, calendar: Calendar) -> date:
    return due(asked.limit, asked.start, calendar, own=asked.own, pauses=asked.pauses).due_on


def _walked(asked: _Asked, calendar: Calendar) -> date:
    """The last day by walking: each day is asked whether it is paused, whether it counts, and in the end whether it is a day off."""
    limit, n = asked.limit, asked.limit.n
    if asked.own is not None:
        return asked.own
    assert isinstance(n, int)
    if limit.unit == "hour":
        assert isinstance(asked.start, datetime)
        return (asked.start + timedelta(hours=n)).date()
    spells = [(first.date(), last.date()) for first, last in asked.pauses]
    day = asked.start
    while n:
        day += DAY
        if not _in(day, spells) and (limit.unit == "calendar_day" or calendar.is_workday(day)):
            n -= 1
    while _in(day + DAY, spells) or not (limit.custody or calendar.is_workday(day)):
        day += DAY
    return day


def _in(day: date, spells: Sequence[tuple[date, date]]) -> bool:
    return any(first < day <= last for first, last in spells)


def _alone(name: str, calendar: Calendar) -> float:
    """Due dates a second of one limit without pauses."""
    mix = [asked for asked in _mix() if asked.limit.id == name and not asked.pauses]
    return len(mix) / _fastest(mix, lambda q: _counted(q, calendar))


def _fastest(mix: Sequence[_Asked], answer: Callable[[_Asked], date]) -> float:
    """Seconds of the fastest round."""
    times: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for asked in mix:
            answer(asked)
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    report = run()
    sys.stdout.write(report.text() + "\n")
    sys.exit(0 if report.kept else 1)
