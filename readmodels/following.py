"""Following read models: brought up to the ledger after the commit, by position, each in transactions of its own.

Rows and position change in one transaction, so that a model holds exactly what its position says, whoever dies when. An event that cannot
be applied halts that model and no other: it stands still before the event, visibly, and goes on by itself once the event can be read,
since it is tried again with every round that looks at halted ones.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
import structlog
from psycopg_pool import PoolTimeout
from sqlalchemy.dialects.postgresql import insert

from ledger import events
from ledger.schema import events as events_table
from ledger.schema import followers
from ledger.sql import Connection, Row, Statement, run
from ledger.store import WORKER, Database
from readmodels.course import course_of
from readmodels.models import FOLLOWING, ReadModel
from workflows.faultpoints import reach

_log = structlog.get_logger(__name__)
_PAGE = 500
"""Events a transaction."""

_ENTER = Statement(
    insert(followers)
    .from_select(["name"], sa.select(sa.func.unnest(sa.bindparam("names", type_=sa.ARRAY(sa.Text)))))
    .on_conflict_do_nothing()
)
_TAKE = Statement(sa.select(followers).where(followers.c.name == sa.bindparam("name")).with_for_update(skip_locked=True))
_NEXT = Statement(
    sa.select(events_table.c.position, events_table.c.stream, events_table.c.version)
    .where(
        events_table.c.ledger == events.CASE_LEDGER,
        events_table.c.position > sa.bindparam("after", type_=sa.BigInteger),
    )
    .order_by(events_table.c.position)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_MOVE = Statement(
    sa.update(followers)
    .where(followers.c.name == sa.bindparam("which"))
    .values(
        position=sa.bindparam("to", type_=sa.BigInteger),
        at=sa.func.clock_timestamp(),
        halted_at=None,
        halted_position=None,
        error=None,
    )
)
_HALT = Statement(
    sa.update(followers)
    .where(followers.c.name == sa.bindparam("which"))
    .values(
        halted_at=sa.func.coalesce(followers.c.halted_at, sa.func.clock_timestamp()),
        halted_position=sa.bindparam("where", type_=sa.BigInteger),
        error=sa.bindparam("why"),
    )
)
_STANDING = Statement(
    sa.select(
        followers,
        sa.select(sa.func.coalesce(sa.func.max(events_table.c.position), 0))
        .where(events_table.c.ledger == events.CASE_LEDGER)
        .scalar_subquery()
        .label("head"),
        sa.func.coalesce(
            sa.func.extract(
                "epoch",
                sa.func.clock_timestamp()
                - sa.select(events_table.c.recorded_at)
                .where(events_table.c.ledger == events.CASE_LEDGER, events_table.c.position == followers.c.position + 1)
                .scalar_subquery(),
            ),
            0,
        ).label("lag"),
    ).order_by(followers.c.name)
)


class Standing(NamedTuple):
    """Where a following model stands. `gap`: events it has not got yet; `lag`: seconds since the first of them was recorded."""

    name: str
    position: int
    gap: int
    lag: float
    halted_at: datetime | None
    halted_position: int | None
    error: str | None


class _Unapplied(Exception):  # noqa: N818 -- a signal between two functions of this file
    """An event of a page could not be applied."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(position, why)
        self.position, self.why = position, why


async def standing(conn: Connection) -> list[Standing]:
    """Where each following model stands; one that was never begun is not there."""
    return [
        Standing(
            row["name"],
            row["position"],
            row["head"] - row["position"],
            max(float(row["lag"]), 0.0),
            row["halted_at"],
            row["halted_position"],
            row["error"],
        )
        for row in await (await _STANDING.run(conn)).fetchall()
    ]


async def enter(conn: Connection, models: Sequence[ReadModel] = FOLLOWING) -> None:
    """Give each model a row to note its position in, where it has none."""
    await _ENTER.run(conn, names=[model.name for model in models])


async def follow_all(database: Database, *, again: bool = False, models: Sequence[ReadModel] = FOLLOWING) -> int:
    """Bring every model to the end of the ledger; how many events were applied, over all models. `again`: try halted ones, too.

    Raises `psycopg.OperationalError` or `PoolTimeout` where the database is away.
    """
    return sum([await follow(database, model, again=again) for model in models])


async def follow(database: Database, model: ReadModel, *, again: bool = False, page: int = _PAGE) -> int:
    """Bring one model to the end of the ledger, or to the event that cannot be applied; how many events were applied.

    A page that fails is taken again by halves, until the one event is found that the model halts before.
    """
    size, applied = page, 0
    while True:
        try:
            done = await _step(database, model, size, again=again)
        except _Unapplied as fault:
            if size > 1:
                size = max(size // 2, 1)
                continue
            await _halt(database, model, fault)
            return applied
        applied += done
        if not done:
            return applied


async def _step(database: Database, model: ReadModel, size: int, *, again: bool) -> int:
    """Apply one page; 0 where there is nothing to be applied, somebody else is at it, or the model is halted. Raises `_Unapplied`."""
    async with database.transaction(WORKER) as conn:
        place = await (await _TAKE.run(conn, name=model.name)).fetchone()
        if place is None or (place["halted_at"] is not None and not again):
            return 0
        page = await (await _NEXT.run(conn, after=place["position"], limit=size)).fetchall()
        if not page:
            return 0
        await _apply(conn, model, page)
        reach("follower_applied")
        await _MOVE.run(conn, which=model.name, to=page[-1]["position"])
    return len(page)


async def _apply(conn: Connection, model: ReadModel, page: Sequence[Row]) -> None:
    """Make the rows of the streams that the page speaks of anew, as of its end. Raises `_Unapplied` with the last event's position."""
    latest = {row["stream"]: row["version"] for row in page}
    for stream, version in latest.items():
        kind, _, stream_id = stream.partition("/")
        if kind not in model.kinds:
            continue
        try:
            history = await events.load_history(conn, stream_id, kind=kind, upto=version)
            await _put(conn, model, stream_id, model.rows(course_of(kind, stream_id, history)))
        except (psycopg.OperationalError, PoolTimeout):
            raise  # the database is away: no event's fault
        except Exception as fault:
            why = str(fault) if isinstance(fault, events.UnknownEventType) else type(fault).__name__
            raise _Unapplied(page[-1]["position"], why) from fault


async def _put(conn: Connection, model: ReadModel, stream_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Leave exactly these rows of the stream, writing only what differs."""
    table, first = model.table, model.table.c[model.key[0]]
    held = {
        tuple(row[name] for name in model.key[1:]): row
        for row in await (await run(conn, sa.select(table).where(first == stream_id))).fetchall()
    }
    for row in rows:
        there = held.pop(tuple(row[name] for name in model.key[1:]), None)
        if there is not None and all(there[name] == row[name] for name in model.columns if name != first.name):
            continue
        put = insert(table).values(row)
        await run(conn, put.on_conflict_do_update(index_elements=list(model.key), set_={n: put.excluded[n] for n in model.columns}))
    for key in held:
        own = (table.c[name] == value for name, value in zip(model.key[1:], key, strict=True))
        await run(conn, sa.delete(table).where(first == stream_id, *own))


async def _halt(database: Database, model: ReadModel, fault: _Unapplied) -> None:
    _log.error("a read model has halted", model=model.name, position=fault.position, why=fault.why, exc_info=fault.__cause__)
    async with database.transaction(WORKER) as conn:
        await _HALT.run(conn, which=model.name, where=fault.position, why=fault.why)
