"""The peer: a bare Temporal Update whose handler runs one local activity that commits one row. A process of its own on uvloop.

`python -m bench.floor` serves the task queue until SIGTERM. Nothing of the product takes part: plain psycopg on a pool, the
SDK's default converter, the workflow task timeout and sandbox that the product uses too.
"""

import asyncio
import os
import signal

import uvloop
from psycopg_pool import AsyncConnectionPool
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from bench.floor_case import FloorWorkflow

QUEUE = "bench-floor"
TABLE = "CREATE TABLE bench_floor (id text PRIMARY KEY, body bytea NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())"
_BODY = b'{"papers_owed":[{"kind":"id_copy"}]}' * 8
READY = "floor ready"


class Rows:
    """The activity and its pool."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    @activity.defn
    async def commit_row(self, row: str) -> str:
        """One transaction, one row."""
        async with self._pool.connection() as conn:
            await conn.execute("INSERT INTO bench_floor (id, body) VALUES (%s, %s)", (row, _BODY))
        return row


async def _main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    kwargs = {"prepare_threshold": 0}
    async with AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=10, open=False, kwargs=kwargs) as pool:
        worker = Worker(client, task_queue=QUEUE, workflows=[FloorWorkflow], activities=[Rows(pool).commit_row], max_cached_workflows=600)
        async with worker:
            print(READY, flush=True)
            await stop.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
    os._exit(0)  # temporalio has crashed in the interpreter's own exit
