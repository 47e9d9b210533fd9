"""Before a process serves or works: whoever stands on the list of the erased is erased in the database that it found, too."""

import asyncio
from pathlib import Path

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from ledger import shred
from ledger.accounts import legal_day
from ledger.shredlist import ShredList
from ledger.store import WORKER, Database, clock

_log = structlog.get_logger(__name__)
_WAIT_SECONDS = 0.5


async def apply_shred_list(database: Database, path: Path) -> None:
    """Destroy again what a restored back-up brought back. However long the database takes to come: until this is done nothing is read.

    Raises `ShredListFault` for a list that was changed: nobody is served by a guess at who is erased.
    """
    while True:
        try:
            async with database.transaction(WORKER) as conn:
                now = await clock(conn)
                gone = await shred.apply(conn, ShredList(path), now=now, today=legal_day(now))
        except (psycopg.OperationalError, PoolTimeout) as fault:
            _log.warning("the database is away", fault=type(fault).__name__)
            await asyncio.sleep(_WAIT_SECONDS)
        else:
            if gone:
                _log.warning("keys of erased people were in this database and are destroyed again: was a back-up restored?", keys=len(gone))
            return
