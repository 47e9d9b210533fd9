"""Idle memory of the API and the worker with many open cases, each with its workflow open and its alarms armed.

`python -m bench.memory`. The cases are opened over HTTP, as the desk opens them; measured is what remains when nothing moves any more,
and again after both processes were started afresh.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
import psycopg
import uvloop
from temporalio.client import Client

from bench import stand
from bench.figures import Judged, Report
from bench.stand import BenchError, Children, Office
from ledger.store import Database
from ops import process
from ops.engines import Engines

CASES = 10_000
CALLERS = 8
BUDGETS = {"API": 200, "worker": 300}
"""Resident memory at most, in MB (10^6 bytes)."""
QUIET_SHARE = 0.04
"""Of one core: below it a process is at rest. Its own looks at the engines (every second, every two) stay far under it."""
QUIET_WINDOWS = 5
_WINDOW = 1.0
_PATIENCE = 600.0
_TOLD_EVERY = 500

type Pair = dict[str, subprocess.Popen[bytes]]
"""The product's two processes by their names in the table."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of a process and its children: resident, its own alone, its own with a share of what it has in common. `pss`: Linux only."""

    rss: int
    uss: int
    pss: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """One moment at which both processes were at rest."""

    when: str
    name: str
    weight: Footprint
    judged: bool


def _family(child: subprocess.Popen[bytes]) -> list[psutil.Process]:
    leader = psutil.Process(child.pid)
    return [leader, *leader.children(recursive=True)]


def footprint(child: subprocess.Popen[bytes]) -> Footprint:
    """What the process and its children hold now."""
    full = [member.memory_full_info() for member in _family(child)]
    return Footprint(sum(m.rss for m in full), sum(m.uss for m in full), sum(getattr(m, "pss", 0) for m in full))


def _busy(child: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time so far."""
    if child.poll() is not None:
        raise BenchError(f"process {child.pid} ended (status {child.returncode})")
    times = [member.cpu_times() for member in _family(child)]
    return sum(t.user + t.system for t in times)


async def _at_rest(pair: Pair) -> None:
    """Until both have done next to nothing for some windows in a row."""
    until, quiet = time.monotonic() + _PATIENCE, 0
    while quiet < QUIET_WINDOWS:
        if time.monotonic() > until:
            raise BenchError(f"the processes did not come to rest in {_PATIENCE:.0f} s")
        before = {name: _busy(child) for name, child in pair.items()}
        began = time.perf_counter()
        await asyncio.sleep(_WINDOW)
        span = time.perf_counter() - began
        resting = all((_busy(child) - before[name]) / span < QUIET_SHARE for name, child in pair.items())
        quiet = quiet + 1 if resting else 0


async def _armed(engines: Engines, cases: int) -> None:
    """Until every case has an alarm that its workflow is known to have seen, and Temporal counts as many open workflows."""
    client = await Client.connect(engines.temporal_address)
    until = time.monotonic() + _PATIENCE
    async with await psycopg.AsyncConnection.connect(engines.owner_dsn, autocommit=True) as conn:
        while True:
            found = await conn.execute("SELECT count(*) FROM cases WHERE next_rung_at IS NOT NULL AND armed_version = version")
            armed = (await found.fetchone() or (0,))[0]
            running = (await client.count_workflows("WorkflowType = 'case' AND ExecutionStatus = 'Running'")).count
            if armed == running == cases:
                return
            if time.monotonic() > until:
                raise BenchError(f"of {cases} cases {armed} are armed and {running} have an open workflow")
            await asyncio.sleep(0.5)


async def _open(office: Office, cases: int) -> float:
    """Take the cases down at the desk, some callers at once; how many a second."""
    left = iter(range(1, cases + 1))
    began = time.perf_counter()

    async def caller() -> None:
        for number in left:
            await office.submit()
            if number % _TOLD_EVERY == 0:
                stand.say(f"{number} of {cases} cases, {number / (time.perf_counter() - began):.0f} a second")

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return cases / (time.perf_counter() - began)


async def _start(children: Children) -> tuple[Pair, int]:
    worker = await stand.worker(children)
    api, port = await stand.api(children, "api", "ledger")
    return {"API": api, "worker": worker}, port


async def _weigh(when: str, pair: Pair, *, judged: bool = True) -> list[Weighed]:
    await _at_rest(pair)
    return [Weighed(when, name, footprint(child), judged) for name, child in pair.items()]


async def _run(engines: Engines, children: Children, cases: int) -> tuple[list[Weighed], float]:
    password = secrets.token_urlsafe(16)
    async with Database(engines.worker_dsn, size=2, name="bench") as database:
        usernames = await stand.furnish(database, password)
    pair, port = await _start(children)
    found = await _weigh("before the first case", pair, judged=False)
    office = await stand.office(port, usernames, password)
    rate = await _open(office, cases)
    office.close()
    await _armed(engines, cases)
    found += await _weigh("after opening them", pair)
    for child in pair.values():
        process.stop(child, signal.SIGTERM, 20)
    pair, _ = await _start(children)
    found += await _weigh("both started afresh", pair)
    await _armed(engines, cases)
    return found, rate


def report(found: Sequence[Weighed], cases: int, rate: float) -> Report:
    """Each process at each moment; budgets for those with the cases open."""
    head = ("", "", "USS", "PSS", "RSS", "budget", "")
    rows: list[tuple[str, ...]] = []
    kept = True
    for one in found:
        resident = Judged(one.weight.rss / 1e6, BUDGETS[one.name], "at_most", "MB")
        kept = kept and (resident.kept or not one.judged)
        cells = resident.cells() if one.judged else (resident.cells()[0], "", "")
        rows.append((one.when, one.name, f"{one.weight.uss / 1e6:.0f} MB", f"{one.weight.pss / 1e6:.0f} MB", *cells))
    how = (
        f"{cases:,} applications opened over HTTP ({rate:.0f} a second), every one with its workflow open and its alarms armed; "
        f"each process with its children, once both had used less than {QUIET_SHARE * 100:.0f} % of a core for {QUIET_WINDOWS} seconds "
        "in a row. MB are 10^6 bytes."
    )
    return Report("Idle memory", "python -m bench.memory", how, (head, rows), kept)


def run(cases: int = CASES) -> Report:
    """Measure; some five minutes for ten thousand cases."""
    with stand.engines() as engines, Children(engines) as children, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found, rate = runner.run(_run(engines, children, cases))
    return report(found, cases, rate)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Idle memory of the API and the worker.")
    parser.add_argument("--cases", type=int, default=CASES, help="how many to open (%(default)s)")
    found = run(parser.parse_args().cases)
    print(found.text())
    sys.exit(0 if found.kept else 1)
