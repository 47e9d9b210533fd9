"""A caseworker asks for more time and a supervisor grants it, each from the page of the case's limits, in a real browser."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest
from playwright.async_api import Browser

from ledger import rules
from tests.e2e.browser import Person, launched
from tests.e2e.test_why_late import served
from tests.house import House
from tests.integration.desks import PASSWORD, Desks
from tests.integration.test_extension import clock


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


WORDS = {
    "zh-CN": ("申请延长期限", "情况属实", "材料须由外地单位出具", "同意延长期限"),
    "en": ("more time asked for", "情况属实", "材料须由外地单位出具", "more time granted"),
}


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 1280), ("zh-CN", 390), ("en", 390)])
async def test_asked_and_granted_in_the_browser(house: House, chromium: Browser, lang: str, width: int) -> None:
    today = datetime.now(rules.current().zone).date()
    by, later = today + timedelta(days=4), today + timedelta(days=10)
    case_id = await house.submit()
    body = {"papers": [{"kind": "id_copy"}], "by": by.isoformat(), "override_reason": "遗漏"}
    await house.do("caseworker", "require_supplement", case_id, **body)
    desks = await Desks.open(house)
    clerk, chief = await desks.someone("caseworker", office=house.centre), await desks.someone("supervisor", office=house.centre)
    async with served(desks) as address:
        asking = await Person.enter(chromium, address, {"username": clerk.username, "password": PASSWORD}, lang=lang, width=width)
        await asking.go(f"/cases/{case_id}/deadlines")
        await asking.page.click('a[href*="/commands/ask_extension"]')
        await asking.send({"/due_on": (by - timedelta(days=1)).isoformat(), "/reason": "材料须由外地单位出具"})
        await asking.page.wait_for_selector(".faults, .refused")
        assert await asking.page.input_value('[name="/reason"]') == "材料须由外地单位出具"
        await asking.shoot(f"ask-extension-{lang}-{width}")
        await asking.send({"/due_on": later.isoformat()})
        await asking.page.wait_for_selector("p.done")

        answering = await Person.enter(chromium, address, {"username": chief.username, "password": PASSWORD}, lang=lang, width=width)
        await answering.shoot(f"today-extension-{lang}-{width}")
        await answering.page.click('a[href="/deadlines#d-asked"]')
        await answering.page.wait_for_selector("#d-asked")
        await answering.shoot(f"extension-waits-{lang}-{width}")
        await answering.page.click(f'section[aria-labelledby=d-asked] a[href="/cases/{case_id}/deadlines"]')
        await answering.page.wait_for_selector("main h1")
        await answering.shoot(f"extension-asked-{lang}-{width}")
        assert "材料须由外地单位出具" in await answering.page.inner_text("main")
        await answering.page.click('a[href*="/commands/approve_extension"]')
        await answering.shoot(f"approve-extension-{lang}-{width}")
        await answering.send({"/reason": "情况属实"})
        await answering.page.wait_for_selector("p.done")

        await answering.go(f"/cases/{case_id}/deadlines")
        await answering.unfold()
        await answering.shoot(f"extension-granted-{lang}-{width}")
        text = await answering.page.inner_text("main")
        for word in WORDS[lang]:
            assert word.lower() in text.lower(), text
        assert await answering.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert answering.complaints == []
        assert all("422" in said for said in asking.complaints), asking.complaints
    moved: date = (await clock(house, case_id)).due_on
    assert moved == later
