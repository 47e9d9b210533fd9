"""What sealing, encryption and access records cost a command together: the same commands with all three and with each taken out.

`python -m bench.proofs`. Four HTTP processes take turns on the same engines, at human pace: the product's own, one that records no reads,
one that enciphers nothing, one that does neither. Sealing stands still except in the turns that are to bear it, in which it is asked for
once a second: fifty times as often as the product seals.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import uvloop
from temporalio.client import Client

from bench import stand
from bench.command import at_pace, fresh_cases
from bench.figures import Judged, Report, ms, percentile
from bench.stand import WAGES, Children, Office
from ledger.store import Database
from ops.engines import Engines
from workflows.contract import SEAL_SCHEDULE

ROUNDS = 5
PACED = 30
"""Commands a kind, variant and round."""
MOST = 1.2
"""The budget of a command's p50 with all three, times that without any."""
ALL, NONE = "all three", "none of them"
WITHOUT: Mapping[str, tuple[tuple[str, ...], bool]] = {
    ALL: ((), True),
    "no access records": (("access",), True),
    "no encryption": (("encryption",), True),
    "no sealing": ((), False),
    NONE: (("access", "encryption"), False),
}
"""By variant what its process leaves out, and whether it is sealed meanwhile."""

type Ask = Callable[[Office, str], Awaitable[object]]


@dataclass(slots=True)
class Line:
    """A kind of command, and the seconds it took by variant; `fresh` ones take a case of their own each time."""

    name: str
    ask: Ask
    fresh: bool = False
    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in WITHOUT})


def _lines() -> list[Line]:
    return [
        Line("`submit_application`", lambda office, _: office.ask("receptionist", "/api/v1/cases", WAGES)),
        Line("`accept_first`", lambda office, case: office.accept(case), fresh=True),
        Line("`add_note`", lambda office, case: office.note(case)),
    ]


@asynccontextmanager
async def _sealing(client: Client, *, on: bool) -> AsyncGenerator[None]:
    """While it is open the ledgers are sealed once a second, or not at all."""
    handle = client.get_schedule_handle(SEAL_SCHEDULE)

    async def each_second() -> None:
        while True:
            await handle.trigger()
            await asyncio.sleep(1)

    task = asyncio.create_task(each_second()) if on else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _measure(client: Client, lines: list[Line], offices: Mapping[str, Office], rounds: int) -> None:
    names = list(WITHOUT)
    cases = {name: await fresh_cases(offices[name], PACED) for name in names}
    for name in names:
        for case_id in cases[name]:
            await offices[name].accept(case_id)
    for turn in range(rounds + 1):
        for line in lines:
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                office = offices[name]
                given = await fresh_cases(office, PACED) if line.fresh else cases[name]
                async with _sealing(client, on=WITHOUT[name][1]):
                    took = await at_pace(lambda n, ask=line.ask, at=office, given=given: ask(at, given[n]))
                line.seconds[name] += took if turn else []  # the first round warms up
        stand.say(f"round {turn} of {rounds}")


async def _run(engines: Engines, children: Children, rounds: int) -> list[Line]:
    password = secrets.token_urlsafe(16)
    async with Database(engines.worker_dsn, size=2, name="bench") as database:
        usernames = await stand.furnish(database, password)
    await stand.worker(children)
    client = await Client.connect(engines.temporal_address)
    await client.get_schedule_handle(SEAL_SCHEDULE).pause()
    ports: dict[tuple[str, ...], int] = {}
    offices: dict[str, Office] = {}
    for name, (left_out, _) in WITHOUT.items():
        if left_out not in ports:
            argv = (sys.executable, "-m", "bench.unproven", *left_out) if left_out else stand.API_ARGV
            _, ports[left_out] = await stand.api(children, f"api-{'-'.join(left_out) or 'own'}", "ledger", argv)
        offices[name] = await stand.office(ports[left_out], usernames, password)
    lines = _lines()
    await _measure(client, lines, offices, rounds)
    return lines


def report(lines: list[Line], rounds: int) -> Report:
    """Each variant's p50; the budget is on all three against none."""
    rows: list[tuple[str, ...]] = []
    kept = True
    for line in lines:
        base = percentile(line.seconds[NONE], 0.5)
        judged = Judged(percentile(line.seconds[ALL], 0.5) / base, MOST, "at_most")
        kept = kept and judged.kept
        rows.append((line.name, *(ms(percentile(line.seconds[name], 0.5)) for name in WITHOUT), *judged.cells()))
    how = (
        f"p50 of one command each 100 ms, {rounds * PACED} a kind and variant, which take turns on the same engines (the dev server of"
        " `make run`). Where it is sealed, once a second. Without encryption keys are still made and looked up."
    )
    head = ("p50", *WITHOUT, "all / none", "budget", "")
    return Report("Sealing, encryption and access records together", "python -m bench.proofs", how, (head, rows), kept)


def run(rounds: int = ROUNDS) -> Report:
    """Measure; some five minutes."""
    with stand.engines() as engines, Children(engines) as children, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_run(engines, children, rounds)), rounds)


if __name__ == "__main__":
    found = run(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print(found.text())
    sys.exit(0 if found.kept else 1)
