"""What belongs to no case: the person signed in, offices and people, the panel, tariffs, dates and sums worked out on request."""

from datetime import date, datetime
from typing import Any

from api import views
from api.desk import Desk
from api.problem import Problem
from api.typed import typed
from domain.command import Refusal
from domain.eligibility import calculate
from domain.matching import NEW
from domain.stages.decision import AssessHardship
from readmodels import handlings
from readmodels.inbox import unread_count

type Json = dict[str, Any]


def _today(desk: Desk) -> date:
    return desk.now.astimezone(views.ZONE).date()


def _whole(items: list[Json]) -> Json:
    """Every item; the route shows them in parts."""
    return {"items": items, "next_cursor": None}


async def me(desk: Desk) -> Json:
    """Who is signed in, with roles and offices of the day."""
    who = desk.principal
    person = desk.directory.person(who.person)
    offices = {office: desk.directory.office(office) for _, office in who.roles}
    return {
        "id": who.person,
        "name": person.name if person else None,
        "username": who.username,
        "language": who.language,
        "role": who.roles[0][0] if who.roles else None,
        "office": person.office if person else None,
        "roles": [
            {"role": role, "office": office, "office_name": o.name if (o := offices[office]) else None} for role, office in who.roles
        ],
        "lawyer": who.lawyer,
        "unit": who.unit,
        "unread": await unread_count(desk.conn, who.person),
    }


def offices(desk: Desk) -> Json:
    return _whole([views.plain(o) | {"established_by": o.bureau} for o in desk.directory.offices()])


def people(desk: Desk) -> Json:
    """Colleagues that a command may name."""
    return _whole(
        [
            {"code": p.code, "name": p.name, "office": p.office, "roles": [role for role, _ in p.roles_on(_today(desk))]}
            for p in desk.directory.people()
        ]
    )


def tariffs(desk: Desk) -> Json:
    """The tariffs in force today."""
    found = (desk.directory.tariff(code, _today(desk)) for code in desk.directory.tariffs)
    return _whole([views.plain(t) for t in found if t is not None])


async def lawyers(desk: Desk, *, specialty: str | None, office: str | None, available_on: date | None) -> Json:
    """The panel of today, with open cases; `office` is a centre on whose roster the unit stands, or the unit itself.

    `available_on` leaves only those neither suspended, on leave nor full on that day.
    """
    on = available_on or _today(desk)
    standings = await handlings.standings(desk.conn, on, desk.services.rules().matching.on(on).window)
    items: list[Json] = []
    for lawyer in desk.directory.lawyers(on):
        unit = desk.directory.unit(lawyer.unit)
        load = standings.get(lawyer.code, NEW).load
        if specialty and specialty not in lawyer.specialities:
            continue
        if office and office not in (lawyer.unit, unit.office if unit else None):
            continue
        available = not lawyer.suspended(on) and not lawyer.on_leave(on) and load < lawyer.max_load
        if available_on and not available:
            continue
        items.append(views.plain(lawyer) | {"unit_name": unit.name if unit else None, "load": load, "available": available})
    return _whole(items)


def due(desk: Desk, *, limit: str, start: date, kind: str | None, county: str | None = None) -> Json:
    """When a limit that starts on a day (or moment) is due, and how that was counted. Raises `Refusal` 422, `Problem` 422."""
    if isinstance(start, datetime) and start.tzinfo is None:
        raise Problem(422, "invalid", errors=[{"parameter": "start", "in": "query", "code": "offset_missing"}])
    centre = next((o.code for o in desk.directory.offices() if o.kind == "centre" and o.county == county), None)
    rules = desk.services.rules().keeping(desk.directory.day_rules(_today(desk), centre))
    found = rules.due(limit, start, kind=kind)
    row = rules.limit(limit, rules.calendar.day_of(start))
    counted = found.as_json()
    return {
        "limit": limit,
        "due_at": views.moment(found.due_at),
        "due_on": found.due_on.isoformat(),
        "counted": counted["days"],
        "provisional": found.provisional,
        "source": row.source if row else None,
        "confirmed": row.confirmed if row else None,
        "unit": row.unit if row else None,
    }


def hardship(desk: Desk, body: Json) -> Json:
    """The sum that `assess_hardship` would record, under the standard of `effective_on`, recorded nowhere.

    Raises `Problem` 422 with pointers, `Refusal` 422.
    """
    asked = typed(AssessHardship, body)
    on = asked.effective_on or _today(desk)
    if on > _today(desk):
        raise Refusal("effective_in_future", status=422, pointer="/effective_on")
    return calculate(
        desk.services.rules().policy,
        on=on,
        household=asked.household,
        county=asked.county,
        residence=asked.residence,
        property_fen=asked.property_fen,
        opponent_in_household=asked.opponent_in_household,
    ).as_json()
