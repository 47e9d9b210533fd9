"""The audit page in a real browser: an auditor has all verified, sees what was altered, takes the note along; others only look."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Download

from ledger.note import Note
from tests.e2e.browser import Person
from tests.e2e.test_proof_badge import enter, opened
from tests.e2e.test_why_late import chromium, served
from tests.house import House
from tests.sealed import altered, seal, verifying

__all__ = ["chromium"]


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 390)])
async def test_an_auditor_has_the_ledgers_verified_and_takes_the_proof_along(
    house: House, chromium: Browser, lang: str, width: int
) -> None:
    chinese = lang == "zh-CN"
    case_id = await house.accepted()
    size = await seal(house)
    desks = await opened(house)
    who = await desks.someone("auditor")
    async with verifying(house), served(desks) as address, altered(house, case_id, 2, office="C-NOWHERE"):
        person = await enter(chromium, address, who, lang, width)
        page = person.page
        await person.room("/audit")
        await page.click("#verification .send")
        await page.locator(f'#verification a[href="/cases/{case_id}"]').first.wait_for()
        told = await page.inner_text("#verification")
        assert ("发现改动" if chinese else "Tampering") in told
        assert ("记录的某一栏被改动" if chinese else "A column of the event was changed") in told
        assert ("该行或者其前一条记录已不是当初记录的样子" if chinese else "is not as it was recorded") in told
        assert who.person in told
        await person.shoot(f"audit-{lang}-{width}")
        assert "{" not in await page.inner_text("main")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        async with page.expect_download() as begun:
            await page.click('a[href^="/audit/checkpoints/case/"][download]')
        note = Note.parse(await _content(await begun.value))
        assert int(note.text.split("\n")[1]) >= size
        await page.click('a[href="/audit/checkpoints?ledger=case"]')
        await page.wait_for_selector("main tbody tr")
        await person.shoot(f"checkpoints-{lang}-{width}")
        keys = await page.evaluate("fetch('/audit/checkpoint.vkeys').then(answer => answer.text())")
        assert keys.startswith("yuanshou/")
        assert person.complaints == []

        reader = await enter(chromium, address, await desks.someone("supervisor"), lang, width)
        await reader.go("/audit")
        assert await reader.page.locator("#verification form").count() == 0
        await _missing(reader)


async def _missing(person: Person) -> None:
    """A checkpoint that there is not, and a page that is not for everybody."""
    answer = await person.page.request.get(f"{person.base_url}/audit/checkpoints/case/999999999.note")
    assert answer.status == 404


async def _content(download: Download) -> bytes:
    path = await download.path()
    return await asyncio.to_thread(path.read_bytes)
