"""The directory: a table of twenty thousand rows taken in, and what a command asks of a city's whole network.

`python -m bench.directory`. The table is taken in by the product's own command in a process of its own, whose peak memory is beside that
of a table a tenth as long; the time is that of the whole command, its start included. Lookups are those of the hot path: what the first
costs, which makes the index, and what each after it costs.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from bench.figures import Judged, Report, ms
from bench.stand import BenchError
from domain.command import Actor
from domain.directory import CaseScope, Directory
from ledger.directory import DirectoryCache, extend
from ledger.store import WORKER, Database
from ops.engines import Engines, running
from ops.example.directory import directory_events
from ops.example.network import network_events
from ops.home import Home

ROWS, FEW = 20_000, 2_000
SECONDS, GROWTH, LOOKUP = 30, 1.5, 1.0
"""Seconds for the long table, its peak memory beside the short one's, and milliseconds for a lookup."""
_HEADER = "编码,名称,类别,上级机构,县区,路程分钟\n"
_MB = 1024
_CHILD = """
import pathlib, re, sys
from ops.cli import main
peak = pathlib.Path(sys.argv.pop(1))
try:
    main()
finally:
    peak.write_text(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""
"""The command, and the peak memory of its own process in kB: what a parent is told of a child holds what the parent had before."""


class _Run(NamedTuple):
    seconds: float
    peak_mb: float


def run() -> Report:
    """Measure; the report is kept when every budget is."""
    with tempfile.TemporaryDirectory() as scratch, running(Home(Path(scratch) / "home"), lambda _: None) as engines:
        cold, warm, directory = asyncio.run(_entered(engines))
        few = _taken_in(engines, Path(scratch), FEW, "few")
        many = _taken_in(engines, Path(scratch), ROWS, "many")
        again = _taken_in(engines, Path(scratch), ROWS, "many")
    lookups = _lookups(directory)
    slowest = max(after for _, _, after in lookups)
    budgets = (
        ("20,000 rows taken in", Judged(many.seconds, SECONDS, "at_most", "s")),
        ("the same table again, nothing to write", Judged(again.seconds, SECONDS, "at_most", "s")),
        ("peak memory beside 2,000 rows", Judged(many.peak_mb / few.peak_mb, GROWTH, "at_most")),
        ("slowest lookup", Judged(slowest * 1000, LOOKUP, "at_most", "ms")),
    )
    rows = [(name, *judged.cells()) for name, judged in budgets]
    rows += [
        ("2,000 rows taken in", f"{few.seconds:.1f} s, peak {few.peak_mb:.0f} MB", "", ""),
        ("20,000 rows", f"peak {many.peak_mb:.0f} MB", "", ""),
        (f"directory of {len(directory.office_of)} offices and {len(directory.person_of)} people read and folded", ms(cold), "", ""),
        ("asked whether it grew", ms(warm), "", ""),
        *((name, f"first {ms(first, 2)}, then {ms(after, 3)}", "", "") for name, first, after in lookups),
    ]
    return Report(
        "The directory",
        "python -m bench.directory",
        "A table of offices in GBK through `yuanshou import`, judged, staged and written in one transaction; the example's whole city.",
        (("what", "found", "budget", ""), rows),
        all(judged.kept for _, judged in budgets),
    )


async def _entered(engines: Engines) -> tuple[float, float, Directory]:
    """The city entered; seconds to read it for the first time and once more."""
    async with Database(engines.worker_dsn, size=2, name="bench") as database:
        clerk = Actor("system", "system_administrator", "system")
        events = (*directory_events(), *network_events())
        await extend(database, events, actor=clerk, now=datetime.now(UTC), command_id="bench-directory")
        cache, times = DirectoryCache(), list[float]()
        async with database.transaction(WORKER) as conn:
            for _ in range(2):
                began = time.perf_counter()
                directory = await cache.read(conn)
                times.append(time.perf_counter() - began)
    return times[0], times[1], directory


def _taken_in(engines: Engines, scratch: Path, rows: int, name: str) -> _Run:
    file = scratch / f"{name}.csv"
    lines = (f"W-{name.upper()}-{n:05},第{n}号工作站,乡镇工作站,C-ADX,ADX,{n % 90}\n" for n in range(rows))
    file.write_text(_HEADER + "".join(lines), encoding="gbk")
    environment = {**os.environ, **engines.environment()}
    began = time.perf_counter()
    peak = scratch / "peak"
    command = [sys.executable, "-c", _CHILD, str(peak), "import", "offices", str(file)]
    status = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode  # noqa: S603 -- the product's own
    if status != 0:
        raise BenchError(f"the table of {rows} rows was not taken in: {status}")
    return _Run(time.perf_counter() - began, int(peak.read_text()) / _MB)


def _lookups(directory: Directory) -> list[tuple[str, float, float]]:
    """Of each question the seconds of the first answer and the mean of a thousand after it."""
    day, case = date(2026, 3, 2), CaseScope(centre="C-ADX", unit="U-DINGCHENG", owner="P-LU-PING")
    asked: tuple[tuple[str, Callable[[], object]], ...] = (
        ("offices below a county's centre", lambda: directory.below("C-ADX")),
        ("approvers of a centre", lambda: directory.people_with("approver", day, "C-ADX")),
        ("whom a supervisor's rung reaches", lambda: directory.who("supervisor", case, day)),
        ("managers of a unit", lambda: directory.who("unit_manager", case, day)),
        ("centres set up by a bureau", lambda: directory.set_up_by("B-ADX")),
        ("minutes from a township", lambda: directory.travel("T-ADX-NGY", "C-ADX")),
        ("the directory of another day", lambda: directory.on(day)),
    )
    found: list[tuple[str, float, float]] = []
    for name, ask in asked:
        began = time.perf_counter()
        ask()
        first = time.perf_counter() - began
        began = time.perf_counter()
        for _ in range(1000):
            ask()
        found.append((name, first, (time.perf_counter() - began) / 1000))
    return found


if __name__ == "__main__":
    report = run()
    sys.stdout.write(report.text() + "\n")
    sys.exit(0 if report.kept else 1)
