"""The event store: append under the ledger's lock, read by stream or by position.

Locks are always taken in this order: the case's row, then the ledger's advisory lock (held to the commit, so positions are
dense and a reader that follows positions never skips a late commit).
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from domain.command import EVENTS, Event, Happened, Stamp
from domain.upcasting import lifted
from domain.values import Model
from ledger import chain
from ledger.schema import events
from ledger.sql import Connection, Cursor, Row, Statement

CASE_LEDGER = "case"
LEDGERS: tuple[str, ...] = (CASE_LEDGER, "access")
"""Every ledger; each has positions, a tree and checkpoints of its own."""
CASE_LOCK = 0x7975616E_73686F75
_LOCKS = {CASE_LEDGER: CASE_LOCK}
"""Advisory lock of each ledger (the letters `yuanshou`)."""


class VersionConflict(Exception):  # noqa: N818 -- the field's word
    """Somebody else appended to the stream first; the expected version is gone."""

    def __init__(self, stream: str, expected: int) -> None:
        super().__init__(f"{stream} is no longer at version {expected}")
        self.stream, self.expected = stream, expected


class UnknownEventType(Exception):  # noqa: N818
    """The ledger holds an event of a type this program does not know: a newer program wrote it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event ready to be appended: its envelope and its body as canonical bytes."""

    type: str
    schema_version: int
    version: int
    decided_at: datetime
    effective_on: date
    actor: str
    role: str
    office: str
    command_id: str
    correlation_id: str
    body: bytes
    on_behalf_of: str | None = None
    causation: str | None = None


class Recorded(NamedTuple):
    """An event as the ledger holds it."""

    position: int
    recorded_at: datetime
    correlation_id: str
    causation: str | None
    digest: bytes
    chain_hash: bytes
    at: Stamp
    event: Event

    @property
    def happened(self) -> Happened:
        return Happened(self.at, self.event)


def stream_of(stream_id: str, kind: str = "case") -> str:
    return f"{kind}/{stream_id}"


def body_of(event: Model) -> bytes:
    """The stored form of an event: canonical JSON without absent fields."""
    return chain.canonical(event.model_dump(mode="json", exclude_none=True))


def draft(happened: Happened, correlation_id: str, causation: str | None) -> Draft:
    at, event = happened
    return Draft(
        type=event.type,
        schema_version=event.schema_version,
        version=at.version,
        decided_at=at.decided_at,
        effective_on=at.effective_on,
        actor=at.actor,
        role=at.role,
        office=at.office,
        command_id=at.command_id,
        correlation_id=correlation_id,
        body=body_of(event),
        on_behalf_of=at.on_behalf_of,
        causation=causation,
    )


_head = (
    # A function of the wall: whoever appends to a register must know the ledger's end and may not see the event that stands there.
    sa.func.ledger_head(sa.bindparam("ledger", type_=sa.Text)).table_valued(
        sa.column("position", sa.BigInteger), sa.column("recorded_at", sa.TIMESTAMP(timezone=True)), name="head"
    )
)
_HEAD = Statement(
    sa.select(
        sa.func.coalesce(_head.c.position, 0).label("position"),
        sa.func.greatest(sa.func.clock_timestamp(), _head.c.recorded_at).label("now"),
        sa.select(sa.func.max(events.c.version)).where(events.c.stream == sa.bindparam("stream")).scalar_subquery().label("version"),
        sa.select(events.c.chain_hash)
        .where(events.c.stream == sa.bindparam("stream"), events.c.version == sa.bindparam("version", type_=sa.Integer))
        .scalar_subquery()
        .label("previous"),
    ).select_from(_head)
)
_INSERT = Statement(sa.insert(events))
_MANY = 20
"""From this many rows on they go in one statement: an import's thousands of rows spend their time in sending each by itself."""
_INSERT_MANY = Statement(
    sa.text(
        f"INSERT INTO events ({', '.join(c.name for c in events.c)}) SELECT * FROM unnest("  # noqa: S608 -- names of the table's columns
        + ", ".join(f"cast(:{c.name} AS {c.type.compile(postgresql.dialect())}[])" for c in events.c)
        + ")"
    )
)


_END = Statement(sa.select(sa.func.coalesce(sa.func.max(events.c.position), 0).label("end")).where(events.c.ledger == CASE_LEDGER))


async def end(conn: Connection) -> int:
    """The last position of the cases' ledger."""
    row = await (await _END.run(conn)).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has its row
    return row["end"]


