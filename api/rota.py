"""The rota of an office: read by month with who has how many shifts, planned, published, swapped, covered."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple
from uuid import uuid4

from api.deeds import Done, do_once
from api.desk import Desk
from api.problem import Problem, not_found
from api.work_shapes import CoverAsked, PlanAsked, PublishAsked, SwapAnswered, SwapAsked
from domain.command import Actor, Refusal, Role
from domain.registers import RegisterEvent
from domain.rota import (
    Rota,
    RotaPublished,
    ShiftCovered,
    Slot,
    Swap,
    SwapProposed,
    away_by,
    cover,
    days_of,
    plan,
    propose,
    settle,
)
from ledger import registers
from readmodels.rota import rota_of

type Json = dict[str, Any]

PLANS: tuple[Role, ...] = ("supervisor", "approver", "caseworker")
"""Who plans, publishes and covers, at the office itself, at its centre or above."""
STANDS: Mapping[str, frozenset[str]] = {
    "duty": frozenset({"duty_lawyer"}),
    "hotline": frozenset({"receptionist", "caseworker", "duty_lawyer"}),
}
"""Roles that stand on a rota, at the office."""


async def month(desk: Desk, office: str, month: str) -> Json:
    """The month's shifts, the swaps that touch it, and how many shifts each has had in the year up to its end. Raises 404."""
    _known(desk, office)
    rota = await rota_of(desk.conn, office)
    first, last = days_of(month)
    shifts = [{"rota": kind, **shift.model_dump(mode="json"), **_name(desk, shift.person)} for kind, shift in rota.between(first, last)]
    swaps = [_swap(desk, s) for s in rota.swaps.values() if any(slot and first <= slot.day <= last for slot in (s.give, s.take))]
    return {
        "office": office,
        "month": month,
        "shifts": shifts,
        "swaps": swaps,
        "fairness": _fairness(desk, rota, last),
        "may_plan": _plans(desk, office),
    }


def _fairness(desk: Desk, rota: Rota, last: date) -> list[Json]:
    """Shifts a person since a year before the month's end, by rota."""
    counts: dict[tuple[str, str], int] = {}
    for kind, shift in rota.between(last - timedelta(days=365), last):
        counts[kind, shift.person] = counts.get((kind, shift.person), 0) + 1
    return [{"rota": kind, "person": person, "shifts": n, **_name(desk, person)} for (kind, person), n in sorted(counts.items())]


def _name(desk: Desk, person: str) -> Json:
    known = desk.directory.person(person)
    return {"name": known.name if known else None}


def _swap(desk: Desk, swap: Swap) -> Json:
    return {
        "swap": swap.swap, "rota": swap.rota, "by": swap.by, "to": swap.to, "give": swap.give.model_dump(mode="json"),
        "take": swap.take.model_dump(mode="json") if swap.take else None, "reason": swap.reason, "state": swap.state,
        "mine": swap.to == desk.principal.person, "own": swap.by == desk.principal.person,
    }  # fmt: skip


def _known(desk: Desk, office: str) -> None:
    if desk.directory.office(office) is None:
        raise not_found("office_not_found")


def _plans(desk: Desk, office: str) -> bool:
    """Whether the caller plans at the office: there, at its centre, or at an office above."""
    above = {o.code for o in desk.directory.above(office)}
    return any(role in PLANS and at in above for role, at in desk.principal.roles)


def _actor(desk: Desk, office: str, roles: tuple[Role, ...] | None = None) -> Actor:
    """The caller in a role at the office or above it. Raises 403."""
    above = {o.code for o in desk.directory.above(office)}
    mine: Iterator[tuple[Role, str]] = (each for each in desk.principal.roles if each[1] in above and (roles is None or each[0] in roles))
    held = next(mine, None)
    if held is None:
        raise Problem(403, "forbidden")
    return Actor(desk.principal.person, held[0], held[1], desk.principal.lawyer, desk.principal.unit)


def people_of(desk: Desk, office: str, rota: str) -> list[str]:
    """Codes of the people who stand on the office's rota today."""
    on = desk.today
    return [p.code for p in desk.directory.people() if any(r in STANDS[rota] and at == office for r, at in p.roles_on(on))]


async def planned(desk: Desk, asked: PlanAsked) -> Json:
    """A month as it might be published; nothing is recorded. Raises 403, 404, `Refusal` 422 where nobody stands on the rota."""
    _known(desk, asked.office)
    _actor(desk, asked.office, PLANS)
    first, last = days_of(asked.month)
    calendar = desk.services.rules().calendar
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days = [d for d in days if d >= desk.today and (asked.days == "every" or calendar.is_workday(d))]
    people = list(asked.people) or people_of(desk, asked.office, asked.rota)
    if not people:
        raise Refusal("nobody_on_rota", status=422, pointer="/people", office=asked.office)
    found = plan(await rota_of(desk.conn, asked.office), asked.rota, days, (asked.start, asked.end), people, away=away_by(desk.directory))
    shifts = [s.model_dump(mode="json") | _name(desk, s.person) for s in found.shifts]
    counts = [{"person": p, "shifts": n, **_name(desk, p)} for p, n in found.counts.items()]
    return {"office": asked.office, "month": asked.month, "rota": asked.rota, "shifts": shifts, "gaps": found.gaps, "counts": counts}


