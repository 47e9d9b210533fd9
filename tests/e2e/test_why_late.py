"""A supervisor finds in two clicks why a case is late and who was told when: the house's own late case, in a real browser."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser
from temporalio.testing import ActivityEnvironment

from activities.deliver import Deliverer
from tests.e2e.browser import Person, launched
from tests.house import House
from tests.integration.desks import PASSWORD, Desks
from tests.poll import until
from tests.serving import served


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


async def missed(house: House) -> str:
    """A case whose lawyer was not named in time: its own workflow marked the miss, and people were told."""
    case_id = await house.urgent()

    async def marked() -> bool:
        return "deadline_missed" in await house.types(case_id)

    await until(marked)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    await environment.run(Deliverer(house.database, house.keys.master).deliver)
    return case_id


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 1280), ("zh-CN", 390), ("en", 390)])
async def test_in_two_clicks_a_supervisor_sees_why_a_case_is_late_and_who_was_told(
    house: House, chromium: Browser, lang: str, width: int
) -> None:
    case_id = await missed(house)
    desks = await Desks.open(house)
    who = await desks.someone("supervisor")
    async with served(desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, lang=lang, width=width)

        await person.room("/deadlines")  # the first
        await person.shoot(f"deadlines-{lang}-{width}")
        await person.page.click(f'a[href="/cases/{case_id}/deadlines"]')  # the second

        await person.page.wait_for_selector("main h1")
        await person.shoot(f"why-late-{lang}-{width}")
        text = await person.page.inner_text("main")
        zh, en = ("紧急案件确定律师", "已逾期", "等待", "谁在何时收到提醒"), ("Missed", "waiting for", "Who was told when")
        for word in zh if lang == "zh-CN" else en:
            assert word.lower() in text.lower(), text
        names = {p.name for p in house.directory.people()}
        assert any(name in text for name in names)
        assert await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert person.complaints == []
