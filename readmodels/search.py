"""Finding cases: filters over the case list, the two numbers, and HMAC tokens of names, numbers and phone tails."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from domain.access import Scope
from domain.directory import CaseScope
from domain.lifecycle import LANES
from ledger.schema import case_list
from ledger.sql import Connection, Row, fetch_all
from readmodels.figures import FactQuery, of_fact
from readmodels.paging import LIMIT, Key, Order, Page, case_id
from readmodels.people import streams_of_bearers
from readmodels.scope import within

Sort = Literal["-updated_at", "updated_at", "due_at", "-opened_on", "opened_on"]
SORTS: tuple[Sort, ...] = get_args(Sort)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for the due moment of a case that has none, so that it comes last."""
_OPENING, _CLOSING = "〔（([", "〕）)]"

_TIME = sa.TIMESTAMP(timezone=True)
_CASE = Key(case_list.c.case_id, case_id, UUID(as_uuid=False))
_UPDATED = Key(case_list.c.updated_at, datetime.fromisoformat, _TIME)
_DUE = Key(sa.func.coalesce(case_list.c.due_at, sa.literal(NEVER, _TIME)), datetime.fromisoformat, _TIME)
_OPENED = Key(case_list.c.opened_on, date.fromisoformat, sa.Date())
ORDERS: dict[Sort, Order] = {
    "-updated_at": Order("-updated_at", (_UPDATED, _CASE), descending=True),
    "updated_at": Order("updated_at", (_UPDATED, _CASE)),
    "due_at": Order("due_at", (_DUE, _CASE)),
    "-opened_on": Order("-opened_on", (_OPENED, _CASE), descending=True),
    "opened_on": Order("opened_on", (_OPENED, _CASE)),
}


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Filters of `GET /cases`; what is None does not filter. The accept-first lane counts as a stage, its states as states.

    `tokens` are those of `q`, made by the caller who holds the key; `panel` is the assignee's code of the panel, if that is another.
    `fact`: the cases that a figure of the statistics counts.
    """

    stage: str | None = None
    state: str | None = None
    office: str | None = None
    assignee: str | None = None
    panel: str | None = None
    category: str | None = None
    due_before: datetime | None = None
    q: str | None = None
    tokens: Sequence[int] = ()
    fact: FactQuery | None = None
    sort: Sort = "-updated_at"
    cursor: str | None = None
    limit: int = LIMIT


def numberlike(text: str) -> str:
    """The text as numbers are compared: width and the kind of bracket do not matter."""
    normal = "".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return normal.translate(str.maketrans(dict.fromkeys(_OPENING, "[") | dict.fromkeys(_CLOSING, "]")))


def _found(query: CaseQuery, scope: Scope) -> sa.ColumnElement[bool]:
    wanted = sa.literal(numberlike(query.q or ""))
    numbers = (
        sa.func.strpos(sa.func.lower(sa.func.translate(number, _OPENING + _CLOSING, "[[[[]]]]")), wanted) > 0
        for number in (case_list.c.register_number, case_list.c.case_number)
    )
    people = sa.and_(case_list.c.case_id.in_(streams_of_bearers(query.tokens)), within(scope.showing("applicant")))
    return sa.or_(*numbers, people) if query.tokens else sa.or_(*numbers)


def _filters(query: CaseQuery, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The filters as clauses; a case is not found by what it withholds."""
    at = case_list.c
    assignees = [code for code in (query.assignee, query.panel) if code]
    by_stage, by_state = query.stage == "accept_first", query.state in LANES
    wanted: list[sa.ColumnElement[bool] | None] = [
        (at.lane.is_not(None) if by_stage else at.stage == query.stage) if query.stage else None,
        (at.lane if by_state else at.state) == query.state if query.state else None,
        within(scope.showing("accept_first")) if by_stage or by_state else None,
        sa.or_(at.centre == query.office, at.outlet == query.office, at.unit == query.office) if query.office else None,
        sa.or_(at.owner == query.assignee, at.lawyers.overlap(assignees)) if assignees else None,
        sa.and_(at.categories.contains([query.category]), within(scope.showing("applicant"))) if query.category else None,
        at.due_at < query.due_before if query.due_before else None,
        _found(query, scope) if query.q else None,
        *(of_fact(query.fact) if query.fact else ()),
    ]
    return [clause for clause in wanted if clause is not None]


async def page_of(
    conn: Connection, where: Sequence[sa.ColumnElement[bool]], order: Order, cursor: str | None, limit: int, *more: sa.ColumnElement[Any]
) -> Page:
    """A page of case list rows. Raises `BadCursor`."""
    clauses = [*where, order.after(cursor)] if cursor else where
    rows = await fetch_all(conn, sa.select(case_list, *more, *order.columns()).where(*clauses).order_by(*order.by()).limit(limit + 1))
    return order.page(rows, limit)


async def find(conn: Connection, scope: Scope, query: CaseQuery) -> Page:
    """Cases in the scope that fit the filters. Raises `BadCursor`."""
    return await page_of(conn, [within(scope), *_filters(query, scope)], ORDERS[query.sort], query.cursor, query.limit)


def scope_of_row(row: Row) -> CaseScope:
    """Where the case of a list row stands, as access looks at it."""
    return CaseScope(
        centre=row["centre"],
        outlet=row["outlet"],
        unit=row["unit"],
        owner=row["owner"],
        lawyers=tuple(row["lawyers"]),
        excluded=frozenset(row["excluded"]),
        stage=row["stage"],
        state=row["state"],
        accepted_by=(row["accepted_by"],) if row["accepted_by"] else (),
    )
