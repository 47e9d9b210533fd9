"""My queue: the cases that wait for the person signed in, the most urgent first; and taking the next one out of it.

A case taken is claimed: colleagues see by whom, and get another. The claim ends by an act of the person on the case, by being let go, or
by itself after half an hour.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from domain.access import Principal, list_scope
from domain.command import Role
from domain.directory import Directory
from ledger.schema import case_list, claims, events
from ledger.sql import Connection, Row, Statement, fetch_all
from readmodels.paging import Page
from readmodels.rota import ZONE
from readmodels.scope import within
from readmodels.search import OPEN, ORDERS, page_of

_OPEN = case_list.c.stage != "ended"
CLAIMED_FOR = timedelta(minutes=30)
_MOST_LOOKED_AT = 200
"""Cases looked at to find one that fits; a queue of which that many fit nobody is for a supervisor to look at."""
_TAKES_PAPERS: frozenset[Role] = frozenset({"caseworker", "receptionist", "liaison"})


async def mine(conn: Connection, principal: Principal, directory: Directory, now: datetime, *, cursor: str | None, limit: int) -> Page:
    """Cases whose next step is one of the person's roles' where that role reaches them, those the person owns and, for
    supervisors, those with a missed limit. `mine` says whether the person owns the case. Raises `BadCursor`.
    """
    wanted = [_for_role(principal, role, office, directory, now) for role, office in principal.roles]
    owned = sa.and_(case_list.c.owner == principal.person, _OPEN)
    where = [OPEN, within(list_scope(principal, directory)), sa.or_(owned, *wanted)]
    claimed = sa.select(claims.c.person).where(_alive(now), claims.c.case_id == case_list.c.case_id).scalar_subquery()
    mine_, by = (case_list.c.owner == principal.person).label("mine"), claimed.label("claimed_by")
    return await page_of(conn, where, ORDERS["due_at"], cursor, limit, mine_, by)


def _alive(now: datetime) -> sa.ColumnElement[bool]:
    """Claims that have not run out and whose person has not acted on the case since."""
    acted = sa.exists().where(
        events.c.stream == sa.func.concat("case/", sa.cast(claims.c.case_id, sa.Text)),
        events.c.version > claims.c.version,
        events.c.actor == claims.c.person,
    )
    return sa.and_(claims.c.until > now, sa.not_(acted))


async def takeable(conn: Connection, principal: Principal, directory: Directory, now: datetime) -> list[Row]:
    """Cases anybody of the person's roles may take now, the oldest first: what waits for a role of theirs at an office that reaches it,
    has no live claim, and is not in the hands of a colleague who works there.
    """
    wanted = [
        sa.and_(_for_role(principal, role, office, directory, now), _unowned(principal, role, office, directory, now))
        for role, office in principal.roles
        if role != "supervisor"
    ]
    claimed = sa.exists().where(claims.c.case_id == case_list.c.case_id, _alive(now))
    oldest = (case_list.c.opened_on, case_list.c.register_number, case_list.c.case_id)
    where = [OPEN, within(list_scope(principal, directory)), sa.or_(sa.false(), *wanted), sa.not_(claimed)]
    return await fetch_all(conn, sa.select(case_list).where(*where).order_by(*oldest).limit(_MOST_LOOKED_AT))


def _unowned(principal: Principal, role: Role, office: str, directory: Directory, now: datetime) -> sa.ColumnElement[bool]:
    """Not the work of a colleague: whoever holds the same role there keeps what they own."""
    colleagues = [p.code for p in directory.people_with(role, now.astimezone(ZONE).date(), office) if p.code != principal.person]
    return sa.func.coalesce(case_list.c.owner, "").not_in(colleagues)


_CLAIM = b"""
    INSERT INTO claims AS held (case_id, person, version, centre, outlet, unit, taken_at, until)
    VALUES (%(case)s, %(person)s, %(version)s, %(centre)s, %(outlet)s, %(unit)s, %(now)s, %(until)s)
    ON CONFLICT (case_id) DO UPDATE SET person = excluded.person, version = excluded.version, taken_at = excluded.taken_at,
        until = excluded.until, centre = excluded.centre, outlet = excluded.outlet, unit = excluded.unit
    WHERE held.until <= %(now)s OR EXISTS (
        SELECT FROM events WHERE stream = 'case/' || held.case_id AND version > held.version AND actor = held.person)
    RETURNING case_id
"""
_LET_GO = Statement(
    sa.delete(claims).where(claims.c.case_id == sa.bindparam("case"), claims.c.person == sa.bindparam("person")).returning(claims.c.case_id)
)


async def claim(conn: Connection, row: Row, person: str, now: datetime) -> datetime | None:
    """Claim the case of a list row; until when, or None where a colleague was quicker. Two at once never get the same one."""
    until = now + CLAIMED_FOR
    values = {name: row[name] for name in ("version", "centre", "outlet", "unit")}
    taken = await conn.execute(_CLAIM, {**values, "case": row["case_id"], "person": person, "now": now, "until": until})
    return until if await taken.fetchone() is not None else None


async def let_go(conn: Connection, case_id: str, person: str) -> bool:
    """End the person's claim; False where they hold none."""
    return await (await _LET_GO.run(conn, case=case_id, person=person)).fetchone() is not None


def _for_role(principal: Principal, role: Role, office: str, directory: Directory, now: datetime) -> sa.ColumnElement[bool]:
    reached = within(list_scope(replace(principal, roles=((role, office),)), directory))
    if role == "supervisor":
        return sa.and_(reached, _OPEN, case_list.c.due_at < now)
    awaited: Sequence[str] = [role, "applicant"] if role in _TAKES_PAPERS else [role]
    return sa.and_(reached, case_list.c.waiting_for.in_(awaited))
