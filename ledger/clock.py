"""The ledger's time for a process that asks often: told by the database now and then, carried on by a clock that nobody sets.

Why the host's own clock is not asked: docs/decisions/0012.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from ledger.store import WORKER, Database, clock

_log = structlog.get_logger(__name__)
EVERY_SECONDS = 5.0
"""How long a step of the database's clock may go unnoticed."""
_PATIENCE_SECONDS = 2.0
_WRONG = timedelta(seconds=30)


class LedgerClock:
    """Call it for the present moment (aware). Until it was told for the first time it is `host`'s; `steady` counts seconds."""

    def __init__(self, host: Callable[[], datetime], steady: Callable[[], float] = time.monotonic) -> None:
        self._host, self._steady = host, steady
        self._told: datetime | None = None
        self._at = 0.0
        self._warned = False

    def __call__(self) -> datetime:
        return self._host() if self._told is None else self._told + timedelta(seconds=self._steady() - self._at)

    def tell(self, moment: datetime) -> None:
        """It is `moment` now. A host that differs is named in the log, once until it is right again."""
        wrong = abs(self._host() - moment) > _WRONG
        if wrong and not self._warned:
            _log.warning(
                "this host's clock is wrong; the ledger's is followed", ahead_seconds=round((self._host() - moment).total_seconds())
            )
        self._told, self._at, self._warned = moment, self._steady(), wrong

    async def ask(self, database: Database) -> bool:
        """Be told by the database; whether it answered."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), database.transaction(WORKER) as conn:
                self.tell(await clock(conn))
        except (psycopg.Error, PoolTimeout, TimeoutError) as fault:
            _log.warning("the ledger's time is not known anew", fault=type(fault).__name__)
            return False
        return True

    async def keep(self, database: Database) -> None:
        """Ask again and again, for as long as the process lives."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.ask(database)
