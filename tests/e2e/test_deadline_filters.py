"""A supervisor narrows the deadlines by owner, limit and days, and comes from the promise to the limits it counted; ladders in words."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import Person
from tests.e2e.test_why_late import chromium, missed, served
from tests.house import House
from tests.integration.desks import PASSWORD, Desks

__all__ = ["chromium"]

CASES = 'main table.rows a[href^="/cases/"]:not([href$="/deadlines"])'


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 390)])
async def test_from_the_promise_to_its_limits_and_narrowed_further(house: House, chromium: Browser, lang: str, width: int) -> None:
    late, other = await missed(house), await house.submit()
    desks = await Desks.open(house)
    who = await desks.someone("supervisor", office=house.centre)
    async with served(desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, lang=lang, width=width)
        page = person.page

        async def cases() -> set[str]:
            links = await page.eval_on_selector_all(CASES, "links => links.map(link => link.getAttribute('href'))")
            return {link.removeprefix("/cases/") for link in links}

        await person.go("/reports/promise")
        counted = page.locator('section[aria-labelledby=p-limit] a[href*="limit_id=urgent_assign"]')
        number = int(await counted.inner_text())
        await counted.click()
        await page.wait_for_selector("select[name=limit_id]")
        asked = parse_qs(urlsplit(page.url).query)
        assert (asked["state"], asked["limit_id"]) == (["missed"], ["urgent_assign"])
        assert await page.locator("section[aria-labelledby=d-missed] tbody tr").count() == number
        assert late in await cases()
        await person.shoot(f"deadlines-from-promise-{lang}-{width}")

        await page.select_option("select[name=state]", "")
        await page.select_option("select[name=limit_id]", "examine_application")
        owner = house.who("receptionist").person
        await page.select_option("select[name=person]", owner)
        await page.fill("input[name=due_before]", "")
        await page.click("form.filters .send")
        await page.wait_for_url("**limit_id=examine_application**")
        assert await page.input_value("select[name=person]") == owner
        assert await page.input_value("select[name=limit_id]") == "examine_application"
        assert await page.input_value("input[name=due_from]") == asked["due_from"][0]
        found = await cases()
        assert other in found
        assert late not in found
        await person.shoot(f"deadlines-filtered-{lang}-{width}")
        href = await page.get_attribute('a[href^="/deadlines.csv"]', "href")
        lines = (await (await page.request.get(f"{address}{href}")).text()).splitlines()
        assert len(lines) == 1 + await page.locator("main .list tbody tr").count()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        await person.go("/deadlines?person=P-NOBODY")
        assert await page.input_value("select[name=person]") == "P-NOBODY"  # a choice that came by a link stands
        assert await cases() == set()
        assert person.complaints == []


@pytest.mark.parametrize(("lang", "width", "half"), [("zh-CN", 1280, "期限过半时"), ("en", 390, "when half the time is used")])
async def test_ladders_are_told_in_words(house: House, chromium: Browser, lang: str, width: int, half: str) -> None:
    desks = await Desks.open(house)
    who = await desks.someone("system_administrator")
    async with served(desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, lang=lang, width=width)
        await person.go("/directory/ladders")
        await person.shoot(f"ladders-in-words-{lang}-{width}")
        step = person.page.locator('td [title="-50%"]').first
        assert await step.inner_text() == half
        table = await person.page.inner_text("table >> nth=0")
        assert "working_day" not in table
        assert "%" not in table
        assert await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert person.complaints == []
