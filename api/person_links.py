"""Two entries linked as one person, and told apart again; and what stands against a case before anything of it is recorded."""

from typing import Any
from uuid import UUID

from api.case_reading import visible
from api.deeds import Done, do_once
from api.desk import Desk
from api.person_shapes import Linking, Unlinking
from api.problem import Problem, not_found
from domain import access
from domain.access import MAY_LINK
from domain.command import Actor, Role
from domain.person_links import PeopleLinked, PeopleUnlinked
from ledger import registers, shred
from readmodels import conflicts as conflict_search
from readmodels import people as index
from readmodels import person_search as search

type Json = dict[str, Any]


def _linker(desk: Desk) -> Actor:
    """The caller in the role that links people. Raises `Problem` 403."""
    who = desk.principal
    held: tuple[Role, str] | None = next((each for each in who.roles if each[0] in MAY_LINK), None)
    if held is None:
        raise Problem(403, "forbidden")
    return Actor(who.person, held[0], held[1], who.lawyer, who.unit)


async def _check_visible(desk: Desk, *subjects: str) -> None:
    """Raises `Problem` 404 where one of them is in nothing that the caller sees."""
    known = await search.known(desk.conn, subjects, desk.scope.showing("applicant"))
    if not {str(row["subject_id"]) for row in known.rows} >= set(subjects):
        raise not_found("person_not_found")


async def _check_no_erasure(desk: Desk, *subjects: str) -> None:
    """Raises `Problem` 409 where one of them is erased, or is about to be: who is one person was looked at when that was decided."""
    async with desk.in_own_name() as conn:
        if await shred.under_way(conn, subjects):
            raise Problem(409, "shred_under_way")
        if await shred.any_erased(conn, subjects):
            raise Problem(409, "person_erased")


async def link(desk: Desk, key: str, kept: str, asked: Linking) -> Done:
    """Link another entry to this one: both are one person from now on, and this one stands for them.

    Raises `Problem`: 403, 404, 409 `people_linked_already` where the other stands for further entries or is linked.
    """
    actor, other = _linker(desk), str(asked.other)
    if other == kept:
        raise Problem(422, "invalid", errors=[{"pointer": "/other", "code": "same_entry"}])

    async def act(deed: str) -> Json:
        await _check_visible(desk, kept, other)
        await registers.lock(desk.conn)
        await _check_no_erasure(desk, kept, other)
        groups = {str(row["subject_id"]): str(row["kept"]) for row in await index.links(desk.conn, (kept, other))}
        first = groups.get(kept, kept)
        if other in groups or other in groups.values():
            raise Problem(409, "people_linked_already")
        event = PeopleLinked(since=desk.today, kept=UUID(first), other=asked.other, reason=asked.reason)
        await registers.append(desk.conn, [event], actor=actor, now=desk.now, command_id=deed)
        await index.link(desk.conn, other, first)
        return {"kept": first, "other": other}

    return await do_once(desk, key, "link_people", {"kept": kept, **asked.model_dump(mode="json")}, act)


async def unlink(desk: Desk, key: str, kept: str, asked: Unlinking) -> Done:
    """Undo a link: they are two again. Raises `Problem`: 403, 404, 409 `people_not_linked`."""
    actor, other = _linker(desk), str(asked.other)

    async def act(deed: str) -> Json:
        await _check_visible(desk, other)
        await registers.lock(desk.conn)
        await _check_no_erasure(desk, kept, other)
        groups = {str(row["subject_id"]): str(row["kept"]) for row in await index.links(desk.conn, (other,))}
        if groups.get(other) != kept:
            raise Problem(409, "people_not_linked")
        event = PeopleUnlinked(since=desk.today, kept=UUID(kept), other=asked.other, reason=asked.reason)
        await registers.append(desk.conn, [event], actor=actor, now=desk.now, command_id=deed)
        await index.link(desk.conn, other, None)
        return {"kept": kept, "other": other}

    return await do_once(desk, key, "unlink_people", {"kept": kept, **asked.model_dump(mode="json")}, act)


async def conflicts(desk: Desk, case: str) -> Json:
    """What a check would find now; recorded nowhere. Raises `Problem` 404, 403 for whom the assessment is withheld."""
    now = await visible(desk, case)
    if "eligibility" in access.withheld(desk.principal, access.scope_of(now), desk.directory):
        raise Problem(403, "forbidden", withheld=["eligibility"])
    async with desk.in_own_name() as conn:
        findings = await conflict_search.found(conn, now)
    told = {str(hit.case_id) for hit in findings.hits}
    subjects = [str(party.subject_id) for party in now.parties if party.subject_id]
    desk.access.opened("conflicts", subjects=subjects, cases=[case, *sorted(told)], count=len(findings.hits))
    return findings.model_dump(mode="json")
