"""Who was told of a case's limits, by which channel, when; and what could not be sent."""

from datetime import datetime

import sqlalchemy as sa

from ledger.schema import deliveries, messages, outbox
from ledger.sql import Connection, Row, Statement, fetch_all, fetch_one
from readmodels.paging import Key, Order, Page

_OF_CASE = Statement(
    sa.text(
        "SELECT o.kind, o.data, o.created_at, o.recipients, m.person, m.created_at AS told_at, m.read_at, m.id AS message_id"
        " FROM outbox o LEFT JOIN messages m ON m.case_id = o.case_id AND m.id LIKE o.id || '/%'"
        " WHERE o.case_id = :case ORDER BY o.created_at, o.id, m.person"
    )
)
_SENT = Statement(sa.select(deliveries).where(deliveries.c.case_id == sa.bindparam("case")).order_by(deliveries.c.created_at))
_REPLAY = Statement(
    sa.update(deliveries)
    .where(deliveries.c.id == sa.bindparam("delivery"), deliveries.c.state == "dead")
    .values(state="waiting", next_at=sa.func.clock_timestamp(), created_at=sa.func.clock_timestamp(), last_fault=None)
    .returning(deliveries.c.id)
)
_NEWEST = Order(
    "deliveries",
    (Key(deliveries.c.created_at, datetime.fromisoformat, sa.TIMESTAMP(timezone=True)), Key(deliveries.c.id, str, sa.Text())),
    descending=True,
)
assert (outbox.name, messages.name) == ("outbox", "messages")  # noqa: S101 -- the statement above names them


async def of_case(conn: Connection, case_id: str) -> list[Row]:
    """Every rung and notice of the case, with each person it was brought to, in order."""
    return await (await _OF_CASE.run(conn, case=case_id)).fetchall()


async def sent_of_case(conn: Connection, case_id: str) -> list[Row]:
    """What left the house for the case, or is to."""
    return await (await _SENT.run(conn, case=case_id)).fetchall()


async def find(conn: Connection, *, state: str | None, channel: str | None, cursor: str | None, limit: int) -> Page:
    """Deliveries the caller may see, the newest first. Raises `BadCursor`."""
    where: list[sa.ColumnElement[bool]] = []
    where += [deliveries.c.state == state] if state else []
    where += [deliveries.c.channel == channel] if channel else []
    where += [_NEWEST.after(cursor)] if cursor else []
    query = sa.select(deliveries, *_NEWEST.columns()).where(*where).order_by(*_NEWEST.by()).limit(limit + 1)
    return _NEWEST.page(await fetch_all(conn, query), limit)


async def one(conn: Connection, delivery: str) -> Row | None:
    return await fetch_one(conn, sa.select(deliveries).where(deliveries.c.id == delivery))


async def replay(conn: Connection, delivery: str) -> bool:
    """Send a dead letter again, under its id; False where it is none."""
    return await (await _REPLAY.run(conn, delivery=delivery)).fetchone() is not None
