"""What is decided about a person's data: restricted and freed again, erasure asked for and decided by another. Each a deed, done once.

Who may is judged at the caller's desk, by what they see of the person; it is then done in the product's own name, since all the person's
files must be looked at, whoever may see them.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from api import views
from api.deeds import Done, do_once
from api.desk import Desk
from api.erasure_shapes import Approving, AskingErasure, Freeing, RefusingErasure, Restricting
from api.problem import Problem, not_found, of_refusal
from domain.access import MAY_ASK_ERASURE, MAY_DECIDE_ERASURE
from domain.command import Actor, Refusal, Role
from domain.erasure import RestrictionLifted, RestrictionSet, ShredApproved, ShredRefused, ShredRequested
from domain.erasure.record import ErasureRecord
from domain.registers import RegisterEvent
from ledger import registers, shred
from ledger.personal import Erased, Sealer, load_keys
from ledger.schema import erasures
from ledger.shred import Standing
from ledger.sql import Connection, Row, Statement, fetch_all
from readmodels import person_search as search

type Json = dict[str, Any]

_ASK = Statement(sa.insert(erasures).values({
    name: sa.bindparam(name, type_=erasures.c[name].type)
    for name in ("subject_id", "version", "subjects", "state", "ground", "asked_by", "asked_on")
}))  # fmt: skip
_DECIDE = Statement(
    sa.update(erasures)
    .where(
        erasures.c.subject_id == sa.bindparam("subject", type_=erasures.c.subject_id.type),
        erasures.c.version == sa.bindparam("number", type_=sa.Integer),
    )
    .values({
        name: sa.bindparam(f"new_{name}", type_=erasures.c[name].type) for name in ("state", "decided_by", "decided_on", "refused_for")
    })
)  # fmt: skip


class Whole(NamedTuple):
    """A person as the product knows them: all linked entries (the one that stands for all first), their record, all they are in."""

    subjects: tuple[str, ...]
    record: ErasureRecord
    standing: list[Standing]

    @property
    def subject(self) -> str:
        return self.subjects[0]


async def seen(desk: Desk, subject: str) -> list[Row]:
    """What the caller sees of the person, rows of `readmodels.person_search`. Raises `Problem` 404 where that is nothing."""
    rows = (await search.known(desk.conn, [subject], desk.scope.showing("applicant"))).rows
    if not rows:
        raise not_found("person_not_found")
    return rows


async def whole(conn: Connection, desk: Desk, subject: str) -> Whole:
    """All there is of the person, in the product's own name (`conn`)."""
    subjects = await shred.group_of(conn, subject)
    record = await shred.record_of(conn, subjects[0])
    return Whole(subjects, record, await shred.standings(conn, subjects, desk.services.rules().retention, desk.today))


def acting(desk: Desk, roles: Sequence[Role]) -> Actor:
    """The caller in the first of these roles that they have. Raises `Problem` 403."""
    who = desk.principal
    held = next((each for each in who.roles if each[0] in roles), None)
    if held is None:
        raise Problem(403, "forbidden")
    return Actor(who.person, held[0], held[1], who.lawyer, who.unit)


def unseen(person: Whole, rows: Sequence[Row]) -> int:
    """How many of the person's cases and inquiries the caller does not see."""
    return len({each.file.case_id for each in person.standing} - {str(row["case_id"]) for row in rows})


def check_bars(person: Whole, rows: Sequence[Row]) -> None:
    """Raises `Problem` 409 with what weighs most of all that bars an erasure; files that the caller does not see are counted only."""
    why = shred.foremost(person.standing)
    if why is None:
        return
    barred = [each for each in person.standing if any(bar.why == why for bar in each.bars)]
    mine = {str(row["case_id"]) for row in rows}
    days = [bar.until for each in barred for bar in each.bars if bar.why == why]
    until = None if None in days else max((day for day in days if day), default=None)
    raise Problem(
        409,
        f"erasure_{why}",
        until=until,
        cases=sorted(each.file.case_id for each in barred if each.file.case_id in mine),
        elsewhere=sum(each.file.case_id not in mine for each in barred),
    )


