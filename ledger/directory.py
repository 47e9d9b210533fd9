"""The directory's streams: appended like every other event, read once and folded on as they grow."""

import gc
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from domain.command import Actor
from domain.directory import DIRECTORY_EVENTS, Directory, DirectoryEvent
from ledger import registers, replans
from ledger.registers import Registered
from ledger.sql import Connection, Cursor, Statement
from ledger.store import WORKER, Database
from ledger.wall import shadow

_ZONE = ZoneInfo("Asia/Shanghai")
STREAMS = sorted({f"directory/{kind.kind}" for kind in DIRECTORY_EVENTS.values()})

_COUNT = Statement(
    sa.text(
        "SELECT coalesce(sum(m.version), 0)::int AS events, (now() AT TIME ZONE 'Asia/Shanghai')::date AS today"
        " FROM unnest(cast(:streams AS text[])) AS s(stream),"
        " LATERAL (SELECT max(version) AS version FROM events e WHERE e.stream = s.stream) AS m"
    )
)
_NEW = Statement(
    sa.text(
        "SELECT e.* FROM unnest(cast(:streams AS text[]), cast(:versions AS int[])) AS k(stream, version)"
        " JOIN events e ON e.stream = k.stream AND e.version > k.version ORDER BY e.position"
    )
)


_MUCH = 1_000
"""Events read at once from which the directory's objects weigh on the collector."""


def settle() -> None:
    """Spare the garbage collector what a process keeps for its life: a walk through a city's directory takes a tenth of a second."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class DirectoryCache:
    """The directory as the ledger holds it. Asking whether it grew costs one statement; only what is new is read and folded.

    What it answers is the directory of today (Asia/Shanghai, by the database's clock); a decision about another legal day takes
    `Directory.on` that day of it.
    """

    def __init__(self) -> None:
        self._records: list[Registered] = []
        self._versions = dict.fromkeys(STREAMS, 0)
        self._directory = Directory.fold(())
        self._then: tuple[tuple[int, int], Directory] | None = None

    async def ask(self, conn: Connection) -> Cursor:
        """Send the question whether it grew (in a pipeline: together with others); pass the answer to `answer`."""
        return await _COUNT.run(conn, streams=STREAMS)

    async def answer(self, conn: Connection, asked: Cursor) -> Directory:
        row = await asked.fetchone()
        if row is None:
            return self._directory
        if row["events"] != len(self._records):
            await self._catch_up(conn, row["events"])
        return self._directory.on(row["today"])

    async def read(self, conn: Connection) -> Directory:
        return await self.answer(conn, await self.ask(conn))

    async def _catch_up(self, conn: Connection, held: int) -> None:
        """Read what is new. Two at once may both read it: what is kept is set in one go, from what one reading found."""
        records, versions, directory = self._records, self._versions, self._directory
        if held < len(records):  # a ledger that was put back from a copy
            records, versions, directory = [], dict.fromkeys(STREAMS, 0), Directory.fold(())
        rows = await (await _NEW.run(conn, streams=list(versions), versions=list(versions.values()))).fetchall()
        new = [registers.registered(row) for row in rows]
        directory = Directory.fold(events_of(new), directory)
        self._records = [*records, *new]
        self._versions = versions | {row["stream"]: row["version"] for row in rows}
        self._directory = directory
        if len(new) >= _MUCH:
            settle()

    @property
    def newest(self) -> Directory:
        """The newest version of every entry, also of one that holds from a day to come; as of the last reading."""
        return self._directory

    def history(self, kind: str, code: str | None = None) -> list[Registered]:
        """What was recorded of a kind, or of one of its entries, oldest first; as of the last reading."""
        found = (r for r in self._records if isinstance(r.event, DirectoryEvent) and r.event.kind == kind)
        return [r for r in found if code is None or cast("DirectoryEvent", r.event).concerns == code]

    async def as_of(self, conn: Connection, moment: datetime) -> Directory:
        """The directory as it was recorded by a moment: names on a paper stay those of the day it was issued."""
        await self.read(conn)
        return self.recorded_by(moment).on(moment.astimezone(_ZONE).date())

    def recorded_by(self, moment: datetime) -> Directory:
        """What had been recorded by a moment, as of the last reading; folded anew where something was recorded after it."""
        records = self._records
        known = bisect_right(records, moment, key=lambda r: r.recorded_at)
        if known == len(records):
            return self._directory
        if self._then is None or self._then[0] != (known, len(records)):
            self._then = ((known, len(records)), Directory.fold(events_of(records[:known])))
        return self._then[1]


def events_of(records: Iterable[Registered]) -> Iterator[DirectoryEvent]:
    """The events of the directory among what registers recorded."""
    return (r.event for r in records if isinstance(r.event, DirectoryEvent))


async def enter(
    conn: Connection, cache: DirectoryCache, changes: Sequence[DirectoryEvent], *, actor: Actor, now: datetime, command_id: str
) -> Directory:
    """Append changes in the caller's transaction, all or none; the directory after them. The cache is to be read again after the commit.

    Raises `DirectoryFault` when they do not fit what is there, under the ledger's lock: nobody changes it in between.
    """
    await registers.lock(conn)
    await cache.read(conn)
    after = Directory.fold(changes, cache.newest)
    rows = await registers.append(conn, changes, actor=actor, now=now, command_id=command_id)
    for change, row in zip(changes, rows, strict=True):
        await replans.ask(conn, change, row["position"], actor.id)
    await shadow(conn, after)
    return after


async def extend(database: Database, changes: Iterable[DirectoryEvent], *, actor: Actor, now: datetime, command_id: str) -> None:
    """The same in a transaction of its own."""
    async with database.transaction(WORKER, pipeline=True) as conn:
        await enter(conn, DirectoryCache(), tuple(changes), actor=actor, now=now, command_id=command_id)
