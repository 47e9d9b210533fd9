"""Streams that take commands, read from the ledger: the snapshot kept with the row, or the fold where that is of another shape."""

from domain.stream import STREAMS, StreamState, blank_of, fold
from ledger import events
from ledger.sql import Connection, Row

FIRST = "00000000-0000-0000-0000-000000000000"
"""An id before all others: where a walk through the streams begins."""


async def load(conn: Connection, stream_id: str, row: Row | None, kind: str = "case") -> StreamState:
    """The stream as of its row of `cases`; blank, of the `kind` given, where it has none or nothing happened yet."""
    if row is None or row["version"] == 0:
        return blank_of(kind, stream_id)
    if (state := snapshot_of(row)) is not None:
        return state
    return await folded(conn, stream_id, row["kind"])


async def folded(conn: Connection, stream_id: str, kind: str, *, upto: int | None = None) -> StreamState:
    """The fold of a stream's history up to a version: nothing but the events decides how it stood."""
    history = await events.load_history(conn, stream_id, kind=kind, upto=upto)
    return fold((recorded.happened for recorded in history), blank_of(kind, stream_id))


def snapshot_of(row: Row) -> StreamState | None:
    """The state kept with the row; None where it is of another shape or another version than the row."""
    kind = STREAMS[row["kind"]]
    if row["schema"] != kind.schema_version or row["snapshot"] is None:
        return None
    state = kind.model_validate(row["snapshot"])
    return state if state.version == row["version"] else None
