"""Who looks on hears at once what concerns them, each message once, and nothing else: real server, real connection, real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import psycopg
import pytest

from api import stream
from api.live import Live
from api.recording import unseen
from ledger.sql import Connection
from ledger.store import WORKER
from readmodels import inbox
from tests.house import House
from tests.integration.desks import Desks
from tests.integration.lookers import looking, owned, remind
from tests.poll import until
from tests.serving import served

LONG = 600.0
"""Seconds of a heartbeat that no test waits for: what arrives was announced."""


@asynccontextmanager
async def open_house(house: House, *, heartbeat: float = LONG, line: bool = True, most_each: int = 8) -> AsyncIterator[tuple[Desks, str]]:
    live = Live(heartbeat=heartbeat, most_each=most_each)
    desks = await Desks.open(house, live=live)
    if not line:
        async with served(desks) as address:
            yield desks, address
        return
    async with live.listening(house.database.dsn), served(desks) as address:
        yield desks, address


async def test_a_message_is_told_at_once_as_the_inbox_shows_it(house: House) -> None:
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        async with looking(address, who) as looker:
            assert looker.of("unread") == [{"unread": 0}]
            await remind(desks, case_id)
            (message,) = await looker.told("message")
            await looker.counts(1)
        shown = (await desks.ask(who, "GET", "/inbox")).json()["items"]
    assert [message] == shown
    assert message["kind"] == "deadline_warned"
    assert message["case_id"] == case_id


async def test_what_came_meanwhile_is_sent_once_to_who_comes_back(house: House) -> None:
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        async with looking(address, who) as looker:
            await remind(desks, case_id)
            await looker.told("message")
        missed = [await remind(desks, case_id), await remind(desks, case_id)]
        async with looking(address, who, last=looker.last) as back:
            told = await back.told("message", 2)
            missed.append(await remind(desks, case_id))
            told = await back.told("message", 3)
    assert [message["id"].rpartition("/")[0] for message in told] == missed


async def test_who_begins_is_not_told_what_was_there(house: House) -> None:
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        await remind(desks, case_id)
        async with looking(address, who) as looker:
            await looker.counts(1)
            fresh = await remind(desks, case_id)
            told = await looker.told("message")
    assert [message["id"].rpartition("/")[0] for message in told] == [fresh]


async def test_a_message_that_was_written_before_another_but_committed_after_it_is_told(house: House) -> None:
    async with open_house(house, heartbeat=0.2) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        async with looking(address, who) as looker:
            await remind(desks, case_id)
            await looker.told("message")
            async with house.database.transaction(WORKER) as conn:
                await conn.execute(
                    "INSERT INTO messages (id, person, case_id, kind, data, created_at)"
                    " SELECT 'late/' || id, person, case_id, kind, data, created_at - interval '2 seconds' FROM messages WHERE person = %s",
                    (who.person,),
                )
            told = await looker.told("message", 2)
            await looker.beats(3)
    assert told[1]["id"].startswith("late/")
    assert len(looker.of("message")) == 2


async def test_nobody_hears_of_the_messages_of_others(house: House) -> None:
    async with open_house(house) as (desks, address):
        one, other = [await desks.signed_in("caseworker", office=house.centre) for _ in range(2)]
        hers, his = await owned(desks, one), await owned(desks, other)
        async with looking(address, one) as she, looking(address, other) as he:
            await remind(desks, hers)
            await she.told("message")
            await remind(desks, his)
            told = await he.told("message")
    assert [message["case_id"] for message in told] == [his]


async def test_two_windows_hear_both_and_count_together(house: House) -> None:
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        async with looking(address, who) as left, looking(address, who) as right:
            await remind(desks, case_id)
            (message,) = await left.told("message")
            assert await right.told("message") == [message]
            await right.counts(1)
            assert (await desks.ask(who, "POST", f"/inbox/{message['id']}/read")).status_code == 200
            await left.counts(0)
            await right.counts(0)


async def test_a_case_that_is_looked_at_is_told_by_its_number_alone_when_it_changes(house: House) -> None:
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id, other = await owned(desks, who), await owned(desks, who)
        async with looking(address, who, cases=[case_id]) as looker:
            (first,) = await looker.told("case")
            await house.do("caseworker", "add_note", other, text="与本页无关")
            answer = await house.do("caseworker", "add_note", case_id, text="申请人来电")
            told = await looker.told("case", 2)
    assert told == [first, {"case_id": case_id, "version": answer.body["version"]}]
    assert first["version"] < answer.body["version"]


async def test_who_comes_to_stand_behind_a_wall_hears_no_more_of_the_case(house: House) -> None:
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        walled, other = await house.submit(), await house.submit()
        async with looking(address, who, cases=[walled, other]) as looker:
            await looker.told("case", 2)
            await house.do("caseworker", "declare_recusal", walled, person=who.person, ground="kin")
            await house.do("caseworker", "add_note", walled, text="不应知悉")
            await house.do("caseworker", "add_note", other, text="可以知悉")
            told = await looker.told("case", 3)
    assert [each["case_id"] for each in told[2:]] == [other]


@pytest.mark.parametrize(
    ("asked", "headers", "status", "code"),
    [
        ({"case": "01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b"}, {}, 404, "case_not_found"),
        ({}, {"Last-Event-ID": "yesterday"}, 422, "invalid"),
        ({}, {"Authorization": "Bearer nobody's"}, 401, "authentication_required"),
    ],
)
async def test_what_cannot_be_is_refused(house: House, asked: dict[str, str], headers: dict[str, str], status: int, code: str) -> None:
    desks = await Desks.open(house)
    who = await desks.signed_in("caseworker", office=house.centre)
    async with desks.client() as client:
        answer = await client.get("/stream", params=asked, headers=who.headers | headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_token_for_something_else_opens_no_stream(house: House) -> None:
    desks = await Desks.open(house)
    who = await desks.signed_in("caseworker", office=house.centre)
    made = await desks.ask(who, "POST", "/me/tokens", {"label": "日历", "scopes": ["calendar"], "days": 9})
    answer = await desks.ask(replace(who, token=made.json()["token"]), "GET", "/stream")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


async def test_it_ends_with_the_session(house: House) -> None:
    async with open_house(house, heartbeat=0.2) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        async with looking(address, who) as looker:
            await looker.beats()
            await desks.ask(who, "DELETE", "/tokens/current")
            await looker.ended()
    assert looker.events[-1] == ("end", {"code": "authentication_required"})


async def test_a_page_left_open_does_not_keep_a_session_from_running_out(house: House) -> None:
    async with open_house(house, heartbeat=0.2) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        async with looking(address, who) as looker:
            for _ in range(5):
                await looker.beats(2)
                desks.later(timedelta(minutes=30))
            await looker.ended()
    assert looker.events[-1] == ("end", {"code": "authentication_required"})


async def test_one_person_opens_only_so_many(house: House) -> None:
    async with open_house(house, most_each=2) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        colleague = await desks.signed_in("caseworker", office=house.centre)
        async with looking(address, who), httpx.AsyncClient(headers=who.headers) as client:
            async with looking(address, who):
                refused = await client.get(f"{address}/api/v1/stream")
                assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
                assert refused.headers["Retry-After"]
                async with looking(address, colleague):
                    pass

            async def free() -> bool:
                return not desks.services.live.full(who.person)

            await until(free)
            async with looking(address, who):
                pass


async def test_those_asked_for_at_the_same_moment_are_no_more(house: House) -> None:
    desks = await Desks.open(house, live=Live(heartbeat=LONG, most_each=1))
    who = await desks.signed_in("caseworker", office=house.centre)
    with unseen():  # as no request of theirs: what opens a desk wants its reads recorded
        first, second = [await stream.begin(desks.services, who.token) for _ in range(2)]
        assert (await anext(first)).startswith(b"retry")
        assert [each async for each in second] == [b'event: end\ndata: {"code":"too_many_streams"}\n\n']
        await first.aclose()


async def test_a_line_that_broke_is_opened_again_and_nothing_is_lost(house: House) -> None:
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        async with looking(address, who) as looker:
            async with house.database.transaction("") as conn:
                cut = await conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yuanshou-live'")
                assert await cut.fetchall()
            await remind(desks, case_id)
            await looker.told("message")
            await remind(desks, case_id)
            await looker.told("message", 2)


async def test_without_any_announcement_the_heartbeat_finds_it(house: House) -> None:
    async with open_house(house, heartbeat=0.2, line=False) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        async with looking(address, who) as looker:
            await remind(desks, case_id)
            await looker.told("message")


async def test_what_a_look_found_that_failed_half_way_is_told_by_the_next(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    count, faults = inbox.unread_count, [psycopg.OperationalError("the database went away")]

    async def away_once(conn: Connection, person: str) -> int:
        unread = await count(conn, person)
        if unread and faults:
            raise faults.pop()
        return unread

    monkeypatch.setattr(inbox, "unread_count", away_once)
    async with open_house(house, heartbeat=0.2) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        async with looking(address, who) as looker:
            missed = await remind(desks, case_id)
            (told,) = await looker.told("message")
    assert not faults
    assert told["id"].rpartition("/")[0] == missed


async def test_more_than_is_sent_at_once_is_said_to_be_a_gap(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_AT_ONCE", 2)
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await owned(desks, who)
        async with looking(address, who) as looker:
            await remind(desks, case_id)
            await looker.told("message")
        missed = [await remind(desks, case_id) for _ in range(4)]
        async with looking(address, who, last=looker.last) as back:
            told = await back.told("message", 2)
            assert back.of("gap") == [{"at_most": 2}]
    assert [message["id"].rpartition("/")[0] for message in told] == missed[2:]


async def test_a_server_that_ends_does_not_wait_for_who_looks_on(house: House) -> None:
    async with open_house(house) as (desks, address):
        who = await desks.signed_in("caseworker", office=house.centre)
        watch = looking(address, who)
        looker = await watch.__aenter__()
    await looker.ended()  # `served` held the server to its seconds
    await watch.__aexit__(None, None, None)
