"""Histories: one case's events page by page, and events across cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from domain.access import Scope
from ledger.events import CASE_LEDGER, OF_CASES, stream_of
from ledger.schema import case_list, case_offices, events, followers
from ledger.sql import Connection, Row, fetch_all
from readmodels.paging import LIMIT, Key, Order, position
from readmodels.scope import within

_POSITION = Key(events.c.position, position, sa.BigInteger())
_NEWEST = Order("position", (_POSITION,), descending=True)
_LATEST = Order("effective_on", (Key(events.c.effective_on, date.fromisoformat, sa.Date()), _POSITION), descending=True)
"""By legal day: what is asked by a legal period goes along the index of legal days."""
FEW_CASES = 1000
"""Up to so many cases their events are gathered case by case."""
MANY_OFFICES = 8
"""From so many offices on their events are a good part of all: the newest are found sooner than each office's are gathered."""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filters of `GET /events`; what is None or empty does not filter.

    `from_at` and `to_at` bound `recorded_at`, the second excluded; `legal_from` and `legal_to` the legal day, both included. `offices`
    are all that may have acted: an office and those below it. `category` is one of the applicants', `cause` that of the matter. `upto` is
    the last position looked at, so that the same question has the same answer later. `sparse` says that the offices lie outside the
    caller's: what was done there on the caller's cases is little.
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
    sparse: bool = False
    cursor: str | None = None
    limit: int = LIMIT

    @property
    def order(self) -> Order:
        return _LATEST if self.legal_from or self.legal_to else _NEWEST


class Found(NamedTuple):
    """A page of positions, and where to go on."""

    positions: list[int]
    next_cursor: str | None


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
    return [*_of_event(query), *_of_case(query, scope)]


def _of_event(query: EventQuery) -> list[sa.ColumnElement[bool]]:
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
    ]
    return [clause for clause in wanted if clause is not None]


def _of_case(query: EventQuery, scope: Scope) -> list[sa.ColumnElement[bool]]:
    where = [within(scope)]
    where += [case_list.c.categories.contains([query.category]), within(scope.showing("applicant"))] if query.category else []
    where += [case_list.c.cause == query.cause, within(scope.showing("matter"))] if query.cause else []
    return where


def _first_since(moment: datetime) -> sa.ColumnElement[int]:
    """The first position recorded at the moment or later (`ledger/wall/functions.sql`): a period is a range of the primary key."""
    return sa.func.ledger_position(CASE_LEDGER, sa.cast(sa.literal(moment), sa.TIMESTAMP(timezone=True)), type_=sa.BigInteger())


async def find(conn: Connection, scope: Scope, query: EventQuery) -> Found:
    """Positions of events of the cases in the scope, in the page's order. Raises `BadCursor`.

    The newest first; within a legal period those of the latest legal day. It names nobody and is asked in the product's own name: the
    database's wall, asked of each event that is looked at and not of the page's fifty alone, would cost ten times the search itself.
    """
    order = query.order
    after = [order.after(query.cursor)] if query.cursor else []
    few = await _few_cases(conn, scope, query)
    asked = _of_many([*matching(query, scope), *after], query) if few is None else _of_few(few, [*_of_event(query), *after], query)
    page = order.page(await fetch_all(conn, asked), query.limit)
    return Found([row["position"] for row in page.rows], page.next_cursor)


async def at_positions(conn: Connection, positions: Sequence[int]) -> list[Row]:
    """Those of the events whose cases the session may see, in the order given, each with its case's list row under `case_…`."""
    wanted = sa.cast(sa.literal(list(positions), pg.ARRAY(sa.BigInteger)), pg.ARRAY(sa.BigInteger))
    found = await fetch_all(conn, sa.select(events).where(OF_CASES, events.c.position == sa.any_(wanted)))
    of_case = {row["position"]: str(row["stream"]).partition("/")[2] for row in found}
    # Asked by themselves: joined behind the wall, PostgreSQL would look at every case before it compares its id with a stream's name.
    ids = sa.cast(sa.literal(sorted(set(of_case.values())), pg.ARRAY(sa.Text)), pg.ARRAY(pg.UUID))
    shown = [c.label(f"case_{c.name}" if c.name != "case_id" else "case_id") for c in case_list.c if c.name not in ("clocks", "applicant")]
    rows = await fetch_all(conn, sa.select(*shown).where(case_list.c.case_id == sa.any_(ids)))
    cases = {str(row["case_id"]): row for row in rows}
    by_position = {row["position"]: row | case for row in found if (case := cases.get(of_case[row["position"]]))}
    return [by_position[position] for position in positions if position in by_position]


