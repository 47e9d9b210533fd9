"""One pass over the whole ledger: every stream folded anew beside what is held of it, all as of one moment, while commands go on.

The moment is a snapshot of the database that is exported to the processes that look. Nothing is locked and nothing is written.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import Any

import sqlalchemy as sa

from ledger.events import end
from ledger.schema import followers
from ledger.sql import Connection, Statement
from readmodels import looking
from readmodels.looking import Looked, Task
from readmodels.models import MODELS
from readmodels.rows import Difference, differences, digest, key_of

_POSITIONS = Statement(sa.select(followers.c.name, followers.c.position))
FEW = 50_000
"""Of so few events a process of its own would cost more than it saves."""
_AHEAD = 2
"""Batches that a process has before it, so that it never waits for the next."""


class LookerDied(Exception):  # noqa: N818
    """A process that looked at streams has ended before its time."""


@dataclass(slots=True)
class Tally:
    """What a pass found of one model so far. The digests are SHA-256 over the digests of its rows by stream and key; equal ones say that
    it holds what the ledger says, every column of it.
    """

    model: str
    rows: int = 0
    differing: int = 0
    """Streams of which another row, none or one too many is held; rows about streams that are not in the ledger count each."""
    _rebuilt: Any = field(default_factory=hashlib.sha256)
    _live: Any = field(default_factory=hashlib.sha256)

    @property
    def rebuilt(self) -> str:
        return self._rebuilt.hexdigest()

    @property
    def live(self) -> str:
        return self._live.hexdigest()

    def add(self, found: looking.OfModel) -> None:
        self.rows += len(found.live)
        self.differing += len(found.differing)
        self._rebuilt.update(b"".join(found.rebuilt))
        self._live.update(b"".join(found.live))

    def add_stranger(self, row: bytes) -> None:
        self.rows += 1
        self.differing += 1
        self._live.update(row)


@dataclass(slots=True)
class Pass:
    """One pass, begun. `head` is the ledger's last position as of its moment."""

    conn: Connection
    task: Task
    head: int
    tallies: dict[str, Tally]
    _look: Callable[[], AsyncIterator[Looked]]
    events: int = 0
    streams: int = 0

    async def looks(self) -> AsyncIterator[Looked]:
        """Batch by batch what is found; it is tallied on the way."""
        async for looked in self._look():
            self.events += looked.events
            self.streams += looked.streams
            for name, found in looked.models.items():
                self.tallies[name].add(found)
            yield looked

    async def strangers(self) -> AsyncIterator[Difference]:
        """Rows about streams that are not in the ledger; to be asked after the streams."""
        for name, tally in self.tallies.items():
            model = MODELS[name]
            async for row in looking.strangers(self.conn, model):
                tally.add_stranger(digest(row, model.columns))
                for found in differences(name, key_of(row, model.key), model.columns, row, None):
                    yield found


async def positions(conn: Connection) -> Mapping[str, int]:
    """Up to where each following model is."""
    return {row["name"]: row["position"] for row in await (await _POSITIONS.run(conn)).fetchall()}


@asynccontextmanager
async def begun(
    source: str | Connection, names: Iterable[str] = tuple(MODELS), *, processes: int = 0, at_end: bool = False
) -> AsyncGenerator[Pass]:
    """Begin a pass over these models.

    `source` is the address of a role that sees every row (the owner, `worker`), or a connection that is in no transaction. Where it is an
    address, and the ledger not small, so many `processes` look. Models that follow are held against the ledger up to where they are, or,
    with `at_end`, to its end.
    """
    async with AsyncExitStack() as stack:
        if isinstance(source, str):
            conn = await stack.enter_async_context(await looking.open_at(source))
        else:
            conn = source
            await conn.execute(looking.ONE_MOMENT)
            stack.push_async_callback(conn.execute, "ROLLBACK")
        chosen = tuple(names)
        behind: Mapping[str, int] = {} if at_end else await positions(conn)
        task = Task(chosen, {name: behind.get(name, 0) for name in chosen if MODELS[name].follows and not at_end})
        kinds = frozenset[str]().union(*(MODELS[name].kinds for name in chosen))

        async def alone() -> AsyncIterator[Looked]:
            async for batch in looking.batches(conn, kinds):
                yield await looking.look(conn, task, batch)

        look = alone
        head = await end(conn)
        if processes and isinstance(source, str) and head > FEW:
            row = await (await conn.execute("SELECT pg_export_snapshot() AS snapshot")).fetchone()
            assert row is not None  # noqa: S101 -- a function has its row
            pipes = stack.enter_context(_lookers(processes, source, row["snapshot"], task))

            async def together() -> AsyncIterator[Looked]:
                async for looked in _spread(looking.batches(conn, kinds), pipes):
                    yield looked

            look = together
        yield Pass(conn, task, head, {name: Tally(name) for name in chosen}, look)


async def _spread(batches: AsyncIterator[list[str]], pipes: list[Pipe]) -> AsyncIterator[Looked]:
    """The batches' findings in their order, looked at in turn by the processes behind the pipes."""
    asked: deque[Pipe] = deque()
    turns = cycle(pipes)
    async for batch in batches:
        pipe = next(turns)
        pipe.send(batch)
        asked.append(pipe)
        if len(asked) >= _AHEAD * len(pipes):
            yield await _answer(asked.popleft())
    while asked:
        yield await _answer(asked.popleft())


async def _answer(pipe: Pipe) -> Looked:
    try:
        return await asyncio.to_thread(pipe.recv)
    except EOFError as fault:
        raise LookerDied from fault


@contextmanager
def _lookers(count: int, dsn: str, snapshot: str, task: Task) -> Generator[list[Pipe]]:
    """Processes that look, each behind a pipe; they end with the pass, and by themselves where this process dies."""
    context = get_context("spawn")  # forked, they would share this one's connections
    pipes, processes = list[Pipe](), list[Any]()
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=looking.serve, args=(theirs, dsn, snapshot, task), daemon=True)
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        yield pipes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
        for pipe in pipes:
            pipe.close()
