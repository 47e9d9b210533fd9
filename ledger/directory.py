"""The directory's streams: appended like every other event, folded once and kept until they grow."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from domain.command import Actor
from domain.directory import DIRECTORY_EVENTS, Directory, DirectoryEvent
from ledger import registers
from ledger.schema import events
from ledger.sql import Connection, Cursor, Statement
from ledger.store import WORKER, Database
from ledger.wall import shadow

STREAMS = sorted({f"directory/{kind.kind}" for kind in DIRECTORY_EVENTS.values()})

_COUNT = Statement(
    sa.text(
        "SELECT coalesce(sum(m.version), 0)::int AS events FROM unnest(cast(:streams AS text[])) AS s(stream),"
        " LATERAL (SELECT max(version) AS version FROM events e WHERE e.stream = s.stream) AS m"
    )
)
_ALL = Statement(
    sa.select(events.c.type, events.c.body)
    .where(events.c.stream == sa.any_(sa.bindparam("streams", type_=sa.ARRAY(sa.Text))))
    .order_by(events.c.position)
)
_THEN = Statement(
    sa.select(events.c.type, events.c.body)
    .where(
        events.c.stream == sa.any_(sa.bindparam("streams", type_=sa.ARRAY(sa.Text))),
        events.c.recorded_at <= sa.bindparam("moment", type_=sa.TIMESTAMP(timezone=True)),
    )
    .order_by(events.c.position)
)


class DirectoryCache:
    """The directory as the ledger holds it. Reading it anew costs one statement; folding it again only happens when it grew."""

    def __init__(self) -> None:
        self._count = -1
        self._directory = Directory.fold(())

    async def ask(self, conn: Connection) -> Cursor:
        """Send the question whether it grew (in a pipeline: together with others); pass the answer to `answer`."""
        return await _COUNT.run(conn, streams=STREAMS)

    async def answer(self, conn: Connection, asked: Cursor) -> Directory:
        row = await asked.fetchone()
        if row is None or row["events"] != self._count:
            rows = await (await _ALL.run(conn, streams=STREAMS)).fetchall()
            self._directory = Directory.fold(DIRECTORY_EVENTS[r["type"]].model_validate_json(bytes(r["body"])) for r in rows)
            self._count = len(rows)
        return self._directory

    async def read(self, conn: Connection) -> Directory:
        return await self.answer(conn, await self.ask(conn))


async def as_of(conn: Connection, moment: datetime) -> Directory:
    """The directory as it was recorded by a moment: names on a paper stay those of the day it was issued."""
    rows = await (await _THEN.run(conn, streams=STREAMS, moment=moment)).fetchall()
    return Directory.fold(DIRECTORY_EVENTS[r["type"]].model_validate_json(bytes(r["body"])) for r in rows)


async def extend(database: Database, changes: Iterable[DirectoryEvent], *, actor: Actor, now: datetime, command_id: str) -> None:
    """Append changes to the directory, all or none. Raises `DirectoryFault` when they do not fit what is there."""
    changes = tuple(changes)
    async with database.transaction(WORKER) as conn:
        await registers.lock(conn)
        before = await (await _ALL.run(conn, streams=STREAMS)).fetchall()
        after = Directory.fold([*(DIRECTORY_EVENTS[r["type"]].model_validate_json(bytes(r["body"])) for r in before), *changes])
        await registers.append(conn, changes, actor=actor, now=now, command_id=command_id)
        await shadow(conn, after)
