"""Tables judged for the directory and not yet accepted: their report and the changes they would bring, staged row by row."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from domain.directory import DIRECTORY_EVENTS, DirectoryEvent
from ledger.events import body_of
from ledger.schema import import_rows, imports
from ledger.sql import Connection, Row, Statement

KEPT = timedelta(days=1)
"""A table that nobody accepted is gone after this."""
_CHUNK = 1000

_OPEN = Statement(
    sa.insert(imports).values(
        {c: sa.bindparam(c, type_=imports.c[c].type) for c in ("import_id", "kind", "principal", "directory", "report", "created_at")}
    )
)
_STAGE = Statement(
    sa.text(
        "INSERT INTO import_rows (import_id, n, type, body)"
        " SELECT cast(:import_id AS uuid), r.* FROM unnest(cast(:ns AS int[]), cast(:types AS text[]), cast(:bodies AS bytea[])) AS r"
    )
)
_REPORT = Statement(
    sa.update(imports).where(imports.c.import_id == sa.bindparam("id")).values(report=sa.bindparam("said", type_=imports.c.report.type))
)
_ACCEPTED = Statement(
    sa.update(imports)
    .where(imports.c.import_id == sa.bindparam("id"))
    .values(accepted_at=sa.bindparam("now", type_=imports.c.accepted_at.type), report=sa.bindparam("said", type_=imports.c.report.type))
)
_FIND = Statement(sa.select(imports).where(imports.c.import_id == sa.bindparam("id")).with_for_update())
_ROWS = Statement(
    sa.select(import_rows)
    .where(import_rows.c.import_id == sa.bindparam("id"), import_rows.c.n > sa.bindparam("after", type_=sa.Integer))
    .order_by(import_rows.c.n)
    .limit(_CHUNK)
)
_UNSTAGE = Statement(sa.delete(import_rows).where(import_rows.c.import_id == sa.bindparam("id")))
_FORGET = Statement(
    sa.delete(imports).where(
        imports.c.accepted_at.is_(None), imports.c.created_at < sa.bindparam("before", type_=imports.c.created_at.type)
    )
)


async def begin(conn: Connection, import_id: str, *, kind: str, principal: str, directory: int, now: datetime) -> None:
    """Open the staging of a table; tables that were not accepted in time are cleared away."""
    await _FORGET.run(conn, before=now - KEPT)
    await _OPEN.run(conn, import_id=import_id, kind=kind, principal=principal, directory=directory, report={}, created_at=now)


async def stage(conn: Connection, import_id: str, first: int, changes: Sequence[DirectoryEvent]) -> None:
    """Stage changes; `first` is the place of the first among all."""
    if changes:
        await _STAGE.run(
            conn, import_id=import_id, ns=[first + n for n in range(len(changes))], types=[c.type for c in changes],
            bodies=[body_of(c) for c in changes],
        )  # fmt: skip


async def report(conn: Connection, import_id: str, said: Mapping[str, Any]) -> None:
    await _REPORT.run(conn, id=import_id, said=said)


async def find(conn: Connection, import_id: str) -> Row | None:
    """The import, locked: of two who accept it at once the second sees that it was accepted."""
    return await (await _FIND.run(conn, id=import_id)).fetchone()


async def staged(conn: Connection, import_id: str) -> AsyncIterator[list[DirectoryEvent]]:
    """The changes in their order, some at a time."""
    after = -1
    while rows := await (await _ROWS.run(conn, id=import_id, after=after)).fetchall():
        yield [DIRECTORY_EVENTS[row["type"]].model_validate_json(bytes(row["body"])) for row in rows]
        after = rows[-1]["n"]


async def accepted(conn: Connection, import_id: str, said: Mapping[str, Any], now: datetime) -> None:
    await _ACCEPTED.run(conn, id=import_id, said=said, now=now)
    await _UNSTAGE.run(conn, id=import_id)
