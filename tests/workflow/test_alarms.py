"""The clocks' timers: a rung fires once, by itself, however often somebody looks."""

from dataclasses import replace
from datetime import UTC, datetime

from temporalio.testing import ActivityEnvironment

from activities.deliver import Deliverer
from activities.reconcile import Reconciler
from domain.clocks import plan
from ledger.store import WORKER
from readmodels import cases
from tests.house import House
from tests.poll import until
from workflows.contract import Alarm, RecordRequest, workflow_id


async def missed(house: House, case_id: str) -> bool:
    return "deadline_missed" in await house.types(case_id)


async def messages(house: House, case_id: str) -> list[tuple[str, str]]:
    async with house.database.transaction(WORKER) as conn:
        found = await conn.execute("SELECT person, kind FROM messages WHERE case_id = %s ORDER BY id", (case_id,))
        return [(row["person"], row["kind"]) for row in await found.fetchall()]


async def deliver(house: House) -> None:
    """The activity, begun now."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    await environment.run(Deliverer(house.database, house.keys.master).deliver)


class TestAlarms:
    async def test_a_rung_fires_by_itself_when_its_moment_comes(self, house: House) -> None:
        case_id = await house.urgent()

        await until(lambda: missed(house, case_id))

        async with house.database.transaction(WORKER) as conn:
            case = await cases.current(conn, case_id)
        assert case is not None
        assert [c.state for c in case.clocks if c.limit == "urgent_assign"] == ["missed"]

    async def test_a_rung_that_fired_is_not_owed_again_whoever_asks(self, house: House) -> None:
        case_id = await house.urgent()
        await until(lambda: missed(house, case_id))
        async with house.database.transaction(WORKER) as conn:
            found = await conn.execute("SELECT command_id FROM inbox WHERE case_id = %s AND principal = 'system'", (case_id,))
            fired = [row["command_id"] for row in await found.fetchall()]
        before = await house.types(case_id)

        for command_id in fired:
            limit, start, planned, rung = command_id.split("/")[2:]
            async with house.database.transaction(WORKER) as conn:
                case = await cases.current(conn, case_id)
            assert case is not None
            moment = case.updated_at
            assert moment is not None
            alarm = Alarm(f"{limit}/{start}", int(planned), int(rung), moment)
            await house.recorder.record(RecordRequest(case_id, alarm.command_id(case_id), moment, 0, alarm))
        await Reconciler(house.database, house.client).wake(case_id)

        assert await house.types(case_id) == before
        assert not [a for a in plan(case) if a.clock_id.startswith("urgent_assign")]

    async def test_a_command_that_moves_no_clock_leaves_the_timer_standing(self, house: House) -> None:
        case_id = await house.accepted()
        await house.do("caseworker", "add_note", case_id, text="来电询问进度")

        history = await house.client.get_workflow_handle(workflow_id(case_id)).fetch_history()

        timers = [event for event in history.events if event.HasField("timer_canceled_event_attributes")]
        moved = [event for event in history.events if event.HasField("timer_started_event_attributes")]
        assert (len(timers), len(moved)) == (1, 2)  # accepting the case moved it once

    async def test_an_alarm_leaves_nothing_for_the_reconciler(self, house: House) -> None:
        case_id = await house.urgent()

        await until(lambda: missed(house, case_id))

        async with house.database.transaction(WORKER) as conn:
            row = await (await conn.execute("SELECT armed_version, version FROM cases WHERE case_id = %s", (case_id,))).fetchone()
        assert row is not None
        assert row["armed_version"] == row["version"]

    async def test_each_person_is_told_once_however_often_the_outbox_is_delivered(self, house: House) -> None:
        case_id = await house.urgent()
        await until(lambda: missed(house, case_id))

        await deliver(house)
        first = await messages(house, case_id)
        async with house.owner.transaction(WORKER) as conn:
            await conn.execute("UPDATE outbox SET delivered_at = NULL WHERE case_id = %s", (case_id,))
        await deliver(house)

        assert first
        assert await messages(house, case_id) == first
        assert {kind for _, kind in first} == {"deadline_missed"}

    async def test_a_met_limit_owes_nothing_more(self, house: House) -> None:
        case_id = await house.urgent()
        await house.do("approver", "assign_unit", case_id, unit="U-DINGCHENG", lawyer="L-MA-ZHIQIANG")

        async with house.database.transaction(WORKER) as conn:
            case = await cases.current(conn, case_id)
        assert case is not None
        assert [c.state for c in case.clocks if c.limit == "assign_unit"] == ["met"]
        assert not [a for a in plan(case) if a.clock_id.startswith(("urgent_assign", "assign_unit"))]
