"""Reminders that nobody's own timer rang: those of a crowd, and those of a workflow that is gone. Each once, whoever else rings."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.ring import Ringer
from ledger import crowds, events
from ledger.store import WORKER, clock
from tests.house import WAGES, House
from tests.poll import until
from workflows.contract import Plan, RecordRequest


async def recorded(house: House, at: datetime, role: Any, command: str, case_id: str | None = None, **body: Any) -> Plan:
    """A command decided next to the ledger at a moment, with no workflow that would ring what it starts."""
    taken = await house.commands.take_in(house.ask(role, command, case_id, **body))
    return await house.recorder.record(RecordRequest(taken.case_id, taken.command_id, at, 0))


async def urgent(house: House, at: datetime) -> Plan:
    """A case accepted at a moment whose assignment is due at once, and that has no workflow."""
    near = {"limitation_on": at.date().isoformat()}
    body = WAGES | {"matter": WAGES["matter"] | near}
    opened = await recorded(house, at, "receptionist", "submit_application", centre=house.centre, **body)
    papers = [{"kind": "id_copy"}]
    accepted = {"basis": "urgent_art_44", "ground": "limitation_within_7_days", "papers_owed": papers}
    return await recorded(house, at, "approver", "accept_first", opened.case_id, **accepted)


async def owing(house: House) -> str:
    """The id of such a case once the moment of its reminder has come."""
    plan = await urgent(house, datetime.now(UTC))
    first = min(alarm.at for alarm in plan.alarms)

    async def come() -> bool:
        async with house.database.transaction(WORKER) as conn:
            return await clock(conn) > first

    await until(come)
    return plan.case_id


async def ring(house: House, seen: int = 0, *, watch: float = 0) -> int:
    """The activity, begun now; it looks ahead for so many seconds."""
    return await ActivityEnvironment().run(Ringer(house.database, house.recorder, grace=0, watch=watch).ring, seen)


async def test_a_crowd_is_rung_when_its_moment_comes_and_not_before(house: House) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=20)
    plans = [await urgent(house, at) for _ in range(crowds.CROWD + 2)]
    (moment,) = {min(alarm.at for alarm in plan.alarms) for plan in plans}
    assert [plan.spare > 0 for plan in plans] == [False] * crowds.CROWD + [True] * 2

    await ring(house, watch=60)

    for plan in plans:
        assert (await house.types(plan.case_id)).count("deadline_missed") == 1
    async with house.database.transaction(WORKER) as conn:
        asked = "SELECT min(recorded_at) AS first FROM events WHERE type = 'deadline_missed' AND stream = ANY(%s)"
        row = await (await conn.execute(asked, ([f"case/{plan.case_id}" for plan in plans],))).fetchone()
    assert row is not None
    assert row["first"] >= moment


async def test_a_reminder_without_a_workflow_is_rung_once_however_many_ring(house: House) -> None:
    case_id = await owing(house)

    await asyncio.gather(ring(house), ring(house))

    assert (await house.types(case_id)).count("deadline_missed") == 1
    async with house.database.transaction(WORKER) as conn:
        told = await (await conn.execute("SELECT count(*) AS n FROM outbox WHERE case_id = %s", (case_id,))).fetchone()
    assert told is not None
    assert told["n"] == 1


async def test_nothing_is_rung_in_a_ledger_that_is_behind_what_was_rung(house: House) -> None:
    case_id = await owing(house)
    before = await house.types(case_id)
    ahead = await ring_head(house) + 1_000_000

    assert await ring(house, ahead) == ahead
    assert await house.types(case_id) == before

    assert 0 < await ring(house) < ahead
    assert "deadline_missed" in await house.types(case_id)


async def ring_head(house: House) -> int:
    async with house.database.transaction(WORKER) as conn:
        return await events.end(conn)


async def test_of_many_that_wait_for_one_moment_the_later_ones_leave_it_to_the_crowd(house: House) -> None:
    ids = [await house.submit() for _ in range(crowds.CROWD + 1)]

    plan = await house.recorder.load_plan(ids[-1])

    moments = {min(alarm.at for alarm in (await house.recorder.load_plan(each)).alarms) for each in ids}
    assert len(moments) == 1
    assert 600 <= plan.spare < 1800
    async with house.database.transaction(WORKER) as conn:
        alone = await crowds.spare(conn, ids[0], plan.alarms[0].at.replace(microsecond=1))
        now = await clock(conn)
        (moment,) = moments
        found = await crowds.next_crowd(conn, now, moment)
        none = await crowds.next_crowd(conn, moment, moment)
    assert alone == 0
    assert found is not None
    assert found <= moment
    assert none is None