async def restrict(desk: Desk, key: str, subject: str, asked: Restricting) -> Done:
    """Let the person's data be kept and read with a reason only. Raises `Problem`: 403, 404, 409."""

    def events(person: Whole, _: Sequence[Row]) -> list[RegisterEvent]:
        person.record.check_restrict()
        return [_restriction(desk, subject, asked) for subject in person.subjects]

    async def keep(conn: Connection, person: Whole, _: int) -> Json:
        await shred.restrict(conn, person.subjects, restricted=True)
        return {"subject_id": person.subject, "state": "restricted"}

    return await _deed(desk, key, "restrict_person", subject, asked.model_dump(mode="json"), MAY_ASK_ERASURE, events, keep)


def _restriction(desk: Desk, subject: str, asked: Restricting) -> RestrictionSet:
    return RestrictionSet(since=desk.today, subject=UUID(subject), ground=asked.ground, reason=asked.reason)


async def free(desk: Desk, key: str, subject: str, asked: Freeing) -> Done:
    """Lift a restriction. Raises `Problem`: 403, 404, 409."""

    def events(person: Whole, _: Sequence[Row]) -> list[RegisterEvent]:
        person.record.check_lift()
        return [RestrictionLifted(since=desk.today, subject=UUID(each), reason=asked.reason) for each in person.subjects]

    async def keep(conn: Connection, person: Whole, _: int) -> Json:
        await shred.restrict(conn, person.subjects, restricted=False)
        return {"subject_id": person.subject, "state": "live"}

    return await _deed(desk, key, "free_person", subject, asked.model_dump(mode="json"), MAY_ASK_ERASURE, events, keep)


async def request(desk: Desk, key: str, subject: str, asked: AskingErasure) -> Done:
    """Ask that the person be erased; another decides. Raises `Problem`: 403, 404, 409 for what bars it."""
    actor = acting(desk, MAY_ASK_ERASURE)

    def events(person: Whole, rows: Sequence[Row]) -> list[RegisterEvent]:
        person.record.check_request()
        check_bars(person, rows)
        ids = tuple(UUID(each) for each in person.subjects)
        return [ShredRequested(since=desk.today, subject=ids[0], ground=asked.ground, reason=asked.reason, subjects=ids)]

    async def keep(conn: Connection, person: Whole, version: int) -> Json:
        await _ASK.run(
            conn, subject_id=person.subject, version=version, subjects=list(person.subjects), state="open", ground=asked.ground,
            asked_by=actor.id, asked_on=desk.today,
        )  # fmt: skip
        return {"subject_id": person.subject, "state": "open", "request": version}

    return await _deed(desk, key, "request_erasure", subject, asked.model_dump(mode="json"), MAY_ASK_ERASURE, events, keep)


async def approve(desk: Desk, key: str, subject: str, asked: Approving) -> Done:
    """Agree to what another asked; it is carried out within minutes and cannot be undone.

    Raises `Problem`: 403 for who asked, or does not see all the person's files; 404; 409 for what bars it, or where entries were linked or
    told apart since it was asked.
    """
    actor = acting(desk, MAY_DECIDE_ERASURE)

    def events(person: Whole, rows: Sequence[Row]) -> list[RegisterEvent]:
        found = person.record.decidable(actor)
        if found.version != asked.request:
            raise Problem(409, "no_shred_requested")
        if hidden := unseen(person, rows):
            raise Problem(403, "not_all_files_seen", elsewhere=hidden)
        if set(found.subjects) != set(person.subjects):
            raise Problem(409, "people_changed")
        check_bars(person, rows)
        return [ShredApproved(since=desk.today, subject=UUID(person.subject), request=found.version)]

    async def keep(conn: Connection, person: Whole, _: int) -> Json:
        await _decided(conn, desk, person, asked.request, actor, "approved", None)
        return {"subject_id": person.subject, "state": "approved", "request": asked.request}

    return await _deed(desk, key, "approve_erasure", subject, asked.model_dump(mode="json"), MAY_DECIDE_ERASURE, events, keep)


