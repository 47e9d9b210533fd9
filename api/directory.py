"""The directory by legal day and by recorded time, its history entry by entry, and its changes, each with what it concerns.

Only a system administrator changes it, and sees of the cases nothing but how many a change concerns. Roles of people are the
security administrator's.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal, get_args

from pydantic import Field

from api import views
from api.deeds import Done, do_once
from api.desk import Desk
from api.problem import Problem, not_found
from api.reference import Listed
from api.typed import typed
from domain.clocks.terms import check
from domain.command import Actor
from domain.directory import (
    CalendarDaySet,
    Directory,
    DirectoryEvent,
    DirectoryFault,
    HoursSet,
    LadderSet,
    LawyerRegistered,
    LawyerSuspended,
    LeaveSet,
    LimitConfirmed,
    LimitSet,
    OfficeClosed,
    OfficeOpened,
    Person,
    PersonChanged,
    PersonLeft,
    PersonRegistered,
    TariffSet,
    TownshipSet,
    UnitRegistered,
)
from domain.values import Model
from ledger import directory as directories
from ledger import registers
from ledger.store import WORKER
from readmodels import standing

type Json = dict[str, Any]

CHANGES_IT = "system_administrator"
_READS_HISTORY = ("system_administrator", "security_administrator", "supervisor", "auditor")
DirectoryKind = Literal["offices", "people", "units", "lawyers", "townships", "calendar", "limits", "ladders", "hours", "tariffs"]
KINDS: tuple[DirectoryKind, ...] = get_args(DirectoryKind)
CHANGES: Mapping[DirectoryKind, tuple[type[DirectoryEvent], ...]] = {
    "offices": (OfficeOpened, OfficeClosed),
    "people": (PersonRegistered, PersonChanged, PersonLeft),
    "units": (UnitRegistered,),
    "lawyers": (LawyerRegistered, LawyerSuspended, LeaveSet),
    "townships": (TownshipSet,),
    "calendar": (CalendarDaySet,),
    "limits": (LimitSet, LimitConfirmed),
    "ladders": (LadderSet,),
    "hours": (HoursSet,),
    "tariffs": (TariffSet,),
}


class ChangeOfDirectory(Model):
    """One change: which, from which legal day on, and what it says (the fields of that change)."""

    change: str = Field(max_length=64, description="office_opened, office_closed, person_left, calendar_day_set …")
    since: date
    data: dict[str, Any]


def _of_day(desk: Desk, on: date | None, as_of: datetime | None) -> Directory:
    """The directory of a legal day, as it had been recorded by a moment. Raises `Problem` 422 for a moment without offset."""
    if as_of is not None and as_of.tzinfo is None:
        raise Problem(422, "invalid", errors=[{"parameter": "as_of", "in": "query", "code": "offset_missing"}])
    whole = desk.directory if as_of is None else desk.services.directory.recorded_by(as_of)
    return whole.on(on or desk.today)


def entries(
    desk: Desk, kind: DirectoryKind, *, on: date | None = None, as_of: datetime | None = None, q: str | None = None,
    office: str | None = None,
) -> Listed[Model]:  # fmt: skip
    """What the directory held on a legal day (today unless said). `q` is part of a name or code; `office` where it belongs."""
    directory, day = _of_day(desk, on, as_of), on or desk.today
    asked = (q or "").casefold()
    found = [
        entry
        for entry in _held(directory, kind, day)
        if (not asked or asked in _words_of(entry)) and (office is None or office in _places_of(entry))
    ]

    def view(entry: Model) -> Json:
        return shown(kind, entry, day)

    return Listed(found, view)


def _held(directory: Directory, kind: DirectoryKind, day: date) -> Iterable[Any]:
    """The entries there were on that day: what began later is left out, what ended stands with its end."""
    if kind == "calendar":
        return [rule for rule in directory.days if rule.since <= day]
    if kind in ("limits", "ladders", "hours"):
        return [term for term in directory.terms if term.kind == kind and term.since <= day]
    if kind == "tariffs":
        return [t for code in directory.tariffs if (t := directory.tariff(code, day))]
    books: Mapping[str, Mapping[str, Any]] = {
        "offices": directory.office_of, "people": directory.person_of, "units": directory.unit_of, "lawyers": directory.lawyer_of,
        "townships": directory.township_of,
    }  # fmt: skip
    return [entry for code, entry in books[kind].items() if directory.began(kind, code) <= day]


def _words_of(entry: Any) -> str:
    names = (getattr(entry, name, None) for name in ("code", "name", "name_en"))
    return " ".join(str(name) for name in names if name).casefold()


def _places_of(entry: Any) -> tuple[Any, ...]:
    return tuple(getattr(entry, name, None) for name in ("parent", "office", "unit", "county", "outlet"))


def _code_of(entry: Any) -> str:
    """The entry's code; of a day of the calendar the day."""
    return str(getattr(entry, "code", None) or getattr(entry, "day", ""))


def shown(kind: DirectoryKind, entry: Any, day: date) -> Json:
    """An entry as the API answers it; a person with the roles of the day."""
    held = views.plain(entry)
    code = _code_of(entry)
    name = str(getattr(entry, "name", code))
    if isinstance(entry, Person):
        held = {k: v for k, v in held.items() if k != "grants"} | {"roles": [{"role": r, "office": o} for r, o in entry.roles_on(day)]}
    return {"kind": kind, "code": code, "name": name, "entry": held}


