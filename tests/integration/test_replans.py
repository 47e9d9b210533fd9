"""A change of calendar on real engines: exactly the cases it touches get other dates, whoever dies on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
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
from tests.house import WAGES, House, hurried
from tests.integration.desks import Desks
from tests.integration.test_account_pages import browser_of, enter
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


async def run(house: House, digest: str = "", waiting: asyncio.Event | None = None) -> int:
    """The activity, begun now, of a worker whose data has that digest; `waiting` is set once it waits for others."""
    environment = ActivityEnvironment()
    if waiting is not None:
        environment.on_heartbeat = lambda *_: waiting.set()
    return await environment.run(Replanner(house.database, house.client, hurried, digest).replan)


async def due(house: House, case_id: str) -> date:
    async with house.database.transaction(WORKER) as conn:
        case = await cases.current(conn, case_id)
    assert case is not None
    return next(c.due_on for c in case.clocks if c.limit == "examine_application")


async def walk_asking_nobody(house: House) -> None:
    """The walk dies at every page of cases, between writing down whom a change touches and asking them."""

    def die(point: str) -> None:
        if point == "replan_walked":
            raise ConnectionError

    faultpoints.install(die)
    try:
        while (await newest(house))["walked_at"] is None:
            with suppress(ConnectionError):
                await run(house)
    finally:
        faultpoints.install(lambda _: None)


async def later(house: House) -> None:
    """A minute passes for those who were asked."""
    async with house.owner.transaction(WORKER) as conn:
        await conn.execute("UPDATE replan_cases SET asked_at = asked_at - interval '2 minutes' WHERE done_at IS NULL")


async def newest(house: House) -> dict[str, Any]:
    async with house.database.transaction(WORKER) as conn:
        return dict((await replans.listed(conn, 1))[0])


async def over(house: House, ref: str) -> bool:
    await run(house)
    async with house.database.transaction(WORKER) as conn:
        row = await replans.one(conn, ref)
    return row is not None and row["finished_at"] is not None


async def moves(house: House, ref: str, case_id: str) -> list[tuple[date, date]]:
    """From which day to which a change moved a case."""
    async with house.database.transaction(WORKER) as conn:
        rows = await replans.moved(conn, ref, None, 10_000)
    told = next(row["moves"] for row in rows if str(row["case_id"]) == case_id)
    return [(date.fromisoformat(move["old"]), date.fromisoformat(move["new"])) for move in told]


async def finished(house: House) -> bool:
    await run(house)
    return (await newest(house))["finished_at"] is not None


@pytest.fixture(scope="module", autouse=True)
async def others_are_over(house: House) -> None:
    """What other tests changed for all offices moves every case they left open; that is over before anything is looked at here."""

    async def over_now() -> bool:
        await run(house)
        async with house.owner.transaction(WORKER) as conn:
            open_ = "SELECT 1 FROM replans WHERE finished_at IS NULL AND since <= current_date AND change <> %s"
            return await (await conn.execute(open_, (replans.RULES_CHANGED,))).fetchone() is None

    await until(over_now, seconds=300)


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

    await walk_asking_nobody(house)
    assert (await newest(house))["touched"] >= 1

    await later(house)
    await until(lambda: finished(house))

    assert await due(house, case_id) > day
    assert (await house.types(case_id)).count("clock_replanned") == 1


async def test_a_change_whose_cases_do_not_answer_keeps_no_later_one_waiting(house: House, day_off: tuple[str, date]) -> None:
    case_id, day = day_off
    await keep(house, day, "off")
    await walk_asking_nobody(house)
    first = (await newest(house))["ref"]
    between = rules.current().calendar.next_workday(day)
    await keep(house, between, "off")
    second = (await newest(house))["ref"]
    try:
        await until(lambda: finished(house))
        assert await due(house, case_id) > between
        async with house.database.transaction(WORKER) as conn:
            row = await replans.one(conn, first)
        assert row is not None
        assert row["finished_at"] is None

        await later(house)
        await until(lambda: over(house, first))

        assert await moves(house, second, case_id) == [(day, await due(house, case_id))]
        assert await moves(house, first, case_id) == []
        assert (await house.types(case_id)).count("clock_replanned") == 1
    finally:
        await keep(house, between, "as_announced")
        await until(lambda: finished(house))


async def test_who_works_on_a_case_while_its_dates_move_is_not_disturbed(house: House, day_off: tuple[str, date]) -> None:
    case_id, day = day_off
    await keep(house, day, "off")

    clerk = house.who("caseworker", CENTRE)
    notes = [house.do(clerk, "add_note", case_id, text=f"第{n}笔") for n in range(6)]
    await asyncio.gather(run(house), *notes)
    await until(lambda: finished(house))

    types = await house.types(case_id)
    assert (types.count("note_added"), types.count("clock_replanned")) == (6, 1)
    assert await due(house, case_id) > day


async def test_it_begins_when_nobody_works_without_the_change_any_more(house: House, day_off: tuple[str, date]) -> None:
    _, day = day_off
    await until(lambda: finished(house))
    waiting = asyncio.Event()
    async with house.database.transaction(WORKER) as conn:
        await conn.execute("SELECT 1")
        await keep(house, day, "off")
        running = asyncio.create_task(run(house, waiting=waiting))
        await asyncio.wait_for(waiting.wait(), 30)
        assert (await newest(house))["looked_at"] == 0
    await running
    assert (await newest(house))["looked_at"] > 0


async def test_pages_tell_of_a_new_version_without_its_digest(house: House) -> None:
    digest = f"c{uuid4().hex}"
    async with house.database.transaction(WORKER) as conn:
        await replans.ask_for_rules(conn, digest)
    ref = (await newest(house))["ref"]
    desks = await Desks.open(house)
    who = await desks.signed_in("system_administrator")
    async with browser_of(desks) as browser:
        await enter(browser, who)
        front, one, table = [await browser.get(path) for path in ("/replans", f"/replans/{ref}", f"/replans/{ref}/cases.csv")]
        nowhere = await browser.get("/replans/rule/..%3Flimit=1")

    for page in (front, one):
        assert page.status_code == 200
        assert "Other limits or days off in a new version of the program" in page.text
        assert digest not in page.text
    assert (table.status_code, table.text.count("\n")) == (200, 1)
    assert nowhere.status_code in (404, 422)
    async with house.owner.transaction(WORKER) as conn:
        await conn.execute("UPDATE replans SET walked_at = now(), finished_at = now() WHERE ref = %s", (ref,))


async def test_new_data_of_the_program_is_brought_once_by_a_worker_that_has_it(house: House) -> None:
    mine, other = f"a{uuid4().hex}", f"b{uuid4().hex}"

    async def noted(digest: str) -> list[dict[str, Any]]:
        async with house.database.transaction(WORKER) as conn:
            await replans.ask_for_rules(conn, digest)
            rows = await (await conn.execute("SELECT * FROM replans WHERE concerns = %s ORDER BY created_at", (digest,))).fetchall()
        return [dict(row) for row in rows]

    (row,) = await noted(mine)
    assert len(await noted(mine)) == 1
    assert row["ref"].startswith(f"rule/{mine[:12]}-")
    await run(house, mine)
    assert (await noted(mine))[0]["walked_at"] is None  # workers of the data before may still be there

    async with house.owner.transaction(WORKER) as conn:
        await conn.execute("UPDATE replans SET created_at = created_at - interval '11 minutes' WHERE change = %s", (replans.RULES_CHANGED,))
    await run(house, other)
    assert (await noted(mine))[0]["walked_at"] is None
    await run(house, mine)
    assert (await noted(mine))[0]["walked_at"] is not None

    assert len(await noted(other)) == 1
    assert [row["walked_at"] is None for row in await noted(mine)] == [False, True]  # and back again
    async with house.owner.transaction(WORKER) as conn:
        await conn.execute("UPDATE replans SET walked_at = now(), finished_at = now() WHERE change = %s", (replans.RULES_CHANGED,))


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
