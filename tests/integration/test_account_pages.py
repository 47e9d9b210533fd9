"""The pages of signing in, of one's own account and of the security administrator, over the real ledger."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest

from api.app import create_app
from ledger import rules
from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone
from web.app import with_pages
from web.in_process import InProcess

OWN = "a pass phrase of my own"


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


def browser_of(desks: Desks) -> httpx.AsyncClient:
    api = create_app(desks.services)
    app = with_pages(api, InProcess(api), rules.current().policy)
    at = (f"10.50.{uuid4().int % 250}.{uuid4().int % 250}", 1)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=at), base_url="http://t", headers={"Accept-Language": "en"})


@pytest.fixture
async def browser(desks: Desks) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(desks) as opened:
        yield opened


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


async def enter(browser: httpx.AsyncClient, who: Someone, password: str = PASSWORD, **more: str) -> httpx.Response:
    page = await browser.get("/sign-in")
    return await browser.post(
        "/sign-in", data={"username": who.username, "password": password, "csrf": hidden(page, "csrf"), "next": "/", **more}
    )  # fmt: skip


async def send(browser: httpx.AsyncClient, page: str, action: str, **typed: Any) -> httpx.Response:
    """Send one of the forms of a page."""
    opened = await browser.get(page)
    carried = {name: hidden(opened, name) for name in ("csrf", "key") if f'name="{name}"' in opened.text}
    return await browser.post(action, data=carried | typed)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
async def test_a_first_password_leads_to_the_account_and_nowhere_else(desks: Desks, browser: httpx.AsyncClient, lang: str) -> None:
    keeper = await desks.signed_in("security_administrator")
    person = await desks.someone("caseworker", account=False)
    who = Someone(person.person, f"n{uuid4().hex[:10]}")
    made = await desks.ask(keeper, "POST", "/accounts", {"username": who.username, "person": who.person})
    browser.headers["Accept-Language"] = lang
    assert (await enter(browser, who, made.json()["first_password"])).headers["location"] == "/account"
    assert (await browser.get("/cases")).headers["location"] == "/account"
    page = await browser.get("/account")
    assert page.status_code == 200
    unlike = await send(browser, "/account", "/account/password", old=made.json()["first_password"], new=OWN, again="another")
    assert unlike.status_code == 422
    done = await send(browser, "/account", "/account/password", old=made.json()["first_password"], new=OWN, again=OWN)
    assert done.headers["location"] == "/account?done=password"
    assert (await browser.get("/cases")).status_code == 200


async def test_a_second_factor_is_set_up_and_asked_for_at_the_door(desks: Desks, browser: httpx.AsyncClient) -> None:
    who = await desks.someone("approver")
    await enter(browser, who)
    shown = await send(browser, "/account", "/account/second-factor", password=PASSWORD)
    assert 'src="data:image/svg+xml;base64,' in shown.text
    secret = re.search(r'class="mono">([A-Z2-7]{32})<', shown.text)
    assert secret
    app = pyotp.TOTP(secret[1])
    wrong = await browser.post("/account/second-factor/confirm", data={"csrf": hidden(shown, "csrf"), "code": "000000"})
    assert wrong.status_code == 422
    codes = await browser.post("/account/second-factor/confirm", data={"csrf": hidden(shown, "csrf"), "code": app.at(desks.now)})
    assert len(re.findall(r'<li class="mono">', codes.text)) == 10
    async with browser_of(desks) as other:
        asked = await enter(other, who)
        assert (asked.status_code, 'name="otp"' in asked.text) == (401, True)
        assert (await enter(other, who, otp=re.findall(r'<li class="mono">([^<]+)', codes.text)[0])).status_code == 303


async def test_signing_in_anew_ends_the_session_the_browser_had(desks: Desks, browser: httpx.AsyncClient) -> None:
    who = await desks.someone("caseworker")
    await enter(browser, who)
    before = browser.cookies["yuanshou_session"]
    await enter(browser, who)
    assert browser.cookies["yuanshou_session"] != before
    who.token = before
    assert (await desks.ask(who, "GET", "/me")).status_code == 401


async def test_an_own_session_elsewhere_and_a_token_are_ended_on_the_page(desks: Desks, browser: httpx.AsyncClient) -> None:
    who = await desks.signed_in("caseworker")
    await enter(browser, who)
    page = await browser.get("/account")
    ended = re.search(r'action="(/account/sessions/[0-9a-f-]+/end)"', page.text)
    assert ended
    assert (await send(browser, "/account", ended[1])).headers["location"] == "/account?done=session"
    assert (await desks.ask(who, "GET", "/me")).status_code == 401
    made = await send(browser, "/account", "/account/tokens", label="月报", scopes=["read"], days="30")
    assert "yst_" in made.text
    assert "yst_" not in (await browser.get("/account")).text
    refused = await send(browser, "/account", "/account/tokens", label="月报程序二", days="30")
    assert (refused.status_code, "月报程序二" in refused.text) == (422, True)


async def test_leave_and_deputy_are_entered_on_the_page(desks: Desks, browser: httpx.AsyncClient) -> None:
    who, deputy = await desks.someone("caseworker"), await desks.someone("caseworker")
    await enter(browser, who)
    day = desks.now.date().isoformat()
    sent = await send(browser, "/account", "/account/leave", since=day, until=day, deputy=deputy.person)
    assert sent.headers["location"] == "/account?done=leave"
    assert deputy.person in (await browser.get("/account")).text
    refused = await send(browser, "/account", "/account/leave", since=day, until=day, deputy=who.person)
    assert refused.status_code == 422


async def test_the_security_administrator_opens_an_account_and_gives_a_role(desks: Desks, browser: httpx.AsyncClient) -> None:
    keeper = await desks.someone("security_administrator")
    person = await desks.someone("receptionist", account=False)
    await enter(browser, keeper)
    name = f"n{uuid4().hex[:10]}"
    made = await send(browser, "/accounts", "/accounts", username=name, person=person.person)
    first = re.search(r'<b class="mono">([^<]+)</b>', made.text)
    assert first
    assert (await desks.sign_in(Someone(person.person, name), first[1])).status_code == 200
    role = {"person": person.person, "role": "caseworker", "office": "C-CITY"}
    given = await send(browser, f"/accounts/{name}", f"/accounts/{name}/roles", **role)
    assert given.headers["location"] == f"/accounts/{name}?done=roles"
    closed = await send(browser, f"/accounts/{name}", f"/accounts/{name}/disable", reason="调离")
    assert closed.headers["location"] == f"/accounts/{name}?done=disable"
    assert (await browser.get(f"/accounts/{name}?done=disable")).status_code == 200
    assert (await browser.get("/accounts/refusals")).status_code == 200


async def test_on_their_own_account_the_security_administrator_finds_no_deed(desks: Desks, browser: httpx.AsyncClient) -> None:
    keeper = await desks.someone("security_administrator")
    await enter(browser, keeper)
    page = await browser.get(f"/accounts/{keeper.username}")
    assert "/roles" not in page.text
    forged = await browser.post(
        f"/accounts/{keeper.username}/disable", data={"csrf": hidden(page, "csrf"), "key": f"k{uuid4()}", "reason": "x"}
    )
    assert forged.status_code == 403


async def test_nobody_else_sees_the_accounts(desks: Desks, browser: httpx.AsyncClient) -> None:
    await enter(browser, await desks.someone("approver"))
    assert (await browser.get("/accounts")).status_code == 403