def entry(desk: Desk, kind: DirectoryKind, code: str, *, on: date | None = None, as_of: datetime | None = None) -> Json:
    """One entry and, for whoever watches over the directory, every change of it. Raises `Problem` 404 `entry_not_found`."""
    day = on or desk.today
    found = next((e for e in reversed([*_held(_of_day(desk, on, as_of), kind, day)]) if _code_of(e) == code), None)
    if found is None:
        raise not_found("entry_not_found")
    answer = shown(kind, found, day)
    if desk.has_role(*_READS_HISTORY):
        answer["history"] = [_happened(desk, each) for each in desk.services.directory.history(kind, code)]
    return answer


def _happened(desk: Desk, each: registers.Registered) -> Json:
    who = desk.directory.person(each.actor)
    return {
        "change": each.event.type, "since": each.effective_on.isoformat(), "recorded_at": views.moment(each.recorded_at),
        "actor": each.actor, "actor_name": who.name if who else None, "data": each.event.model_dump(mode="json", exclude={"since"}),
    }  # fmt: skip


async def concerns(desk: Desk, kind: Literal["calendar", "tariffs"], *, day: date | None, office: str | None) -> Json:
    """How many open cases a change would concern, before it is made. Raises `Problem` 403, 422 `day_required`."""
    administrator(desk)
    async with desk.services.database.transaction(WORKER) as conn:
        if kind == "tariffs":
            return {"cases": await standing.unapproved(conn)}
        if day is None:
            raise Problem(422, "day_required", errors=[{"parameter": "day", "in": "query", "code": "required"}])
        return {"cases": await standing.across(conn, day, desk.directory.below(office) if office else None)}


async def open_duties(desk: Desk, person: str) -> Json:
    """What somebody would leave behind, as numbers. Raises `Problem` 403, 404 `entry_not_found`."""
    administrator(desk)
    found = desk.directory.person(person)
    if found is None:
        raise not_found("entry_not_found")
    async with desk.services.database.transaction(WORKER) as conn:
        return await standing.of_person(conn, person, found.lawyer)


def administrator(desk: Desk) -> Actor:
    """The caller as system administrator. Raises `Problem` 403."""
    office = next((office for role, office in desk.principal.roles if role == CHANGES_IT), None)
    if office is None:
        raise Problem(403, "forbidden")
    return Actor(desk.principal.person, CHANGES_IT, office)


async def change(desk: Desk, kind: DirectoryKind, body: Json, key: str) -> Done:
    """Record one change, once. Raises `Problem` 403; 409 `office_has_open_cases`; 422 for what does not fit the directory."""
    actor = administrator(desk)
    asked = typed(ChangeOfDirectory, body)
    event = change_of(kind, asked)

    async def act(deed: str) -> Json:
        if isinstance(event, PersonRegistered) and desk.directory.person(event.person.code):
            # Registered anew somebody would lose the roles that only the security administrator gives and takes.
            raise Problem(422, "person_known", errors=[{"pointer": "/data/person/code", "code": "person_known"}], person=event.person.code)
        outcome: Json = {"kind": kind, "change": event.type, "code": event.concerns, "since": event.since.isoformat()}
        await registers.lock(desk.conn)  # nobody opens a case there between the count and the closing
        outcome["left_open"] = await _left_open(desk, event)
        try:
            check(desk.services.rules().under(desk.directory, event.since).limits, event)
            await directories.enter(desk.conn, desk.services.directory, [event], actor=actor, now=desk.now, command_id=deed)
        except DirectoryFault as fault:
            raise does_not_fit(fault) from fault
        return outcome

    return await do_once(desk, key, "change_directory", {"kind": kind, **body}, act)


def does_not_fit(fault: DirectoryFault) -> Problem:
    return Problem(422, fault.code, errors=[{"pointer": "/data", "code": fault.code}], **dict[str, Any](fault.values))


def change_of(kind: DirectoryKind, asked: ChangeOfDirectory) -> DirectoryEvent:
    """The change as an event. Raises `Problem` 422."""
    found = next((each for each in CHANGES[kind] if each.type == asked.change), None)
    if found is None:
        raise Problem(422, "invalid", errors=[{"pointer": "/change", "code": "not_one_of", "expected": [c.type for c in CHANGES[kind]]}])
    try:
        event = typed(found, asked.data | {"since": asked.since.isoformat()})
    except Problem as fault:
        raise Problem(fault.status, fault.code, errors=[{**e, "pointer": f"/data{e['pointer']}"} for e in fault.errors]) from fault
    if isinstance(event, PersonRegistered) and event.person.grants:
        raise Problem(422, "roles_elsewhere", errors=[{"pointer": "/data/person/grants", "code": "roles_elsewhere"}])
    ends = {"/data/office/closed_on": isinstance(event, OfficeOpened) and event.office.closed_on,
            "/data/person/left_on": isinstance(event, PersonRegistered) and event.person.left_on}  # fmt: skip
    if wrong := [pointer for pointer, said in ends.items() if said]:
        raise Problem(422, "invalid", errors=[{"pointer": pointer, "code": "unknown_field"} for pointer in wrong])
    return event


async def _left_open(desk: Desk, event: DirectoryEvent) -> Json:
    """What an end leaves to be handed over, as numbers. An office with something open closes only where another takes over."""
    if isinstance(event, PersonLeft):
        person = desk.directory.person(event.person)
        async with desk.services.database.transaction(WORKER) as conn:
            return await standing.of_person(conn, event.person, person.lawyer if person else None)
    if not isinstance(event, OfficeClosed):
        return {}
    async with desk.services.database.transaction(WORKER) as conn:
        found: Json = await standing.at_office(conn, event.office)
    found["people"] = sum(1 for p in desk.directory.people() if any(office == event.office for _, office in p.roles_on(event.since)))
    if event.successor is None and any(found.values()):
        raise Problem(409, "office_has_open_cases", **found)
    return found
