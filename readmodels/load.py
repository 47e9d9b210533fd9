"""Open time limits ahead by day, and the missed ones that a person has to answer."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa

from domain.access import Scope
from ledger.schema import case_list, clock_list
from ledger.sql import Connection, Row, fetch_all
from readmodels.scope import clocks_within, within

_C, _L = clock_list.c, case_list.c


async def ahead(
    conn: Connection, scope: Scope, first: date, last: date, *, office: str | None, person: str | None, limit_id: str | None
) -> list[Row]:
    """How many open limits of the scope's cases end on each day, by limit: `due_on`, `limit_id`, `clocks`. Paused ones have no day."""
    where = [within(scope), clocks_within(scope), _C.live, _C.state != "paused", _C.due_on >= first, _C.due_on <= last]
    where += [sa.or_(_L.centre == office, _L.outlet == office, _L.unit == office)] if office else []
    where += [_L.owner == person] if person else []
    where += [_C.limit_id == limit_id] if limit_id else []
    query = (
        sa.select(_C.due_on, _C.limit_id, sa.func.count().label("clocks"))
        .select_from(clock_list.join(case_list, _C.case_id == _L.case_id))
        .where(*where)
        .group_by(_C.due_on, _C.limit_id)
        .order_by(_C.due_on, _C.limit_id)
    )
    return await fetch_all(conn, query)


async def asked(conn: Connection, scope: Scope, *, other_than: str, limit: int) -> list[Row]:
    """Limits of the scope's cases for which somebody other than this person asked for more time, those due first before the others."""
    query = (
        sa.select(
            *(_C.clock_id, _C.limit_id, _C.due_on, _C.asked_by, _C.asked_to),
            *(_L.case_id, _L.register_number, _L.case_number, _L.centre, _L.owner),
        )
        .select_from(clock_list.join(case_list, _C.case_id == _L.case_id))
        .where(within(scope), clocks_within(scope), _C.asked_on.isnot(None), _C.live, _C.asked_by != other_than)
        .order_by(_C.due_at, _C.clock_id)
        .limit(limit)
    )
    return await fetch_all(conn, query)


async def missed(conn: Connection, scope: Scope, now: datetime, *, roles: Collection[str], limit: int) -> list[Row]:
    """Missed limits of the scope's cases that one of these roles has to answer, the oldest first."""
    by_task = sa.case(
        (_C.on_miss == "deem_withdrawn_task", sa.literal("approver")),
        (_C.on_miss == "supervisor_task", sa.literal("supervisor")),
        else_=_L.waiting_for,
    )
    asked = sorted(roles)
    decides = not {"approver", "supervisor"}.isdisjoint(roles)
    mine = sa.or_(by_task.in_(asked), sa.and_(_C.on_miss == "human_decision_task", sa.literal(decides)))
    query = (
        sa.select(
            _C.clock_id, _C.limit_id, _C.due_on, _C.on_miss, _L.case_id, _L.register_number, _L.case_number, _L.centre, _L.owner, _L.state
        )
        .select_from(clock_list.join(case_list, _C.case_id == _L.case_id))
        .where(within(scope), clocks_within(scope), _C.live, _C.state != "paused", _C.due_at < now)
        .where(_C.on_miss.is_distinct_from("right_lapses"), mine)
        .order_by(_C.due_at, _C.clock_id)
        .limit(limit)
    )
    return await fetch_all(conn, query)
