"""The workflow of a case on a real Temporal server. The suite runs twice: with a workflow cache and without one."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from temporalio.client import WithStartWorkflowOperation, WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy

from activities.reconcile import Reconciler
from api.gate import PER_CASE
from api.problem import Problem
from domain.command import Event
from domain.stages.application import IssueReceipt
from ledger import inbox
from ledger.store import WORKER
from tests.house import WAGES, House
from tests.poll import until
from tests.scenarios import SHANGHAI, scenarios, walk
from workflows import contract
from workflows.contract import CaseInput, Plan, RecordRequest, workflow_id


async def status(house: House, case_id: str) -> WorkflowExecutionStatus | None:
    return (await house.client.get_workflow_handle(workflow_id(case_id)).describe()).status


async def outcome(house: House, command_id: str) -> dict[str, object] | None:
    async with house.database.transaction(WORKER) as conn:
        row = await inbox.row(conn, command_id)
    return row["outcome"] if row else None


class TestTheLifeOfAWorkflow:
    async def test_an_open_case_runs_and_shows_its_stage_to_operators_and_nothing_personal(self, house: House) -> None:
        case_id = await house.accepted()

        async def shown() -> bool:
            described = await house.client.get_workflow_handle(workflow_id(case_id)).describe()
            found = described.typed_search_attributes
            wanted = {contract.STAGE: "assignment", contract.STATE: "awaiting_assignment", contract.CENTRE: house.centre}
            return described.status is WorkflowExecutionStatus.RUNNING and all(found.get(key) == value for key, value in wanted.items())

        await until(shown)

    async def test_an_opening_that_is_refused_leaves_no_workflow_behind(self, house: House) -> None:
        ask = house.ask("receptionist", "submit_application", centre="NOWHERE", **WAGES)
        taken = await house.commands.take_in(ask)
        with pytest.raises(Problem) as problem:
            await house.commands.carry_out(ask)

        assert problem.value.code == "unknown_office"
        await until(lambda: ended(house, taken.case_id))

    async def test_rules_that_fail_at_a_command_are_its_answer_and_hold_nothing_up(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case_id = await house.submit()

        def broken(*_: object) -> tuple[Event, ...]:
            raise LookupError("no such office")

        monkeypatch.setattr(IssueReceipt, "decide", broken)
        with pytest.raises(Problem) as problem:
            await house.do("caseworker", "issue_receipt", case_id, papers=[{"kind": "id_copy"}])
        answer = await house.do("caseworker", "add_note", case_id, text="照常办理")

        assert (problem.value.status, problem.value.code) == (500, "internal_error")
        assert [e["type"] for e in answer.body["events"]] == ["note_added"]

    async def test_an_ended_case_ends_its_workflow_and_a_later_command_starts_it_again(self, house: House) -> None:
        case_id = await house.submit()
        await house.do("caseworker", "withdraw_application", case_id, reason="自行和解")
        await until(lambda: ended(house, case_id))

        answer = await house.do("caseworker", "add_note", case_id, text="来电致谢")

        assert answer.body["state"] == "withdrawn"
        await until(lambda: ended(house, case_id))

    async def test_a_run_hands_over_to_a_fresh_one_and_loses_nothing(self, house: House) -> None:
        case_id = await house.submit()
        first = await restart(house, case_id, rollover_events=40)

        for number in range(12):
            await house.do("caseworker", "add_note", case_id, text=f"第{number}条")

        described = await house.client.get_workflow_handle(workflow_id(case_id)).describe()
        assert described.run_id != first
        assert (await house.types(case_id)).count("note_added") == 12

    async def test_a_case_that_waits_for_no_clock_hands_over_as_well(self, house: House) -> None:
        case_id = await without_clocks(house)
        first = await restart(house, case_id, rollover_events=30)

        for number in range(10):
            await house.do("caseworker", "add_note", case_id, text=f"第{number}条")

        described = await house.client.get_workflow_handle(workflow_id(case_id)).describe()
        assert described.run_id != first
        assert described.typed_search_attributes.get(contract.STATE) == "in_representation"
        assert (await house.types(case_id)).count("note_added") == 10

    async def test_thirty_commands_at_once_on_one_case_are_each_recorded_once(self, house: House) -> None:
        case_id = await house.submit()

        async def write(number: int) -> int:
            async with asyncio.timeout(60):
                while True:
                    try:
                        return (await house.do("caseworker", "add_note", case_id, key=f"{case_id}-{number}", text=str(number))).version
                    except Problem as problem:
                        if problem.status != 429:
                            raise

        versions = await asyncio.gather(*(write(number) for number in range(30)))

        assert sorted(versions) == list(range(min(versions), min(versions) + 30))
        assert PER_CASE == 4


class TestWhatTemporalMayForget:
    async def test_a_command_left_in_the_inbox_is_carried_out_by_the_reconciler(self, house: House) -> None:
        case_id = await house.submit()
        taken = await house.commands.take_in(house.ask("caseworker", "add_note", case_id, text="nobody was sent"))

        await Reconciler(house.database, house.client).reconcile(0)

        assert await until(lambda: outcome(house, taken.command_id))

    async def test_a_command_received_before_the_databases_clock_was_put_back_does_not_wait_until_that_hour_comes_again(
        self, house: House
    ) -> None:
        case_id = await house.submit()
        taken = await house.commands.take_in(house.ask("caseworker", "add_note", case_id, text="nobody was sent"))
        async with house.owner.transaction(WORKER) as conn:
            await conn.execute(
                "UPDATE inbox SET received_at = clock_timestamp() + interval '5 hours' WHERE command_id = %s", (taken.command_id,)
            )

        await Reconciler(house.database, house.client).reconcile(60)

        assert await until(lambda: outcome(house, taken.command_id))

    async def test_a_case_whose_workflow_is_gone_is_armed_again(self, house: House) -> None:
        case_id = await house.accepted()
        await forgotten(house, case_id, "its database was lost")

        await Reconciler(house.database, house.client).wake(case_id)

        async def armed() -> bool:
            described = await house.client.get_workflow_handle(workflow_id(case_id)).describe()
            return described.status is WorkflowExecutionStatus.RUNNING and contract.NEXT_DUE in described.typed_search_attributes

        await until(armed)

    async def test_a_command_for_a_case_that_temporal_forgot_starts_its_workflow(self, house: House) -> None:
        case_id = await house.accepted()
        await forgotten(house, case_id, "its database was lost")

        answer = await house.do("caseworker", "add_note", case_id, text="as if nothing had happened")

        assert answer.body["state"] == "awaiting_assignment"
        assert await status(house, case_id) is WorkflowExecutionStatus.RUNNING

    async def test_what_was_acknowledged_is_noted_so_the_reconciler_leaves_it_alone(self, house: House) -> None:
        case_id = await house.accepted()

        async def noted() -> bool:
            async with house.database.transaction(WORKER) as conn:
                row = await (await conn.execute("SELECT armed_version, version FROM cases WHERE case_id = %s", (case_id,))).fetchone()
            return row is not None and row["armed_version"] == row["version"]

        await until(noted)

    async def test_a_workflow_ahead_of_its_ledger_writes_nothing_and_stays_to_remember(self, house: House) -> None:
        case_id = await house.submit()
        before = await house.types(case_id)
        await restart(house, case_id, known_version=99)

        for _ in range(2):
            with pytest.raises(Problem) as problem:
                await house.do("caseworker", "add_note", case_id, text="must not be written")
            assert (problem.value.status, problem.value.code) == (503, "ledger_behind")

        await Reconciler(house.database, house.client).wake(case_id)
        assert await house.types(case_id) == before
        assert await status(house, case_id) is WorkflowExecutionStatus.RUNNING

    async def test_a_workflow_goes_on_once_its_ledger_has_caught_up(self, house: House) -> None:
        case_id = await house.accepted()
        await restart(house, case_id, known_version=len(await house.types(case_id)) + 1)
        ask = house.ask("caseworker", "add_note", case_id, text="held back")
        with pytest.raises(Problem):
            await house.commands.carry_out(ask)

        taken = await house.commands.take_in(ask)
        await house.recorder.record(RecordRequest(case_id, taken.command_id, datetime.now(UTC), 0))
        await Reconciler(house.database, house.client).wake(case_id)

        async def armed() -> bool:
            return contract.NEXT_DUE in (await house.client.get_workflow_handle(workflow_id(case_id)).describe()).typed_search_attributes

        await until(armed)
        await house.do("caseworker", "add_note", case_id, text="as if nothing had happened")

    async def test_a_change_of_calendar_waits_with_a_workflow_ahead_of_its_ledger(self, house: House) -> None:
        case_id = await house.accepted()
        await restart(house, case_id, known_version=99)
        handle = house.client.get_workflow_handle(workflow_id(case_id))
        await handle.signal(contract.REPLAN_SIGNAL, "calendar/1")
        await Reconciler(house.database, house.client).wake(case_id)

        async def answered() -> bool:
            """Whether the last thing that the workflow was woken for was worked through."""
            last = [event async for event in handle.fetch_history_events()][-1]
            return last.HasField("workflow_task_completed_event_attributes") or last.HasField("marker_recorded_event_attributes")

        await until(answered)
        history = await handle.fetch_history()
        failed = ("workflow_task_failed_event_attributes", "workflow_task_timed_out_event_attributes")
        assert not [event for event in history.events if any(event.HasField(name) for name in failed)]
        assert await status(house, case_id) is WorkflowExecutionStatus.RUNNING

    async def test_a_command_reaching_a_workflow_ahead_of_its_ledger_is_not_written(self, house: House) -> None:
        case_id = await house.submit()
        before = await house.types(case_id)
        await forgotten(house, case_id, "to be run ahead")
        taken = await house.commands.take_in(house.ask("caseworker", "add_note", case_id, text="must not be written"))
        start = WithStartWorkflowOperation(
            "case",
            replace(CaseInput(case_id), known_version=99),
            id=workflow_id(case_id),
            task_queue=contract.CASE_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        )
        with pytest.raises(WorkflowUpdateFailedError):
            await house.client.execute_update_with_start_workflow(
                contract.RECORD_UPDATE, taken.command_id, start_workflow_operation=start, result_type=Plan
            )

        assert await house.types(case_id) == before


async def without_clocks(house: House) -> str:
    """A case in representation whose limits are all met."""
    today, do = datetime.now(SHANGHAI).date(), house.walking()
    line = next(s for s in scenarios(today, house.centre) if s.name == "archived")
    begun = line.steps[: [step.command for step in line.steps].index("confirm_owed_papers") + 1]
    answer = await walk(replace(line, steps=begun), today, do)
    assert {clock["state"] for clock in answer["clocks"]} == {"met"}
    return answer["case_id"]


async def ended(house: House, case_id: str) -> bool:
    return await status(house, case_id) is WorkflowExecutionStatus.COMPLETED


async def forgotten(house: House, case_id: str, why: str) -> None:
    """End the case's run once nobody waits for its word: a caller who does would begin another."""

    async def acknowledged() -> bool:
        async with house.database.transaction(WORKER) as conn:
            row = await (await conn.execute("SELECT armed_version = version AS done FROM cases WHERE case_id = %s", (case_id,))).fetchone()
        return row is not None and row["done"]

    await until(acknowledged)
    await house.client.get_workflow_handle(workflow_id(case_id)).terminate(why)


async def restart(house: House, case_id: str, **changes: int) -> str:
    """Begin the case's workflow anew with other beginnings; the id of its run."""
    if await status(house, case_id) is WorkflowExecutionStatus.RUNNING:
        await forgotten(house, case_id, "the test begins it anew")
    started = await house.client.start_workflow(
        "case", replace(CaseInput(case_id), **changes), id=workflow_id(case_id), task_queue=contract.CASE_QUEUE, request_eager_start=False
    )
    assert started.first_execution_run_id
    return started.first_execution_run_id
