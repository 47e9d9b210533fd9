"""The peers of the storm and of the re-plan: bare timers that run one local activity, bare signals. A process of its own on uvloop.

`python -m bench.crowd` serves the task queue until SIGTERM, with the cache and the sandbox that the product uses.
"""

import asyncio
import os
import signal

import uvloop
from psycopg_pool import AsyncConnectionPool
from temporalio.client import Client
from temporalio.worker import Worker

from bench.crowd_case import SignalWorkflow, TimerWorkflow
from bench.floor import READY, Rows

QUEUE = "bench-crowd"


async def _main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    kwargs = {"prepare_threshold": 0}
    async with AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=10, open=False, kwargs=kwargs) as pool:
        worker = Worker(
            client,
            task_queue=QUEUE,
            workflows=[TimerWorkflow, SignalWorkflow],
            activities=[Rows(pool).commit_row],
            max_cached_workflows=500,
        )
        async with worker:
            print(READY, flush=True)
            await stop.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
    os._exit(0)  # temporalio has crashed in the interpreter's own exit
