"""The histories in a real browser: a supervisor filters them, looks at the map, the days and what was skipped, takes an export along."""

from datetime import datetime

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.browser import Person
from tests.e2e.test_why_late import chromium, served
from tests.house import House
from tests.integration.desks import PASSWORD, Desks
from tests.integration.test_histories import brought_up_to_date
from tests.scenarios import SHANGHAI, scenarios, walk

__all__ = ["chromium"]


@pytest.fixture(scope="module")
async def case_id(house: House) -> str:
    """A case accepted first, beside others of several lines, their stays listed."""
    today = datetime.now(SHANGHAI).date()
    lines = {s.name: s for s in scenarios(today, house.centre)}
    for name in ("archived", "settled_before_assignment", "lawyer_replaced", "terminated", "refused_then_corrected"):
        await walk(lines[name], today, house.walking())
    made = await house.accepted()
    await brought_up_to_date(house)
    return made


async def fits(page: Page) -> bool:
    """Nothing sticks out of the window, and every sentence has its figures."""
    return await page.evaluate("document.documentElement.scrollWidth <= innerWidth") and "{" not in await page.inner_text("main")


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 390)])
async def test_a_supervisor_works_with_the_histories(house: House, chromium: Browser, case_id: str, lang: str, width: int) -> None:
    desks = await Desks.open(house)
    who = await desks.someone("supervisor", office="B-CITY")
    async with served(desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, lang=lang, width=width)
        page = person.page
        await person.room("/history")
        await page.click("details.many summary")
        for type_ in ("accepted_first", "application_submitted"):
            await page.check(f'input[name=type][value="{type_}"]')
        await page.click("form.filters .send")
        await page.wait_for_url("**type=accepted_first**")
        assert await page.locator(f'a[href^="/cases/{case_id}"]').count() == 2
        assert await page.is_checked('input[name=type][value="accepted_first"]')
        assert await fits(page)
        await person.shoot(f"history-{lang}-{width}")
        async with page.expect_download() as coming:
            await page.click('a[href^="/history/export/xes"]')
        saved = await (await coming.value).path()
        assert saved.read_text(encoding="utf-8").count('"accepted_first"') >= 1
        table = await page.evaluate(
            "at => fetch(at).then(answer => answer.text())", await page.get_attribute('a[href^="/history.csv"]', "href")
        )
        assert ("先行受理" in table) if lang == "zh-CN" else ("ccepted first" in table)

        await page.click('.tabs a[href="/history/process"]')
        drawn = page.locator(".map svg")
        await drawn.wait_for()
        assert await page.locator(".map svg desc").count() == 1
        assert await page.locator(".map svg rect").count() >= 6
        assert await fits(page)
        await person.shoot(f"history-map-{lang}-{width}")
        label = await page.locator(".map a title").last.text_content()
        assert label
        await page.locator(".map a:has(rect)").first.focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/history?type=**")

        await page.goto(f"{address}/history/stages?group_by=office")
        assert await page.locator("tbody tr").count() >= 2
        assert await fits(page)
        await person.shoot(f"history-stages-{lang}-{width}")

        await page.goto(f"{address}/history/skipped?kind=check")
        assert await page.locator(f'a[href^="/cases/{case_id}"]').count() == 2
        assert await fits(page)
        await person.shoot(f"history-skipped-{lang}-{width}")

        await page.goto(f"{address}/cases/{case_id}/actors")
        assert await page.locator("tbody tr").count() >= 2
        assert await fits(page)
        await person.shoot(f"history-actors-{lang}-{width}")
        assert person.complaints == []