async def append(conn: Connection, stream: str, expected: int, drafts: Sequence[Draft], ledger: str = CASE_LEDGER) -> list[Row]:
    """Append events to a stream at the expected version; the rows as written (dense positions, one moment, chained).

    To be called inside a transaction, which it keeps the ledger locked until the end of.
    Raises `VersionConflict` when the stream is at another version.
    """
    # The lock has a statement of its own: one that also read the head would see it as of before the wait.
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCKS[ledger],))
    head = await (await _HEAD.run(conn, ledger=ledger, stream=stream, version=expected)).fetchone()
    assert head is not None  # noqa: S101 -- the query has exactly one row
    if (head["version"] or 0) != expected:
        raise VersionConflict(stream, expected)
    previous: bytes = head["previous"] or chain.GENESIS
    rows: list[Row] = []
    for offset, item in enumerate(drafts, start=1):
        row: Row = {
            "alg": chain.ALG,
            "ledger": ledger,
            "position": head["position"] + offset,
            "stream": stream,
            "version": item.version,
            "type": item.type,
            "schema_version": item.schema_version,
            "recorded_at": head["now"],
            "decided_at": item.decided_at,
            "effective_on": item.effective_on,
            "actor": item.actor,
            "on_behalf_of": item.on_behalf_of,
            "role": item.role,
            "office": item.office,
            "command_id": item.command_id,
            "correlation_id": item.correlation_id,
            "causation": item.causation,
            "body": item.body,
            "digest": chain.digest(item.body),
        }
        if row["version"] != expected + offset:
            raise VersionConflict(stream, expected)
        row["chain_hash"] = previous = chain.chain_hash(row, previous)
        rows.append(row)
    if len(rows) < _MANY:
        for row in rows:
            await _INSERT.run(conn, **row)
    else:
        await _INSERT_MANY.run(conn, **{c.name: [row[c.name] for row in rows] for c in events.c})
    return rows


_STREAM = Statement(
    sa.select(events)
    .where(
        events.c.stream == sa.bindparam("stream"),
        events.c.version > sa.bindparam("after", type_=sa.Integer),
        events.c.version <= sa.bindparam("upto", type_=sa.Integer),
    )
    .order_by(events.c.version)
)
_BY_POSITION = Statement(
    sa.select(events)
    .where(
        events.c.ledger == sa.bindparam("ledger"),
        events.c.position > sa.bindparam("after", type_=sa.BigInteger),
    )
    .order_by(events.c.position)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_LAST_VERSION = 2**31 - 1


async def rows_of(conn: Connection, stream: str, *, after: int = 0, upto: int = _LAST_VERSION) -> list[Row]:
    """A stream's rows as stored, by version."""
    return await (await _STREAM.run(conn, stream=stream, after=after, upto=upto)).fetchall()


async def ask_history(conn: Connection, case_id: str, *, kind: str = "case", after: int = 0) -> Cursor:
    """Ask for a case's rows after a version; in a pipeline they are fetched later, together with others."""
    return await _STREAM.run(conn, stream=stream_of(case_id, kind), after=after, upto=_LAST_VERSION)


async def load_history(conn: Connection, case_id: str, *, kind: str = "case", after: int = 0, upto: int | None = None) -> list[Recorded]:
    """Events of a case (or stream of another kind) after one version up to another, in order. Raises `UnknownEventType`."""
    rows = await rows_of(conn, stream_of(case_id, kind), after=after, upto=_LAST_VERSION if upto is None else upto)
    return recorded_all(rows)


async def follow(conn: Connection, after: int, *, limit: int = 1000, ledger: str = CASE_LEDGER) -> AsyncIterator[Row]:
    """Rows after a position, in order, page by page; holes cannot occur, so the last position read is where to go on."""
    while page := await (await _BY_POSITION.run(conn, ledger=ledger, after=after, limit=limit)).fetchall():
        for row in page:
            yield row
        after = page[-1]["position"]


def event_of(row: Row) -> Event:
    """The event of a stored row, lifted to today's shape. Raises `UnknownEventType` for a type of a newer program, `NoStep`."""
    kind = EVENTS.get(row["type"])
    if kind is None or row["schema_version"] > kind.schema_version:
        raise UnknownEventType(f"{row['type']} v{row['schema_version']} at {row['ledger']} {row['position']}")
    return kind.model_validate_json(lifted(kind.type, row["schema_version"], kind.schema_version, bytes(row["body"])))


def recorded(row: Row) -> Recorded:
    """A stored row as an event, with its envelope. Raises `UnknownEventType` for a type of a newer program."""
    event = event_of(row)
    at = Stamp(
        version=row["version"],
        decided_at=row["decided_at"],
        effective_on=row["effective_on"],
        actor=row["actor"],
        role=row["role"],
        office=row["office"],
        command_id=row["command_id"],
        on_behalf_of=row["on_behalf_of"],
    )
    return Recorded(
        position=row["position"],
        recorded_at=row["recorded_at"],
        correlation_id=row["correlation_id"],
        causation=row["causation"],
        digest=bytes(row["digest"]),
        chain_hash=bytes(row["chain_hash"]),
        at=at,
        event=event,
    )


def recorded_all(rows: Iterable[Row]) -> list[Recorded]:
    return [recorded(row) for row in rows]
