"""A save of eight commands beside one command, and a group of three hundred beside a single applicant: same engines, turn by turn.

`python -m bench.together`. One caller, one request after the other.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvloop

from bench import stand
from bench.figures import Judged, Report, ms, percentile
from bench.stand import CENTRE, WAGES, Children, Office
from domain.command import Role
from ledger.store import Database
from ops.engines import Engines

ROUNDS = 8
TIMES = 5
"""Of each line in a round."""
PEOPLE = 300
JOINING = 100

type Do = Callable[[], Awaitable[object]]
type Prepare = Callable[[], Awaitable[Do]]
"""Readies one piece of work, unmeasured; what it gives back is measured."""


@dataclass(slots=True)
class Measured:
    """One line of the table. `peer` names the line it stands beside, `budget` what is asked of it (times the peer, or seconds)."""

    name: str
    prepare: Prepare
    share: float
    peer: str | None = None
    budget: tuple[float, str] | None = None
    seconds: list[float] = field(default_factory=list[float])

    @property
    def figure(self) -> float:
        return percentile(self.seconds, self.share)


def workers(first: int, count: int) -> list[dict[str, Any]]:
    """Migrant workers with a name, a phone and a claim each."""
    return [
        {"name": f"农民工{n:04d}", "phone": f"139{n:08d}", "categories": ["migrant_worker"], "residence": "rural", "claim_fen": 100_000 + n}
        for n in range(first, first + count)
    ]


def visit() -> list[dict[str, Any]]:
    """Eight commands of one visit at the counter."""
    note = {"command": "add_note", "body": {"text": "已核对身份。"}}
    paper = {"papers": [{"kind": "id_copy"}]}
    proposed = [{"command": "accept_first", "body": stand.ACCEPT}, {"command": "assign_unit", "body": {"unit": "U-ZHENGHE"}}]
    return [
        {"command": "submit_application", "body": WAGES},
        {"command": "issue_receipt", "body": paper},
        {"command": "record_lawyer_choice", "body": {"no_wish_told": True}},
        {"command": "schedule_home_visit", "body": {"at": "2030-01-02T09:00:00+08:00", "address": "柳家湾村"}},
        note, note, note,
        {"command": "propose_commands", "body": {"commands": proposed}},
    ]  # fmt: skip


async def _group(office: Office, people: int) -> str:
    """A case of that many, accepted first; its id."""
    body = {**WAGES, "co_applicants": workers(0, people - 1)}
    case_id = (await office.ask("receptionist", "/api/v1/cases", body))["case_id"]
    await office.accept(case_id)
    return case_id


def _lines(office: Office, group: str, single: str) -> list[Measured]:
    def ready(role: Role, path: str, body: Mapping[str, Any]) -> Prepare:
        async def prepare() -> Do:
            return lambda: office.ask(role, path, body)

        return prepare

    def page(case_id: str) -> Prepare:
        async def prepare() -> Do:
            return lambda: office.page("caseworker", f"/cases/{case_id}")

        return prepare

    def save(case_id: str) -> Prepare:
        body = {"no_wish_told": True}
        return ready("caseworker", f"/api/v1/cases/{case_id}/commands/record_lawyer_choice", body)

    async def joining() -> Do:
        case_id = await _group(office, PEOPLE - JOINING)
        body = {"recipients": workers(5_000, JOINING), "reason": "同一工地工友"}
        return lambda: office.ask("caseworker", f"/api/v1/cases/{case_id}/commands/add_recipients", body)

    return [
        Measured("one command: `submit_application`", ready("receptionist", "/api/v1/cases", WAGES), 0.5),
        Measured(
            "a bundle of 8 commands", ready("receptionist", "/api/v1/bundles", {"commands": visit()}), 0.5,
            "one command: `submit_application`", (2.0, "×"),
        ),
        Measured("page of one applicant", page(single), 0.95),
        Measured(f"page of a group of {PEOPLE}", page(group), 0.95, "page of one applicant", (0.5, "s")),
        Measured("save on one applicant's case", save(single), 0.95),
        Measured(f"save on a group of {PEOPLE}", save(group), 0.95, "save on one applicant's case", (0.5, "s")),
        Measured(f"{JOINING} people join {PEOPLE - JOINING}", joining, 0.95, "save on one applicant's case", (1.0, "s")),
    ]  # fmt: skip


async def _measure(lines: Sequence[Measured]) -> None:
    for turn in range(ROUNDS):
        first = turn % len(lines)
        for line in (*lines[first:], *lines[:first]):
            for _ in range(1 if line.prepare.__name__ == "joining" else TIMES):
                do = await line.prepare()
                started = time.perf_counter()
                await do()
                line.seconds.append(time.perf_counter() - started)
        stand.say(f"round {turn + 1} of {ROUNDS}")


async def _run(engines: Engines, children: Children) -> list[Measured]:
    password = secrets.token_urlsafe(16)
    async with Database(engines.worker_dsn, size=2, name="bench") as database:
        usernames = await stand.furnish(database, password)
    await stand.worker(children)
    _, port = await stand.api(children, "api", "ledger")
    office = await stand.office(port, usernames, password)
    lines = _lines(office, await _group(office, PEOPLE), await _group(office, 1))
    for line in lines:  # a warm start
        await (await line.prepare())()
    await _measure(lines)
    return lines


def report(lines: Sequence[Measured]) -> Report:
    by_name = {line.name: line for line in lines}
    rows: list[tuple[str, ...]] = []
    kept = True
    for line in lines:
        beside = by_name[line.peer].figure if line.peer else line.figure
        row = [line.name, f"p{line.share * 100:.0f}", ms(line.figure), f"{line.figure / beside:.2f}"]
        if line.budget is None:
            rows.append((*row, "", ""))
            continue
        most, unit = line.budget
        judged = Judged(line.figure / beside if unit == "×" else line.figure, most, "at_most", unit)
        kept = kept and judged.kept
        rows.append((*row, *judged.cells()[1:]))
    how = (
        f"One caller over HTTP on the dev server that `make run` brings, {ROUNDS} rounds in which the lines take turns; "
        f"the centre is {CENTRE}. The ratio is to the line above that does the same for one command or one person."
    )
    return Report("Several commands, many people", "python -m bench.together", how, (("", "", "", "ratio", "budget", ""), rows), kept)


def run() -> Report:
    with stand.engines() as engines, Children(engines) as children, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_run(engines, children)))


if __name__ == "__main__":
    found = run()
    print(found.text())
    sys.exit(0 if found.kept else 1)
