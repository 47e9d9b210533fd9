"""Finding cases: filters over the case list, the two numbers, and HMAC tokens of names, numbers and phone tails."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from domain.access import Scope
from domain.directory import CaseScope
from domain.lifecycle import LANES, NOT_ENDED, STAGES
from ledger.schema import case_list
from ledger.sql import Connection, Row, fetch_all
from readmodels.paging import LIMIT, Key, Order, Page, case_id
from readmodels.people import streams_of_bearers
from readmodels.scope import within

Sort = Literal["-updated_at", "updated_at", "due_at", "-opened_on", "opened_on"]
SORTS: tuple[Sort, ...] = get_args(Sort)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for the due moment of a case that has none, so that it comes last."""
_OPENING, _CLOSING = "〔（([", "〕）)]"
_GOING_ON, _MOST_NUMBERED = 3, 500
"""Digits from which a serial may be going on; cases looked at by their number."""
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

    `numbered` are the ids found by `q` as a number, `tokens` those of `q`, made by the caller who holds the key; `panel` is the
    assignee's code of the panel, if that is another.
    """

    stage: str | None = None
    state: str | None = None
    office: str | None = None
    assignee: str | None = None
    panel: str | None = None
    category: str | None = None
    due_before: datetime | None = None
    q: str | None = None
    numbered: Sequence[str] = ()
    tokens: Sequence[int] = ()
    sort: Sort = "-updated_at"
    cursor: str | None = None
    limit: int = LIMIT


def numberlike(text: str) -> str:
    """The text as numbers are compared: width and the kind of bracket do not matter."""
    normal = "".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return normal.translate(str.maketrans(dict.fromkeys(_OPENING, "[") | dict.fromkeys(_CLOSING, "]")))


def serial_in(text: str) -> str:
    """The last run of digits in the text: of a whole number its serial; empty where there is none."""
    runs = re.findall(r"[0-9]+", numberlike(text))
    return runs[-1] if runs else ""


def _after(serial: str) -> str:
    """What comes after everything that begins with the serial, in whatever order the database keeps letters."""
    return "a" if set(serial) == {"9"} else str(int(serial) + 1).zfill(len(serial))


async def numbered(conn: Connection, scope: Scope, q: str) -> list[str]:
    """Ids of the cases in the scope whose register or case number holds the text up to its serial, the latest changed first.

    While a serial is being typed, from its third digit on, those that begin with it count too. `conn` is in the product's own name: what
    the index knows of a number may not be asked under row-level security, before the policies have looked at the row.
    """
    serial, wanted = serial_in(q), numberlike(q)
    if not serial:
        return []
    going_on = wanted.endswith(serial) and len(serial) >= _GOING_ON
    alike: list[sa.ColumnElement[bool]] = []
    for column in (case_list.c.register_number, case_list.c.case_number):
        ends = sa.literal_column(f"substring({column.name}, '([0-9]+)[^0-9]*$')", sa.Text())  # word for word as in the index
        begins = sa.and_(ends >= serial, ends < _after(serial)) if going_on else ends == serial
        plain = sa.func.lower(sa.func.translate(column, _OPENING + _CLOSING, "[[[[]]]]"))
        alike.append(sa.and_(column.is_not(None), begins, sa.func.strpos(plain, wanted) > 0))
    either = sa.union_all(*(sa.select(case_list.c.case_id, case_list.c.updated_at).where(within(scope), each) for each in alike)).subquery()
    rows = await fetch_all(conn, sa.select(either.c.case_id).order_by(either.c.updated_at.desc()).limit(_MOST_NUMBERED))
    return list(dict.fromkeys(str(row["case_id"]) for row in rows))


def _found(query: CaseQuery, scope: Scope) -> sa.ColumnElement[bool]:
    """Cases found by number, and those of people who bear a term of the query where the caller may see the applicant."""
    ids = sa.cast(sa.literal(list(query.numbered), ARRAY(sa.Text)), ARRAY(UUID(as_uuid=False)))
    by_number = case_list.c.case_id == sa.any_(ids)
    if not query.tokens:
        return by_number
    either = sa.union_all(sa.select(sa.func.unnest(ids)), streams_of_bearers(query.tokens))
    return sa.and_(case_list.c.case_id.in_(either), sa.or_(by_number, within(scope.showing("applicant"))))


def _filters(query: CaseQuery, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The filters as clauses; a case is not found by what it withholds."""
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
        _found(query, scope) if query.q else None,
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
