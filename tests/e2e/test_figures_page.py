"""The statistics in a real browser: plots are drawn from their tables, and a click on a bar opens exactly its cases."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator

from tests.e2e.browser import Person
from tests.e2e.test_why_late import chromium
from tests.house import House
from tests.integration.desks import PASSWORD
from tests.integration.made_city import City, built
from tests.poll import until
from tests.serving import served

__all__ = ["chromium"]


async def _none(found: Locator) -> bool:
    return await found.count() == 0


@pytest.fixture(scope="module")
async def city(house: House) -> AsyncIterator[City]:
    async with built(house) as made:
        yield made


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 390), ("zh-CN", 390), ("en", 1280)])
async def test_a_click_on_a_bar_opens_its_cases(city: City, chromium: Browser, lang: str, width: int) -> None:
    who = await city.desks.someone("supervisor", office="B-CITY")
    async with served(city.desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, lang=lang, width=width)
        page = person.page
        await person.room("/figures")
        await page.wait_for_selector('[data-of="t-channel"][data-drawn] canvas')
        await until(lambda: _none(page.locator("[data-plot]:not([data-drawn])")))
        assert await page.locator("[data-plot] canvas").count() > 5
        await person.shoot(f"figures-{lang}-{width}")
        assert "{" not in await page.inner_text("main")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        first = page.locator("#t-channel tbody tr").first
        number, link = int(await first.locator("td").first.inner_text()), await first.locator("td a").first.get_attribute("href")
        plot = page.locator('[data-of="t-channel"]')
        # The first bar begins at the left of the plot; its middle line is half a row below the top.
        await plot.scroll_into_view_if_needed()
        box = await plot.bounding_box()
        assert box is not None
        rows = await page.locator("#t-channel tbody tr").count()
        await page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + 4 + (box["height"] - 8) / rows / 2)
        await page.wait_for_url(f"**{link}")
        await person.shoot(f"figures-cases-{lang}-{width}")
        assert await page.locator("main p.counted").count() == 1
        assert await page.locator("#results tbody tr").count() == min(number, 50)

        await page.go_back()
        county = page.locator(".fig-county[open] svg")
        await county.scroll_into_view_if_needed()
        assert await county.locator("a").count() > 5
        assert person.complaints == []
