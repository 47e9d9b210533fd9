"""A command end to end over HTTP against a bare Temporal Update that commits one row: same engines, same run, turn by turn.

`python -m bench.command`. Human pace: one command each 100 ms over the cases in turn. Throughput: one caller a case, each
sending its next command when the last was answered.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psycopg
import uvloop
from temporalio.client import Client
from temporalio.client import WorkflowHandle as Handle

from bench import floor, stand
from bench.figures import Judged, Report, ms, percentile
from bench.floor_case import FloorWorkflow
from bench.production import temporal_on_postgres
from bench.stand import Children, Office
from ledger.store import Database
from ops.engines import Engines
from workflows.contract import TASK_TIMEOUT

CASES = 16
ROUNDS = 5
PACED = 30
"""Commands a source and round at human pace."""
HURRIED = 128
"""Commands a source and round in the throughput part."""
PACE = 0.1
"""Seconds between commands at human pace."""
BUDGETS = {"ledger": (1.2, 0.55), "temporal": (1.8, 0.5)}
"""By the source of the answer: p50 at human pace at most, throughput at least, both times the floor's."""

type Send = Callable[[int], Awaitable[object]]
"""Sends the n-th command of a block."""


@dataclass(slots=True)
class Source:
    """One way of doing the same work, and what was measured of it. `prepare` readies n commands, unmeasured."""

    name: str
    answer_from: str | None
    prepare: Callable[[int], Awaitable[Send]]
    paced: list[float] = field(default_factory=list[float])
    hurried: list[float] = field(default_factory=list[float])
    """Commands a second, one figure a round."""


async def _timed(send: Send, number: int) -> float:
    started = time.perf_counter()
    await send(number)
    return time.perf_counter() - started


async def at_pace(send: Send) -> list[float]:
    """Seconds of each command; a slow one does not hold the next back."""
    began = time.perf_counter()
    sent: list[asyncio.Task[float]] = []
    for number in range(PACED):
        await asyncio.sleep(max(0.0, began + number * PACE - time.perf_counter()))
        sent.append(asyncio.create_task(_timed(send, number)))
    return await asyncio.gather(*sent)


async def _hurried(send: Send, count: int) -> float:
    """Commands a second with one caller a case."""

    async def lane(case: int) -> None:
        for number in range(case, count, CASES):
            await send(number)

    began = time.perf_counter()
    await asyncio.gather(*(lane(case) for case in range(CASES)))
    return count / (time.perf_counter() - began)


async def _floor(engines: Engines) -> Source:
    client = await Client.connect(engines.temporal_address)
    handles: list[Handle[FloorWorkflow, None]] = [
        await client.start_workflow(FloorWorkflow.run, id=f"bench/{n}", task_queue=floor.QUEUE, task_timeout=TASK_TIMEOUT)
        for n in range(CASES)
    ]

    async def prepare(_: int) -> Send:
        async def send(number: int) -> object:
            row = str(uuid.uuid4())
            return await handles[number % CASES].execute_update(FloorWorkflow.record, row, id=row)

        return send

    return Source("bare Update, one row", None, prepare)


async def fresh_cases(office: Office, count: int) -> list[str]:
    """Fresh applications, eight at a time."""
    found: list[str] = []
    for done in range(0, count, 8):
        found += await asyncio.gather(*(office.submit() for _ in range(min(8, count - done))))
    return found


def _accepting(office: Office, answer_from: str) -> Source:
    async def prepare(count: int) -> Send:
        cases = await fresh_cases(office, count)
        return lambda number: office.accept(cases[number])

    return Source("accept_first", answer_from, prepare)


async def _noting(office: Office, answer_from: str) -> Source:
    cases = await fresh_cases(office, CASES)
    for case_id in cases:
        await office.accept(case_id)

    async def prepare(_: int) -> Send:
        return lambda number: office.note(cases[number % CASES])

    return Source("add_note", answer_from, prepare)