async def published(desk: Desk, key: str, asked: PublishAsked) -> Done:
    """Publish a month's shifts. Raises 403, 404, `Refusal` 422 for somebody on leave that day or unknown, or a day of another month."""
    _known(desk, asked.office)
    who = _actor(desk, asked.office, PLANS)
    first, last = days_of(asked.month)
    away = away_by(desk.directory)
    for index, shift in enumerate(asked.shifts):
        pointer = f"/shifts/{index}"
        if not first <= shift.day <= last:
            raise Refusal("day_of_another_month", status=422, pointer=f"{pointer}/day", on=shift.day)
        if desk.directory.person(shift.person) is None:
            raise Refusal("unknown_person", status=422, pointer=f"{pointer}/person", person=shift.person)
        if away(shift.person, shift.day):
            raise Refusal("person_on_leave", status=422, pointer=f"{pointer}/person", person=shift.person, on=shift.day)
    event = RotaPublished(since=desk.today, office=asked.office, rota=asked.rota, month=asked.month, shifts=tuple(asked.shifts))
    return await _recorded(desk, _Deed(key, "rota_published", who), asked, lambda _: event)


async def proposed(desk: Desk, key: str, asked: SwapAsked) -> Done:
    """Offer one's own shift to a colleague. Raises `Refusal`."""
    _known(desk, asked.office)
    who = _actor(desk, asked.office)
    event = SwapProposed(
        since=desk.today, office=asked.office, rota=asked.rota, swap=uuid4().hex, by=desk.principal.person, to=asked.to,
        give=asked.give, take=asked.take, reason=asked.reason,
    )  # fmt: skip
    if desk.directory.person(asked.to) is None:
        raise Refusal("unknown_person", status=422, pointer="/to", person=asked.to)

    def check(rota: Rota) -> RegisterEvent:
        return propose(rota, event, away_by(desk.directory), desk.today)

    return await _recorded(desk, _Deed(key, "swap_proposed", who), asked, check)


async def answered(desk: Desk, key: str, swap: str, asked: SwapAnswered, answer: Literal["accept", "refuse"]) -> Done:
    """Accept a swap one was asked for, refuse it, or take back one's own. Raises `Refusal`."""
    _known(desk, asked.office)
    who = _actor(desk, asked.office)

    def check(rota: Rota) -> RegisterEvent:
        away, on = away_by(desk.directory), desk.today
        return settle(rota, swap, desk.principal.person, accepts=answer == "accept", away=away, today=on)

    return await _recorded(desk, _Deed(key, f"swap_{answer}", who, {"swap": swap}), asked, check)


async def covered(desk: Desk, key: str, asked: CoverAsked) -> Done:
    """Put another person on a shift at once. Raises 403, `Refusal`."""
    _known(desk, asked.office)
    who = _actor(desk, asked.office, PLANS)
    if desk.directory.person(asked.person) is None:
        raise Refusal("unknown_person", status=422, pointer="/person", person=asked.person)
    slot = Slot(day=asked.day, start=asked.start)
    event = ShiftCovered(
        since=desk.today, office=asked.office, rota=asked.rota, slot=slot, person=asked.person, was=asked.person, reason=asked.reason
    )

    def check(rota: Rota) -> RegisterEvent:
        return cover(rota, event, away_by(desk.directory))

    return await _recorded(desk, _Deed(key, "shift_covered", who), asked, check)


type _Change = Callable[[Rota], RegisterEvent]
"""The event by the rota as it stands under the ledger's lock; raises what the rules refuse."""


class _Deed(NamedTuple):
    key: str
    name: str
    who: Actor
    more: Json = {}  # noqa: RUF012 -- never written to


async def _recorded(desk: Desk, deed: _Deed, asked: Any, change: _Change) -> Done:
    """Append one event to the office's rota, once a key."""

    async def act(deed_id: str) -> Json:
        await registers.lock(desk.conn)
        event = change(await rota_of(desk.conn, asked.office))
        rows = await registers.append(desk.conn, [event], actor=deed.who, now=desk.now, command_id=deed_id)
        return {"office": asked.office, "version": rows[-1]["version"], "type": event.type} | (
            {"swap": event.swap} if isinstance(event, SwapProposed) else {}
        )

    return await do_once(desk, deed.key, deed.name, {**asked.model_dump(mode="json"), **deed.more}, act)
