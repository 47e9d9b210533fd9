"""The recorder of reads: a group commit. Whoever waits while one batch is written makes up the next; nobody waits for company.

At most one batch is in flight from a process, so the ledger's lock is asked for once a batch, however many requests there are.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

import psycopg
import structlog
from prometheus_client import Counter, Histogram
from psycopg_pool import PoolTimeout

from api.envelope import REGISTRY
from ledger import access
from ledger.access import Entry
from ledger.store import WORKER, Database
from workflows.faultpoints import reach

_PATIENCE_SECONDS = 8.0
"""How long a request waits for its entries before it is told to come again."""
_MOST = 500
"""Entries of a batch."""
_ENTRIES = Counter("yuanshou_access_entries", "Entries of the ledger of reads", registry=REGISTRY)
_FAILED = Counter("yuanshou_access_failures", "Entries not written; what they tell of was not served", registry=REGISTRY)
_SECONDS = Histogram("yuanshou_access_batch_seconds", "Seconds in which a batch of entries was committed", registry=REGISTRY)

_log = structlog.get_logger(__name__)


class NotRecorded(Exception):  # noqa: N818 -- told to the caller as a problem
    """The entries are not in the ledger, as far as anybody knows: what they tell of must not be served."""


class _Waiting(NamedTuple):
    entries: Sequence[Entry]
    written: asyncio.Future[None]


class Recorder:
    """Writes entries of the ledger `access` for the requests of one process."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """`database` is asked for when there is something to write."""
        self._database = database
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, entries: Sequence[Entry]) -> None:
        """Return once the entries are committed. Raises `NotRecorded` where that is not known after a while.

        Entries of a request that gave up may be written all the same: a row says that something was opened to be shown.
        """
        waiting = _Waiting(entries, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await waiting.written
        except TimeoutError as fault:
            _log.error("the ledger of reads does not answer", waiting=len(self._waiting))
            raise NotRecorded from fault

    async def drain(self) -> None:
        """Until nothing waits: for a process that is about to end."""
        while self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write_all(self) -> None:
        batch: list[_Waiting] = []
        try:
            while self._waiting:
                batch = self._next()
                await self._write(batch)
        finally:
            self._writing = None
            self._fail([*batch, *self._waiting])  # only where this very task was ended: otherwise nobody waits any more

    def _next(self) -> list[_Waiting]:
        """Those who have waited longest; a request's entries stay together."""
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and (not batch or size + len(self._waiting[0].entries) <= _MOST):
            batch.append(self._waiting.pop(0))
            size += len(batch[-1].entries)
        return batch

    async def _write(self, batch: list[_Waiting]) -> None:
        entries = [entry for waiting in batch for entry in waiting.entries]
        try:
            with _SECONDS.time():
                async with self._database().transaction(WORKER, pipeline=True, keyed=True) as conn:
                    await access.append(conn, entries)
                    reach("access_before_commit")
        except (psycopg.Error, PoolTimeout) as fault:
            _log.error("the ledger of reads cannot be written", fault=type(fault).__name__, entries=len(entries))
            self._fail(batch)
            return
        reach("access_after_commit")
        _ENTRIES.inc(len(entries))
        for waiting in batch:
            if not waiting.written.done():
                waiting.written.set_result(None)

    @staticmethod
    def _fail(batch: Sequence[_Waiting]) -> None:
        for waiting in batch:
            if not waiting.written.done():
                _FAILED.inc(len(waiting.entries))
                waiting.written.set_exception(NotRecorded())
