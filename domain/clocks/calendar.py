"""The working-day calendar: weekends, announced days off and the weekends worked in exchange (调休)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from domain.directory.entries import DayRule

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
END_OF_DAY = time(23, 59, 59)
"""24:00 as a moment that still bears the day's date: a limit includes this second and is missed one second later."""

Reason = Literal["start_day", "day", "makeup_workday", "weekend", "holiday", "paused", "rolled", "hours", "date_set"]


_REMEMBERED = 8192
"""Days of which a calendar remembers what they are: the years that limits run in."""


class Closing(NamedTuple):
    """From a day on the close of business, and that of single weekdays (1 Monday to 7 Sunday)."""

    since: date
    closes_at: time | None
    weekdays: Mapping[int, time]


class Span(NamedTuple):
    """Consecutive days (or moments, for limits in hours), counted or not for one reason. `rolled`: the day the limit rolled on to."""

    first: date
    last: date
    counted: bool
    reason: Reason
    label: str | None = None
    """The day off by its name, as announced."""

    def as_json(self) -> dict[str, Any]:
        """For events and the HTTP contract: dates as ISO texts; `days`, their number, for days; `label` where there is one."""
        size = {} if isinstance(self.first, datetime) else {"days": (self.last - self.first).days + 1}
        label = {"label": self.label} if self.label else {}
        return {
            "from": self.first.isoformat(), "to": self.last.isoformat(), **size, "counted": self.counted, "reason": self.reason, **label,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off and working days of one place.

    `days_off` names the days off by day; `workdays` are worked although they fall on a weekend or in `days_off`.
    `announced_until` is the last year whose days off the State Council has announced: dates counted into later years are provisional.
    `closes_at` is the close of business at which a last day ends; None for 24:00.
    """

    zone: ZoneInfo
    days_off: Mapping[date, str]
    workdays: frozenset[date]
    announced_until: int
    closes_at: time | None = None
    closings: tuple[Closing, ...] = ()
    """Hours by the day they hold from; of those that began the first counts. Before any of them `closes_at` holds."""
    memo: dict[date, tuple[bool, Reason, str | None]] = field(
        default_factory=dict[date, tuple[bool, "Reason", str | None]], init=False, repr=False, compare=False
    )

    def keeping(self, days: Mapping[date, DayRule]) -> Calendar:
        """The calendar with some days kept otherwise; `as_announced` leaves a day as it is."""
        off = {day: rule.name for day, rule in days.items() if rule.kept == "off"}
        worked = {day for day, rule in days.items() if rule.kept == "worked"}
        return replace(self, days_off={**self.days_off, **off}, workdays=self.workdays - off.keys() | worked)

    def is_workday(self, day: date) -> bool:
        if day in self.workdays:
            return True
        return day.weekday() < 5 and day not in self.days_off

    def kind_of(self, day: date) -> tuple[bool, Reason, str | None]:
        """Whether a limit in working days counts the day, why, and the name of a day off: worked out once a day of the calendar."""
        found = self.memo.get(day)
        if found is None:
            if len(self.memo) >= _REMEMBERED:
                self.memo.clear()
            worked: Reason = "makeup_workday" if day in self.workdays else "day"
            found = self.memo[day] = (True, worked, None) if self.is_workday(day) else (False, *self.why_off(day))
        return found

    def why_off(self, day: date) -> tuple[Reason, str | None]:
        """The reason a day off is one, and its name if it was announced."""
        label = self.days_off.get(day)
        return ("holiday", label) if label else ("weekend", None)

    def roll(self, day: date) -> date:
        """The day itself, or the next working day if it is a day off (CC 203)."""
        while not self.is_workday(day):
            day += DAY
        return day

    def next_workday(self, day: date) -> date:
        """The first working day after `day`."""
        return self.roll(day + DAY)

    def previous_workday(self, day: date) -> date:
        """The last working day before `day`."""
        day -= DAY
        while not self.is_workday(day):
            day -= DAY
        return day

    def add_workdays(self, day: date, n: int) -> date:
        """The n-th working day after `day`."""
        for _ in range(n):
            day = self.next_workday(day)
        return day

    def provisional(self, day: date) -> bool:
        """Whether a date counted up to `day` may still change because its year has not been announced."""
        return day.year > self.announced_until

    def end_of(self, day: date, *, handed_in: bool = False) -> datetime:
        """The moment at which `day` ends for a limit: 24:00, or the close of business for what is handed in at the office (CC 203)."""
        return datetime.combine(day, (self.closing(day) if handed_in else None) or END_OF_DAY, self.zone)

    def closing(self, day: date) -> time | None:
        """When the office closes on that day; None where no hours are known."""
        for since, closes_at, weekdays in self.closings:
            if since <= day:
                return weekdays.get(day.isoweekday(), closes_at)
        return self.closes_at

    def day_of(self, moment: date) -> date:
        """The legal day of a moment, or the day itself. A moment without offset is local."""
        if not isinstance(moment, datetime):
            return moment
        return moment.astimezone(self.zone).date() if moment.tzinfo else moment.date()

    def moment_of(self, when: date, now: datetime) -> datetime:
        """The moment of a legal day: `now` if it is today; for another day the hour is not known and the day's end is taken."""
        if isinstance(when, datetime):
            return when.astimezone(self.zone) if when.tzinfo else when.replace(tzinfo=self.zone)
        now = now.astimezone(self.zone)
        return now.replace(microsecond=0) if when == now.date() else datetime.combine(when, END_OF_DAY, self.zone)


def merge(spans: Iterator[Span]) -> tuple[Span, ...]:
    """Neighbouring spans of one kind as one."""
    merged: list[Span] = []
    for span in spans:
        if merged and merged[-1][2:] == span[2:]:
            merged[-1] = merged[-1]._replace(last=span.last)
        else:
            merged.append(span)
    return tuple(merged)
