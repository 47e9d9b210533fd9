"""My queue: the cases that wait for the person signed in, the most urgent first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from domain.access import Principal, list_scope
from domain.command import Role
from domain.directory import Directory
from ledger.schema import case_list
from ledger.sql import Connection
from readmodels.paging import Page
from readmodels.scope import within
from readmodels.search import ORDERS, page_of

_OPEN = case_list.c.stage != "ended"
_TAKES_PAPERS: frozenset[Role] = frozenset({"caseworker", "receptionist", "liaison"})


async def mine(conn: Connection, principal: Principal, directory: Directory, now: datetime, *, cursor: str | None, limit: int) -> Page:
    """Cases whose next step is one of the person's roles' where that role reaches them, those the person owns and, for
    supervisors, those with a missed limit. `mine` says whether the person owns the case. Raises `BadCursor`.
    """
    wanted = [_for_role(principal, role, office, directory, now) for role, office in principal.roles]
    owned = sa.and_(case_list.c.owner == principal.person, _OPEN)
    where = [within(list_scope(principal, directory)), sa.or_(owned, *wanted)]
    return await page_of(conn, where, ORDERS["due_at"], cursor, limit, (case_list.c.owner == principal.person).label("mine"))


def _for_role(principal: Principal, role: Role, office: str, directory: Directory, now: datetime) -> sa.ColumnElement[bool]:
    reached = within(list_scope(replace(principal, roles=((role, office),)), directory))
    if role == "supervisor":
        return sa.and_(reached, _OPEN, case_list.c.due_at < now)
    awaited: Sequence[str] = [role, "applicant"] if role in _TAKES_PAPERS else [role]
    return sa.and_(reached, case_list.c.waiting_for.in_(awaited))