async def _measure(sources: list[Source]) -> None:
    """Every round gives each source its turn, in another order each time, so that the machine's moods fall on all alike."""
    for turn in range(ROUNDS):
        first = turn % len(sources)
        for source in sources[first:] + sources[:first]:
            source.paced += await at_pace(await source.prepare(PACED))
        for source in sources[first:] + sources[:first]:
            source.hurried.append(await _hurried(await source.prepare(HURRIED), HURRIED))
        stand.say(f"round {turn + 1} of {ROUNDS}")


async def _run(engines: Engines, children: Children) -> list[Source]:
    with psycopg.connect(engines.owner_dsn) as owner:
        owner.execute(floor.TABLE)  # type: ignore[arg-type]
        owner.execute("GRANT SELECT, INSERT ON bench_floor TO app")
    password = secrets.token_urlsafe(16)
    async with Database(engines.worker_dsn, size=2, name="bench") as database:
        usernames = await stand.furnish(database, password)
    peer = children.start("floor", (sys.executable, "-m", "bench.floor"))
    await stand.said(peer, children.log("floor"), floor.READY)
    await stand.worker(children)
    sources = [await _floor(engines)]
    for answer_from in BUDGETS:
        _, port = await stand.api(children, f"api-{answer_from}", answer_from)
        office = await stand.office(port, usernames, password)
        sources += [_accepting(office, answer_from), await _noting(office, answer_from)]
    for source in sources:  # a warm start: caches, prepared statements, connections
        await _hurried(await source.prepare(CASES * 2), CASES * 2)
    await _measure(sources)
    return sources


def report(sources: list[Source], temporal: str, *, judged: bool) -> Report:
    """Every source beside the floor, which is the first. `temporal` says which server it was; without `judged` no budget is held to it."""
    base = sources[0]
    base_p50, base_rate = percentile(base.paced, 0.5), percentile(base.hurried, 0.5)
    head = ("", "answer from", "p50", "p95", "p50 / floor", "budget", "", "a second", "/ floor", "budget", "")
    rows: list[tuple[str, ...]] = []
    kept = True
    for source in sources:
        p50, p95, rate = percentile(source.paced, 0.5), percentile(source.paced, 0.95), percentile(source.hurried, 0.5)
        figures = (ms(p50), ms(p95))
        if source.answer_from is None:
            rows.append((source.name, "", *figures, "1", "", "", f"{rate:.1f}", "1", "", ""))
            continue
        most, least = BUDGETS[source.answer_from]
        cost, speed = Judged(p50 / base_p50, most, "at_most"), Judged(rate / base_rate, least, "at_least")
        kept = kept and cost.kept and speed.kept
        cells = [one.cells() if judged else (one.cells()[0], "", "") for one in (cost, speed)]
        rows.append((f"`{source.name}` over HTTP", source.answer_from, *figures, *cells[0], f"{rate:.1f}", *cells[1]))
    how = (
        f"p50 and p95 at human pace, one command each {PACE * 1000:.0f} ms over {CASES} cases, {ROUNDS * PACED} commands a line; "
        f"a second: {CASES} callers at once, the median of {ROUNDS} rounds of {HURRIED}. The lines take turns on the same engines. "
        "The floor is a bare Temporal Update whose local activity commits one row."
    )
    return Report(f"A command, end to end: {temporal}", "python -m bench.command", how, (head, rows), kept or not judged)


def run() -> Report:
    """Measure on Temporal's server on PostgreSQL, which the budgets are set against; some minutes."""
    with (
        stand.engines() as dev,
        temporal_on_postgres(dev) as engines,
        Children(engines) as children,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return report(runner.run(_run(engines, children)), "Temporal's server on PostgreSQL, as in production", judged=True)


def run_dev() -> Report:
    """Measure on the dev server that `make run` brings, whose floor is another: shown, not judged."""
    with stand.engines() as engines, Children(engines) as children, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_run(engines, children)), "the dev server that `make run` brings", judged=False)


if __name__ == "__main__":
    found = run()
    print(found.text())
    sys.exit(0 if found.kept else 1)
