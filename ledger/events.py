"""The event store: append under the ledger's lock, read by stream or by position.

Locks are always taken in this order: the case's row, then the ledger's advisory lock (held to the commit, so positions are
dense and a reader that follows positions never skips a late commit).
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, NamedTuple, Protocol, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from domain.command import EVENTS, Event, Happened, Stamp
from domain.upcasting import NoStep, lifted
from domain.values import Model
from ledger import chain
from ledger.schema import events
from ledger.sql import Connection, Cursor, Row, Statement

CASE_LEDGER, ACCESS_LEDGER = "case", "access"
LEDGERS: tuple[str, ...] = (CASE_LEDGER, ACCESS_LEDGER)
"""Every ledger: what happened to cases and registers, and who read personal data. Each has positions of its own from 1."""
CASE_LOCK = 0x7975616E_73686F75
ACCESS_LOCK = 0x7975616E_73686F76
LOCKS = {CASE_LEDGER: CASE_LOCK, ACCESS_LEDGER: ACCESS_LOCK}
"""Advisory lock of each ledger (the letters `yuanshou`, and the number after). Who takes both takes them in this order."""
OF_CASES = events.c.ledger == sa.literal_column(f"'{CASE_LEDGER}'")
"""The rows of the cases' ledger, said as a literal: so an index of these rows alone serves a plan made for all values too."""


class VersionConflict(Exception):  # noqa: N818 -- the field's word
    """Somebody else appended to the stream first; the expected version is gone."""

    def __init__(self, stream: str, expected: int) -> None:
        super().__init__(f"{stream} is no longer at version {expected}")
        self.stream, self.expected = stream, expected


class UnknownEventType(Exception):  # noqa: N818
    """The ledger holds an event of a type this program does not know: a newer program wrote it."""


class UnreadableEvent(Exception):  # noqa: N818
    """A stored body that no longer says what its type says. What it holds may be anything and is told to nobody here."""

    def __init__(self, row: Row) -> None:
        super().__init__(f"{row['type']} v{row['schema_version']} at {row['ledger']} {row['position']} cannot be read")
        self.ledger, self.position = str(row["ledger"]), int(row["position"])


class Stored(Protocol):
    """The class of an event: what `read_as` asks of it."""

    type: ClassVar[str]
    schema_version: ClassVar[int]

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray) -> Self: ...


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


_END = Statement(sa.select(sa.func.coalesce(sa.func.max(events.c.position), 0).label("end")).where(OF_CASES))


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
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (LOCKS[ledger],))
    head = await (await _HEAD.run(conn, ledger=ledger, stream=stream, version=expected)).fetchone()
    assert head is not None  # noqa: S101 -- the query has exactly one row
    if (head["version"] or 0) != expected:
        raise VersionConflict(stream, expected)
    rows = chained(drafts, ledger=ledger, stream=stream, after=expected, head=head)
    await write(conn, rows)
    return rows


def chained(drafts: Sequence[Draft], *, ledger: str, stream: str, after: int, head: Row) -> list[Row]:
    """The drafts as the rows that follow a ledger's `head` (its `position`, `now`) and the stream's `previous` hash at version `after`.

    Raises `VersionConflict` where a draft is of another version than the next.
    """
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
        if row["version"] != after + offset:
            raise VersionConflict(stream, after)
        row["chain_hash"] = previous = chain.chain_hash(row, previous)
        rows.append(row)
    return rows


async def write(conn: Connection, rows: Sequence[Row]) -> None:
    """Insert rows that were chained under the ledger's lock."""
    if len(rows) < _MANY:
        for row in rows:
            await _INSERT.run(conn, **row)
    else:
        await _INSERT_MANY.run(conn, **{c.name: [row[c.name] for row in rows] for c in events.c})


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


def read_as[E: Stored](kinds: Mapping[str, type[E]], row: Row) -> E:
    """A stored row's event of one of the kinds, lifted to today's shape.

    Raises `UnknownEventType` for a type of a newer program, `UnreadableEvent` for a body that is not what its type says, `NoStep`.
    """
    kind = kinds.get(row["type"])
    if kind is None or row["schema_version"] > kind.schema_version:
        raise UnknownEventType(f"{row['type']} v{row['schema_version']} at {row['ledger']} {row['position']}")
    try:
        return kind.model_validate_json(lifted(kind.type, row["schema_version"], kind.schema_version, bytes(row["body"])))
    except NoStep:
        raise
    except (ValueError, LookupError, TypeError):
        # Not `from`: pydantic quotes what it was given, and logs name nobody.
        raise UnreadableEvent(row) from None


def event_of(row: Row) -> Event:
    """The event of a stored row. Raises what `read_as` does."""
    return read_as(EVENTS, row)


def stamp_of(row: Row) -> Stamp:
    """The envelope of a stored row, which can be read whatever its body is."""
    return Stamp(
        version=row["version"],
        decided_at=row["decided_at"],
        effective_on=row["effective_on"],
        actor=row["actor"],
        role=row["role"],
        office=row["office"],
        command_id=row["command_id"],
        on_behalf_of=row["on_behalf_of"],
    )


def recorded(row: Row) -> Recorded:
    """A stored row as an event, with its envelope. Raises what `read_as` does."""
    event = event_of(row)
    return Recorded(
        position=row["position"],
        recorded_at=row["recorded_at"],
        correlation_id=row["correlation_id"],
        causation=row["causation"],
        digest=bytes(row["digest"]),
        chain_hash=bytes(row["chain_hash"]),
        at=stamp_of(row),
        event=event,
    )


def recorded_all(rows: Iterable[Row]) -> list[Recorded]:
    return [recorded(row) for row in rows]
