"""The badge of a case's history in a real browser: green while the ledger is whole, red and naming the event once a row was altered."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page

from ledger.store import WORKER
from tests.e2e.browser import Person
from tests.e2e.test_why_late import chromium, served
from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone
from tests.sealed import altered, seal

__all__ = ["chromium"]
TABS = 80
"""Presses of the Tab key within which everything of the page's head is reached."""


async def opened(house: House) -> Desks:
    return await Desks.open(house, home=house.settings.keys.parent, sealing=house.settings.sealing)


async def enter(chromium: Browser, address: str, who: Someone, lang: str = "zh-CN", width: int = 1280, *, scripts: bool = True) -> Person:
    login = {"username": who.username, "password": PASSWORD}
    return await Person.enter(chromium, address, login, lang=lang, width=width, scripts=scripts)


async def said(page: Page, state: str) -> str:
    """What the badge says once it has come to that state."""
    await page.locator(f".proof.{state}").wait_for()
    return await page.locator(".proof [data-said]").inner_text()


async def reached_by_keyboard(page: Page, selector: str) -> bool:
    for _ in range(TABS):
        await page.keyboard.press("Tab")
        if await page.evaluate("at => document.activeElement.matches(at)", selector):
            return True
    return False


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 1280), ("zh-CN", 390), ("en", 390)])
async def test_the_badge_turns_red_when_a_row_is_altered_behind_its_back(house: House, chromium: Browser, lang: str, width: int) -> None:
    chinese = lang == "zh-CN"
    case_id = await house.accepted()
    await seal(house)
    desks = await opened(house)
    who = await desks.someone("auditor")
    async with served(desks) as address:
        person = await enter(chromium, address, who, lang, width)
        page = person.page
        await person.go(f"/cases/{case_id}")
        words = await said(page, "whole")
        assert ("办理记录完整、未被改动" if chinese else "History whole and unchanged") in words
        assert await reached_by_keyboard(page, ".proof summary")
        await page.keyboard.press("Enter")
        assert await page.locator(".proof").evaluate("badge => badge.open")
        details = await page.locator(".proof [data-more]").inner_text()
        assert "yuanshou/" in details
        assert "{" not in details + words
        await person.shoot(f"proof-whole-{lang}-{width}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        async with altered(house, case_id, 2, office="C-NOWHERE"):
            await page.reload()
            words = await said(page, "broken")
            named = "第 2 条" if chinese else "event 2 ("
            assert named in words
            await page.locator(".proof summary").click()
            todo = await page.locator(".proof [data-more]").inner_text()
            assert ("审计人员" if chinese else "Tell the auditor") in todo
            assert await page.locator(".proof [data-mark]").inner_text() == "✗"
            await person.shoot(f"proof-broken-{lang}-{width}")
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

            await person.go(f"/history?case={case_id}")
            assert named in await said(page, "broken")

        await page.locator(".proof summary").click()
        await page.locator(".proof [data-again]").click()
        await said(page, "whole")
        assert person.complaints == []


async def test_a_body_altered_and_an_event_removed_are_named(house: House, chromium: Browser) -> None:
    case_id = await house.accepted()
    await seal(house)
    desks = await opened(house)
    who = await desks.someone("auditor")
    async with served(desks) as address:
        person = await enter(chromium, address, who, "en")
        body = await _body(house, case_id)
        async with altered(house, case_id, 1, body=body + b" "):
            await person.go(f"/cases/{case_id}")
            assert "the content of event 1 (" in await said(person.page, "broken")
        async with altered(house, case_id, 2, stream=f"case/{uuid4()}"):
            await person.go(f"/cases/{case_id}")
            assert "event 2 of this history is missing" in await said(person.page, "broken")
        assert person.complaints == []


async def _body(house: House, case_id: str) -> bytes:
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT body FROM events WHERE stream = %s AND version = 1", (f"case/{case_id}",))).fetchone()
    assert row is not None
    return bytes(row["body"])


async def test_the_browser_remembers_the_ledger_and_asks_before_it_trusts_another_key(house: House, chromium: Browser) -> None:
    case_id = await house.submit()
    await seal(house)
    desks = await opened(house)
    who = await desks.someone("auditor")
    async with served(desks) as address:
        person = await enter(chromium, address, who, "en")
        page = person.page
        await person.go(f"/cases/{case_id}")
        await said(page, "whole")
        assert "for the first time" in (await page.locator(".proof [data-more]").text_content() or "")
        kept = json.loads(await page.evaluate("localStorage.getItem('yuanshou-ledger-case')"))

        await house.submit()
        await seal(house)
        await page.reload()
        await said(page, "whole")
        grown = json.loads(await page.evaluate("localStorage.getItem('yuanshou-ledger-case')"))
        assert grown["size"] > kept["size"]

        await _know(page, kept | {"root": "A" * 43 + "="})  # as if the ledger had been another one before it was written anew
        await page.reload()
        assert "written anew" in await said(page, "broken")

        await _know(page, kept | {"keys": ["yuanshou/0+00000000+AA=="]})
        await page.reload()
        assert "a key this browser does not know" in await said(page, "unsure")
        await page.locator(".proof summary").click()
        await person.shoot("proof-unsure-en-1280")
        await page.locator(".proof [data-accept]").click()
        await said(page, "whole")
        assert person.complaints == []


async def _know(page: Page, memory: dict[str, object]) -> None:
    await page.evaluate("held => localStorage.setItem('yuanshou-ledger-case', held)", json.dumps(memory))


async def test_what_cannot_be_checked_is_said_and_not_called_whole(house: House, chromium: Browser) -> None:
    case_id = await house.submit()
    await seal(house)
    desks = await opened(house)
    who = await desks.someone("auditor")
    async with served(desks) as address:
        person = await enter(chromium, address, who, "en")
        page = person.page
        await page.route("**/cases/*/proof*", lambda route: route.abort())
        await person.go(f"/cases/{case_id}")
        assert "the server did not answer" in await said(page, "unsure")
        await page.unroute("**/cases/*/proof*")

        without = await enter(chromium, address, who, "en", scripts=False)
        await without.go(f"/cases/{case_id}")
        await without.page.click('main a[href="/verifying"]:visible')
        assert "How a history is verified" in await without.page.inner_text("main h1")
