"""A due moment that comes while the database is away, and hosts whose clocks are wrong: each reminder at its moment by the ledger, once."""

import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain.clocks.deadlines import _IN_TIME  # pyright: ignore[reportPrivateUsage]
from ledger import accounts
from ledger.store import WORKER, Database
from tests.faults import almanac, ladders
from tests.faults.harness import System, new_key
from tests.faults.hook import HOST_AHEAD, WITHOUT
from tests.faults.timers import approach, ended, standing
from tests.house import session_of
from tests.poll import until
from web.clock import host_clock

SOON = timedelta(seconds=6)
HOURS = timedelta(hours=3)
MOMENT = timedelta(seconds=1)


async def rung_once(system: System, case_id: str, *, late: bool, by: datetime | None = None) -> None:
    """The case has rung what was owed `by` a moment (now) and nothing else, and each person was told once."""

    async def has_rung() -> bool:
        return bool(await ladders.fired(system, case_id))

    await until(has_rung, seconds=system.patience)
    await system.run_duty("reconcile", 0.0)  # another who looks whether it rang
    await system.run_duty("deliver")
    rows = await ladders.fired(system, case_id)
    assert ladders.rang(rows) == await ladders.owed(system, case_id, by or await almanac.read(system))
    assert [row["body"]["late"] for row in rows] == [late]
    assert set((await ladders.told(system, case_id)).values()) == {1}


@pytest.mark.parametrize("away", [MOMENT, _IN_TIME + timedelta(hours=1)], ids=["briefly", "for_an_hour"])
async def test_a_reminder_whose_moment_came_while_the_database_was_away_rings_once_when_it_is_back(turned: System, away: timedelta) -> None:
    case_id = await turned.submitted()
    moment = await ladders.next_at(turned, case_id)
    await approach(turned, [case_id], moment, SOON)

    over = datetime.now(UTC) + SOON
    await almanac.leap(turned, over, away)
    turned.kill("postgres")

    async def passed() -> bool:
        return datetime.now(UTC) > over and await ended(turned, case_id)

    await until(passed)
    await turned.ready()

    await rung_once(turned, case_id, late=away > _IN_TIME)
    assert (await ladders.fired(turned, case_id))[0]["decided_at"] >= moment


async def test_a_temporal_host_that_is_hours_ahead_rings_nothing_before_its_moment(turned: System) -> None:
    case_id = await turned.submitted()
    moment = await ladders.next_at(turned, case_id)
    await approach(turned, [case_id], moment, SOON)

    await almanac.turn_to(turned, moment - HOURS)  # the timer was set when nobody knew
    await until(lambda: ended(turned, case_id))
    await until(lambda: standing(turned, case_id, HOURS))

    assert not await ladders.fired(turned, case_id)
    assert not await turned.rows("SELECT FROM inbox WHERE case_id = %s AND principal = 'system'", case_id)
    await approach(turned, [case_id], moment, MOMENT)
    await rung_once(turned, case_id, late=False)
    assert (await ladders.fired(turned, case_id))[0]["decided_at"] >= moment


async def test_without_the_ledgers_clock_a_host_that_is_ahead_rings_too_early(turned: System) -> None:
    case_id = await turned.submitted()
    moment = await ladders.next_at(turned, case_id)
    turned.again("worker", **{WITHOUT: "ledgers_clock"})
    await turned.ready()
    await approach(turned, [case_id], moment, SOON)

    await almanac.turn_to(turned, moment - HOURS)
    await until(lambda: ended(turned, case_id))

    async def has_rung() -> bool:
        return bool(await ladders.fired(turned, case_id))

    await until(has_rung, seconds=turned.patience)
    assert await almanac.read(turned) < moment
    turned.again("worker")
    await turned.ready()
    await almanac.turn_to(turned, moment)


async def test_a_temporal_host_that_is_hours_behind_rings_nothing_late(turned: System) -> None:
    case_id = await turned.submitted()
    moment = await ladders.next_at(turned, case_id)
    await approach(turned, [case_id], moment, HOURS)

    await almanac.turn_to(turned, moment + SOON)  # three hours before the timer ends
    await turned.run_duty("ring")  # what the schedule does within a minute

    await rung_once(turned, case_id, late=False)


@pytest.mark.parametrize("back", [timedelta(minutes=7), timedelta(hours=5)], ids=["minutes", "hours"])
async def test_a_database_clock_that_steps_back_rings_nothing_twice_and_loses_nothing(turned: System, back: timedelta) -> None:
    case_id = await turned.submitted()
    first = await ladders.next_at(turned, case_id)
    await approach(turned, [case_id], first, MOMENT)
    await rung_once(turned, case_id, late=False)
    second = await ladders.next_at(turned, case_id)

    await almanac.turn_to(turned, first - back)
    await turned.run_duty("reconcile", 0.0)
    note = {"text": "the clock was put back"}
    await turned.insist("caseworker", f"/cases/{case_id}/commands/add_note", note, new_key())
    await rung_once(turned, case_id, late=False, by=first)
    assert await ladders.next_at(turned, case_id) == second

    await approach(turned, [case_id], second, MOMENT)

    async def both_rang() -> bool:
        return len(await ladders.fired(turned, case_id)) == 2

    await until(both_rang, seconds=turned.patience)
    await turned.run_duty("deliver")
    rang = ladders.rang(await ladders.fired(turned, case_id))
    assert rang == await ladders.owed(turned, case_id, await almanac.read(turned))
    assert set((await ladders.told(turned, case_id)).values()) == {1}
    written = [row["recorded_at"] for row in await turned.rows("SELECT recorded_at FROM events WHERE ledger = 'case' ORDER BY position")]
    assert written == sorted(written)


async def sees_their_cases(system: System) -> bool:
    """Whether somebody who signs in now is let in, and the wall of the database shows them their office's cases."""
    password, name = "a known pass phrase", f"host-{uuid.uuid4().hex[:8]}"
    person = system.house.who("caseworker").person
    async with Database(system.engines.owner_dsn, size=1, name="test-signing-in") as database, database.transaction(WORKER) as conn:
        await accounts.create_account(conn, name, person, password, host_clock())
    async with httpx.AsyncClient(base_url=f"{system.address()}/api/v1", timeout=20) as client:
        signed_in = await client.post("/tokens", json={"username": name, "password": password})
        assert signed_in.status_code == 200, signed_in.text
        listed = await client.get("/cases", headers={"Authorization": f"Bearer {signed_in.json()['access_token']}"})
    return listed.status_code == 200 and bool(listed.json()["items"])


async def is_known(system: System) -> bool:
    """Whether somebody signed in for the day is still known."""
    async with httpx.AsyncClient(base_url=f"{system.address()}/api/v1", timeout=20) as client:
        headers = {"Authorization": f"Bearer {session_of(system.house.who('caseworker'))}"}
        return (await client.get("/me", headers=headers)).status_code == 200


@pytest.mark.parametrize("without", ["", "api_follows_the_ledger"], ids=["right", "unprotected"])
async def test_an_api_host_whose_clock_is_wrong_still_knows_who_is_signed_in(system: System, without: str) -> None:
    await system.ready()  # whatever the test before left dead
    await system.submitted()
    try:
        for hours, known in (("-5", sees_their_cases), ("48", is_known)):
            system.again("api", **{HOST_AHEAD: hours, WITHOUT: without})
            await system.ready()
            assert await known(system) is not bool(without), hours
    finally:
        system.again("api")
        await system.ready()
