"""Histories: one case's events page by page, and events across cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from domain.access import Scope
from ledger.events import CASE_LEDGER, OF_CASES, stream_of
from ledger.schema import case_list, events
from ledger.sql import Connection, Row, fetch_all
from readmodels.paging import LIMIT, Key, Order, Page, position
from readmodels.scope import within

_POSITION = Key(events.c.position, position, sa.BigInteger())
_NEWEST = Order("position", (_POSITION,), descending=True)
_LATEST = Order("effective_on", (Key(events.c.effective_on, date.fromisoformat, sa.Date()), _POSITION), descending=True)
"""By legal day: what is asked by a legal period goes along the index of legal days."""
MANY_OFFICES = 8
"""From so many offices on their events are a good part of all: the newest are found sooner than each office's are gathered."""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filters of `GET /events`; what is None or empty does not filter.

    `from_at` and `to_at` bound `recorded_at`, the second excluded; `legal_from` and `legal_to` the legal day, both included. `offices`
    are all that may have acted: an office and those below it. `category` is one of the applicants', `cause` that of the matter. `upto` is
    the last position looked at, so that the same question has the same answer later.
    """

    case: str | None = None
    types: tuple[str, ...] = ()
    actor: str | None = None
    offices: frozenset[str] | None = None
    category: str | None = None
    cause: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    legal_from: date | None = None
    legal_to: date | None = None
    upto: int | None = None
    cursor: str | None = None
    limit: int = LIMIT

    @property
    def order(self) -> Order:
        return _LATEST if self.legal_from or self.legal_to else _NEWEST


async def of_case(conn: Connection, case_id: str, after: int, limit: int, type_: str | None) -> list[Row]:
    """Rows of a case's events after a version, oldest first, at most `limit + 1`."""
    where = [events.c.stream == stream_of(case_id), events.c.version > after]
    if type_:
        where.append(events.c.type == type_)
    return await fetch_all(conn, sa.select(events).where(*where).order_by(events.c.version).limit(limit + 1))


def texts_of(values: Sequence[str]) -> sa.ColumnElement[Any]:
    """The words as an array of PostgreSQL's."""
    return sa.cast(sa.literal(list(values), pg.ARRAY(sa.Text)), pg.ARRAY(sa.Text))


def case_of(stream: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    """The case's id out of a stream's name; null for a stream of another kind. Joined by it, the case list answers by its primary key."""
    return sa.case((sa.func.starts_with(stream, "case/"), sa.cast(sa.func.substr(stream, 6), pg.UUID(as_uuid=False))))


def matching(query: EventQuery, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The filters but for the cursor, over `events` joined with `case_list`. A case is not found by what it withholds."""
    at = events.c
    wanted: list[sa.ColumnElement[bool] | None] = [
        OF_CASES,
        at.stream == stream_of(query.case) if query.case else None,
        at.type.in_(query.types) if query.types else None,
        at.actor == query.actor if query.actor else None,
        at.office == sa.any_(texts_of(sorted(query.offices))) if query.offices is not None else None,
        at.position >= _first_since(query.from_at) if query.from_at else None,
        at.position < _first_since(query.to_at) if query.to_at else None,
        at.position <= query.upto if query.upto is not None else None,
        at.effective_on >= query.legal_from if query.legal_from else None,
        at.effective_on <= query.legal_to if query.legal_to else None,
        within(scope),
        sa.and_(case_list.c.categories.contains([query.category]), within(scope.showing("applicant"))) if query.category else None,
        sa.and_(case_list.c.cause == query.cause, within(scope.showing("matter"))) if query.cause else None,
    ]
    return [clause for clause in wanted if clause is not None]


def _first_since(moment: datetime) -> sa.ColumnElement[int]:
    """The first position recorded at the moment or later (`ledger/wall/functions.sql`): a period is a range of the primary key."""
    return sa.func.ledger_position(CASE_LEDGER, sa.cast(sa.literal(moment), sa.TIMESTAMP(timezone=True)), type_=sa.BigInteger())


async def across(conn: Connection, scope: Scope, query: EventQuery) -> Page:
    """Events of the cases in the scope, each with its case's list row under `case_…`. Raises `BadCursor`.

    The newest first; within a legal period those of the latest legal day.
    """
    order = query.order
    shown = [c.label(f"case_{c.name}" if c.name != "case_id" else "case_id") for c in case_list.c if c.name not in ("clocks", "applicant")]
    found = (
        sa.select(events, *shown, *order.columns())
        .join_from(events, case_list, case_list.c.case_id == case_of(events.c.stream))
        .where(*matching(query, scope), *([order.after(query.cursor)] if query.cursor else []))
        .order_by(*order.by())
        .limit(query.limit + 1)
    )
    return order.page(await fetch_all(conn, _gathered(found, query, order)), query.limit)


def _gathered(found: sa.Select[Any], query: EventQuery, order: Order) -> sa.Select[Any]:
    """The same question, asked of each of several types (or few offices) by itself and put together.

    An index by type holds each type's events in the ledger's order, but not those of two types.
    """
    column, values = _asked_singly(query)
    if column is None:
        return found
    each = sa.func.unnest(texts_of(values)).table_valued("value", name="each").render_derived()
    part = found.where(column == each.c.value).lateral("part")
    keys = [part.c[key.column.name] for key in order.keys]
    return sa.select(part).select_from(each.join(part, sa.true())).order_by(*(key.desc() for key in keys)).limit(query.limit + 1)


def _asked_singly(query: EventQuery) -> tuple[sa.ColumnElement[str] | None, Sequence[str]]:
    if query.case or query.actor or query.order is _LATEST:
        return None, ()
    if len(query.types) > 1:
        return events.c.type, query.types
    if not query.types and query.offices is not None and 1 < len(query.offices) <= MANY_OFFICES:
        return events.c.office, sorted(query.offices)
    return None, ()


async def touched(conn: Connection, case_id: str) -> list[Row]:
    """Who acted on a case, by whoever acted last: `actor`, `role`, `events`, `first_at`, `last_at`, `types`, the kinds of what they did."""
    at = events.c
    last = sa.func.max(at.recorded_at)
    return await fetch_all(
        conn,
        sa.select(
            at.actor, at.role, at.office, at.on_behalf_of, sa.func.count().label("events"), sa.func.min(at.recorded_at).label("first_at"),
            last.label("last_at"), sa.func.array_agg(sa.distinct(at.type)).label("types"),
        )
        .where(at.stream == stream_of(case_id))
        .group_by(at.actor, at.role, at.office, at.on_behalf_of)
        .order_by(last.desc(), at.actor, at.role),
    )  # fmt: skip
