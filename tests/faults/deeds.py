"""What the system is doing when a process dies: deeds that lead past every named point."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
from temporalio.service import RPCError

from domain.command import Role
from tests.faults.checks import rest, whole
from tests.faults.harness import Broken, System, new_key
from tests.house import WAGES
from tests.poll import until
from workflows import contract
from workflows.contract import CaseInput, workflow_id

type Deed = Callable[[System, "Strike | None"], Awaitable[str]]
"""Brings a case to the point, lets the process die and the system come to rest; the case's id."""

ROLLOVER = 14
"""A run's length of history after which it hands over to the next: reached by the second command of a fresh run, not by the first, whether
it waits for an alarm or not."""


@dataclass(frozen=True)
class Strike:
    """The point at which to strike, and whom."""

    point: str
    victim: str


async def _recover(system: System, strike: Strike | None) -> None:
    if strike:
        await system.struck(strike.victim)
        system.revive()
        await system.ready()


def _arm(system: System, strike: Strike | None) -> None:
    if strike:
        system.arm(strike.point, strike.victim)


async def _command(system: System, strike: Strike | None, role: Role, path: str, body: dict[str, Any]) -> httpx.Response:
    """One command, struck on its way and repeated with its key until it is answered; then once more: the same answer."""
    key = new_key()
    _arm(system, strike)
    first = asyncio.create_task(system.attempt(role, path, body, key))
    await _recover(system, strike)
    told = await first
    answer = await system.insist(role, path, body, key)
    again = await system.insist(role, path, body, key)
    tellings = [answer, again, *([told] if told is not None and told.is_success else [])]
    if again.headers.get("Idempotent-Replay") != "true" or any(t.json() != answer.json() for t in tellings):
        raise Broken("another answer: the key was answered anew")
    return answer


async def opening(system: System, strike: Strike | None) -> str:
    answer = await _command(system, strike, "receptionist", "/cases", system.application())
    return answer.json()["case_id"]


async def accepting(system: System, strike: Strike | None) -> str:
    """A number is drawn, clocks start."""
    case_id = await system.submitted()
    body = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}]}
    await _command(system, strike, "approver", f"/cases/{case_id}/commands/accept_first", body)
    return case_id


async def noting(system: System, strike: Strike | None) -> str:
    """A command that the rules would let happen twice."""
    case_id = await system.submitted()
    await _command(system, strike, "caseworker", f"/cases/{case_id}/commands/add_note", {"text": "来电询问进度"})
    return case_id


async def saving_a_sheet(system: System, strike: Strike | None) -> str:
    """Several commands in one save: all of them or none."""
    proposed = [{"command": "assign_unit", "body": {"unit": "U-DINGCHENG"}}]
    commands = [
        {"command": "submit_application", "body": system.application()},
        {"command": "issue_receipt", "body": {"papers": [{"kind": "id_copy"}]}},
        {"command": "propose_commands", "body": {"commands": proposed}},
    ]
    answer = await _command(system, strike, "receptionist", "/bundles", {"commands": commands})
    return answer.json()["case_id"]


async def being_notified(system: System, strike: Strike | None) -> str:
    """One command opens several cases. What is looked at is one that is not the command's own: nobody waits for its workflow."""
    notice = {
        "centre": system.house.centre, "organ": "安定县人民法院", "notice_number": "第1号", "received_at": "2026-03-02T09:00:00+08:00",
        "stage": "trial", "persons": [{"party": {"name": f"被告人{n}"}, "role": "accused"} for n in range(3)],
    }  # fmt: skip
    answer = await _command(system, strike, "receptionist", "/organ-notices", notice)
    return answer.json()["cases"][-1]["case_id"]


async def ringing(system: System, strike: Strike | None) -> str:
    """A clock falls due, its miss is recorded and told."""
    near = {"limitation_on": (datetime.now(UTC) + timedelta(days=3)).date().isoformat()}
    body = {**system.application(), "applicant": WAGES["applicant"] | {"categories": ["other"]}}
    body["matter"] = WAGES["matter"] | near
    opened = await system.insist("receptionist", "/cases", body, new_key())
    case_id = opened.json()["case_id"]
    _arm(system, strike)
    urgent = {"basis": "urgent_art_44", "ground": "limitation_within_7_days", "papers_owed": [{"kind": "id_copy"}]}
    await system.insist("approver", f"/cases/{case_id}/commands/accept_first", urgent, new_key())
    await _recover(system, strike)

    async def rung() -> bool:
        return "deadline_missed" in await system.types(case_id)

    try:
        await until(rung, seconds=system.patience)
    except TimeoutError as fault:
        raise Broken("unarmed: the clock fell due and nobody noticed") from fault
    return case_id


