"""Finding cases: filters over the case list, the two numbers, and HMAC tokens of names, numbers and phone tails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from domain.access import Scope
from domain.directory import CaseScope
from domain.lifecycle import LANES, NOT_ENDED, STAGES
from ledger.schema import case_list, search_tokens
from ledger.sql import Connection, Row, fetch_all, fetch_one
from readmodels import case_numbers
from readmodels.figures import FactQuery, of_fact
from readmodels.paging import LIMIT, Key, Order, Page, case_id
from readmodels.people import has_bearer, streams_of_bearers
from readmodels.scope import within

Sort = Literal["-updated_at", "updated_at", "due_at", "-opened_on", "opened_on"]
SORTS: tuple[Sort, ...] = get_args(Sort)
FEW = 1_000
"""Cases, or bearers of a term, up to which all that fit are looked up."""
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for the due moment of a case that has none, so that it comes last."""
_STAGES_OF_WORK = frozenset(STAGES) - {"ended"}
OPEN = sa.or_(case_list.c.stage != "ended", case_list.c.waiting_for.is_not(None))
"""Cases somebody works on. Said in the words of the partial indexes: among a million they are a few thousand."""

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


def _found(query: CaseQuery, scope: Scope, *, many: bool) -> sa.ColumnElement[bool]:
    """Whose number or people fit.

    Of few, the cases are those of all that fit, each looked up by an index of its own; of many, the list is read in its order until a page
    is full, and each case is asked whether it fits.
    """
    numbers, shown = case_numbers.wanted(query.q or ""), within(scope.showing("applicant"))
    if many or numbers.middle is not None:
        own = sa.and_(has_bearer(case_list.c.case_id, query.tokens), shown)
        middle = [] if numbers.middle is None else [numbers.middle]
        return sa.or_(*numbers.conditions, *middle, *([own] if query.tokens else []))
    ids = [sa.select(case_list.c.case_id).where(condition) for condition in numbers.conditions]
    theirs = sa.select(case_list.c.case_id).where(case_list.c.case_id.in_(streams_of_bearers(query.tokens)), shown)
    return case_list.c.case_id.in_(sa.union_all(*ids, *([theirs] if query.tokens else [])))


async def _many(conn: Connection, query: CaseQuery) -> bool:
    """Whether more fit the words than are worth looking up one by one."""
    numbers = case_numbers.wanted(query.q or "")
    if numbers.middle is not None:
        return True
    of_one = (sa.select(sa.literal(1)).where(search_tokens.c.token == token).offset(FEW).limit(1) for token in query.tokens)
    beginning = (sa.select(sa.literal(1)).select_from(case_list).where(each).offset(FEW).limit(1) for each in numbers.conditions)
    asked = [each.subquery() for each in (*of_one, *(() if numbers.few else beginning))]
    row = await fetch_one(conn, sa.select(sa.or_(sa.false(), *(sa.exists(sa.select(each)) for each in asked)).label("many")))
    return row is not None and row["many"]


def filters(query: CaseQuery, scope: Scope, *, many: bool = False) -> list[sa.ColumnElement[bool]]:
    """The filters as clauses; a case is not found by what it withholds. `many`: very many fit the words."""
    at = case_list.c
    assignees = [code for code in (query.assignee, query.panel) if code]
    by_stage, by_state = query.stage == "accept_first", query.state in LANES
    wanted: list[sa.ColumnElement[bool] | None] = [
        (at.lane.is_not(None) if by_stage else at.stage == query.stage) if query.stage else None,
        (at.lane if by_state else at.state) == query.state if query.state else None,
        OPEN if query.stage in _STAGES_OF_WORK or query.state in NOT_ENDED else None,
        within(scope.showing("accept_first")) if by_stage or by_state else None,
        sa.or_(at.centre == query.office, at.outlet == query.office, at.unit == query.office) if query.office else None,
        sa.or_(at.owner == query.assignee, at.lawyers.overlap(assignees)) if assignees else None,
        sa.and_(at.categories.contains([query.category]), within(scope.showing("applicant"))) if query.category else None,
        at.due_at < query.due_before if query.due_before else None,
        _found(query, scope, many=many) if query.q else None,
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
    many = await _many(conn, query) if query.q else False
    return await page_of(conn, [within(scope), *filters(query, scope, many=many)], ORDERS[query.sort], query.cursor, query.limit)


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
