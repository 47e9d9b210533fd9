"""When a limit ends, and how that day was counted."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from domain.clocks.calendar import DAY, Calendar, Reason, Span, merge
from domain.clocks.limits import Limit

type Interval = tuple[datetime, datetime]
"""A closed pause: from the moment of the pausing event to that of its partner."""


_COUNTED: tuple[bool, Reason, str | None] = (True, "day", None)
_PAUSED: tuple[bool, Reason, str | None] = (False, "paused", None)


class Due(NamedTuple):
    """`due_on` the last day, `due_at` its end (a limit includes that second), `counted` how it was reached."""

    due_on: date
    due_at: datetime
    counted: tuple[Span, ...]
    provisional: bool
    """Counted into a year whose days off are not announced yet."""

    def as_json(self) -> dict[str, Any]:
        """How it was counted, as clocks keep it."""
        return {"days": [span.as_json() for span in self.counted], "provisional": self.provisional}


def due(
    limit: Limit, start: date, calendar: Calendar, *, n: int | None = None, own: date | None = None, pauses: Sequence[Interval] = ()
) -> Due:
    """The due date of a limit that starts on a day (or, for hours, at a moment).

    The start day is not counted (CC 201). Days on which the clock was paused are not counted: the pausing day is used, the day of
    resuming, like a start day, is not counted; a clock paused on its last day ends on the day of resuming. Example: seven calendar days
    from Mon 2 March 2026, papers asked for on Thu 5, complete on Tue 10: 3, 4, 5 March are used, four days are left, 11 to 14 March;
    the 14th is a Saturday, so the limit ends on Mon 16 March. Pauses that overlap count once.

    `own` is a date set by a body or by the case: it is due as it stands, without counting or rolling. `n` overrides the row's number.
    Raises `ValueError` where there is neither.
    """
    if own is not None:
        spans = (Span(calendar.day_of(start), calendar.day_of(start), False, "start_day"),)
        first = spans[0].last + DAY
        return _due(own, calendar, (*spans, Span(first, own, True, "date_set")) if first <= own else spans, limit)
    n = n if n is not None else limit.n if isinstance(limit.n, int) else None
    if n is None:
        raise ValueError(f"{limit.id} has no number of its own")
    if limit.unit == "hour":
        return _hours(start, n, calendar, pauses)
    start = calendar.day_of(start)
    paused = frozenset(_days(pauses, calendar))
    if limit.unit == "calendar_day" and not paused:
        spans = _calendar_days(start, n, calendar, custody=limit.custody)
    else:
        spans = _walk(start, n, calendar, limit, paused)
    return _due(spans[-1].last, calendar, spans, limit)


def _due(last: date, calendar: Calendar, spans: tuple[Span, ...], limit: Limit) -> Due:
    return Due(last, calendar.end_of(last, handed_in=limit.handed_in), spans, calendar.provisional(last))


def _hours(start: date, n: int, calendar: Calendar, pauses: Sequence[Interval]) -> Due:
    begin = start if isinstance(start, datetime) else calendar.end_of(start)
    begin = begin.astimezone(calendar.zone) if begin.tzinfo else begin.replace(tzinfo=calendar.zone)
    end = shifted(begin, timedelta(hours=n), pauses)
    return Due(end.date(), end, (Span(begin, end, True, "hours"),), False)


def shifted(begin: datetime, running: timedelta, pauses: Sequence[Interval]) -> datetime:
    """The moment at which `running` has been used since `begin`, pauses not counted."""
    moment = begin + running
    for first, last in _union(pauses):
        if begin <= last and first < moment:
            moment += last - max(first, begin)
    return moment


def running_time(begin: datetime, end: datetime, pauses: Sequence[Interval]) -> timedelta:
    """How long the clock runs between two moments, pauses not counted."""
    return end - begin - sum((min(b, end) - max(a, begin) for a, b in _union(pauses) if a < end and b > begin), timedelta())


def paused_days(pauses: Iterable[Interval]) -> int:
    """Days that closed pauses took, those that overlap once: the day of resuming is one, the day of pausing is not."""
    return sum((last.date() - first.date()).days for first, last in _union(tuple(pauses)))


def _union(pauses: Sequence[Interval]) -> list[Interval]:
    united: list[Interval] = []
    for first, last in sorted(pauses):
        if united and first <= united[-1][1]:
            united[-1] = (united[-1][0], max(last, united[-1][1]))
        else:
            united.append((first, last))
    return united


def _days(pauses: Sequence[Interval], calendar: Calendar) -> Iterator[date]:
    for begin, end in pauses:
        first, last = calendar.day_of(begin), calendar.day_of(end)
        yield from (first + timedelta(days=i) for i in range(1, (last - first).days + 1))


def _calendar_days(start: date, n: int, calendar: Calendar, *, custody: bool) -> tuple[Span, ...]:
    last = start + timedelta(days=n)
    spans = (Span(start, start, False, "start_day"), Span(start + DAY, last, True, "day"))
    return spans + merge(_ending(last, calendar, frozenset(), roll=not custody))


def _walk(start: date, n: int, calendar: Calendar, limit: Limit, paused: frozenset[date]) -> tuple[Span, ...]:
    """Day by day, days alike as one span: the path of working days and of pauses."""
    spans = [Span(start, start, False, "start_day")]
    working = limit.unit == "working_day"
    first = day = start
    now: tuple[bool, Reason, str | None] | None = None
    left = n
    while left:
        following = day + DAY
        kind = _PAUSED if following in paused else calendar.kind_of(following) if working else _COUNTED
        if kind != now:
            if now is not None:
                spans.append(Span(first, day, *now))
            first, now = following, kind
        day = following
        left -= kind[0]
    if now is not None:
        spans.append(Span(first, day, *now))
    return (*spans, *merge(_ending(day, calendar, paused, roll=not limit.custody)))


def _ending(last: date, calendar: Calendar, paused: frozenset[date], *, roll: bool) -> Iterator[Span]:
    """Days passed over after the last counted one: days off, and pauses that began on it or while it rolled on."""
    passed: list[Span] = []
    while last + DAY in paused or (roll and not calendar.is_workday(last)):
        last += DAY
        passed.append(Span(last, last, False, *(("paused", None) if last in paused else calendar.why_off(last))))
    if passed:
        passed[-1] = Span(last, last, False, "rolled")
    return iter(passed)