async def _few_cases(conn: Connection, scope: Scope, query: EventQuery) -> list[str] | None:
    """The streams of all cases that fit, where they are so few that their events are sooner gathered than met among all others."""
    if query.case or query.actor or (scope.everything and query.cause is None):
        return None
    fitting = [*_of_case(query, scope), *([case_list.c.case_id.in_(_acted_on(query))] if query.sparse else [])]
    fit = sa.select(case_list.c.case_id).where(*fitting).limit(FEW_CASES + 1).subquery("fit")
    # Where they are many, their ids are not even sent.
    ids = sa.case((sa.func.count() <= FEW_CASES, sa.func.array_agg(sa.cast(fit.c.case_id, sa.Text))), else_=sa.null())
    row = (await fetch_all(conn, sa.select(ids.label("cases"), (sa.func.count() > FEW_CASES).label("many")).select_from(fit)))[0]
    return None if row["many"] else [stream_of(case_id) for case_id in row["cases"] or ()]


def _acted_on(query: EventQuery) -> sa.CompoundSelect[Any]:
    """Cases on which one of the offices acted: as the list knows them, and in what it has not come to yet."""
    offices = sa.any_(texts_of(sorted(query.offices or ())))
    come_to = sa.select(followers.c.position).where(followers.c.name == case_offices.name).scalar_subquery()
    newer = (OF_CASES, events.c.office == offices, events.c.position > sa.func.coalesce(come_to, 0))
    listed = sa.select(case_offices.c.case_id).where(case_offices.c.office == offices)
    return listed.union_all(sa.select(case_of(events.c.stream)).where(*newer))


def _of_few(streams: Sequence[str], where: Sequence[sa.ColumnElement[bool]], query: EventQuery) -> sa.Select[Any]:
    """The page out of the events of a few cases.

    A stream's order is the ledger's: a page of the newest holds events of those cases alone whose newest ones are the newest. Legal days
    have an order of their own, for which all is gathered.
    """
    order, page = query.order, query.limit + 1
    if order is _LATEST:
        return _gathered(_keyed(order).where(*where, events.c.stream == sa.any_(texts_of(streams))), query)
    each = sa.func.unnest(texts_of(streams)).table_valued("stream", name="each").render_derived()
    newest = (
        sa.select(events.c.position)
        .where(*where, events.c.stream == each.c.stream)
        .order_by(events.c.version.desc())
        .limit(1)
        .lateral("newest")
    )
    heads = sa.select(each.c.stream).select_from(each.join(newest, sa.true())).order_by(newest.c.position.desc()).limit(page).cte("heads")
    of_one = _keyed(order).where(*where, events.c.stream == heads.c.stream).order_by(events.c.version.desc()).limit(page).lateral("part")
    return sa.select(of_one).select_from(heads.join(of_one, sa.true())).order_by(*_descending(of_one, order)).limit(page)


def _of_many(where: Sequence[sa.ColumnElement[bool]], query: EventQuery) -> sa.Select[Any]:
    """The page met by going along the ledger's order, or an index that keeps it.

    Of several types (or few offices) each is asked by itself and the answers are put together: an index by type holds each type's events
    in the ledger's order, but not those of two types. Where next to nothing is expected, everything is gathered before it is put in
    order: going along the ledger's order until a page is full would go along all of it.
    """
    order = query.order
    found = _keyed(order).join_from(events, case_list, case_list.c.case_id == case_of(events.c.stream)).where(*where)
    part = found.order_by(*order.by()).limit(query.limit + 1)
    if query.sparse and query.actor:
        return _gathered(found, query)
    column, values = _asked_singly(query)
    if column is None:
        return part
    each = sa.func.unnest(texts_of(values)).table_valued("value", name="each").render_derived()
    of_one = part.where(column == each.c.value).lateral("part")
    return sa.select(of_one).select_from(each.join(of_one, sa.true())).order_by(*_descending(of_one, order)).limit(query.limit + 1)


def _gathered(found: sa.Select[Any], query: EventQuery) -> sa.Select[Any]:
    every = found.cte("every").prefix_with("MATERIALIZED", dialect="postgresql")
    return sa.select(every).order_by(*_descending(every, query.order)).limit(query.limit + 1)


def _keyed(order: Order) -> sa.Select[Any]:
    return sa.select(*(key.column for key in order.keys), *order.columns())


def _descending(part: sa.FromClause, order: Order) -> list[sa.ColumnElement[Any]]:
    return [part.c[column.name].desc() for key in order.keys if isinstance(column := key.column, sa.Column)]


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