async def refuse(desk: Desk, key: str, subject: str, asked: RefusingErasure) -> Done:
    """Refuse what another asked. Raises `Problem`: 403, 404, 409 where nothing waits to be decided."""
    actor = acting(desk, MAY_DECIDE_ERASURE)

    def events(person: Whole, _: Sequence[Row]) -> list[RegisterEvent]:
        found = person.record.decidable(actor)
        if found.version != asked.request:
            raise Problem(409, "no_shred_requested")
        number, day = found.version, desk.today
        return [ShredRefused(since=day, subject=UUID(person.subject), request=number, ground=asked.ground, reason=asked.reason)]

    async def keep(conn: Connection, person: Whole, _: int) -> Json:
        await _decided(conn, desk, person, asked.request, actor, "refused", asked.ground)
        return {"subject_id": person.subject, "state": "refused", "request": asked.request}

    return await _deed(desk, key, "refuse_erasure", subject, asked.model_dump(mode="json"), MAY_DECIDE_ERASURE, events, keep)


async def _decided(  # noqa: PLR0917 -- a row's values
    conn: Connection, desk: Desk, person: Whole, number: int, actor: Actor, state: str, why: str | None
) -> None:
    await _DECIDE.run(
        conn, subject=person.subject, number=number, new_state=state, new_decided_by=actor.id, new_decided_on=desk.today,
        new_refused_for=why,
    )  # fmt: skip


type Events = Callable[[Whole, Sequence[Row]], list[RegisterEvent]]
type Keep = Callable[[Connection, Whole, int], Awaitable[Json]]


async def _deed(  # noqa: PLR0917 -- a deed's parts
    desk: Desk, key: str, name: str, subject: str, body: Json, roles: Sequence[Role], events: Events, keep: Keep
) -> Done:
    """Do one of the deeds above: what it records is decided under the ledger's lock, sealed under the person's own key, kept."""
    actor = acting(desk, roles)
    rows = await seen(desk, subject)

    async def act(deed: str) -> Json:
        await registers.lock(conn)
        person = await whole(conn, desk, subject)
        try:
            told = events(person, rows)
        except Refusal as refusal:
            raise of_refusal(refusal) from refusal
        written = await registers.append(conn, await sealed(conn, desk, told), actor=actor, now=desk.now, command_id=deed)
        first = next(row for row in written if row["stream"] == f"person/{person.subject}")
        return await keep(conn, person, first["version"])

    async with desk.in_own_name() as conn:
        return await do_once(replace(desk, conn=conn), key, name, {"subject": subject, **body}, act)


async def sealed(conn: Connection, desk: Desk, told: Sequence[RegisterEvent]) -> list[RegisterEvent]:
    """The events with their reasons under the key of the person they are about. Raises `Problem` 409 for who is erased."""
    subjects = {each.stream: each.stream.partition("/")[2] for each in told}
    keys = await load_keys(conn, desk.services.keys.master, subjects.values())
    if any(isinstance(key, Erased) for key in keys.values()):
        raise Problem(409, "person_erased")
    return [Sealer(keys, each.stream, UUID(subjects[each.stream])).seal(each) for each in told]


async def waiting(desk: Desk) -> Json:
    """Requests that wait to be decided or carried out, of people whom the caller's cases know, the oldest first. Raises `Problem` 403."""
    if not desk.has_role(*MAY_ASK_ERASURE, "auditor"):
        raise Problem(403, "forbidden")
    rows = await fetch_all(
        desk.conn,
        sa.select(erasures).where(erasures.c.state.in_(["open", "approved"])).order_by(erasures.c.asked_on, erasures.c.subject_id),
    )
    return {"items": [shown(row) for row in rows], "next_cursor": None}


def shown(row: Row) -> Json:
    """A request as returned."""
    days = ("asked_on", "decided_on")
    moments = ("destroyed_at", "finished_at")
    return {
        "subject_id": str(row["subject_id"]),
        "request": row["version"],
        "entries": len(row["subjects"]),
        **{name: row[name] for name in ("state", "ground", "asked_by", "decided_by", "refused_for")},
        **{name: row[name] and row[name].isoformat() for name in days},
        **{name: row[name] and views.moment(row[name]) for name in moments},
    }
