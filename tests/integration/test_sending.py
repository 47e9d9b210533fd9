"""Bad luck while letters are sent: servers that hang, drop or misunderstand, faults of ours, a database that goes away in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import psycopg
import pytest

from domain.notices import KINDS
from ledger import contacts
from ledger.sql import Connection
from ledger.store import WORKER
from notify import sending
from notify.channel import Letter
from notify.channels.bot import Bot
from notify.channels.email import Email
from notify.channels.web import SignedWebhook, SmsGateway
from notify.sending import Sender
from tests.house import WAGES
from tests.integration.post import LINK, SENDER, Post, hooked, post
from tests.integration.receivers import Mailbox, certificate, curt_server, mail_server, web_server

__all__ = ["post"]
KEY = "whsec_YSBrZXkgYm90aCBzaWRlcyBob2xk"


def mail_to(port: int, scheme: str = "smtp") -> Email:
    return Email(f"{scheme}://127.0.0.1:{port}", SENDER)


class Taker:
    """A channel that takes everything, and does something while it takes the first letter."""

    def __init__(self, first: Callable[[Letter], Awaitable[None]] | None = None) -> None:
        self.first, self.taken = first, list[str]()

    async def send(self, letter: Letter) -> None:
        self.taken.append(letter.id)
        if self.first and len(self.taken) == 1:
            await self.first(letter)


class TestMailServers:
    @pytest.mark.parametrize(
        ("greeting", "fault"), [(b"554 no service here\r\n", "smtp_554"), (b"421 too busy\r\n", "smtp_421"), (b"", None)]
    )
    async def test_one_that_takes_nobody_costs_no_letter(self, post: Post, greeting: bytes, fault: str | None) -> None:
        await post.rings()
        async with curt_server(greeting) as port:
            await post.send("email", mail_to(port))
        ((state, attempts, told),) = await post.states("email")
        assert (state, attempts) == ("waiting", 1)
        assert told == fault if fault else told

    async def test_a_sender_that_it_refuses_is_a_fault_of_the_installation(self, post: Post) -> None:
        async with mail_server() as box:
            box.to_sender = "550 not from you"
            await post.rings()
            await post.send("email", mail_to(box.port))
            assert await post.states("email") == [("waiting", 1, "smtp_sender_550")]
            box.to_sender = "250 OK"
            await post.later(timedelta(minutes=1))
            await post.send("email", mail_to(box.port))
        assert await post.states("email") == [("sent", 2, None)]

    async def test_one_that_hangs_is_left_until_the_next_round_and_other_channels_go_on(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("notify.channels.email.SECONDS", 0.3)
        monkeypatch.setattr(sending, "_PAGE", 2)
        for _ in range(5):
            await post.rings()
        async with curt_server(None) as silent, web_server() as gateway:
            tried = await asyncio.gather(post.send("email", mail_to(silent)), post.send("sms", SmsGateway(gateway.url, KEY)))
        assert tried == [2, 5]
        assert sorted(attempts for _, attempts, _ in await post.states("email")) == [0, 0, 0, 1, 1]
        assert {state for state, _, _ in await post.states("sms")} == {"sent"}

    async def test_letters_are_given_only_to_a_server_that_somebody_vouches_for(
        self, post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tls, trusted = certificate(tmp_path)
        await post.rings()
        async with mail_server(tls=tls) as box:
            await post.send("email", mail_to(box.port, "smtp+starttls"))
            assert (box.letters, await post.states("email")) == ([], [("waiting", 1, "SSLCertVerificationError")])
            await post.later(timedelta(minutes=1))
            monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
            await post.send("email", mail_to(box.port, "smtp+starttls"))
            assert len(box.letters) == 1
        assert await post.states("email") == [("sent", 2, None)]


class Trips:
    """A channel with a fault of ours in it, that one letter meets."""

    def __init__(self, letter: str) -> None:
        self.letter = letter

    async def send(self, letter: Letter) -> None:
        if letter.id == self.letter:
            raise UnicodeError(letter.to)


async def test_a_letter_that_meets_a_fault_of_ours_keeps_no_other_and_dies_in_the_end(post: Post) -> None:
    await post.rings()
    await post.rings()
    channel = Trips((await post.rows("email"))[0]["id"])
    assert await post.send("email", channel) == 2
    assert sorted(await post.states("email"), key=str) == [("sent", 1, None), ("waiting", 1, "fault_UnicodeError")]
    await post.later(timedelta(days=4))
    await post.send("email", channel)
    assert {state for state, _, _ in await post.states("email")} == {"sent", "dead"}


async def test_a_program_that_hangs_holds_up_no_other_however_much_waits_for_it(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify.channels.web.SECONDS", 1.0)
    monkeypatch.setattr(sending, "_PAGE", 6)
    monkeypatch.setattr(sending, "_OF_ONE", 2)
    async with web_server([None]) as silent, web_server() as quick:
        await hooked(post, silent.url)
        for _ in range(12):
            await post.rings()
        await hooked(post, quick.url)
        await post.rings()
        await post.send("webhook", SignedWebhook())
        assert (len(silent.calls), len(quick.calls)) == (2, 1)
    assert sorted((state, attempts) for state, attempts, _ in await post.states("webhook")) == [
        ("sent", 1), *[("waiting", 0)] * 11, *[("waiting", 1)] * 2
    ]  # fmt: skip


class TestWhileAPageIsSent:
    @pytest.fixture(autouse=True)
    def one_after_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sending, "_AT_ONCE", 1)
        monkeypatch.setattr(sending, "_FRESH", 0.0)

    async def test_a_limit_that_is_answered_silences_what_comes_after(self, post: Post) -> None:
        async def answer(_: Letter) -> None:
            await post.house.do("approver", "accept_first", post.case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])

        channel = Taker(answer)
        await post.rings()
        await post.rings()
        await post.send("email", channel)
        assert len(channel.taken) == 1
        assert sorted(state for state, _, _ in await post.states("email")) == ["sent", "silenced"]

    async def test_so_it_does_on_the_pages_after(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sending, "_FRESH", 60.0)
        monkeypatch.setattr(sending, "_PAGE", 1)

        async def answer(_: Letter) -> None:
            await post.house.do("approver", "accept_first", post.case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])

        channel = Taker(answer)
        await post.rings()
        await post.rings()
        await post.send("email", channel)
        assert len(channel.taken) == 1
        assert sorted(state for state, _, _ in await post.states("email")) == ["sent", "silenced"]

    async def test_a_letter_that_another_sender_took_over_is_not_sent_twice(self, post: Post) -> None:
        other = Taker()

        async def overtake(_: Letter) -> None:
            await post.later(timedelta(minutes=4))  # the page was read longer ago than its letters are this sender's
            await post.send("email", other)

        slow = Taker(overtake)
        await post.rings()
        await post.rings()
        await post.send("email", slow)
        assert len(slow.taken) == 1
        assert sorted(set(slow.taken + other.taken)) == sorted(row["id"] for row in await post.rows("email"))
        assert {state for state, _, _ in await post.states("email")} == {"sent"}


class Leaving:
    """The house's database, until it is gone."""

    def __init__(self, post: Post) -> None:
        self._database, self.gone = post.house.database, False

    @asynccontextmanager
    async def transaction(self, token: str) -> AsyncGenerator[Connection]:
        if self.gone:
            raise psycopg.OperationalError("the server closed the connection")
        async with self._database.transaction(token) as conn:
            yield conn


