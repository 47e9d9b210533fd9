"""Going on duty and off it: two deeds in the log of a duty office, each done once however often it is sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from api import inquiry_views, views
from api.deeds import Done, do_once
from api.desk import Desk
from api.inquiry_reading import shifts_of
from api.problem import Problem, of_refusal
from api.typed import typed
from domain.command import Actor, Refusal
from domain.duty.shifts import Shift, ShiftClosed, ShiftOpened, check_closing, check_opening
from domain.values import Code, Model, Moment, Text
from ledger import registers

type Json = dict[str, Any]


class GoOnDuty(Model):
    """Begin a shift, now or at a moment that has passed. A remark names no person who asked for help."""

    opened_at: Moment | None = None
    remark: Text | None = None


class GoOffDuty(Model):
    """End a shift, now or at a moment that has passed, and say who took over and what is left to do."""

    closed_at: Moment | None = None
    handed_to: Code | None = None
    remark: Text | None = None


async def opened(desk: Desk, office: str, body: Mapping[str, Any], key: str) -> Done:
    """Begin a shift of the caller. Raises `Problem` 403, 409, 422 as the rules of the log refuse."""
    asked = typed(GoOnDuty, body)
    actor = _on_duty(desk, office)

    async def act(deed: str) -> Json:
        at = asked.opened_at or desk.now
        event = ShiftOpened(since=_day(at), office=office, shift_id=deed, person=actor.id, opened_at=at, remark=asked.remark)

        def check(log: Sequence[Shift]) -> None:
            check_opening(log, event, desk.directory, desk.now)

        return await _append(desk, event, actor, deed, check)

    return await do_once(desk, key, "open_shift", {"office": office, **body}, act)


async def closed(desk: Desk, office: str, shift_id: str, body: Mapping[str, Any], key: str) -> Done:
    """End a shift of the caller. Raises `Problem` 403, 404, 409, 422 as the rules of the log refuse."""
    asked = typed(GoOffDuty, body)
    actor = _on_duty(desk, office)

    async def act(deed: str) -> Json:
        at = asked.closed_at or desk.now
        event = ShiftClosed(since=_day(at), office=office, shift_id=shift_id, closed_at=at, handed_to=asked.handed_to, remark=asked.remark)

        def check(log: Sequence[Shift]) -> None:
            check_closing(log, event, actor.id, desk.directory, desk.now)

        return await _append(desk, event, actor, deed, check)

    return await do_once(desk, key, "close_shift", {"office": office, "shift_id": shift_id, **body}, act)


def _on_duty(desk: Desk, office: str) -> Actor:
    """The caller as a duty lawyer of the office. Raises 403 for everybody else."""
    who = desk.principal
    if ("duty_lawyer", office) not in who.roles:
        raise Problem(403, "not_on_duty_roster", person=who.person, office=office)
    return Actor(who.person, "duty_lawyer", office, who.lawyer, who.unit)


async def _append(desk: Desk, event: ShiftOpened | ShiftClosed, actor: Actor, deed: str, check: Callable[[Sequence[Shift]], None]) -> Json:
    """Record the event if the log as it stands allows it; the shift as it then is."""
    await registers.lock(desk.conn)
    try:
        check(await shifts_of(desk, event.office))
    except Refusal as refusal:
        raise of_refusal(refusal) from refusal
    await registers.append(desk.conn, [event], actor=actor, now=desk.now, command_id=deed)
    (shift,) = [each for each in await shifts_of(desk, event.office) if each.shift_id == event.shift_id]
    return inquiry_views.shift(shift, [])


def _day(moment: datetime) -> date:
    return moment.astimezone(views.ZONE).date()
