"""What an audit looks at of each ledger: its checkpoints, and where they were anchored."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ledger.schema import anchors, checkpoints, events
from ledger.sql import Connection, Row, fetch_all, fetch_one
from readmodels.paging import LIMIT, Key, Order, Page, position

_NEWEST = Order("size", (Key(checkpoints.c.size, position, sa.BigInteger()),), descending=True)


async def recorded_at(conn: Connection, ledger: str, position: int) -> datetime | None:
    """When the event of that position was recorded; None where there is none."""
    row = await fetch_one(conn, sa.select(events.c.recorded_at).where(events.c.ledger == ledger, events.c.position == position))
    return row["recorded_at"] if row else None


async def last_anchors(conn: Connection, ledger: str) -> list[Row]:
    """The last anchor of each kind and place, with its receipt."""
    newest = sa.select(anchors).where(anchors.c.ledger == ledger).ext(pg.distinct_on(anchors.c.kind, anchors.c.place))
    return await fetch_all(conn, newest.order_by(anchors.c.kind, anchors.c.place, anchors.c.anchored_at.desc()))


async def sealed(conn: Connection, ledger: str, *, size: int | None = None, cursor: str | None = None, limit: int = LIMIT) -> Page:
    """Checkpoints of a ledger, the greatest first, or the one of a size. Raises `BadCursor`."""
    where = [checkpoints.c.ledger == ledger]
    if size is not None:
        where.append(checkpoints.c.size == size)
    if cursor:
        where.append(_NEWEST.after(cursor))
    rows = await fetch_all(conn, sa.select(checkpoints, *_NEWEST.columns()).where(*where).order_by(*_NEWEST.by()).limit(limit + 1))
    return _NEWEST.page(rows, limit)
