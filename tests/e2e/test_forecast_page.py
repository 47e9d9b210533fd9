"""The forecast in a real browser: a supervisor reaches it from the menu, sees what each figure rests on, narrows it, and takes it along."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser

from api import views
from ledger.schema import clock_list
from ledger.sql import run
from ledger.store import WORKER
from tests.e2e.browser import Person
from tests.e2e.test_why_late import chromium, served
from tests.house import House
from tests.integration.desks import PASSWORD, Desks

__all__ = ["chromium"]
LIMIT = "examine_application"


@pytest.fixture
async def case_id(house: House) -> AsyncIterator[str]:
    """A case of today whose limit to examine it runs; thirty earlier ones of the centre took 2 to 31 days. They are taken away again."""
    case_id, today = await house.submit(), datetime.now(views.ZONE).date()
    start = today - timedelta(days=60)

    def met(n: int) -> dict[str, Any]:
        due = start + timedelta(days=7)
        return {
            "case_id": case_id, "clock_id": f"earlier/{uuid4()}", "kind": "case", "limit_id": LIMIT, "state": "met", "live": False,
            "unit": "working_day", "started_on": start, "due_on": due, "due_at": datetime.combine(due, time(16), views.ZONE),
            "first_due_on": due, "moves": 0, "ended_on": start + timedelta(days=2 + n), "paused_days": 0, "confirmed": True,
            "provisional": False, "centre": house.centre,
        }  # fmt: skip

    async with house.owner.transaction(WORKER) as conn:
        for n in range(30):
            await run(conn, sa.insert(clock_list).values(**met(n)))
    try:
        yield case_id
    finally:
        async with house.owner.transaction(WORKER) as conn:
            await run(conn, sa.delete(clock_list).where(clock_list.c.clock_id.startswith("earlier/")))


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 1280), ("zh-CN", 390), ("en", 390)])
async def test_a_supervisor_reads_the_forecast_and_narrows_it(house: House, chromium: Browser, case_id: str, lang: str, width: int) -> None:
    desks = await Desks.open(house)
    who = await desks.someone("supervisor")
    chinese = lang == "zh-CN"
    async with served(desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, lang=lang, width=width)
        page = person.page
        await person.room("/reports/forecast")
        await page.wait_for_selector("main h1")
        await page.select_option("select[name=days]", "14")
        await page.click("main form.filters .send")
        row = page.locator(f'tr:has(a[href="/cases/{case_id}/deadlines"])', has_text="审查" if chinese else "xamin").first
        await row.wait_for()
        await person.shoot(f"forecast-{lang}-{width}")
        said = await row.inner_text()
        assert "成" in said if chinese else "in 10" in said
        assert ("以往满 0 天" if chinese else "open after 0 days") in said
        assert "{" not in await page.inner_text("main")  # every sentence has its figures
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.url.endswith("days=14&office=&limit=")

        table = await page.evaluate("at => fetch(at).then(answer => answer.text())", f"/reports/forecast.csv?limit={LIMIT}&days=14")
        assert ("逾期可能" if chinese else "Chance of a miss") in table
        await page.click(f'a[href="/reports/forecast?days=14&limit={LIMIT}"]')
        assert await page.input_value("select[name=limit]") == LIMIT

        await page.goto(f"{address}/reports/forecast?office=C-YTX&limit=review_closing_file&days=3")
        assert ("没有期限到期" if chinese else "falls due in these days") in await page.inner_text("main")
        refused = await page.request.get(f"{address}/reports/forecast?days=soon")
        assert refused.status == 422
        assert person.complaints == []
