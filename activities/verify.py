"""The verification of the ledgers that a person asked for in the browser, carried out beside the cases; what it found is kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout
from temporalio import activity

from ledger import verifications
from ledger.store import WORKER, Database, clock
from ledger.verify.claims import Trouble
from ledger.verify.run import NOT_RUN

type Told = Callable[[int, int], None]
"""Told how many events of how many are verified; from any thread, as often as one likes."""
type Verify = Callable[[Told], Awaitable[Mapping[str, Any]]]
"""The verification itself; the result as in verified.json, also where it could not run (`exit` 2)."""

_log = structlog.get_logger(__name__)
_BEAT_SECONDS = 1.0


class Verifier:
    """The activity that verifies the ledgers. It writes nothing to them: one that died on the way is begun anew."""

    def __init__(self, database: Database, verify: Verify) -> None:
        self._database, self._verify = database, verify

    @activity.defn
    async def verify(self, verification_id: str) -> int:
        """Verify and keep what was found; the exit status of `yuanshou verify`."""
        async with self._database.transaction(WORKER) as conn:
            began = await clock(conn)
            if await verifications.begin(conn, verification_id) is None:
                return 0  # told of by a try before this one
        came = _Came()
        telling = asyncio.create_task(self._tell(verification_id, came))
        result: Mapping[str, Any]
        try:
            result = await self._verify(came)
        except (psycopg.OperationalError, PoolTimeout):
            raise  # the database is away: the next try comes later
        except Exception as fault:  # noqa: BLE001 -- whoever waits is told that it could not run, and the log holds why
            _log.error("the ledgers could not be verified", exc_info=fault)
            nothing: dict[str, Any] = {"ledgers": {}, "findings": [], "notes": [], "seconds": 0}
            trouble = str(fault) if isinstance(fault, Trouble) else type(fault).__name__
            result = {**nothing, "at": began.isoformat(), "exit": NOT_RUN, "trouble": trouble}
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
        async with self._database.transaction(WORKER) as conn:
            await verifications.finish(conn, verification_id, result)
        _log.info("the ledgers were verified", exit=result["exit"], findings=len(result["findings"]), seconds=result["seconds"])
        return int(result["exit"])

    async def _tell(self, verification_id: str, came: "_Came") -> None:
        """Say how far it came, to Temporal that somebody works on it and to whoever waits, while it runs."""
        told = None
        while True:
            activity.heartbeat()
            if came.place != told:
                told = came.place
                try:
                    async with self._database.transaction(WORKER) as conn:
                        await verifications.came(conn, verification_id, *told)
                except (psycopg.OperationalError, PoolTimeout) as fault:
                    _log.warning("how far it came could not be told", fault=type(fault).__name__)
            await asyncio.sleep(_BEAT_SECONDS)


class _Came:
    """How far it came."""

    def __init__(self) -> None:
        self.place = (0, 0)

    def __call__(self, done: int, total: int) -> None:
        self.place = (done, total)
