"""Carries out what is approved, in a process that dies at the point named, if any: `python -m tests.faults.shred_once LIST [POINT]`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from activities.shred import Shredder
from ledger.shredlist import ShredList
from ledger.store import Database
from tests.periods import over
from workflows.faultpoints import install


def main() -> None:
    listed, *points = sys.argv[1:]

    def reached(point: str) -> None:
        if point in points:
            os.kill(os.getpid(), signal.SIGKILL)

    install(reached)

    async def once() -> None:
        async with Database(os.environ["DATABASE_WORKER_URL"], size=2, name="shred-once") as database:
            await Shredder(database, over, ShredList(Path(listed))).carry_out()

    asyncio.run(once())


if __name__ == "__main__":
    main()
