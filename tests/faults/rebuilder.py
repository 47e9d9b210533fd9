"""A rebuild in a process of its own that dies, as by SIGKILL, at the point named: `python -m tests.faults.rebuilder POINT`."""

import asyncio
import os
import signal
import sys

from readmodels import passing
from readmodels.rebuild import rebuild
from workflows.faultpoints import install

POINTS = ("rebuild_begun", "rebuild_built", "rebuild_locked", "rebuild_written", "rebuild_done")


def _dying(at: str) -> None:
    def reached(point: str) -> None:
        if point == at:
            os.kill(os.getpid(), signal.SIGKILL)

    install(reached)


if __name__ == "__main__":
    _dying(sys.argv[1])
    passing.FEW = 0
    asyncio.run(rebuild(os.environ["REBUILD_DSN"], ["case_list"], processes=2))
