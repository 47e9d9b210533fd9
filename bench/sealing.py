"""Sealing a large ledger, and proofs out of it: how long the first seal takes, one of a minute's events, and a proof made and checked.

`python -m bench.sealing [--events N]`. The ledger is made by COPY (`bench.ledgers`). A proof is made as the API makes it, each for another
position drawn at random, out of PostgreSQL; it is checked as whoever verifies checks it. The peer of the first seal is hashing the same
leaves and nodes with nothing else around them: what no implementation in this language can be quicker than.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import uvloop

from bench import ledgers, stand
from bench.figures import Judged, Report, ms, percentile
from ledger import merkle, sealing, tiles
from ledger.sealing import Sealer
from ledger.signer import Signer
from ledger.signing_keys import SigningKeys
from ledger.store import WORKER, Database
from ops.engines import Engines
from ops.home import Home

EVENTS = 1_000_000
A_MINUTE = 600
PROOFS = 500
MADE_MS, CHECKED_US, BYTES = 20, 1_000, 1_500
_LEDGER = "case"


@dataclass(slots=True)
class Found:
    """Seconds, and bytes of proofs."""

    filled: float = 0.0
    first: float = 0.0
    floor: float = 0.0
    minute: list[float] = field(default_factory=list[float])
    made: list[float] = field(default_factory=list[float])
    grown: list[float] = field(default_factory=list[float])
    checked: list[float] = field(default_factory=list[float])
    sizes: list[int] = field(default_factory=list[int])


def _floor(leaves: list[bytes]) -> float:
    """Hash a tree of that many leaves, its levels one after another."""
    started = time.perf_counter()
    level = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    return time.perf_counter() - started


async def _seal(database: Database, signer: Signer) -> sealing.Sealed:
    async with signer.held():
        found = await Sealer(database, signer, lambda _: None).seal(_LEDGER)
    assert found is not None
    return found


async def measure(engines: Engines, events: int) -> Found:
    """Fill, seal, prove."""
    found, dice = Found(), random.Random(7)  # noqa: S311 -- draws positions
    mighty = ledgers.superuser(Home(engines.home), engines.owner_dsn)
    started = time.perf_counter()
    await asyncio.to_thread(ledgers.fill, mighty, events)
    found.filled = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="yuanshou-bench-") as folder:
        signer = Signer(Path(folder) / "signer", SigningKeys.open(Path(folder) / "keys", datetime.now(UTC), signed_before=False))
        async with Database(engines.app_dsn, worker=engines.worker_dsn, size=2, name="bench-sealing") as database:
            started = time.perf_counter()
            await _seal(database, signer)
            found.first = time.perf_counter() - started
            found.floor = await asyncio.to_thread(_floor, [i.to_bytes(32) for i in range(events)])
            for _ in range(10):
                await asyncio.to_thread(ledgers.fill, mighty, A_MINUTE)
                started = time.perf_counter()
                head = (await _seal(database, signer)).checkpoint
                found.minute.append(time.perf_counter() - started)
            for _ in range(PROOFS):
                await _prove(database, head.size, head.root, dice.randint(1, head.size), found)
    return found


async def _prove(database: Database, size: int, root: bytes, position: int, found: Found) -> None:
    started = time.perf_counter()
    async with database.transaction(WORKER) as conn:
        path = await tiles.inclusion(conn, _LEDGER, position, size)
    found.made.append(time.perf_counter() - started)
    started = time.perf_counter()
    async with database.transaction(WORKER) as conn:
        await tiles.consistency(conn, _LEDGER, position, size)
    found.grown.append(time.perf_counter() - started)
    async with database.transaction(WORKER) as conn:
        (leaf,) = await tiles.leaves(conn, _LEDGER, position - 1, position)
    started = time.perf_counter()
    held = merkle.included(leaf, position - 1, size, root, path)
    found.checked.append(time.perf_counter() - started)
    assert held, position
    found.sizes.append(len(json.dumps([base64.b64encode(part).decode() for part in path]).encode()))


def judged(found: Found, events: int) -> tuple[list[list[str]], bool]:
    """The table's rows, and whether every budget is kept."""
    budgets = [
        ("a proof made, p95", Judged(percentile(found.made, 0.95) * 1e3, MADE_MS, "at_most", "ms")),
        ("a proof of growth made, p95", Judged(percentile(found.grown, 0.95) * 1e3, MADE_MS, "at_most", "ms")),
        ("a proof checked, p95", Judged(percentile(found.checked, 0.95) * 1e6, CHECKED_US, "at_most", "µs")),
        ("a proof's length", Judged(max(found.sizes), BYTES, "at_most", "bytes")),
    ]
    rows = [
        [f"{events:,} events made and copied in", f"{found.filled:.1f} s", "", ""],
        [f"their first seal, {events / found.first:,.0f} events/s", f"{found.first:.1f} s", f"hashing alone {found.floor:.1f} s", ""],
        [f"a seal of {A_MINUTE} more, p50", ms(percentile(found.minute, 0.5)), "", ""],
        ["a proof made, p50", ms(percentile(found.made, 0.5)), "", ""],
        *([what, *figure.cells()] for what, figure in budgets),
    ]
    return rows, all(figure.kept for _, figure in budgets)


def run(events: int = EVENTS) -> Report:
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(measure(engines, events))
    rows, kept = judged(found, events)
    how = f"{PROOFS} proofs, each of another position drawn at random, in a ledger of {events:,} events, out of PostgreSQL"
    return Report("Sealing", "python -m bench.sealing", how, (("what", "found", "budget", ""), rows), kept)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sealing", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    report = run(parser.parse_args(arguments).events)
    print(report.text())
    return 0 if report.kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
