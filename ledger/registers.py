"""Streams that are no case: appended by the transaction that was asked for the change, read back as they were recorded."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa

from domain.command import Actor
from domain.registers import REGISTER_EVENTS, RegisterEvent
from ledger import events as store
from ledger.schema import events
from ledger.sql import Connection, Row, Statement

_VERSION = Statement(
    sa.select(sa.func.coalesce(sa.func.max(events.c.version), 0).label("version")).where(events.c.stream == sa.bindparam("stream"))
)


class Registered(NamedTuple):
    """A register's event as the ledger holds it. `actor`, `role` and `office` are codes of the directory."""

    position: int
    version: int
    recorded_at: datetime
    effective_on: date
    actor: str
    role: str
    office: str
    command_id: str
    event: RegisterEvent


async def lock(conn: Connection) -> None:
    """Take the ledger's lock, held to the end of the transaction: what is read after it, nobody changes before the append."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (store.CASE_LOCK,))


async def append(conn: Connection, changes: Sequence[RegisterEvent], *, actor: Actor, now: datetime, command_id: str) -> list[Row]:
    """Append changes to their streams in the caller's transaction; the rows as written.

    Their order is that of their positions too: what one change names, an earlier one of another stream may have brought.
    """
    await lock(conn)
    rows: list[Row] = []
    for stream, group in groupby(changes, key=lambda change: change.stream):
        head = await (await _VERSION.run(conn, stream=stream)).fetchone()
        version: int = head["version"] if head else 0
        drafts = [_draft(change, version + n, actor, now, command_id) for n, change in enumerate(group, start=1)]
        rows += await store.append(conn, stream, version, drafts)
    return rows


async def history(conn: Connection, stream: str) -> list[Registered]:
    """A register's stream from its beginning."""
    return [registered(row) for row in await store.rows_of(conn, stream)]


def registered(row: Row) -> Registered:
    """A stored row as an event. Raises what `ledger.events.read_as` does."""
    return Registered(
        position=row["position"],
        version=row["version"],
        recorded_at=row["recorded_at"],
        effective_on=row["effective_on"],
        actor=row["actor"],
        role=row["role"],
        office=row["office"],
        command_id=row["command_id"],
        event=store.read_as(REGISTER_EVENTS, row),
    )


def _draft(change: RegisterEvent, version: int, actor: Actor, now: datetime, command_id: str) -> store.Draft:
    return store.Draft(
        type=change.type,
        schema_version=change.schema_version,
        version=version,
        decided_at=now,
        effective_on=change.since,
        actor=actor.id,
        role=actor.role,
        office=actor.office,
        command_id=command_id,
        correlation_id=command_id,
        body=store.body_of(change),
    )
