"""A change of calendar on real engines: exactly the cases it touches get other dates, whoever dies on the way."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from temporalio.testing import ActivityEnvironment

from activities.replan import Replanner
from domain.command import Actor
from domain.directory import CalendarDaySet
from ledger import replans, rules
from ledger.directory import extend
from ledger.store import WORKER
from readmodels import cases
from tests.house import WAGES, House
from tests.integration.desks import Desks
from tests.poll import until
from workflows import faultpoints
from workflows.contract import workflow_id

CENTRE = "C-YTX"
"""A centre that other tests leave alone: a day off touches all that runs there."""
CLERK = Actor("system", "system_administrator", "system")


async def keep(house: House, day: date, kept: Any) -> None:
    """Enter how a day is kept at the house's centre, from today on."""
    change = CalendarDaySet(since=datetime.now(UTC).date(), day=day, kept=kept, name="停电检修", office=CENTRE, source="市政府通知")
    await extend(house.database, [change], actor=CLERK, now=datetime.now(UTC), command_id=f"day-{uuid4()}")


async def submitted(house: House) -> str:
    return (await house.do(house.who("receptionist", CENTRE), "submit_application", centre=CENTRE, **WAGES)).body["case_id"]


async def run(house: House) -> int:
    """The activity, begun now."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    return await environment.run(Replanner(house.database, house.client, rules.current).replan)


async def due(house: House, case_id: str) -> date:
    async with house.database.transaction(WORKER) as conn:
        case = await cases.current(conn, case_id)
    assert case is not None
    return next(c.due_on for c in case.clocks if c.limit == "examine_application")


async def newest(house: House) -> dict[str, Any]:
    async with house.database.transaction(WORKER) as conn:
        return dict((await replans.listed(conn, 1))[0])


async def finished(house: House) -> bool:
    await run(house)
    return (await newest(house))["finished_at"] is not None


@pytest.fixture
async def day_off(house: House) -> AsyncIterator[tuple[str, date]]:
    """A case, and the last day of its examination; how that day is kept is put back afterwards."""
    case_id = await submitted(house)
    day = await due(house, case_id)
    yield case_id, day
    await keep(house, day, "as_announced")
    await until(lambda: finished(house))


async def test_a_day_off_moves_the_cases_it_touches_and_their_timers(house: House, day_off: tuple[str, date]) -> None:
    case_id, day = day_off
    other = await house.accepted()
    before = len(await house.types(other))

    await keep(house, day, "off")
    await until(lambda: finished(house))

    moved = await due(house, case_id)
    assert moved > day
    assert (await house.types(case_id))[-1] == "clock_replanned"
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT moves FROM replan_cases WHERE case_id = %s ORDER BY asked_at DESC", (case_id,))).fetchone()
        told = await (await conn.execute("SELECT data FROM outbox WHERE case_id = %s AND kind = 'clock_replanned'", (case_id,))).fetchone()
    assert row is not None
    expected = {"clock": "examine_application/1", "limit": "examine_application", "old": day.isoformat(), "new": moved.isoformat()}
    assert row["moves"] == [expected]
    assert told is not None
    assert told["data"] == expected | {"due_on": moved.isoformat(), "cause": "calendar"}
    history = await house.client.get_workflow_handle(workflow_id(case_id)).fetch_history()
    assert [e for e in history.events if e.HasField("timer_canceled_event_attributes")]
    assert len(await house.types(other)) >= before


async def test_asked_twice_it_moves_once(house: House, day_off: tuple[str, date]) -> None:
    case_id, day = day_off
    await keep(house, day, "off")
    await until(lambda: finished(house))
    ref = (await newest(house))["ref"]

    await house.client.get_workflow_handle(workflow_id(case_id)).signal("replan", ref)
    await house.do(house.who("caseworker", CENTRE), "add_note", case_id, text="之后的一笔")

    assert (await house.types(case_id)).count("clock_replanned") == 1


async def test_a_walk_that_dies_goes_on_where_it_was(house: House, day_off: tuple[str, date]) -> None:
    case_id, day = day_off
    await keep(house, day, "off")

    def die(point: str) -> None:
        if point == "replan_walked":
            raise ConnectionError

    faultpoints.install(die)
    try:
        with pytest.raises(ConnectionError):
            await run(house)
    finally:
        faultpoints.install(lambda _: None)
    assert (await newest(house))["touched"] >= 1

    async with house.owner.transaction(WORKER) as conn:  # a minute later
        await conn.execute("UPDATE replan_cases SET asked_at = asked_at - interval '2 minutes'")
    await until(lambda: finished(house))

    assert await due(house, case_id) > day
    assert (await house.types(case_id)).count("clock_replanned") == 1


async def test_what_was_foretold_is_what_happens(house: House, day_off: tuple[str, date]) -> None:
    case_id, day = day_off
    await until(lambda: finished(house))
    desks = await Desks.open(house)
    supervisor, clerk = await desks.signed_in("supervisor"), await desks.signed_in("system_administrator")
    data = {"day": day.isoformat(), "kept": "off", "name": "停电检修", "office": CENTRE, "source": "市政府通知"}
    body = {"change": "calendar_day_set", "since": datetime.now(UTC).date().isoformat(), "data": data}

    foretold = (await desks.ask(supervisor, "POST", "/replans/preview", body)).json()
    counted = (await desks.ask(clerk, "POST", "/replans/preview", body)).json()
    refused = await desks.ask(await desks.signed_in("caseworker"), "POST", "/replans/preview", body)

    assert counted["listed"] == []
    assert {name: foretold[name] for name in ("cases", "clocks", "moves")} == {name: counted[name] for name in ("cases", "clocks", "moves")}
    assert case_id in {case["case_id"] for case in foretold["listed"]}
    assert refused.status_code == 403

    await keep(house, day, "off")
    await until(lambda: finished(house))
    change = await newest(house)
    assert change["touched"] == foretold["cases"]
    told = (await desks.ask(supervisor, "GET", f"/replans/{change['ref']}")).json()
    assert told["state"] == "done"
    assert case_id in {case["case_id"] for case in told["cases"]}


async def test_a_change_of_a_later_day_waits_for_it(house: House) -> None:
    change = CalendarDaySet(since=date(2099, 1, 1), day=date(2099, 1, 5), kept="off", name="将来", office=CENTRE, source="通知")
    await extend(house.database, [change], actor=CLERK, now=datetime.now(UTC), command_id=f"day-{uuid4()}")
    await run(house)
    row = await newest(house)
    assert (row["since"], row["walked_at"]) == (date(2099, 1, 1), None)
