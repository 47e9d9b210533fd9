"""The service promise, counted: how many time limits were kept, by office, limit or month, and how many days the work took."""

from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from domain.access import Scope
from ledger.schema import case_list, clock_list, inquiries
from ledger.sql import Connection, Row, fetch_all
from readmodels import inquiries as asked
from readmodels.scope import within

GroupBy = Literal["office", "limit", "month"]

_C = clock_list.c
_ENDED = _C.state.in_(("met", "met_late"))
_DAY = sa.case((_C.state.in_(("running", "missed")), _C.due_on), else_=sa.func.coalesce(_C.ended_on, _C.due_on))
"""The day by which a clock is put into a period: on which it ended, or, while it is open, on which it fell due."""
_ALL_DAYS = _C.ended_on - _C.started_on
_OWN_DAYS = sa.func.greatest(_ALL_DAYS - _C.paused_days, 0)
_KEYS: dict[GroupBy, sa.ColumnElement[Any]] = {
    "office": sa.func.coalesce(_C.centre, ""),
    "limit": _C.limit_id,
    "month": sa.func.to_char(_DAY, "YYYY-MM"),
}


async def counted(
    conn: Connection,
    scope: Scope,
    first: date,
    last: date,
    now: datetime,
    *,
    by: GroupBy | None,
    office: str | None = None,
    limit: str | None = None,
) -> list[Row]:
    """Counts, and days from start to end, of the scope's clocks that ended or fell due from `first` to `last`; one row in all without `by`.

    `missed` are those not met whose moment has passed; a paused clock is in no period until it goes on. `median_days` and `p90_days` are of
    the clocks that were met, early or late, without the days they were paused; the `*_calendar_days` with them; null where none was met.
    """
    open_late = sa.and_(_C.state.in_(("running", "missed")), _C.due_at < now)
    over = _C.state.in_(("met", "met_late", "cancelled", "lapsed"))
    where = [reached(scope), sa.or_(over, open_late), first <= _DAY, last >= _DAY]
    where += [sa.or_(_C.centre == office, _C.outlet == office, _C.unit_code == office)] if office else []
    where += [_C.limit_id == limit] if limit else []
    key: sa.ColumnElement[Any] = _KEYS[by] if by else sa.literal("", sa.Text)
    columns: list[sa.ColumnElement[Any]] = [key.label("key")]
    columns += [sa.func.count().filter(_C.state == state).label(state) for state in ("met", "met_late", "cancelled", "lapsed")]
    columns += [sa.func.count().filter(open_late).label("missed")]
    columns += [*_percentiles(_OWN_DAYS, "days"), *_percentiles(_ALL_DAYS, "calendar_days")]
    query = sa.select(*columns).where(*where)
    return await fetch_all(conn, query.group_by("key").order_by("key") if by else query)


def reached(scope: Scope) -> sa.ColumnElement[bool]:
    """Clocks of the cases and inquiries inside the scope."""
    return sa.or_(
        _C.case_id.in_(sa.select(case_list.c.case_id).where(within(scope))),
        _C.case_id.in_(sa.select(inquiries.c.inquiry_id).where(asked.within(scope))),
    )


def _percentiles(days: sa.ColumnElement[Any], name: str) -> list[sa.ColumnElement[Any]]:
    found: list[sa.ColumnElement[Any]] = []
    for word, at in (("median", 0.5), ("p90", 0.9)):
        within_days = sa.func.percentile_cont(at).within_group(days.asc())
        found.append(sa.cast(within_days.filter(_ENDED), sa.Double).label(f"{word}_{name}"))
    return found
