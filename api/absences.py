"""Who is away and who stands in: told by the person, by whoever leads the office, or by the system administrator."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from api.deeds import Done, do_once
from api.desk import Desk
from api.problem import Problem
from domain.command import Actor, Refusal, Role
from domain.directory import Directory, PersonAway
from domain.values import Code
from ledger import accounts, registers
from ledger import directory as directory_of

type Json = dict[str, Any]
_LEADERS: frozenset[Role] = frozenset({"approver", "supervisor", "unit_manager"})
"""Who may say so for the people of the offices under theirs, or of their unit."""


class Away(BaseModel):
    """A person's leave, from `since` to `until`, both included; the deputy gets their messages and may act for them."""

    model_config = ConfigDict(extra="forbid")

    person: Code
    since: date
    until: date
    deputy: Code


def listed(desk: Desk) -> list[Json]:
    """Who is away today or will be, in the order it was said."""
    today = accounts.legal_day(desk.now)
    return [_absence(a.model_dump(mode="json", exclude_none=True)) for a in desk.directory.absences if a.until is None or a.until >= today]


def _absence(held: Json) -> Json:
    return {name: held.get(name) for name in ("person", "since", "until", "deputy")}


async def say(desk: Desk, key: str, body: Away) -> Done:
    """Enter a leave. Raises `Problem` 403, `Refusal` 422."""

    async def act(deed: str) -> Json:
        await registers.lock(desk.conn)
        directory = await desk.services.directory.read(desk.conn)
        actor = _actor(desk, directory, body.person)
        _check(directory, body)
        away = PersonAway(since=body.since, person=body.person, until=body.until, deputy=body.deputy)
        await directory_of.enter(desk.conn, desk.services.directory, [away], actor=actor, now=desk.now, command_id=deed)
        return _absence(away.model_dump(mode="json"))

    return await do_once(desk, key, "person_away", body.model_dump(mode="json"), act)


def _check(directory: Directory, body: Away) -> None:
    for pointer, code in (("/person", body.person), ("/deputy", body.deputy)):
        if directory.person(code) is None:
            raise Refusal("unknown_person", status=422, pointer=pointer, person=code)
    if body.deputy == body.person:
        raise Refusal("own_deputy", status=422, pointer="/deputy")
    if body.until < body.since:
        raise Refusal("until_before_since", status=422, pointer="/until")


def _actor(desk: Desk, directory: Directory, person: str) -> Actor:
    """In which role the caller may say so of that person. Raises `Problem` 403."""
    who = desk.principal
    if who.person == person and who.roles:
        return Actor(who.person, *who.roles[0], who.lawyer, who.unit)
    about = directory.person(person)
    for role, office in who.roles:
        leads = about is not None and role in _LEADERS and (
            about.unit is not None and about.unit == who.unit if role == "unit_manager" else about.office in directory.below(office)
        )  # fmt: skip
        if leads or role == "system_administrator":
            return Actor(who.person, role, office, who.lawyer, who.unit)
    raise Problem(403, "forbidden")
