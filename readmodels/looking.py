"""Looking at streams: their histories folded anew, batch by batch, beside what the read models hold of them.

One batch is some thousand events of whole streams, so the memory it takes does not grow with the ledger. Batches may be looked at in
processes of their own (`serve`), all on the same snapshot of the database.
"""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import groupby
from multiprocessing.connection import Connection as Pipe
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL
from psycopg.types.string import TextLoader

from domain.stream import STREAMS
from ledger.events import CASE_LEDGER, Recorded, recorded
from ledger.schema import events
from ledger.sql import Connection, Row, Statement, fetch_all
from readmodels.course import Course, course_of
from readmodels.models import MODELS, ReadModel
from readmodels.rows import Difference, Values, differences, digest, key_of

type Stream = tuple[str, str]
"""Kind and id."""

ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_GARBAGE = 200_000
"""Histories are folded into values without cycles: a process that only looks need not search for any as often."""
_BATCH_EVENTS, _BATCH_STREAMS = 2000, 200
_EVENTS = Statement(
    sa.select(events)
    .where(events.c.ledger == CASE_LEDGER, events.c.stream == sa.any_(sa.bindparam("streams", type_=sa.ARRAY(sa.Text))))
    .order_by(events.c.stream, events.c.version)
)
_STREAMS = b"""
    SELECT stream, count(*) AS events FROM events WHERE ledger = 'case' AND split_part(stream, '/', 1) = ANY(%s)
    GROUP BY stream ORDER BY stream
"""


class Task(NamedTuple):
    """What is to be looked at: which models, and up to which position those that follow are to be at, by name (absent: the end)."""

    models: tuple[str, ...]
    upto: Mapping[str, int]


class OfModel(NamedTuple):
    """What a batch found of one model: the digests of the rows as made anew and as they are, by stream and key, and where these differ."""

    rebuilt: list[bytes]
    live: list[bytes]
    differing: dict[Stream, list[dict[str, Any]]]
    """The rows made anew of each stream of which another row, none or one too many is held."""


class Looked(NamedTuple):
    """What one batch found."""

    events: int
    streams: int
    models: dict[str, OfModel]
    differences: list[Difference]
    unreadable: list[Difference]
    """Streams whose history cannot be folded, where and why; nothing else is said of them."""


def models_of(task: Task) -> list[ReadModel]:
    return [MODELS[name] for name in task.models]


async def batches(conn: Connection, kinds: Iterable[str] = tuple(STREAMS)) -> AsyncIterator[list[str]]:
    """The names of all streams of the kinds, in batches; the connection is in a transaction."""
    async with conn.cursor(name="streams") as cursor:
        cursor.itersize = 2000
        await cursor.execute(_STREAMS, (list(kinds),))
        batch: list[str] = []
        size = 0
        async for row in cursor:
            batch.append(row["stream"])
            size += row["events"]
            if size >= _BATCH_EVENTS or len(batch) >= _BATCH_STREAMS:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch


async def look(conn: Connection, task: Task, streams: Sequence[str]) -> Looked:
    """Fold these streams and compare. Both are read in the caller's transaction: in one snapshot, or while nobody may append."""
    rows = await (await _EVENTS.run(conn, streams=list(streams))).fetchall()
    histories = {name: list(group) for name, group in groupby(rows, key=lambda row: cast("str", row["stream"]))}
    live = {model.name: await _live(conn, model, streams) for model in models_of(task)}
    looked = Looked(len(rows), len(histories), {name: OfModel([], [], {}) for name in task.models}, [], [])
    for name in streams:
        _look(looked, task, _stream(name), histories.get(name, []), live)
    return looked


def _stream(name: str) -> Stream:
    kind, _, stream_id = name.partition("/")
    return kind, stream_id


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _look(looked: Looked, task: Task, stream: Stream, rows: Sequence[Row], live: Mapping[str, Mapping[Stream, list[Row]]]) -> None:
    try:
        made = made_anew(task, stream, rows)
    except Exception as fault:  # noqa: BLE001 -- whatever a stored event is, it is told where it stands, and the others are looked at
        looked.unreadable.append(unreadable(stream, rows, fault))
        return
    for model in models_of(task):
        if stream[0] in model.kinds:
            _compare(looked, model, stream, made[model.name], live[model.name].get(stream, []))


