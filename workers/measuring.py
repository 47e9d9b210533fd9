"""Figures for whoever watches a running system: how far the read models that follow the ledger have come, and whether one has halted."""

import asyncio
from contextlib import suppress

import psycopg
from prometheus_client import Gauge
from psycopg_pool import PoolTimeout

from api.envelope import REGISTRY
from ledger.store import WORKER, Database
from readmodels import following

_EVERY_SECONDS = 15.0
_GAP = Gauge("yuanshou_follower_gap_events", "Events of the ledger that the read model has not got yet", ["model"], registry=REGISTRY)
_LAG = Gauge("yuanshou_follower_lag_seconds", "Seconds since the first of them was recorded", ["model"], registry=REGISTRY)
_HALTED = Gauge("yuanshou_follower_halted", "1: an event could not be applied, and the model stands still", ["model"], registry=REGISTRY)


async def measure(database: Database) -> None:
    """Ask once. Raises `psycopg.OperationalError` or `PoolTimeout` where the database is away."""
    async with database.transaction(WORKER) as conn:
        found = await following.standing(conn)
    for each in found:
        _GAP.labels(each.name).set(each.gap)
        _LAG.labels(each.name).set(each.lag)
        _HALTED.labels(each.name).set(each.halted_at is not None)


async def keep_measuring(database: Database) -> None:
    """Ask for as long as the process lives; figures stay as they were while the database is away."""
    while True:
        with suppress(psycopg.OperationalError, PoolTimeout):  # the probes and the log of others tell of it
            await measure(database)
        await asyncio.sleep(_EVERY_SECONDS)
