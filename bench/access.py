"""What recording a read costs: the same commands and reads over HTTP, by a process that records them and by one that does not.

`python -m bench.access`. The two processes take turns on the same engines, at human pace: one request each 100 ms over the cases in turn.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

import uvloop

from bench import stand
from bench.command import at_pace, fresh_cases
from bench.figures import Judged, Report, ms, percentile
from bench.stand import Children, Office
from ledger.store import Database
from ops.engines import Engines

ROUNDS = 6
PACED = 30
"""Requests a line, process and round."""
MOST = 1.2
"""The budget of a command's p50, times that of the process that records nothing."""
UNRECORDED = (sys.executable, "-m", "bench.unrecorded")

type Ask = Callable[[Office, str], Awaitable[object]]


@dataclass(slots=True)
class Line:
    """A kind of request, and the seconds it took each process; `fresh` ones take a case of their own each time."""

    name: str
    ask: Ask
    judged: bool
    fresh: bool = False
    seconds: dict[Literal["recorded", "unrecorded"], list[float]] = field(default_factory=lambda: {"recorded": [], "unrecorded": []})


def _lines() -> list[Line]:
    return [
        Line("`accept_first`", lambda office, case: office.accept(case), judged=True, fresh=True),
        Line("`add_note`", lambda office, case: office.note(case), judged=True),
        Line("a case", lambda office, case: office.read("caseworker", f"/api/v1/cases/{case}"), judged=False),
        Line("a list of 50 cases", lambda office, _: office.read("caseworker", "/api/v1/cases?limit=50"), judged=False),
        Line("a case's page", lambda office, case: office.page("caseworker", f"/cases/{case}"), judged=False),
    ]


async def _measure(lines: list[Line], offices: dict[Literal["recorded", "unrecorded"], Office]) -> None:
    cases = await fresh_cases(offices["recorded"], PACED)
    for case_id in cases:
        await offices["recorded"].accept(case_id)
    for turn in range(ROUNDS + 1):
        for line in lines:
            order = sorted(offices, reverse=bool(turn % 2))
            for name in order:
                given = await fresh_cases(offices[name], PACED) if line.fresh else cases
                took = await at_pace(lambda n, ask=line.ask, at=offices[name], given=given: ask(at, given[n]))
                line.seconds[name] += took if turn else []  # the first round warms up
        stand.say(f"round {turn} of {ROUNDS}")


async def _run(engines: Engines, children: Children) -> list[Line]:
    password = secrets.token_urlsafe(16)
    async with Database(engines.worker_dsn, size=2, name="bench") as database:
        usernames = await stand.furnish(database, password)
    await stand.worker(children)
    _, recording = await stand.api(children, "api-recorded", "ledger")
    _, not_recording = await stand.api(children, "api-unrecorded", "ledger", UNRECORDED)
    offices: dict[Literal["recorded", "unrecorded"], Office] = {
        "recorded": await stand.office(recording, usernames, password),
        "unrecorded": await stand.office(not_recording, usernames, password),
    }
    lines = _lines()
    await _measure(lines, offices)
    return lines


def report(lines: list[Line]) -> Report:
    rows: list[tuple[str, ...]] = []
    kept = True
    for line in lines:
        with_, without = (percentile(line.seconds[name], 0.5) for name in ("recorded", "unrecorded"))
        judged = Judged(with_ / without, MOST, "at_most")
        kept = kept and (judged.kept or not line.judged)
        cells = judged.cells() if line.judged else (judged.cells()[0], "", "")
        rows.append((line.name, ms(with_), ms(percentile(line.seconds["recorded"], 0.95)), ms(without), ms(with_ - without), *cells))
    head = ("", "p50", "p95", "p50 unrecorded", "more", "p50 / unrecorded", "budget", "")
    how = (
        f"One request each 100 ms, {ROUNDS * PACED} of a kind from each of two HTTP processes that take turns on the same engines (the dev "
        "server of `make run`): the product's own, and one that commits no record of what it shows."
    )
    return Report("A read is recorded before it is shown", "python -m bench.access", how, (head, rows), kept)


def run() -> Report:
    """Measure; two minutes."""
    with stand.engines() as engines, Children(engines) as children, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_run(engines, children)))


if __name__ == "__main__":
    found = run()
    print(found.text())
    sys.exit(0 if found.kept else 1)