def made_anew(task: Task, stream: Stream, rows: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each model about one stream, from its history as stored. Raises whatever reading and folding it raises."""
    UUID(stream[1])
    history = [recorded(row) for row in rows]
    whole = course_of(*stream, history)
    made: dict[str, list[dict[str, Any]]] = {}
    for model in models_of(task):
        if stream[0] in model.kinds:
            course = _part(task, model, stream, history, whole)
            made[model.name] = model.rows(course) if course else []
    return made


def _part(task: Task, model: ReadModel, stream: Stream, history: Sequence[Recorded], whole: Course) -> Course:
    """The part of the stream's course that the model is to hold."""
    last = task.upto.get(model.name)
    if last is None or not history or history[-1].position <= last:
        return whole
    return course_of(*stream, [each for each in history if each.position <= last])


def unreadable(stream: Stream, rows: Sequence[Row], fault: Exception) -> Difference:
    """Where it broke: the first event that cannot be read, else the end of the history, whose fold failed."""
    position, why = rows[-1]["position"] if rows else 0, f"{type(fault).__name__} while folding"
    for row in rows:
        try:
            recorded(row)
        except Exception as reading:  # noqa: BLE001 -- as above
            position, why = row["position"], f"{type(reading).__name__}: {row['type']} v{row['schema_version']}"
            break
    return Difference("events", ("/".join(stream),), "position", position, why)


def _compare(looked: Looked, model: ReadModel, stream: Stream, made: list[dict[str, Any]], held: list[Row]) -> None:
    found, columns = looked.models[model.name], model.columns
    rebuilt: dict[tuple[Any, ...], Values] = {key_of(row, model.key): row for row in made}
    live: dict[tuple[Any, ...], Values] = {key_of(row, model.key): row for row in held}
    differing: list[Difference] = []
    for key in sorted(rebuilt.keys() | live.keys()):
        is_now, should_be = live.get(key), rebuilt.get(key)
        if should_be is not None:
            found.rebuilt.append(digest(should_be, columns))
        if is_now is not None:
            same = should_be is not None and is_now == should_be
            found.live.append(found.rebuilt[-1] if same else digest(is_now, columns))
        if is_now is None or should_be is None or found.live[-1] != found.rebuilt[-1]:
            differing += differences(model.name, key, columns, is_now, should_be)
    if differing:
        looked.differences.extend(differing)
        found.differing[stream] = made


def _selected(model: ReadModel) -> sa.Select[Any]:
    chosen = sa.select(*(model.table.c[name] for name in model.columns))
    # A row at version 0 is a lock that somebody took for a stream that has no event yet.
    return chosen.where(model.table.c.version > 0) if model.name == "cases" else chosen


async def _live(conn: Connection, model: ReadModel, streams: Sequence[str]) -> dict[Stream, list[Row]]:
    """What the model holds of these streams."""
    ids = [stream_id for kind, stream_id in map(_stream, streams) if kind in model.kinds and _is_id(stream_id)]
    (only,) = model.kinds if model.kind_column is None else ("",)
    found: dict[Stream, list[Row]] = {}
    first = model.key[0]
    asked = _selected(model).where(model.table.c[first] == sa.any_(sa.literal(ids, sa.ARRAY(model.table.c[first].type))))
    for row in await fetch_all(conn, asked):
        found.setdefault((row[model.kind_column] if model.kind_column else only, str(row[first])), []).append(row)
    return found


async def strangers(conn: Connection, model: ReadModel) -> AsyncIterator[Row]:
    """Rows about streams of which the ledger holds no event, by their key."""
    table = model.table
    kind: sa.ColumnElement[str] = table.c[model.kind_column] if model.kind_column else sa.literal(min(model.kinds), sa.Text)
    stream = sa.func.concat(kind, "/", sa.cast(table.c[model.key[0]], sa.Text))
    known = sa.exists().where(events.c.stream == stream)
    asked = Statement(_selected(model).where(sa.not_(known)).order_by(*(table.c[name] for name in model.key)))
    async with conn.cursor(name=f"strangers_{model.name}") as cursor:
        await cursor.execute(asked.text, asked.bind({}))
        async for row in cursor:
            yield row


async def open_at(dsn: str, snapshot: str | None = None) -> Connection:
    """A connection in a transaction that only reads, and sees the database as of one moment: its own, or the snapshot's."""
    conn = await AsyncConnection[DictRow].connect(
        dsn, autocommit=True, row_factory=dict_row, prepare_threshold=0, application_name="yuanshou-look"
    )
    conn.adapters.register_loader("uuid", TextLoader)  # ids as rows are made with them: equal rows are seen to be at a glance
    await conn.execute(ONE_MOMENT)
    if snapshot is not None:
        await conn.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
    return conn


def serve(pipe: Pipe, dsn: str, snapshot: str, task: Task) -> None:
    """Look at the batches that come through the pipe until its other end is gone: what began this process has ended, or died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever began it
    gc.set_threshold(_GARBAGE)
    asyncio.run(_serve(pipe, dsn, snapshot, task))


async def _serve(pipe: Pipe, dsn: str, snapshot: str, task: Task) -> None:
    async with await open_at(dsn, snapshot) as conn:
        while True:
            try:
                batch = cast("list[str]", pipe.recv())
            except EOFError:
                return
            pipe.send(await look(conn, task, batch))
