"""What a forecast is made of: the clocks that fall due in the days ahead, and how long those of the same limits took."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa

from domain.access import Scope
from ledger.schema import case_list, clock_list, inquiries
from ledger.sql import Connection, Row, fetch_all
from readmodels.promise import reached

_C, _L, _Q = clock_list.c, case_list.c, inquiries.c
_IN_DAYS = _C.unit != "hour"
"""Limits in hours are gone before days could tell of them; their ladder does."""
_ENDED = sa.and_(~_C.live, _C.state.in_(("met", "met_late", "missed")), _C.ended_on.isnot(None))


def _own_days(until: sa.ColumnElement[date]) -> sa.ColumnElement[int]:
    """Calendar days since the start without those of pauses."""
    return sa.func.greatest(until - _C.started_on - _C.paused_days, 0)


async def due(
    conn: Connection, scope: Scope, now: datetime, today: date, last: date, *, office: str | None, limit: str | None
) -> list[Row]:
    """The scope's clocks that run and fall due from now until the day `last`, each with its `age` and the age at its last day (`due_age`).

    Paused ones have no last day until they go on. No page: it is as long as what the week holds.
    """
    where = [reached(scope), _C.live, _C.state == "running", _IN_DAYS, _C.due_at >= now, _C.due_on <= last]
    where += [sa.or_(_C.centre == office, _C.outlet == office, _C.unit_code == office)] if office else []
    where += [_C.limit_id == limit] if limit else []
    query = (
        sa.select(
            *(_C.case_id, _C.clock_id, _C.kind, _C.limit_id, _C.started_on, _C.due_on, _C.centre, _C.owner),
            *(_L.register_number, _L.case_number, _Q.number),
            sa.func.coalesce(_L.waiting_for, _Q.waiting_for).label("waiting_for"),
            _own_days(sa.literal(today)).label("age"),
            _own_days(_C.due_on).label("due_age"),
        )
        .select_from(clock_list.outerjoin(case_list, _C.case_id == _L.case_id).outerjoin(inquiries, _C.case_id == _Q.inquiry_id))
        .where(*where)
        .order_by(_C.due_at, _C.case_id, _C.clock_id)
    )
    return await fetch_all(conn, query)


async def history(conn: Connection, scope: Scope, since: date, today: date, limits: Collection[str]) -> list[Row]:
    """How many of the scope's clocks of these limits, started since then, `ended` or are `open` by limit, centre and age in `days`.

    A pause that is open stops the days. Cancelled and lapsed ones are in neither.
    """
    until = sa.func.coalesce(_C.paused_since, _C.ended_on, sa.literal(today))
    query = (
        sa.select(
            *(_C.limit_id, sa.func.coalesce(_C.centre, "").label("centre"), _own_days(until).label("days")),
            *(sa.func.count().filter(_ENDED).label("ended"), sa.func.count().filter(_C.live).label("open")),
        )
        .where(reached(scope), _IN_DAYS, _C.limit_id.in_(sorted(limits)), _C.started_on >= since, sa.or_(_ENDED, _C.live))
        .group_by("limit_id", sa.text("2"), "days")
    )
    return await fetch_all(conn, query)
