"""What leaves the house, against real servers: each letter arrives, whatever the other side does; none after it was answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.notices import KINDS, Quiet
from ledger import contacts, rules
from ledger.store import WORKER
from notify.channel import Later
from notify.channels import bot as bots
from notify.channels.bot import Bot
from notify.channels.email import Email
from notify.channels.web import SignedWebhook, SmsGateway, acceptable
from ops.example.directory import people_accounts
from ops.process import free_port
from readmodels import inbox
from tests.house import House, session_of
from tests.integration.desks import Desks, code_of
from tests.integration.post import LINK, SENDER, Post, hooked, post
from tests.integration.receivers import mail_server, web_server
from tests.integration.test_account_pages import browser_of, enter, send

__all__ = ["post"]
NO: dict[str, str] = {}
"""No headers beside the answer."""
KEY = "whsec_" + base64.b64encode(b"a key both sides hold").decode()


class TestEmail:
    async def test_a_letter_arrives_once_and_says_nothing_of_the_people(self, post: Post) -> None:
        async with mail_server() as box:
            mail = Email(f"smtp://127.0.0.1:{box.port}", SENDER)
            await post.rings()
            assert await post.send("email", mail) == 1
            assert await post.send("email", mail) == 0
        ((to, letter),) = box.letters
        assert to == ["han@example.org"]
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["Message-ID"].endswith("@example.org>")
        parts = [bytes(part.get_payload(decode=True) or b"").decode() for part in letter.walk() if not part.is_multipart()]
        assert len(parts) == 2
        assert all(f"{LINK}/cases/{post.case_id}" in part for part in parts)
        whole = letter.as_string() + "".join(parts)
        assert not [word for word in ("欧阳", "𠮷某", "建筑劳务", "13900001234", "11010519491231002X", "八个月") if word in whole]
        assert await post.states("email") == [("sent", 1, None)]

    async def test_a_server_that_is_down_for_a_day_gets_it_when_it_is_back(self, post: Post) -> None:
        port = free_port()
        mail = Email(f"smtp://127.0.0.1:{port}", SENDER)
        await post.rings()
        for tries in range(1, 25):  # a try an hour
            await post.send("email", mail)
            ((state, attempts, fault),) = await post.states("email")
            assert (state, attempts) == ("waiting", tries)
            assert fault
            await post.later(timedelta(hours=1, minutes=20))
        async with mail_server(port) as box:
            await post.send("email", mail)
            assert len(box.letters) == 1
            await post.later(timedelta(hours=2))
            assert await post.send("email", mail) == 0
        assert (await post.states("email"))[0][0] == "sent"

    async def test_a_server_that_stays_away_is_given_up_after_three_days(self, post: Post) -> None:
        await post.rings()
        await post.later(timedelta(days=3, minutes=1))
        await post.send("email", Email(f"smtp://127.0.0.1:{free_port()}", SENDER))
        assert (await post.states("email"))[0][0] == "dead"

    @pytest.mark.parametrize(
        ("says", "state", "fault"),
        [("451 busy", "waiting", "smtp_451"), ("554 no", "dead", "smtp_554"), ("452 full", "waiting", "smtp_452")],
    )
    async def test_what_the_server_says_to_the_message_is_understood(self, post: Post, says: str, state: str, fault: str) -> None:
        async with mail_server() as box:
            box.answer = says
            await post.rings()
            await post.send("email", Email(f"smtp://127.0.0.1:{box.port}", SENDER))
        assert await post.states("email") == [(state, 1, fault)]

    @pytest.mark.parametrize(("says", "state"), [("550 no such mailbox", "dead"), ("450 mailbox busy", "waiting")])
    async def test_what_it_says_to_the_address_is_understood(self, post: Post, says: str, state: str) -> None:
        async with mail_server() as box:
            box.to_recipient = says
            await post.rings()
            await post.send("email", Email(f"smtp://127.0.0.1:{box.port}", SENDER))
            assert box.letters == []
        assert (await post.states("email"))[0][0] == state


class TestSilence:
    async def test_an_answered_clock_sends_nothing_more(self, post: Post) -> None:
        await post.rings()
        await post.house.do("approver", "accept_first", post.case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        async with mail_server() as box:
            assert await post.send("email", Email(f"smtp://127.0.0.1:{box.port}", SENDER)) == 0
            assert box.letters == []
        assert [state for state, _, _ in await post.states("email")] == ["silenced"]

    async def test_the_inbox_says_that_nothing_is_left_to_do(self, post: Post) -> None:
        await post.rings()
        reader = next(post.house.account(a.username) for a in people_accounts() if a.person == post.owner)

        async def settled() -> list[bool]:
            async with post.house.database.transaction(session_of(reader)) as conn:
                page = await inbox.of_person(conn, reader.person, unread=False, cursor=None, limit=50)
            return [row["settled"] for row in page.rows if str(row["case_id"]) == post.case_id and row["kind"] == "deadline_missed"]

        assert await settled() == [False]
        await post.house.do("approver", "accept_first", post.case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        assert await settled() == [True]

    async def test_a_date_that_was_moved_is_not_told_any_more(self, post: Post) -> None:
        await post.rings(due_on="2020-01-01")
        async with mail_server() as box:
            assert await post.send("email", Email(f"smtp://127.0.0.1:{box.port}", SENDER)) == 0
        assert [state for state, _, _ in await post.states("email")] == ["silenced"]

    async def test_a_warning_waits_for_the_end_of_quiet_hours_and_a_miss_does_not(self, post: Post) -> None:
        now = datetime.now(UTC).astimezone(rules.current().zone)
        begins, ends = (now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time()
        await post.wishes(quiet=Quiet(begins=begins, ends=ends, days_off=False), channels={"email": ("warned", "missed")})
        await post.rings("deadline_warned")
        await post.rings("deadline_missed")
        async with mail_server() as box:
            mail = Email(f"smtp://127.0.0.1:{box.port}", SENDER)
            assert await post.send("email", mail) == 1
            assert sorted(state for state, _, _ in await post.states("email")) == ["held", "sent"]
            await post.later(timedelta(hours=1, minutes=1))
            assert await post.send("email", mail) == 1
            assert len(box.letters) == 2

    async def test_who_wants_no_letters_gets_none(self, post: Post) -> None:
        await post.wishes(channels={"email": ("missed",)}, email=None)
        await post.rings()
        assert await post.rows("email") == []


class TestGateway:
    async def test_an_sms_is_short_signed_and_says_nothing_of_the_people(self, post: Post) -> None:
        async with web_server() as hook:
            await post.rings()
            await post.send("sms", SmsGateway(hook.url, KEY))
        (body,) = hook.bodies()
        assert body["to"] == "13800001111"
        assert len(body["text"]) <= 70
        assert not [word for word in ("欧阳", "𠮷某", "13900001234") if word in body["text"]]
        assert signed(hook.calls[0], KEY)
        assert await post.states("sms") == [("sent", 1, None)]


def signed(call: tuple[dict[str, str], bytes], key: str) -> bool:
    """Whether one of the signatures is that key's, worked out here without the library."""
    headers, body = call
    secret = base64.b64decode(key.removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    ours = base64.b64encode(hmac.new(secret, said, hashlib.sha256).digest()).decode()
    return f"v1,{ours}" in headers["webhook-signature"].split(" ")


class TestWebhooks:
    async def test_a_program_is_told_once_and_can_check_who_says_it(self, post: Post) -> None:
        async with web_server() as hook:
            _, secret = await hooked(post, hook.url)
            await post.rings()
            await post.send("webhook", SignedWebhook())
            assert await post.send("webhook", SignedWebhook()) == 0
        (body,) = hook.bodies()
        assert body["type"] == "deadline_missed"
        assert (body["data"]["case_id"], body["data"]["limit"]) == (post.case_id, "examine_application")
        assert not [word for word in ("欧阳", "𠮷某", "13900001234") if word in str(body)]
        assert signed(hook.calls[0], secret)
        assert not signed(hook.calls[0], KEY)

    @pytest.mark.parametrize(
        ("first", "fault"), [((500, NO), "http_500"), ((429, {"Retry-After": "3600"}), "http_429"), ((503, NO), "http_503")]
    )
    async def test_it_is_tried_again_under_the_same_id(self, post: Post, first: tuple[int, dict[str, str]], fault: str) -> None:
        async with web_server([first, (204, {})]) as hook:
            await hooked(post, hook.url)
            await post.rings()
            await post.send("webhook", SignedWebhook())
            assert await post.states("webhook") == [("waiting", 1, fault)]
            assert await post.send("webhook", SignedWebhook()) == 0
            await post.later(timedelta(minutes=30))
            assert await post.send("webhook", SignedWebhook()) == (0 if first[0] == 429 else 1)
            await post.later(timedelta(minutes=31))
            await post.send("webhook", SignedWebhook())
        assert len({headers["webhook-id"] for headers, _ in hook.calls}) == 1
        assert await post.states("webhook") == [("sent", 2, None)]

    async def test_one_that_says_nothing_is_left_after_a_while_and_holds_up_no_other(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("notify.channels.web.SECONDS", 0.3)
        async with web_server([None]) as silent, web_server() as quick:
            await hooked(post, silent.url)
            await hooked(post, quick.url)
            await post.rings()
            await post.send("webhook", SignedWebhook())
            assert len(quick.calls) == 1
        assert sorted(await post.states("webhook"), key=str) == [("sent", 1, None), ("waiting", 1, "timeout")]

    async def test_one_that_is_gone_is_paused(self, post: Post) -> None:
        async with web_server([(410, {})]) as hook:
            endpoint, _ = await hooked(post, hook.url)
            await post.rings()
            await post.send("webhook", SignedWebhook())
            await post.rings()
            assert await post.send("webhook", SignedWebhook()) == 0
        assert await post.states("webhook") == [("dead", 1, "http_410")]
        async with post.house.database.transaction(WORKER) as conn:
            row = await contacts.row_of(conn, endpoint)
        assert row is not None
        assert row["active"] is False

    async def test_a_rotated_key_and_the_one_before_it_both_sign(self, post: Post) -> None:
        async with web_server() as hook:
            endpoint, old = await hooked(post, hook.url)
            async with post.house.database.transaction(WORKER) as conn:
                row = await contacts.row_of(conn, endpoint)
                assert row is not None
                new = await contacts.rotate(conn, row, post.house.keys.master)
            await post.rings()
            await post.send("webhook", SignedWebhook())
        assert signed(hook.calls[0], old)
        assert signed(hook.calls[0], new)

    async def test_it_gets_only_the_kinds_it_asked_for(self, post: Post) -> None:
        async with web_server() as hook:
            await hooked(post, hook.url, ("clock_replanned",))
            await post.rings()
            assert await post.send("webhook", SignedWebhook()) == 0

    @pytest.mark.parametrize(
        ("url", "well"),
        [
            ("http://169.254.169.254/latest", False),
            ("http://[fe80::1]/", False),
            ("ftp://example.org/", False),
            ("https://user:word@example.org/", False),
            ("https://example.org/hook", True),
            ("http://10.1.2.3:8080/hook", True),
            ("http://[abc", False),
            ("https://example.org:99999/", False),
            ("https://" + "a" * 70 + ".example.org/", False),
        ],
    )
    def test_where_it_may_be(self, url: str, well: bool) -> None:
        assert acceptable(url) is well

    async def test_a_sender_that_dies_after_it_was_taken_sends_it_again_under_its_id(self, post: Post) -> None:
        class Killed(BaseException):
            """Nothing of ours catches it."""

        class Dies:
            async def send(self, letter: Any) -> None:
                await SignedWebhook().send(letter)
                raise Killed

        async with web_server() as hook:
            await hooked(post, hook.url)
            await post.rings()
            with pytest.raises(Killed):
                await post.send("webhook", Dies())
            assert await post.send("webhook", SignedWebhook()) == 0  # still the dead one's
            await post.later(timedelta(minutes=3))
            assert await post.send("webhook", SignedWebhook()) == 1
        assert len(hook.calls) == 2
        assert len({headers["webhook-id"] for headers, _ in hook.calls}) == 1


class TestBots:
    async def test_a_bot_of_the_office_gets_a_short_word(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        from apprise.plugins.wecombot import NotifyWeComBot  # noqa: PLC0415 -- the bot's own protocol, led to a server of the tests

        async with web_server() as hook:
            monkeypatch.setattr(NotifyWeComBot, "notify_url", f"http://127.0.0.1:{hook.port}/cgi-bin/webhook/send?key={{key}}")
            async with post.house.owner.transaction(WORKER) as conn:
                await contacts.make(
                    conn, str(uuid4()), "bot", post.house.centre, "工作群", "wecombot://botkey", KINDS, "P-XU-HUI", post.house.keys.master
                )  # fmt: skip
            await post.rings()
            await post.send("bot", Bot())
        (body,) = hook.bodies()
        assert "审查申请" in str(body)
        assert "欧阳" not in str(body)
        assert await post.states("bot") == [("sent", 1, None)]

    async def test_one_that_does_not_answer_is_tried_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from apprise.plugins.wecombot import NotifyWeComBot  # noqa: PLC0415

        from notify.channel import Letter  # noqa: PLC0415

        async with web_server([(500, {})]) as hook:
            monkeypatch.setattr(NotifyWeComBot, "notify_url", f"http://127.0.0.1:{hook.port}/send?key={{key}}")
            with pytest.raises(Later):
                await Bot().send(Letter("1", "wecombot://botkey", "deadline_missed", "标题", "正文", "短句", datetime.now(UTC)))

    @pytest.mark.parametrize(("url", "well"), [("wecombot://abc", True), ("mailto://a@b.c", False), ("http://a.b/", False), ("x", False)])
    def test_only_bots_we_know(self, url: str, well: bool) -> None:
        assert bots.acceptable(url) is well


def test_the_default_quiet_hours_are_those_of_the_night() -> None:
    assert Quiet() == Quiet(begins=time(21), ends=time(7, 30), days_off=True)


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


class TestByTheInterface:
    async def test_wishes_are_said_and_read_back(self, desks: Desks) -> None:
        who = await desks.signed_in("caseworker")
        first = (await desks.ask(who, "GET", "/me/notifications")).json()
        assert (first.get("email"), first["channels"], first["digest"]) == (None, {}, False)
        said = {"email": "bai@example.org", "channels": {"email": ["missed"]}, "digest": True, "quiet": None, "language": "en"}
        assert (await desks.ask(who, "PUT", "/me/notifications", said)).status_code == 200
        found = (await desks.ask(who, "GET", "/me/notifications")).json()
        assert {name: found[name] for name in said} == said

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({"channels": {"sms": ["missed"]}}, "address_missing"),
            ({"phone": "13800001111", "digest": True}, "address_missing"),
            *(({"email": wrong}, "invalid") for wrong in ("no address", "a@b..cn", "(x)@example.org", "张三@example.org")),
            ({"phone": "110 或"}, "invalid"),
        ],
    )
    async def test_what_cannot_be_is_told(self, desks: Desks, said: dict[str, Any], code: str) -> None:
        answer = await desks.ask(await desks.signed_in("caseworker"), "PUT", "/me/notifications", said)
        assert code_of(answer) == (422, code)

    async def test_the_page_keeps_what_was_ticked_and_shows_the_digest(self, desks: Desks) -> None:
        page = "/account/notifications"
        async with browser_of(desks) as browser:
            await enter(browser, await desks.signed_in("caseworker"))
            refused = await send(browser, page, page, digest="on", language="en", begins="21:00", ends="07:30")
            saved = await send(browser, page, page, digest="on", email="bai@example.org", language="en", begins="21:00", ends="07:30")
            after = await browser.get(page)
        assert (refused.status_code, saved.status_code) == (422, 303)
        for shown in (refused, after):
            assert re.search(r'name="digest" checked', shown.text)
        assert "Deadlines on 24 Dec 2026" in after.text
        assert "City Legal Aid Centre: 1 missed, 2 end today, 3 within seven days." in after.text

    async def test_addresses_are_not_to_be_read_in_the_database(self, desks: Desks, house: House) -> None:
        who = await desks.signed_in("caseworker")
        await desks.ask(who, "PUT", "/me/notifications", {"email": "bai@example.org", "phone": "13912345678"})
        async with house.owner.transaction(WORKER) as conn:
            row = await (await conn.execute("SELECT wishes FROM contacts WHERE person = %s", (who.person,))).fetchone()
        assert row is not None
        assert b"bai@" not in bytes(row["wishes"])
        assert b"13912345678" not in bytes(row["wishes"])

    async def test_an_endpoint_is_made_rotated_paused_and_removed(self, desks: Desks) -> None:
        who = await desks.signed_in("system_administrator")
        body = {"channel": "webhook", "office": "C-CITY", "label": "办公系统", "address": "https://oa.example.org/hook"}
        key = {"Idempotency-Key": f"test-{uuid4()}"}
        made = (await desks.ask(who, "POST", "/endpoints", body, **key)).json()
        again = await desks.ask(who, "POST", "/endpoints", body, **key)
        assert made["secret"].startswith("whsec_")
        assert (again.json()["endpoint_id"], again.json()["secret"], again.headers["Idempotent-Replay"]) == (
            made["endpoint_id"],
            None,
            "true",
        )
        place = f"/endpoints/{made['endpoint_id']}"
        assert (await desks.ask(who, "POST", f"{place}/rotate", {})).json()["secret"] != made["secret"]
        assert (await desks.ask(who, "POST", f"{place}/pause", {})).json()["active"] is False
        assert (await desks.ask(who, "POST", f"{place}/resume", {})).json()["active"] is True
        assert (await desks.ask(who, "POST", f"{place}/remove", {})).status_code == 200
        assert code_of(await desks.ask(who, "POST", f"{place}/pause", {})) == (404, "endpoint_not_found")
        assert made["endpoint_id"] not in {e["endpoint_id"] for e in (await desks.ask(who, "GET", "/endpoints")).json()["items"]}

    async def test_only_a_system_administrator_keeps_them_and_only_where_something_can_be_sent(self, desks: Desks) -> None:
        body = {"channel": "webhook", "office": "C-CITY", "label": "内网", "address": "http://169.254.169.254/hook"}
        assert code_of(await desks.ask(await desks.signed_in("supervisor"), "POST", "/endpoints", body)) == (403, "forbidden")
        who = await desks.signed_in("system_administrator")
        assert code_of(await desks.ask(who, "POST", "/endpoints", body)) == (422, "address_not_acceptable")
        assert code_of(await desks.ask(who, "POST", "/endpoints", body | {"channel": "bot"})) == (422, "address_not_acceptable")

    async def test_a_dead_letter_is_found_sent_again_and_told_of_the_case(self, desks: Desks, post: Post) -> None:
        await post.rings()
        async with mail_server() as box:
            mail = Email(f"smtp://127.0.0.1:{box.port}", SENDER)
            box.answer = "554 no"
            await post.send("email", mail)
            keeper = await desks.signed_in("system_administrator")
            dead = (await desks.ask(keeper, "GET", "/deliveries?state=dead&limit=200")).json()["items"]
            mine = next(d for d in dead if d["id"].startswith(post.case_id))
            assert (mine["fault"], mine["attempts"]) == ("smtp_554", 1)
            assert (await desks.ask(keeper, "POST", f"/deliveries/{mine['id']}/replay", {})).status_code == 200
            assert code_of(await desks.ask(keeper, "POST", f"/deliveries/{mine['id']}/replay", {})) == (409, "delivery_not_dead")
            box.answer = "250 OK"
            await post.send("email", mail)
            assert len(box.letters) == 1
        told = (await desks.ask(await desks.signed_in("supervisor"), "GET", f"/cases/{post.case_id}/told")).json()["items"]
        row = next(r for r in told if r["person"] == post.owner)
        assert (row["kind"], row["functions"]) == ("deadline_missed", ["owner"])
        assert [(c["channel"], c["state"]) for c in row["channels"] if c["channel"] == "email"] == [("email", "sent")]
        elsewhere = await desks.signed_in("liaison", office="O-ADX-01") if desks.house.directory.office("O-ADX-01") else keeper
        assert (await desks.ask(elsewhere, "GET", f"/cases/{post.case_id}/told")).status_code == 404
