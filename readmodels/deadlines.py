"""Time limits across cases, by the day they fall due."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from domain.access import Scope
from ledger.schema import case_list, clock_list
from ledger.sql import Connection, fetch_all
from readmodels.paging import LIMIT, Key, Order, Page, case_id
from readmodels.scope import clocks_within, within

_C, _L = clock_list.c, case_list.c
_ORDER = Order(
    "deadlines",
    (
        Key(_C.due_at, datetime.fromisoformat, sa.TIMESTAMP(timezone=True)),
        Key(_C.case_id, case_id, UUID(as_uuid=False)),
        Key(_C.clock_id, str, sa.Text()),
    ),
)
_CLOCK = tuple(
    column.label(f"clock_{name}")
    for name, column in {
        "id": _C.clock_id, "limit": _C.limit_id, "live": _C.live, "started_on": _C.started_on, "due_on": _C.due_on,
        "due_at": _C.due_at, "ended_on": _C.ended_on, "confirmed": _C.confirmed,
    }.items()
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeadlineQuery:
    """Filters of `GET /deadlines`. Without a state: those still to be met. The window is from `due_from` until just before `due_before`."""

    state: str | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    office: str | None = None
    person: str | None = None
    """Who owns the case: its first-inquiry owner."""
    limit_id: str | None = None
    cursor: str | None = None
    limit: int = LIMIT


async def find(conn: Connection, scope: Scope, query: DeadlineQuery, now: datetime) -> Page:
    """Rows of the case list with a clock's fields beside them (`clock_…`), by due moment: limits of cases, none of inquiries.

    A running limit whose moment has passed counts as missed. Raises `BadCursor`.
    """
    late = sa.and_(_C.state == "running", _C.due_at < now)
    shown = sa.case((late, "missed"), else_=_C.state)
    where = [within(scope), clocks_within(scope), shown == query.state if query.state else _C.live]
    where += [_C.due_at >= query.due_from] if query.due_from else []
    where += [_C.due_at < query.due_before] if query.due_before else []
    where += [sa.or_(_L.centre == query.office, _L.outlet == query.office, _L.unit == query.office)] if query.office else []
    where += [_L.owner == query.person] if query.person else []
    where += [_C.limit_id == query.limit_id] if query.limit_id else []
    where += [_ORDER.after(query.cursor)] if query.cursor else []
    rows = await fetch_all(
        conn,
        sa.select(*(c for c in _L if c.name != "clocks"), *_CLOCK, shown.label("clock_state"), *_ORDER.columns())
        .select_from(clock_list.join(case_list, _C.case_id == _L.case_id))
        .where(*where)
        .order_by(*_ORDER.by())
        .limit(query.limit + 1),
    )
    return _ORDER.page(rows, query.limit)
