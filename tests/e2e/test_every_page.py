"""Every page of the product in a real browser, in both languages: axe finds nothing, nothing complains or is wider than its screen."""

import pytest
from playwright.async_api import Browser, ViewportSize

from tests.e2e.browser import Person
from tests.e2e.pages import WALK, login, prepared
from tests.e2e.system import System
from tests.e2e.test_line import chromium

__all__ = ["chromium"]
NARROW = ViewportSize(width=390, height=844)
WIDE = ViewportSize(width=1280, height=900)


@pytest.fixture(scope="module")
async def there(system: System) -> dict[str, str]:
    return await prepared(system)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_every_page_is_for_everybody_on_every_screen(system: System, chromium: Browser, there: dict[str, str], lang: str) -> None:
    people: dict[str, Person] = {}
    for stop in (stop for stops in WALK.values() for stop in stops):
        if stop.role not in people:
            people[stop.role] = await _visitor(system, chromium, stop.role, lang)
        person, address = people[stop.role], stop.address.format(**there)
        person.provoked = {stop.status}
        answer = await person.page.goto(system.base_url + address)
        assert answer is not None
        if answer.status != stop.status:
            person.complaints.append(f"{answer.status} instead of {stop.status}: {address}")
        await person.judge(lang)
        await person.shoot(f"page-{address.strip('/').replace('/', '-')[:100] or f'today-{stop.role}'}-{lang}-1280")
        await person.page.set_viewport_size(NARROW)
        await person.judge(rules=lang == "en")
        await person.shoot(f"page-{address.strip('/').replace('/', '-')[:100] or f'today-{stop.role}'}-{lang}-390")
        await person.page.set_viewport_size(WIDE)
    complaints = [complaint for person in people.values() for complaint in person.complaints]
    assert not complaints, "\n".join(complaints)


async def _visitor(system: System, chromium: Browser, role: str, lang: str) -> Person:
    if role:
        return await Person.enter(chromium, system.base_url, login(system, role), lang=lang)
    context = await chromium.new_context(viewport=WIDE, locale=lang)
    return Person(await context.new_page(), system.base_url)
