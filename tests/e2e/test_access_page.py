"""Who read a case, in a real browser: an auditor comes from the case, asks about a colleague, and says why."""

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import Person
from tests.e2e.test_why_late import chromium, served
from tests.house import House
from tests.integration.desks import PASSWORD, Desks

__all__ = ["chromium"]


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 390)])
async def test_an_auditor_sees_who_read_a_case_and_asks_about_a_colleague(house: House, chromium: Browser, lang: str, width: int) -> None:
    desks = await Desks.open(house)
    chinese = lang == "zh-CN"
    case_id = await house.submit()
    reader = await desks.signed_in("caseworker", office=house.centre)
    await desks.ask(reader, "GET", f"/cases/{case_id}")
    await desks.ask(reader, "GET", "/cases?limit=50")
    who = await desks.someone("auditor")
    async with served(desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, lang=lang, width=width)
        page = person.page
        await person.go(f"/cases/{case_id}")
        await page.click('a[href^="/audit/access?case="]')
        await page.wait_for_selector("#a-readers")
        await person.shoot(f"access-{lang}-{width}")
        text = await page.inner_text("main")
        assert reader.person in text
        assert ("查阅过本案的人员" if chinese else "People who read this case") in text
        assert "{" not in text  # every sentence has its figures
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        await page.fill("input[name=person]", reader.person)
        await page.fill("input[name=case]", "")
        await page.click("main form.filters .send")
        await page.wait_for_selector("textarea[name=reason]")
        await person.shoot(f"access-why-{lang}-{width}")
        await page.fill("textarea[name=reason]", "投诉登记第7号")
        await page.click("main form[method=post] .send")
        await page.wait_for_selector("table.events")
        await person.shoot(f"access-colleague-{lang}-{width}")
        assert "reason" not in page.url
        assert ("案件列表" if chinese else "List of cases") in await page.inner_text("main")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        await person.go("/audit/access?from=2020-01-01&to=2020-01-31")
        assert ("没有符合条件的记录" if chinese else "No record fits") in await page.inner_text("main")
        await page.emulate_media(media="print")
        assert not await page.is_visible("main form.filters")
        assert person.complaints == []
