"""The morning digest on the real ledger: to whom something is missed or due, once a working day, whatever restarts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from domain.notices import Quiet
from ledger import rules
from ledger.schema import deliveries
from ledger.sql import fetch_all, run
from ledger.store import WORKER
from notify import digest
from notify.channels.email import Email
from notify.deliver import Desk
from ops.process import free_port
from tests.house import House
from tests.integration.desks import Desks
from tests.integration.post import LINK, SENDER, Post, post
from tests.integration.receivers import mail_server

__all__ = ["post"]


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

    await digest.write(house.database, house.notices(day))

    told = await messages(house, day)
    assert told[row["owner"]]["own"]["missed"] >= 1
    supervisor = house.who("supervisor", "C-CITY").person
    assert any(o["office"] == house.centre and o["missed"] >= 1 for o in told[supervisor]["offices"])
    assert not [data for data in told.values() if not data.get("own") and not data["offices"]]


async def test_a_morning_that_is_run_twice_tells_nobody_twice(house: House) -> None:
    await house.submit()
    day = rules.current().calendar.next_workday(workday())
    first = await digest.write(house.database, house.notices(day))
    before = await messages(house, day)
    await digest.write(house.database, house.notices(day))
    assert await messages(house, day) == before
    assert first == len(before) > 0


async def test_a_day_off_has_none(house: House) -> None:
    await house.submit()
    day = workday()
    while rules.current().calendar.is_workday(day):
        day += timedelta(days=1)
    assert await digest.write(house.database, house.notices(day)) == 0


async def test_it_is_read_in_the_inbox(house: House) -> None:
    desks = await Desks.open(house)
    who = await desks.signed_in("supervisor")
    async with house.database.transaction(WORKER) as conn:
        directory = await desks.services.directory.read(conn)
    await house.submit()
    day = workday() + timedelta(days=14)
    day = rules.current().calendar.roll(day)
    await digest.write(house.database, Desk(directory, rules.current(), house.keys.master, day))
    items = (await desks.ask(who, "GET", "/inbox")).json()["items"]
    mine = next(m for m in items if m["kind"] == "digest")
    assert (mine["case_id"], mine["day"]) == (None, day.isoformat())
    assert mine["offices"]


async def letters(house: House, *days: date) -> list[str]:
    """In which state each day's digest by e-mail is."""
    ids = [deliveries.c.id.like(f"digest/{day}/%") for day in days]
    async with house.database.transaction(WORKER) as conn:
        rows = await fetch_all(conn, sa.select(deliveries.c.state).where(sa.or_(*ids)).order_by(deliveries.c.id))
    return [row["state"] for row in rows]


class TestByEmail:
    async def test_who_asked_for_it_has_it_once_and_it_names_no_case(self, post: Post) -> None:
        house, day = post.house, rules.current().calendar.next_workday(workday() + timedelta(days=30))
        await digest.write(house.database, house.notices(day))  # before they asked; what it counted stands in the inbox
        await house.submit()
        await post.wishes(digest=True)
        async with mail_server() as box:
            mail = Email(f"smtp://127.0.0.1:{box.port}", SENDER)
            for _ in range(2):
                await digest.write(house.database, house.notices(day))
                await post.send("email", mail)
        ((to, letter),) = box.letters
        assert to == ["han@example.org"]
        parts = [bytes(part.get_payload(decode=True) or b"").decode() for part in letter.walk() if not part.is_multipart()]
        own = (await messages(house, day))[post.owner]["own"]
        assert all(f"逾期{own['missed']}项，今天到期{own['today']}项，七日内到期{own['week']}项。" in part for part in parts)
        assert all(f"{LINK}/deadlines" in part for part in parts)
        whole = letter.as_string() + "".join(parts)
        assert not [word for word in ("欧阳", "𠮷某", "建筑劳务", "13900001234", "登字") if word in whole]

    async def test_a_supervisor_reads_of_each_centre_in_their_language(self, post: Post) -> None:
        house, day = post.house, rules.current().calendar.next_workday(workday() + timedelta(days=40))
        post.owner = house.who("supervisor", "C-CITY").person
        await post.wishes(digest=True, language="en")
        async with mail_server() as box:
            await digest.write(house.database, house.notices(day))
            await post.send("email", Email(f"smtp://127.0.0.1:{box.port}", SENDER))
        ((_, letter),) = box.letters
        text = next(bytes(part.get_payload(decode=True) or b"").decode() for part in letter.walk() if not part.is_multipart())
        centre = house.directory.office(house.centre)
        counts = next(o for o in (await messages(house, day))[post.owner]["offices"] if o["office"] == house.centre)
        assert centre is not None
        assert f"{centre.name_en}: {counts['missed']} missed, {counts['today']} end today" in text
        assert letter["Subject"].startswith("Deadlines on ")

    async def test_who_did_not_ask_has_none(self, post: Post) -> None:
        day = workday()
        await post.wishes(digest=False)
        await digest.write(post.house.database, post.house.notices(day))
        assert post.owner in await messages(post.house, day)
        async with mail_server() as box:
            assert await post.send("email", Email(f"smtp://127.0.0.1:{box.port}", SENDER)) == 0

    async def test_it_waits_for_the_end_of_quiet_hours(self, post: Post) -> None:
        house, day = post.house, rules.current().calendar.next_workday(workday() + timedelta(days=60))
        now = datetime.now(UTC).astimezone(rules.current().zone)
        begins, ends = (now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time()
        await post.wishes(digest=True, quiet=Quiet(begins=begins, ends=ends, days_off=False))
        await digest.write(house.database, house.notices(day))
        async with mail_server() as box:
            mail = Email(f"smtp://127.0.0.1:{box.port}", SENDER)
            assert await post.send("email", mail) == 0
            assert await letters(house, day) == ["held"]
            async with house.owner.transaction(WORKER) as conn:
                earlier = {"next_at": deliveries.c.next_at - timedelta(hours=2)}
                await run(conn, sa.update(deliveries).where(deliveries.c.id.like(f"digest/{day}/%")).values(**earlier))
            assert await post.send("email", mail) == 1
        assert await letters(house, day) == ["sent"]

    async def test_one_that_could_not_be_sent_gives_way_to_the_next_morning_s(self, post: Post) -> None:
        house, calendar = post.house, rules.current().calendar
        first = calendar.next_workday(workday() + timedelta(days=90))
        second = calendar.next_workday(first)
        await post.wishes(digest=True)
        await digest.write(house.database, house.notices(first))
        await post.send("email", Email(f"smtp://127.0.0.1:{free_port()}", SENDER))
        assert await letters(house, first) == ["waiting"]
        await digest.write(house.database, house.notices(second))
        async with mail_server() as box:
            await post.send("email", Email(f"smtp://127.0.0.1:{box.port}", SENDER))
        assert len(box.letters) == 1
        assert await letters(house, first, second) == ["silenced", "sent"]

    async def test_what_somebody_else_reads_already_is_not_sent_to_a_second(self, post: Post) -> None:
        house, day = post.house, rules.current().calendar.next_workday(workday() + timedelta(days=120))
        await digest.write(house.database, house.notices(day))
        async with house.owner.transaction(WORKER) as conn:
            await conn.execute("UPDATE messages SET person = 'P-XU-HUI' WHERE id = %s", (f"digest/{day}/{post.owner}",))
        await post.wishes(digest=True)
        await digest.write(house.database, house.notices(day))
        assert await letters(house, day) == []
