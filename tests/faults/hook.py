"""The only place where the faults of these tests come from: a plan in a file says at which named point which process dies."""

import json
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

PLAN = "YUANSHOU_FAULT_PLAN"
"""Path of the plan, read by the entry points of the tests' worker and API only."""
WITHOUT = "YUANSHOU_FAULT_WITHOUT"
"""Name of the protection that the entry point takes out (`without.py`)."""
HOST_AHEAD = "YUANSHOU_FAULT_HOST_AHEAD"
"""Hours by which the clock of the API's host is wrong."""
FAULTS = {WITHOUT, HOST_AHEAD}


def write_plan(plan: Path, point: str, pid: int, *, times: int = 1, gently: bool = False) -> None:
    """Let `pid` be killed when some process reaches `point` for the `times`-th time; once. `gently`: as a deployment ends it. The file
    appears whole.
    """
    struck(plan).unlink(missing_ok=True)
    draft = plan.with_suffix(".draft")
    draft.write_text(json.dumps({"point": point, "pid": pid, "times": times, "gently": gently}), encoding="ascii")
    draft.rename(plan)


def struck(plan: Path) -> Path:
    """What the plan's file is called once a process has taken it up."""
    return plan.with_suffix(".struck")


def striker(plan: Path) -> Callable[[str], None]:
    """The hook that carries out the plan at its point. Taking the file away is the claim, so it strikes once."""
    passed = 0

    def reached(point: str) -> None:
        if not plan.exists():
            return
        # A point in the workflow is reached inside its sandbox, which forbids its thread what it takes to kill.
        blow = threading.Thread(target=strike, args=(point,))
        blow.start()
        blow.join()

    def strike(point: str) -> None:
        nonlocal passed
        try:
            planned = json.loads(plan.read_text(encoding="ascii"))
            if planned["point"] != point or (passed := passed + 1) < planned["times"]:
                return
            plan.rename(struck(plan))
            passed = 0
            if planned["gently"]:
                os.kill(planned["pid"], signal.SIGTERM)
            else:
                kill(planned["pid"])
        except FileNotFoundError:  # another process was first
            return

    return reached


def kill(pid: int) -> None:
    """SIGKILL to the process and to all it started: PostgreSQL's backends would otherwise finish what they were sent."""
    family = [] if pid == os.getpid() else psutil.Process(pid).children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
