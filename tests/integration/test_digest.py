"""The morning digest on the real ledger: to whom something is missed or due, once a working day, whatever restarts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger import rules
from ledger.store import WORKER
from notify import digest
from tests.house import House
from tests.integration.desks import Desks


def workday() -> date:
    """A working day on which today's applications are missed."""
    return rules.current().calendar.roll(datetime.now(UTC).date() + timedelta(days=21))


async def messages(house: House, day: date) -> dict[str, dict[str, Any]]:
    async with house.database.transaction(WORKER) as conn:
        found = await conn.execute("SELECT person, data FROM messages WHERE id LIKE %s", (f"digest/{day}/%",))
        return {row["person"]: row["data"] for row in await found.fetchall()}


async def test_owner_and_supervisor_have_one_and_it_counts_what_is_theirs(house: House) -> None:
    case_id, day = await house.submit(), workday()
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT owner FROM case_list WHERE case_id = %s", (case_id,))).fetchone()
    assert row is not None

    await digest.write(house.database, house.directory, rules.current(), day)

    told = await messages(house, day)
    assert told[row["owner"]]["own"]["missed"] >= 1
    supervisor = house.who("supervisor", "C-CITY").person
    assert any(o["office"] == house.centre and o["missed"] >= 1 for o in told[supervisor]["offices"])
    assert not [data for data in told.values() if not data.get("own") and not data["offices"]]


async def test_a_morning_that_is_run_twice_tells_nobody_twice(house: House) -> None:
    await house.submit()
    day = rules.current().calendar.next_workday(workday())
    first = await digest.write(house.database, house.directory, rules.current(), day)
    before = await messages(house, day)
    await digest.write(house.database, house.directory, rules.current(), day)
    assert await messages(house, day) == before
    assert first == len(before) > 0


async def test_a_day_off_has_none(house: House) -> None:
    await house.submit()
    day = workday()
    while rules.current().calendar.is_workday(day):
        day += timedelta(days=1)
    assert await digest.write(house.database, house.directory, rules.current(), day) == 0


async def test_it_is_read_in_the_inbox(house: House) -> None:
    desks = await Desks.open(house)
    who = await desks.signed_in("supervisor")
    async with house.database.transaction(WORKER) as conn:
        directory = await desks.services.directory.read(conn)
    await house.submit()
    day = workday() + timedelta(days=14)
    day = rules.current().calendar.roll(day)
    await digest.write(house.database, directory, rules.current(), day)
    items = (await desks.ask(who, "GET", "/inbox")).json()["items"]
    mine = next(m for m in items if m["kind"] == "digest")
    assert (mine["case_id"], mine["day"]) == (None, day.isoformat())
    assert mine["offices"]
