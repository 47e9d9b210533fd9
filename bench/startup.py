"""From `make run` to a system that takes commands: a first time on a fresh clone, and again.

`python -m bench.startup`. The clone is made by git of what is committed here, so `.venv` and the front-end packages are made anew from
the package managers' caches, on a home of its own and a free port. Temporal is in the user's cache already, as after any earlier start.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench import stand
from bench.figures import Judged, Report
from bench.stand import BenchError
from ops import process, temporal_binary
from ops.home import ROOT, Home
from ops.process import Launch
from ops.supervisor import answers

AGAIN = 3
"""Second starts; the slowest counts."""
FIRST, SECOND = 90, 15
"""Seconds to `/readyz` at most."""
_PATIENCE = 600.0
_LOOK_EVERY = 0.05
_ENGINES = "making the database"
_COMPLETE = "Yuanshou is ready"


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the command to each point, and from Ctrl-C to the end. `packages`: till the first engine; none when all was there."""

    ready: float
    complete: float
    stopped: float
    packages: float | None = None


class Run:
    """One `make run` and the clock that was started with it."""

    def __init__(self, checkout: Path, log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        self._began = time.monotonic()
        self._child = process.spawn(Launch("make", [_program("make"), "run"], environment, cwd=checkout), log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            self.interrupt()

    def until(self, come: Callable[[], bool]) -> float:
        """Seconds from the command to then. Raises `BenchError` with the log's end when the run ends before or it never comes."""
        while not come():
            if self._child.poll() is not None or time.monotonic() - self._began > _PATIENCE:
                raise BenchError(f"`make run` did not come so far; it says:\n{process.tail(self._log)}")
            time.sleep(_LOOK_EVERY)
        return time.monotonic() - self._began

    def said(self, words: str) -> bool:
        return words in self._log.read_text(encoding="utf-8", errors="replace")

    def interrupt(self) -> float:
        """Ctrl-C, which a terminal sends to the whole group; seconds to the end."""
        asked = time.monotonic()
        os.killpg(self._child.pid, signal.SIGINT)
        try:
            self._child.wait(60)
        except subprocess.TimeoutExpired as fault:
            process.kill_group(self._child.pid)
            raise BenchError(f"Ctrl-C did not end `make run`; it says:\n{process.tail(self._log)}") from fault
        return time.monotonic() - asked


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BenchError(f"no `{name}` on PATH")
    return found


def _start(checkout: Path, log: Path, port: int, home: Home, *, first: bool) -> Start:
    environment = {**stand.NO_OTHER_SYSTEM, "YUANSHOU_HOME": str(home.path), "YUANSHOU_PORT": str(port), "YUANSHOU_EXAMPLE": "1"}
    with Run(checkout, log, environment) as running:
        packages = running.until(lambda: running.said(_ENGINES)) if first else None
        ready = running.until(lambda: answers(port, "/readyz"))
        complete = running.until(lambda: running.said(_COMPLETE))
        stopped = running.interrupt()
    if process.find(home.running().get("supervisor")):
        raise BenchError("the supervisor outlived its `make run`")
    stand.say(f"`make run`: /readyz after {ready:.1f} s, complete after {complete:.1f} s, stopped in {stopped:.1f} s")
    return Start(ready, complete, stopped, packages)


def _measure(again: int) -> list[Start]:
    """The first start and those after it."""
    temporal_binary.provide(stand.say)
    with tempfile.TemporaryDirectory(prefix="yuanshou-bench-") as folder:
        place = Path(folder)
        checkout, home, port = place / "clone", Home(place / "home"), process.free_port()
        subprocess.run([_program("git"), "clone", "--quiet", str(ROOT), str(checkout)], check=True)  # noqa: S603 - no stranger's words
        return [_start(checkout, place / f"{number}.log", port, home, first=number == 0) for number in range(1 + again)]


def report(first: Start, later: list[Start]) -> Report:
    """The first start in its parts, the later ones by the slowest."""
    slowest = max(later, key=lambda start: start.ready)
    cold, warm = Judged(first.ready, FIRST, "at_most", "s"), Judged(slowest.ready, SECOND, "at_most", "s")
    rows = [
        ("first `make run`: to `/readyz`", *cold.cells()),
        ("of that the Python and front-end packages", f"{first.packages:.1f} s", "", ""),
        ("the worked example loaded, after that", f"{first.complete - first.ready:.1f} s", "", ""),
        ("Ctrl-C to the end", f"{first.stopped:.1f} s", "", ""),
        (f"second `make run`: to `/readyz`, the slowest of {len(later)}", *warm.cells()),
        ("Ctrl-C to the end, the slowest", f"{max(start.stopped for start in later):.1f} s", "", ""),
    ]
    how = (
        "`git clone` of what is committed, then `make run` in it on a home of its own and a free port: the first makes `.venv`, the "
        "front-end packages and the database anew from what the package managers have in their caches, with Temporal built before; "
        "Ctrl-C, and again, with the worked example in the database. Seconds from the command to the first 200 of `/readyz`."
    )
    return Report("Start", "python -m bench.startup", how, (("", "", "budget", ""), rows), cold.kept and warm.kept)


def run(again: int = AGAIN) -> Report:
    """Measure; some minutes, most of them the worked example's."""
    first, *later = _measure(again)
    return report(first, later)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="From `make run` to a system that takes commands.")
    parser.add_argument("--again", type=int, default=AGAIN, help="second starts (%(default)s)")
    found = run(parser.parse_args().again)
    print(found.text())
    sys.exit(0 if found.kept else 1)
