"""A worker replaced in the middle of a storm: many limits due in one second, each told once; every history replays."""

import asyncio
from collections import Counter
from datetime import timedelta

from temporalio.worker import Replayer

from tests.faults import almanac, ladders
from tests.faults.harness import System
from tests.faults.hook import WITHOUT
from tests.faults.timers import approach
from tests.poll import until
from workers.app import sandbox
from workflows.case import CaseWorkflow
from workflows.contract import workflow_id

FEW, CROWD = 6, 24
"""Cases that each wait by themselves, and so many that they are rung together (`ledger.crowds`)."""
MIDDLE = 3
"""How many reminders are being written when the worker is ended."""
BEFORE = timedelta(seconds=12)
"""Time to set every timer for the same moment."""


async def submitted(system: System, many: int) -> list[str]:
    limit = asyncio.Semaphore(6)

    async def one() -> str:
        async with limit:
            return await system.submitted()

    return await asyncio.gather(*(one() for _ in range(many)))


async def storm(system: System, cases: list[str], *, gently: bool) -> None:
    """Let the next reminders of all cases fall due at once and the worker die in their midst; another takes over until all have rung."""
    moments = {await ladders.next_at(system, case_id) for case_id in cases}
    assert len(moments) == 1
    before = await rung(system, cases)
    crowd = len(cases) > FEW
    if crowd:
        await almanac.turn_to(system, moments.pop() - BEFORE)
    else:
        await approach(system, cases, moments.pop(), BEFORE)
    assert await rung(system, cases) == before

    system.arm("before_commit", "worker", times=MIDDLE, gently=gently)
    async with asyncio.TaskGroup() as group:
        if crowd:
            group.create_task(system.run_duty("ring"))  # the schedule's run of that minute
        await system.struck("worker")
        if not gently:  # one that is ended as a deployment ends it writes what it has begun
            assert await rung(system, cases) < before + len(cases)
        system.again("worker")
        await system.ready()

    async def all_rang() -> bool:
        if crowd:
            await system.run_duty("ring")  # the next minute's
        return await rung(system, cases) >= before + len(cases)

    await until(all_rang, seconds=60)


async def rung(system: System, cases: list[str]) -> int:
    rows = await system.rows(
        "SELECT count(*) AS n FROM events WHERE stream = ANY (%s) AND type LIKE 'deadline_%%'", [f"case/{case_id}" for case_id in cases]
    )
    return rows[0]["n"]


async def test_a_worker_rolled_to_a_new_version_in_the_middle_of_a_storm_rings_everything_once(turned: System) -> None:
    turned.again("worker", **{WITHOUT: "told_by_the_outbox"})
    await turned.ready()
    cases = await submitted(turned, FEW)

    await storm(turned, cases, gently=True)
    await storm(turned, cases, gently=False)

    await told_once(turned, cases)
    await histories_replay(turned, cases)


async def test_a_worker_that_dies_while_it_rings_a_crowd_is_followed_by_one_that_rings_the_rest(turned: System) -> None:
    cases = await submitted(turned, CROWD)

    await storm(turned, cases, gently=True)
    await storm(turned, cases, gently=False)

    await told_once(turned, cases)


async def told_once(system: System, cases: list[str]) -> None:
    """Each case rang twice, what it owed and no more; everybody was told once."""
    await system.run_duty("deliver")
    now = await almanac.read(system)
    told: Counter[tuple[str, str]] = Counter()
    for case_id in cases:
        assert ladders.rang(await ladders.fired(system, case_id)) == await ladders.owed(system, case_id, now)
        told += await ladders.told(system, case_id)
    assert set(told.values()) == {1}
    assert len({reminder for reminder, _ in told}) == 2 * len(cases)


async def histories_replay(system: System, cases: list[str]) -> None:
    """Also those that the version before began, with its mark and without."""
    client = system.house.client
    replayer = Replayer(workflows=[CaseWorkflow], data_converter=client.data_converter, workflow_runner=sandbox())
    begun_by: Counter[bool] = Counter()
    for case_id in cases:
        history = await client.get_workflow_handle(workflow_id(case_id)).fetch_history()
        await replayer.replay_workflow(history)
        begun_by[any(event.activity_task_scheduled_event_attributes.activity_type.name == "deliver" for event in history.events)] += 1
    assert begun_by[True]  # the version before was at work
