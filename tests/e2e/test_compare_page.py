"""Time travel in a real browser: what changed between two records, the case as of a moment and of a legal day, a decision made again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.async_api import Browser

from api import views
from ledger.store import WORKER
from tests.e2e.test_proof_badge import enter, opened
from tests.e2e.test_why_late import chromium, served
from tests.house import House

__all__ = ["chromium"]


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 390)])
async def test_an_auditor_sees_the_case_as_it_stood_and_what_changed(house: House, chromium: Browser, lang: str, width: int) -> None:
    chinese = lang == "zh-CN"
    case_id = await house.accepted()
    accepted = (await house.types(case_id)).index("accepted_first") + 1
    before = await _recorded(house, case_id, accepted) - timedelta(microseconds=1)
    desks = await opened(house)
    who = await desks.someone("auditor")
    async with served(desks) as address:
        person = await enter(chromium, address, who, lang, width)
        page = person.page
        await person.go(f"/cases/{case_id}")
        await page.click('.asof a[href*="/compare"]')
        await page.select_option("select[name=from]", str(accepted - 1))
        await page.select_option("select[name=to]", str(accepted))
        await page.click("#t-diff ~ form .send")
        told = await page.inner_text("main")
        assert ("先行受理" if chinese else "Acceptance first") in told
        assert await page.locator("ins").count() > 3
        assert "{" not in told
        await person.shoot(f"compare-{lang}-{width}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        await page.click(f'a[href$="decided={accepted}#t-again"]')
        rests = await page.inner_text("section:has(#t-again)")
        assert ("不以经济困难审查" if chinese else "rests on no assessment") in rests

        at = before.astimezone(views.ZONE).isoformat(timespec="microseconds")
        await person.go(f"/cases/{case_id}?as_of={at.replace('+', '%2B')}")
        stood = await page.inner_text("main")
        assert ("已记录的案件情况" if chinese else "as recorded by") in stood
        assert await page.locator('.ev[data-type="accepted_first"]').count() == 0
        assert await page.locator(".stages").count() == 1

        await page.goto(f"{address}/cases/{case_id}?legal_on={datetime.now(views.ZONE).date().isoformat()}")
        assert ("不论何时记录" if chinese else "whenever they were recorded") in await page.inner_text("main")
        assert await page.locator('.ev[data-type="accepted_first"]').count() == 1
        for tab in ("people", "versions"):
            await page.goto(f"{address}/cases/{case_id}?legal_on={datetime.now(views.ZONE).date().isoformat()}&tab={tab}")
            assert await page.locator(f'.tabs a[aria-current][href*="legal_on="][href*="tab={tab}"]').count() == 1
        assert person.complaints == []

        for wrong, status in (
            ("?as_of=yesterday", 422),
            ("?legal_on=2020-01-01", 404),
            ("/compare?from=0&to=9999", 404),
            ("/compare?to=x", 404),
        ):
            answer = await page.request.get(f"{address}/cases/{case_id}{wrong}")
            assert answer.status == status, wrong


async def _recorded(house: House, case_id: str, version: int) -> datetime:
    async with house.database.transaction(WORKER) as conn:
        asked = "SELECT recorded_at FROM events WHERE stream = %s AND version = %s"
        row = await (await conn.execute(asked, (f"case/{case_id}", version))).fetchone()
    assert row is not None
    return row["recorded_at"]