async def test_a_database_that_goes_before_the_note_leads_to_the_same_letter_once_more(post: Post) -> None:
    database: Any = Leaving(post)

    async def go(_: Letter) -> None:
        database.gone = True

    channel = Taker(go)
    await post.rings()
    sender = Sender(database, {"email": channel}, post.house.keys.master, LINK)
    with pytest.raises(psycopg.OperationalError):
        await sender.send("email", post.house.directory)
    database.gone = False
    assert await sender.send("email", post.house.directory) == 0  # another may still be at it
    await post.later(timedelta(minutes=3))
    assert await sender.send("email", post.house.directory) == 1
    assert len(set(channel.taken)) == 1
    assert await post.states("email") == [("sent", 2, None)]


def leaves(value: object) -> set[str]:
    """Every text of an application that is no code: names, numbers, what happened."""
    if isinstance(value, dict):
        return leaves(list(cast("dict[str, object]", value).values()))
    if isinstance(value, list):
        return set[str]().union(*map(leaves, cast("list[object]", value)))
    text = str(value)
    return {text} if not text.isascii() or any(c.isdigit() for c in text) else set()


def words_of(box: Mailbox) -> str:
    """Subjects and every part of the letters, decoded."""
    parts = [part for _, letter in box.letters for part in letter.walk() if not part.is_multipart()]
    subjects = [str(letter["Subject"]) for _, letter in box.letters]
    return "".join([*subjects, *(bytes(part.get_payload(decode=True) or b"").decode() for part in parts)])


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_no_channel_says_anything_of_the_people_whatever_it_tells(post: Post, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.wecombot import NotifyWeComBot  # noqa: PLC0415 -- the bot's own protocol, led to a server of the tests

    personal = leaves(WAGES)
    assert len(personal) > 4
    await post.wishes(language=language)
    async with mail_server() as box, web_server() as gateway, web_server() as hook, web_server() as group:
        monkeypatch.setattr(NotifyWeComBot, "notify_url", f"http://127.0.0.1:{group.port}/send?key={{key}}")
        await hooked(post, hook.url)
        async with post.house.owner.transaction(WORKER) as conn:
            await contacts.make(
                conn, str(uuid4()), "bot", post.house.centre, "工作群", "wecombot://botkey", KINDS, "P-XU-HUI", post.house.keys.master
            )  # fmt: skip
        for kind in KINDS:
            await post.rings(kind, old="2026-12-01")
        ways: dict[str, Any] = {
            "email": mail_to(box.port), "sms": SmsGateway(gateway.url, KEY), "webhook": SignedWebhook(), "bot": Bot(),
        }  # fmt: skip
        for name, channel in ways.items():
            assert await post.send(name, channel) == len(KINDS)
        said = [words_of(box), *(json.dumps(end.bodies(), ensure_ascii=False) for end in (gateway, hook, group))]
    assert all(said)
    assert {word for word in personal for each in said if word in each} == set()
