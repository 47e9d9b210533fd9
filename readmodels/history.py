"""Histories: one case's events page by page, and events across cases."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from domain.access import Scope
from ledger.events import OF_CASES, stream_of
from ledger.schema import case_list, events
from ledger.sql import Connection, Row, fetch_all
from readmodels.paging import LIMIT, Key, Order, Page, position
from readmodels.scope import within

_NEWEST = Order("position", (Key(events.c.position, position, sa.BigInteger()),), descending=True)
_OF_CASE = sa.func.concat("case/", sa.cast(case_list.c.case_id, sa.Text))


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filters of `GET /events`; `from_at` and `to_at` bound `recorded_at`, the second excluded."""

    case: str | None = None
    type: str | None = None
    actor: str | None = None
    office: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    cursor: str | None = None
    limit: int = LIMIT


async def of_case(conn: Connection, case_id: str, after: int, limit: int, type_: str | None) -> list[Row]:
    """Rows of a case's events after a version, oldest first, at most `limit + 1`."""
    where = [events.c.stream == stream_of(case_id), events.c.version > after]
    if type_:
        where.append(events.c.type == type_)
    return await fetch_all(conn, sa.select(events).where(*where).order_by(events.c.version).limit(limit + 1))


async def across(conn: Connection, scope: Scope, query: EventQuery) -> Page:
    """Events of the cases in the scope, the newest first, each with its case's list row under `case_…`. Raises `BadCursor`."""
    filters: list[sa.ColumnElement[bool] | None] = [
        OF_CASES,
        case_list.c.case_id == query.case if query.case else None,
        events.c.type == query.type if query.type else None,
        events.c.actor == query.actor if query.actor else None,
        events.c.office == query.office if query.office else None,
        events.c.recorded_at >= query.from_at if query.from_at else None,
        events.c.recorded_at < query.to_at if query.to_at else None,
        _NEWEST.after(query.cursor) if query.cursor else None,
    ]
    shown = [c.label(f"case_{c.name}" if c.name != "case_id" else "case_id") for c in case_list.c if c.name not in ("clocks", "applicant")]
    rows = await fetch_all(
        conn,
        sa.select(events, *shown, *_NEWEST.columns())
        .join_from(events, case_list, events.c.stream == _OF_CASE)
        .where(within(scope), *(f for f in filters if f is not None))
        .order_by(*_NEWEST.by())
        .limit(query.limit + 1),
    )
    return _NEWEST.page(rows, query.limit)
