"""Time limits across cases, by the day they fall due."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from domain.access import Scope
from ledger.schema import case_list
from ledger.sql import Connection, fetch_all
from readmodels.paging import LIMIT, Key, Order, Page, case_id
from readmodels.scope import within

_clock = sa.func.jsonb_array_elements(case_list.c.clocks).table_valued(sa.column("value", JSONB), name="clock").render_derived()
_due_at = sa.cast(_clock.c.value["due_at"].astext, sa.TIMESTAMP(timezone=True))
_state = _clock.c.value["state"].astext
_ORDER = Order(
    "deadlines",
    (
        Key(_due_at, datetime.fromisoformat, sa.TIMESTAMP(timezone=True)),
        Key(case_list.c.case_id, case_id, UUID(as_uuid=False)),
        Key(_clock.c.value["id"].astext, str, sa.Text()),
    ),
)


@dataclass(frozen=True, slots=True)
class DeadlineQuery:
    """Filters of `GET /deadlines`. Without a state: those still to be met."""

    state: str | None = None
    due_before: datetime | None = None
    office: str | None = None
    cursor: str | None = None
    limit: int = LIMIT


async def find(conn: Connection, scope: Scope, query: DeadlineQuery, now: datetime) -> Page:
    """Rows of the case list, each with one `clock`, by due moment. A running limit whose moment has passed counts as missed.

    Raises `BadCursor`.
    """
    at = case_list.c
    shown = sa.case((sa.and_(_state == "running", _due_at < now), "missed"), else_=_state)
    where = [within(scope)]
    where.append(shown == query.state if query.state else sa.cast(_clock.c.value["live"], sa.Text) == "true")
    if query.due_before:
        where.append(_due_at < query.due_before)
    if query.office:
        where.append(sa.or_(at.centre == query.office, at.outlet == query.office, at.unit == query.office))
    if query.cursor:
        where.append(_ORDER.after(query.cursor))
    rows = await fetch_all(
        conn,
        sa.select(case_list, _clock.c.value.label("clock"), shown.label("clock_state"), *_ORDER.columns())
        .select_from(case_list.join(_clock, sa.true()))
        .where(*where)
        .order_by(*_ORDER.by())
        .limit(query.limit + 1),
    )
    return _ORDER.page(rows, query.limit)
