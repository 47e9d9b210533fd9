"""Verifying a large ledger: events a second, alone and on all cores, beside a loop that hashes the same bytes with nothing around it.

`python -m bench.verify [--events N]`. The ledger is made by COPY (`bench.ledgers`), sealed and anchored; `yuanshou verify` then reads and
hashes all of it in a process of its own, whose memory is looked at from outside. It must find nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psutil

from bench import ledgers, stand
from bench.figures import Judged, Report
from ledger.settings import SealingSettings
from ledger.store import Database
from notify.anchors.directory import Directory
from notify.sealing import Sealing
from ops.engines import Engines
from ops.home import Home

EVENTS = 1_000_000
A_CORE, SECONDS, MEGABYTES = 150_000, 10, 150
_FLOOR = 200_000
_LOOKED_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """One verification: how many events, in which wall time, how much processor time of its own, the most memory at once (bytes)."""

    jobs: int
    events: int
    seconds: float
    processor: float
    memory: int

    @property
    def rate(self) -> float:
        return self.events / self.seconds


def floor(events: int) -> float:
    """Events a second whose body and whose chained columns are hashed, from bytes that are there already."""
    made = [(row["body"], b"%d" % row["position"] + bytes(row["digest"]) + bytes(420)) for row in ledgers.rows(events)]
    started, previous = time.perf_counter(), bytes(32)
    for body, columns in made:
        sha256(body).digest()
        previous = sha256(columns + previous).digest()
    return events / (time.perf_counter() - started)


def look(engines: Engines, home: Path, jobs: int, *more: str) -> Run:
    """Run the verb in a process of its own, and look at the memory of it and its children meanwhile."""
    before = sum(os.times()[2:4])
    child = subprocess.Popen(  # noqa: S603 -- the product's own verb
        [sys.executable, "-m", "ops.cli", "verify", "--json", "--jobs", str(jobs), *more],
        env={**os.environ, **engines.environment(), "YUANSHOU_HOME": str(home)},
        stdout=subprocess.PIPE,
    )
    most = 0
    while child.poll() is None:
        most = max(most, _memory(child.pid))
        time.sleep(_LOOKED_EVERY)
    assert child.stdout is not None
    told = json.loads(child.stdout.read())
    if child.returncode or told["findings"]:
        raise stand.BenchError(f"an untouched ledger is not found clean: {told}")
    events = sum(ledger["hashed"] for ledger in told["ledgers"].values())
    return Run(jobs, events, told["seconds"], sum(os.times()[2:4]) - before, most)


def _memory(pid: int) -> int:
    """Bytes that a process and its children have for themselves, with their share of what they have in common."""
    total = 0
    with suppress(psutil.Error):
        leader = psutil.Process(pid)
        for each in (leader, *leader.children(recursive=True)):
            with suppress(psutil.Error):
                total += each.memory_full_info().pss
    return total


async def _sealed(dsn: str, home: Path) -> None:
    settings = SealingSettings(home / "signer", home / "anchors")
    async with Database(dsn, size=2, name="bench") as database:
        await Sealing(database, home / "keys", settings, [Directory(settings.anchors, outside=False)]).run()


def report(runs: list[Run], begun: Run, bare: float) -> Report:
    alone, together = runs[0], runs[-1]
    rate = Judged(alone.events / (alone.processor - begun.processor), A_CORE, "at_least", "/s")
    whole = Judged(together.seconds * EVENTS / together.events, SECONDS, "at_most", "s")
    memory = [Judged(run.memory / 1e6, MEGABYTES, "at_most", "MB") for run in runs]
    table = [
        ("hashing the same bytes, one process", f"{bare:,.0f} /s", "", "", ""),
        *(
            (
                f"`yuanshou verify`, {run.jobs} process{'es' if run.jobs > 1 else ''} that hash",
                f"{run.rate:,.0f} /s",
                f"{run.seconds:.1f} s",
                f"{run.processor:.1f} s",
                " ".join(most.cells()),
            )
            for run, most in zip(runs, memory, strict=True)
        ),
        ("the verb on a ledger without events", "", f"{begun.seconds:.1f} s", f"{begun.processor:.1f} s", ""),
        ("events a second of processor time, one process, without that", *rate.cells(), ""),
        ("a million events, all cores", *whole.cells(), ""),
    ]
    how = (
        f"{alone.events:,} events of {ledgers.OPEN} streams at a time, sealed and anchored. Wall time holds everything: processes begun,"
        " rows sent by PostgreSQL on the same cores, hashes, tree, tiles and signatures compared. Memory is that of all its processes;"
        " the processor time of its own is theirs too, without PostgreSQL's."
    )
    kept = rate.kept and whole.kept and all(most.kept for most in memory)
    head = ("", "events", "wall", "processor time of its own", "memory")
    return Report("Verifying the ledger", "python -m bench.verify", how, (head, table), kept)


def run(events: int = EVENTS) -> Report:
    """Fill, seal, verify by one process and by as many as there are cores; some minutes."""
    with stand.engines() as engines, tempfile.TemporaryDirectory(prefix="yuanshou-bench-") as folder:
        ledgers.fill(ledgers.superuser(Home(engines.home), engines.owner_dsn), events)
        asyncio.run(_sealed(engines.worker_dsn, Path(folder)))
        runs = [look(engines, Path(folder), jobs) for jobs in (1, max(2, os.cpu_count() or 1))]
        return report(runs, look(engines, Path(folder), 1, "--ledger", "access"), floor(min(events, _FLOOR)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.verify", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    found = run(parser.parse_args().events)
    print(found.text())
    return 0 if found.kept else 1


if __name__ == "__main__":
    sys.exit(main())
