"""Filters of lists that a person gave a name: kept for that person alone."""

import sqlalchemy as sa

from ledger.schema import saved_filters
from ledger.sql import Connection, Row, Statement, fetch_all, fetch_one

MOST = 30
"""Filters a person may keep, all pages together."""
_OWN = saved_filters.c.person == sa.bindparam("person", type_=sa.Text)
_ONE = saved_filters.c.filter_id == sa.bindparam("id", type_=saved_filters.c.filter_id.type)
_LOCK = Statement(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(sa.literal("saved-filters/").concat(sa.bindparam("person"))))))
_COUNT = sa.select(sa.func.count().label("n")).select_from(saved_filters)
_RENAME = Statement(sa.update(saved_filters).where(_OWN, _ONE).values(name=sa.bindparam("called")).returning(saved_filters))
_REMOVE = Statement(sa.delete(saved_filters).where(_OWN, _ONE).returning(saved_filters.c.filter_id))


async def of(conn: Connection, person: str) -> list[Row]:
    """Everything the person keeps, by page and name."""
    wanted = sa.select(saved_filters).where(saved_filters.c.person == person)
    return await fetch_all(conn, wanted.order_by(saved_filters.c.page, saved_filters.c.name))


async def named(conn: Connection, person: str, page: str, name: str) -> Row | None:
    """The person's filter of that name on that page."""
    at = saved_filters.c
    return await fetch_one(conn, sa.select(saved_filters).where(at.person == person, at.page == page, at.name == name))


async def one(conn: Connection, person: str, filter_id: str) -> Row | None:
    return await fetch_one(conn, sa.select(saved_filters).where(saved_filters.c.person == person, saved_filters.c.filter_id == filter_id))


async def full(conn: Connection, person: str) -> bool:
    """Whether the person keeps as many as may be; until the transaction ends they keep no further one elsewhere."""
    await _LOCK.run(conn, person=person)
    row = await fetch_one(conn, _COUNT.where(saved_filters.c.person == person))
    return row is not None and row["n"] >= MOST


async def keep(conn: Connection, **values: str) -> None:
    """Keep a filter: `filter_id`, `person`, `page`, `name`, `query`."""
    await Statement(sa.insert(saved_filters).values(**values)).run(conn)


async def rename(conn: Connection, person: str, filter_id: str, name: str) -> Row | None:
    """The filter under its new name; None where the person has none of that id."""
    return await (await _RENAME.run(conn, person=person, id=filter_id, called=name)).fetchone()


async def remove(conn: Connection, person: str, filter_id: str) -> bool:
    """Whether there was one to take away."""
    return await (await _REMOVE.run(conn, person=person, id=filter_id)).fetchone() is not None
