"""A person's in-app inbox: what the reminder rungs and notices brought."""

from datetime import datetime

import sqlalchemy as sa

from ledger import live
from ledger.schema import case_list, clock_list, messages
from ledger.sql import Connection, Row, fetch_all, fetch_one
from readmodels.paging import Key, Order, Page

_NEWEST = Order(
    "inbox",
    (Key(messages.c.created_at, datetime.fromisoformat, sa.TIMESTAMP(timezone=True)), Key(messages.c.id, str, sa.Text())),
    descending=True,
)
_CLOCK = sa.and_(clock_list.c.case_id == messages.c.case_id, clock_list.c.clock_id == messages.c.data["clock"].astext)
_SETTLED = sa.and_(
    messages.c.kind.startswith("deadline_"),
    sa.or_(
        sa.and_(~clock_list.c.live, clock_list.c.state != "lapsed"),
        sa.cast(messages.c.data["due_on"].astext, sa.Date) != clock_list.c.due_on,
    ),
)
"""Whether the limit was met or cancelled, or its date moved, after it was told: what silences letters that still wait."""

_SHOWN = (
    sa.select(messages, case_list.c.register_number, case_list.c.case_number, sa.func.coalesce(_SETTLED, sa.false()).label("settled"))
    .join_from(messages, case_list, messages.c.case_id == case_list.c.case_id, isouter=True)
    .outerjoin(clock_list, _CLOCK)
)


async def of_person(conn: Connection, person: str, *, unread: bool, cursor: str | None, limit: int) -> Page:
    """The person's messages with their cases' numbers and whether they are settled, the newest first. Raises `BadCursor`."""
    where = [messages.c.person == person]
    if unread:
        where.append(messages.c.read_at.is_(None))
    if cursor:
        where.append(_NEWEST.after(cursor))
    shown = _SHOWN.add_columns(*_NEWEST.columns()).where(*where)
    rows = await fetch_all(conn, shown.order_by(*_NEWEST.by()).limit(limit + 1))
    return _NEWEST.page(rows, limit)


async def unread_count(conn: Connection, person: str) -> int:
    row = await fetch_one(
        conn, sa.select(sa.func.count().label("n")).select_from(messages).where(messages.c.person == person, messages.c.read_at.is_(None))
    )
    return int(row["n"]) if row else 0


async def mark_read(conn: Connection, person: str, message_id: str) -> bool:
    """Mark one of the person's messages read, once; False where the person has no such message."""
    row = await fetch_one(
        conn,
        sa.update(messages)
        .where(messages.c.id == message_id, messages.c.person == person)
        .values(read_at=sa.func.coalesce(messages.c.read_at, sa.func.clock_timestamp()))
        .returning(messages.c.id),
    )
    if row is not None:
        await live.tell_people(conn, [person])  # other windows of theirs count one less
    return row is not None


async def since(conn: Connection, person: str, moment: datetime, most: int) -> tuple[list[Row], bool]:
    """The person's messages written after the moment, the oldest first, the newest `most` of them; and whether there were more."""
    fresh = _SHOWN.where(messages.c.person == person, messages.c.created_at > moment)
    rows = await fetch_all(conn, fresh.order_by(messages.c.created_at.desc(), messages.c.id.desc()).limit(most + 1))
    return rows[most - 1 :: -1], len(rows) > most
