"""Stores the histories that `test_replay.py` replays: `python -m tests.replay.record`, once a change of the workflow is meant.

A stored history is never edited and never dropped while a case that has it may be open: a workflow that cannot replay it
would jam that case.
"""

import asyncio
import base64
import json
import tempfile
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from ops.engines import Engines, running
from ops.home import Home
from tests.house import House, furnish
from tests.poll import until
from tests.scenarios import SHANGHAI, scenarios, walk
from workflows import contract
from workflows.contract import CaseInput, workflow_id

HERE = Path(__file__).parent
KEYS = {"current": "replay", "keys": {"replay": base64.b64encode(bytes(32)).decode()}}
"""The codec key of the stored histories: no secret, nothing in them is anybody's."""


def _keys(home: Path) -> None:
    (home / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "keys" / "codec").write_text(json.dumps(KEYS), encoding="ascii")


async def _store(house: House, name: str, case_id: str) -> None:
    """Every run of the case's workflow, in order, as soon as visibility (which lags) lists them."""
    await until(lambda: listed(house, case_id))
    runs = [run async for run in house.client.list_workflows(f"WorkflowId = '{workflow_id(case_id)}'")]
    for number, run in enumerate(sorted(runs, key=lambda r: r.start_time), start=1):
        history = await house.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        (HERE / "histories" / f"{name}-{number}.json").write_text(history.to_json(), encoding="utf-8")


async def _all(engines: Engines) -> None:
    _keys(engines.home)
    async with AsyncExitStack() as stack:
        house = await furnish(stack, engines)
        today = datetime.now(SHANGHAI).date()
        for scenario in scenarios(today, house.centre):
            await _store(house, scenario.name, (await walk(scenario, today, house.walking()))["case_id"])
        await _store(house, "rolled_over", await _rolled_over(house))
        await _store(house, "alarm", await _alarm(house))


async def listed(house: House, case_id: str) -> bool:
    last = (await house.client.get_workflow_handle(workflow_id(case_id)).describe()).run_id
    return last in {run.run_id async for run in house.client.list_workflows(f"WorkflowId = '{workflow_id(case_id)}'")}


async def _rolled_over(house: House) -> str:
    case_id = await house.submit()
    await house.client.get_workflow_handle(workflow_id(case_id)).terminate("to begin anew")
    await house.client.start_workflow(
        "case", CaseInput(case_id, rollover_events=30), id=workflow_id(case_id), task_queue=contract.CASE_QUEUE
    )
    for number in range(10):
        await house.do("caseworker", "add_note", case_id, text=str(number))
    return case_id


async def _alarm(house: House) -> str:
    case_id = await house.urgent()

    async def rung() -> bool:
        return "deadline_missed" in await house.types(case_id)

    await until(rung)
    return case_id


def main() -> None:
    with tempfile.TemporaryDirectory() as home, running(Home(Path(home)), print) as engines:
        asyncio.run(_all(engines))


if __name__ == "__main__":
    main()
