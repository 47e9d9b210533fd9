"""The service promise in a real browser: a supervisor reaches it from the menu, narrows it, and takes it along as a table."""

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import Person
from tests.e2e.test_why_late import chromium, missed, served
from tests.house import House
from tests.integration.desks import PASSWORD, Desks

__all__ = ["chromium"]


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 390)])
async def test_a_supervisor_reads_the_promise_and_narrows_it(house: House, chromium: Browser, lang: str, width: int) -> None:
    await missed(house)
    desks = await Desks.open(house)
    who = await desks.someone("supervisor")
    async with served(desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, lang=lang, width=width)
        page = person.page
        await person.room("/reports/promise")
        await page.wait_for_selector("#p-office")
        await person.shoot(f"promise-{lang}-{width}")
        assert "{" not in await page.inner_text("main")  # every sentence has its figures
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert f"office={house.centre}" in (await page.get_attribute('a[href^="/deadlines?state=missed"]', "href") or "")
        table = await page.request.get(f"{address}/reports/promise.csv")
        assert house.directory.office_of[house.centre].name in (await table.text()) or lang == "en"

        await page.goto(f"{address}/reports/promise?from=2020-01&to=2020-02")
        text = await page.inner_text("main")
        assert ("没有办结或者到期" if lang == "zh-CN" else "No time limit ended or fell due") in text
        assert await page.input_value('input[name="from"]') == "2020-01"
        refused = await page.request.get(f"{address}/reports/promise?from=soon")
        assert refused.status == 422
        assert person.complaints == []
