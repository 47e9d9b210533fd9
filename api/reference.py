"""What belongs to no case: the person signed in, offices and people, the panel, tariffs."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from api import views
from api.desk import Desk
from api.list_reading import part
from domain.directory import Office, Person, Tariff
from domain.matching import NEW
from readmodels import handlings
from readmodels.inbox import unread_count

type Json = dict[str, Any]


class Listed[Entry](NamedTuple):
    """Every entry of a list and how one is shown: the route shows a part, and only that part is drawn."""

    entries: Sequence[Entry]
    view: Callable[[Entry], Json]

    def part(self, cursor: str | None, limit: int) -> Json:
        """One page. Raises `Problem` 422 for a cursor that is none."""
        found = part({"items": self.entries}, cursor, limit)
        return found | {"items": [self.view(entry) for entry in found["items"]]}


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
        "directory": f"{desk.directory.size}-{desk.today.isoformat()}",
        "unread": await unread_count(desk.conn, who.person),
    }


def offices(
    desk: Desk, *, kind: str | None = None, parent: str | None = None, county: str | None = None, q: str | None = None
) -> Listed[Office]:
    """Offices and outlets of today, those that closed too; `q` is part of a name or a code."""
    asked = (q or "").casefold()
    found = [
        o
        for o in desk.directory.offices()
        if kind in (None, o.kind) and parent in (None, o.parent) and county in (None, o.county)
        and (not asked or asked in o.name or asked in o.name_en.casefold() or asked in o.code.casefold())
    ]  # fmt: skip

    def view(office: Office) -> Json:
        return views.plain(office) | {"established_by": office.bureau}

    return Listed(found, view)


def people(desk: Desk) -> Listed[Person]:
    """Colleagues that a command may name: those who left can be named no more, but what they did still bears their name."""
    today = desk.today

    def view(person: Person) -> Json:
        return {"code": person.code, "name": person.name, "office": person.office, "roles": [role for role, _ in person.roles_on(today)]}

    return Listed(desk.directory.people(), view)


def tariffs(desk: Desk) -> Listed[Tariff]:
    """The tariffs in force today."""
    found = (desk.directory.tariff(code, desk.today) for code in desk.directory.tariffs)
    return Listed([t for t in found if t is not None], views.plain)


async def lawyers(desk: Desk, *, specialty: str | None, office: str | None, available_on: date | None) -> Listed[Json]:
    """The panel of today, with open cases; `office` is a centre on whose roster the unit stands, or the unit itself.

    `available_on` leaves only those neither suspended, on leave nor full on that day.
    """
    on = available_on or desk.today
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
    return Listed(items, dict)
