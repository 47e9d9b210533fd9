"""Every line of the spine, walked command by command on the real ledger and workflow."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.case import blank
from domain.stream import evolve
from ledger import events
from ledger.store import WORKER
from tests.house import House
from tests.poll import until
from tests.scenarios import SHANGHAI, Scenario, scenarios, walk
from workflows.contract import workflow_id

NAMES = [s.name for s in scenarios(datetime.now(SHANGHAI).date(), "C-ADX")]


async def run(house: House, name: str) -> tuple[Scenario, Mapping[str, Any]]:
    today = datetime.now(SHANGHAI).date()
    scenario = next(s for s in scenarios(today, house.centre) if s.name == name)
    return scenario, await walk(scenario, today, house.walking())


@pytest.mark.parametrize("name", NAMES)
async def test_the_line_ends_where_the_law_says(house: House, name: str) -> None:
    scenario, answer = await run(house, name)

    assert answer["state"] == scenario.ends


async def test_an_archived_case_has_ended_its_workflow(house: House) -> None:
    _, answer = await run(house, "archived")

    async def completed() -> bool:
        described = await house.client.get_workflow_handle(workflow_id(answer["case_id"])).describe()
        return described.status is WorkflowExecutionStatus.COMPLETED

    await until(completed)


@pytest.mark.parametrize("name", NAMES)
async def test_each_version_is_the_fold_of_the_events_up_to_it(house: House, name: str) -> None:
    _, answer = await run(house, name)
    async with house.database.transaction(WORKER) as conn:
        history = await events.load_history(conn, answer["case_id"])
        row = await (await conn.execute("SELECT snapshot FROM cases WHERE case_id = %s", (answer["case_id"],))).fetchone()

    case = blank(answer["case_id"])
    for number, recorded in enumerate(history, start=1):
        case = evolve(case, recorded.happened)
        assert case.version == number == recorded.at.version
    assert row is not None
    assert type(case).model_validate(row["snapshot"]) == case