async def rolling_over(system: System, strike: Strike | None) -> str:
    """A run hands over to a fresh one while a command is under way: either may have it."""
    case_id, run_id = await _in_a_short_run(system)
    path = f"/cases/{case_id}/commands/add_note"
    await system.insist("caseworker", path, {"text": "first"}, new_key())
    _arm(system, strike)
    second = asyncio.create_task(system.insist("caseworker", path, {"text": "second"}, new_key()))
    grown = asyncio.create_task(_grow(system, case_id))
    await _recover(system, strike)
    await asyncio.gather(second, grown)
    await _handed_over(system, case_id, run_id)
    return case_id


async def rolling_over_idle(system: System, strike: Strike | None) -> str:
    """A run hands over to a fresh one with no command under way: what the fresh one waits for, only the ledger can tell it."""
    case_id, run_id = await _in_a_short_run(system)
    await system.insist("caseworker", f"/cases/{case_id}/commands/add_note", {"text": "first"}, new_key())
    await rest(system, case_id)
    _arm(system, strike)
    await _grow(system, case_id)
    await _recover(system, strike)
    await _handed_over(system, case_id, run_id)
    return case_id


async def _in_a_short_run(system: System) -> tuple[str, str]:
    """A case whose workflow hands over after `ROLLOVER` events of history, and the id of that run."""
    case_id = await system.submitted()
    await rest(system, case_id)
    await system.house.client.get_workflow_handle(workflow_id(case_id)).terminate("a shorter run")
    begun = await system.house.client.start_workflow(
        "case",
        replace(CaseInput(case_id), rollover_events=ROLLOVER),
        id=workflow_id(case_id),
        task_queue=contract.CASE_QUEUE,
        task_timeout=contract.TASK_TIMEOUT,
    )
    assert begun.first_execution_run_id
    return case_id, begun.first_execution_run_id


async def _handed_over(system: System, case_id: str, run_id: str) -> None:
    """Until another run has the case: a task that died with its worker looks like peace until it is done again."""

    async def followed() -> bool:
        with suppress(RPCError):  # an engine that was struck
            return (await system.house.client.get_workflow_handle(workflow_id(case_id)).describe()).run_id != run_id
        return False

    await until(followed, seconds=system.patience)


async def _grow(system: System, case_id: str) -> None:
    """Make the run's history longer than it may become: it is short where both commands shared a task."""
    with suppress(RPCError):  # an engine that was struck: it was long enough
        for _ in range(ROLLOVER):
            await system.house.client.get_workflow_handle(workflow_id(case_id)).signal(contract.RECHECK_SIGNAL)


async def reconciling(system: System, strike: Strike | None) -> str:
    """Temporal has forgotten a case, and a command stands in its inbox that nobody was sent for."""
    case_id = await system.submitted()
    await rest(system, case_id)
    await system.house.client.get_workflow_handle(workflow_id(case_id)).terminate("forgotten")
    ask = system.house.ask("caseworker", "add_note", case_id, text="nobody was sent")

    async def received() -> bool:
        with suppress(psycopg.OperationalError):  # this process's own line, where an earlier cell took the database away
            await system.house.commands.take_in(ask)
            return True
        return False

    await until(received, seconds=system.patience)
    _arm(system, strike)
    run = asyncio.create_task(system.run_duty("reconcile", 0.0))
    await _recover(system, strike)
    if strike:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await system.run_duty("reconcile", 0.0)  # the next minute's
    else:
        await run
    return case_id


async def in_peace(system: System, deed: Deed) -> list[str]:
    """The types of events that the deed leaves when nothing dies."""
    name = deed.__name__
    if name not in system.calm:
        case_id = await deed(system, None)
        await rest(system, case_id)
        system.calm[name] = await system.types(case_id)
        await whole(system, case_id, system.calm[name])
    return system.calm[name]
