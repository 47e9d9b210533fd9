"""The suspension ledger of a clock: what stood it still, from when to when, and which days were not counted because of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from domain.clocks.calendar import DAY, Calendar
from domain.clocks.due import paused_days
from domain.clocks.limits import Limit
from domain.stream import Clock, Pause


class Suspension(NamedTuple):
    """One pause. `first` to `last` are the days it took, `days` their number: the day of resuming is one, the day of pausing is not.

    Of an open pause the days up to today are told. Pauses that overlap are each told with all their days.
    """

    pause: Pause
    by: str | None
    """Type of the event that paused; None where the limit's row names none that the partner would end."""
    first: date | None
    last: date | None
    days: int


def suspensions(clock: Clock, limit: Limit | None, calendar: Calendar, now: datetime) -> tuple[Suspension, ...]:
    """The pauses of a clock in the order they opened. A limit in hours stands still by the hour and has no days."""
    ended_by = {partner: event for event, partner in limit.pauses.items()} if limit else {}
    found: list[Suspension] = []
    for pause in clock.pauses:
        first = calendar.day_of(pause.from_at) + DAY
        last = calendar.day_of(_end(pause, now))
        days = 0 if clock.unit == "hour" else max((last - first).days + 1, 0)
        found.append(Suspension(pause, ended_by.get(pause.closes), first if days else None, last if days else None, days))
    return tuple(found)


def stood_still(pauses: Sequence[Pause], calendar: Calendar, now: datetime) -> int:
    """Days on which the clock did not run so far, each once however many pauses lay on it."""
    zone = calendar.zone
    return paused_days((p.from_at.astimezone(zone), max(_end(p, now), p.from_at).astimezone(zone)) for p in pauses)


def _end(pause: Pause, now: datetime) -> datetime:
    return pause.to_at or now
