"""The log of a duty office: who was on duty from when until when, and to whom it was handed over.

A register (`shift/<office>`), since a shift waits for nothing and rings nothing. What came in during it stands in the requests themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from domain.command import Refusal
from domain.directory import Directory
from domain.registers import RegisterEvent
from domain.values import Code, Moment, Text


class ShiftEvent(RegisterEvent):
    """What happened in the log of an office."""

    office: Code

    @property
    def stream(self) -> str:
        return stream_of(self.office)


def stream_of(office: str) -> str:
    """The log's stream."""
    return f"shift/{office}"


class ShiftOpened(ShiftEvent):
    """Somebody went on duty."""

    shift_id: Code
    person: Code
    opened_at: Moment
    remark: Text | None = None


class ShiftClosed(ShiftEvent):
    """Their duty ended; `handed_to` took over, with what is left to do in the remark."""

    shift_id: Code
    closed_at: Moment
    handed_to: Code | None = None
    remark: Text | None = None


class Shift(NamedTuple):
    """One shift as the log tells it; open while `closed_at` is absent."""

    shift_id: str
    office: str
    person: str
    opened_at: datetime
    opening_remark: str | None = None
    closed_at: datetime | None = None
    handed_to: str | None = None
    closing_remark: str | None = None

    def touches(self, first: datetime, last: datetime) -> bool:
        """Whether any of it lies between the two moments."""
        return self.opened_at < last and (self.closed_at is None or self.closed_at > first)


def log_of(history: Iterable[RegisterEvent]) -> tuple[Shift, ...]:
    """The shifts of a log, in the order in which they were opened."""
    shifts: dict[str, Shift] = {}
    for event in history:
        if isinstance(event, ShiftOpened):
            shifts[event.shift_id] = Shift(event.shift_id, event.office, event.person, event.opened_at, event.remark)
        elif isinstance(event, ShiftClosed) and event.shift_id in shifts:
            shifts[event.shift_id] = shifts[event.shift_id]._replace(
                closed_at=event.closed_at, handed_to=event.handed_to, closing_remark=event.remark
            )
    return tuple(shifts.values())


def on_roster(directory: Directory, person: str, office: str, on: date) -> bool:
    """Whether the person is a duty lawyer of that office on that day."""
    held = directory.person(person)
    return held is not None and ("duty_lawyer", office) in held.roles_on(on)


def check_opening(log: Iterable[Shift], opened: ShiftOpened, directory: Directory, now: datetime) -> None:
    """Refuse a shift at what is no duty office (422), by somebody not on its roster (403), in the future, or beside one's own open one."""
    office = directory.office(opened.office)
    if office is None or office.kind != "duty_lawyer_office":
        raise Refusal("unknown_office", status=422, pointer="/office", office=opened.office)
    if not on_roster(directory, opened.person, opened.office, opened.since):
        raise Refusal("not_on_duty_roster", status=403, person=opened.person, office=opened.office)
    _not_ahead(opened.opened_at, opened.since, now, "/opened_at")
    still = next((shift for shift in log if shift.person == opened.person and shift.closed_at is None), None)
    if still is not None:
        raise Refusal("shift_open", shift_id=still.shift_id, opened_at=still.opened_at)


def check_closing(log: Iterable[Shift], closed: ShiftClosed, person: str, directory: Directory, now: datetime) -> None:
    """Refuse to close a shift that there is not (404), another's (403), one that is closed (409), or towards somebody not on the roster."""
    shift = next((each for each in log if each.shift_id == closed.shift_id), None)
    if shift is None:
        raise Refusal("unknown_shift", status=404)
    if shift.person != person:
        raise Refusal("not_your_shift", status=403, person=shift.person)
    if shift.closed_at is not None:
        raise Refusal("shift_closed", closed_at=shift.closed_at)
    _not_ahead(closed.closed_at, closed.since, now, "/closed_at")
    if closed.closed_at < shift.opened_at:
        raise Refusal("closed_before_opening", status=422, pointer="/closed_at", opened_at=shift.opened_at)
    if closed.handed_to and not on_roster(directory, closed.handed_to, closed.office, closed.since):
        raise Refusal("not_on_duty_roster", status=422, pointer="/handed_to", person=closed.handed_to, office=closed.office)


def _not_ahead(moment: datetime, day: date, now: datetime, pointer: str) -> None:
    if moment > now:
        raise Refusal("date_in_future", status=422, pointer=pointer, day=moment.date(), legal_day=day)
