"""Reminders that many cases owe at one moment: the second after a day's last, the morning after the holidays."""

import zlib
from datetime import datetime, timedelta

import sqlalchemy as sa

from ledger.schema import cases
from ledger.sql import Connection, Row, Statement

CROWD = 8
"""So many cases may wait for one moment each by itself; those that come later are rung with the crowd."""
_SPARE, _SPREAD = 600, 1200
LATEST = timedelta(seconds=_SPARE + _SPREAD)
"""A timer that leaves its moment to whoever rings the crowd stands no later than this after it."""

_OTHERS = Statement(
    sa.select(sa.func.count().label("many")).select_from(
        sa.select(cases.c.case_id)
        .where(
            cases.c.next_rung_at == sa.bindparam("at", type_=cases.c.next_rung_at.type),
            cases.c.case_id != sa.bindparam("id", type_=cases.c.case_id.type),
        )
        .limit(CROWD)
        .subquery()
    )
)
_NEXT = Statement(
    sa.select(cases.c.next_rung_at.label("at"))
    .where(
        cases.c.next_rung_at > sa.bindparam("after", type_=cases.c.next_rung_at.type),
        cases.c.next_rung_at <= sa.bindparam("until", type_=cases.c.next_rung_at.type),
    )
    .group_by(cases.c.next_rung_at)
    .having(sa.func.count() > CROWD)
    .order_by(cases.c.next_rung_at)
    .limit(1)
)
_DUE = Statement(
    sa.select(cases)
    .where(
        cases.c.next_rung_at <= sa.bindparam("by", type_=cases.c.next_rung_at.type),
        cases.c.case_id > sa.bindparam("after", type_=cases.c.case_id.type),
    )
    .order_by(cases.c.case_id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


async def spare(conn: Connection, case_id: str, at: datetime) -> float:
    """Seconds beyond a moment for which the case's own timer may leave it to whoever rings the crowd; none where there is no crowd.

    Ten to thirty minutes, spread over the cases, so that the timers do not make the crowd that was to be spared.
    """
    row = await (await _OTHERS.run(conn, at=at, id=case_id)).fetchone()
    if row is None or row["many"] < CROWD:
        return 0.0
    return float(_SPARE + zlib.crc32(case_id.encode()) % _SPREAD)


async def next_crowd(conn: Connection, after: datetime, until: datetime) -> datetime | None:
    """The first moment in between for which more than `CROWD` cases wait."""
    row: Row | None = await (await _NEXT.run(conn, after=after, until=until)).fetchone()
    return row["at"] if row else None


async def due(conn: Connection, by: datetime, after: str, most: int) -> list[Row]:
    """Rows of the next cases, in the order of their ids, whose reminder was due by a moment and is still owed."""
    return await (await _DUE.run(conn, by=by, after=after, most=most)).fetchall()
