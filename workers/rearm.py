"""Wake every case that has something to wait for, after Temporal's database was lost."""

import asyncio

from activities.reconcile import Reconciler
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import Database
from workers.temporal import connect


async def _rearm(settings: Settings) -> int:
    client = await connect(settings, KeyRing.open(settings.keys))
    async with Database(settings.worker_url, size=2, name="yuanshou-rearm") as database:
        return await Reconciler(database, client).rearm()


def rearm_all(settings: Settings) -> int:
    """Signal-with-start the workflow of every case with an alarm or an undecided command; how many."""
    return asyncio.run(_rearm(settings))
