"""A page that is looked at keeps up with what happens, without being loaded again; and says so where it may not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from playwright.async_api import Browser, Page

from api.live import Live
from tests.e2e.browser import Person, launched
from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone
from tests.integration.lookers import owned, remind
from tests.poll import until
from tests.serving import served

BADGE = "[data-unread] .count"


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@asynccontextmanager
async def looked_at(house: House, chromium: Browser, **more: int | str | bool) -> AsyncIterator[tuple[Desks, Someone, Person]]:
    """A caseworker at a browser, over a house whose announcements are heard; heartbeats are none of the test's."""
    live = Live(heartbeat=600)
    desks = await Desks.open(house, live=live)
    who = await desks.signed_in("caseworker", office=house.centre)
    async with live.listening(house.database.dsn), served(desks) as address:
        person = await Person.enter(chromium, address, {"username": who.username, "password": PASSWORD}, **more)  # pyright: ignore[reportArgumentType]
        yield desks, who, person


async def listening(desks: Desks, who: Someone) -> None:
    async def open_() -> bool:
        return desks.services.live.looks_on(who.person)

    await until(open_)


async def mark(page: Page) -> None:
    """Leave a mark that goes when the page is loaded again."""
    await page.evaluate("window.stayed = true")


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 1280), ("en", 390)])
async def test_the_badge_and_the_inbox_grow_without_a_reload(house: House, chromium: Browser, lang: str, width: int) -> None:
    async with looked_at(house, chromium, lang=lang, width=width) as (desks, who, person):
        case_id = await owned(desks, who)
        await person.go("/inbox")
        await mark(person.page)
        await listening(desks, who)
        assert await person.page.locator(BADGE).count() == 0

        await remind(desks, case_id)
        await person.page.locator(BADGE, has_text="1").wait_for()
        await person.page.locator(f'.message a[href="/cases/{case_id}"]').wait_for()
        await remind(desks, case_id)
        await person.page.locator(".message.unread").nth(1).wait_for()
        assert await person.page.inner_text(BADGE) == "2"
        await person.shoot(f"inbox-live-{lang}-{width}")
        assert await person.page.evaluate("window.stayed")
        assert await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        await person.page.click(".message form button >> nth=0")
        await person.page.locator(BADGE, has_text="1").wait_for()
        assert person.complaints == []


async def test_who_stands_on_a_message_by_the_keyboard_goes_on_standing_there(house: House, chromium: Browser) -> None:
    async with looked_at(house, chromium) as (desks, who, person):
        case_id = await owned(desks, who)
        await remind(desks, case_id)
        await person.go("/inbox")
        await listening(desks, who)
        await person.page.focus(".message form button")
        held = "document.activeElement.closest('form')?.getAttribute('action')"
        before = await person.page.evaluate(held)
        await remind(desks, case_id)
        await person.page.locator(".message.unread").nth(1).wait_for()
        assert before
        assert await person.page.evaluate(held) == before


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 390), ("en", 1280)])
async def test_a_case_a_colleague_changed_says_so_and_what_was_typed_stays(house: House, chromium: Browser, lang: str, width: int) -> None:
    async with looked_at(house, chromium, lang=lang, width=width) as (desks, who, person):
        case_id = await owned(desks, who)
        await person.go(f"/cases/{case_id}/commands/add_note")
        await person.page.fill('[name="/text"]', "申请人下周一来补材料")
        await listening(desks, who)
        hint = person.page.locator("[data-case]")
        assert not await hint.is_visible()

        await house.do("caseworker", "add_note", case_id, text="同事的记录")
        await hint.wait_for(state="visible")
        await person.shoot(f"overtaken-{lang}-{width}")
        await hint.locator("a").click()
        await person.page.locator(".restored").wait_for(state="visible")

        assert await person.page.input_value('[name="/text"]') == "申请人下周一来补材料"
        assert not await hint.is_visible()
        assert person.complaints == []


async def test_a_case_where_nobody_is_at_the_page_says_so_and_is_renewed_once_somebody_is(house: House, chromium: Browser) -> None:
    async with looked_at(house, chromium) as (desks, who, person):
        case_id = await owned(desks, who)
        await person.page.clock.install()
        await person.go(f"/cases/{case_id}")
        await listening(desks, who)
        await person.page.clock.fast_forward(301_000)
        await house.do("caseworker", "add_note", case_id, text="同事的记录")
        await person.page.locator("[data-case]").wait_for(state="visible")
        assert await person.page.locator(".ev.new").count() == 0
        await person.page.keyboard.press("Shift")
        await person.page.locator(".ev.new", has_text="同事的记录").wait_for()
        await person.page.locator("[data-case]").wait_for(state="hidden")


async def test_where_nobody_is_at_the_page_the_inbox_waits_so_that_the_session_may_run_out(house: House, chromium: Browser) -> None:
    async with looked_at(house, chromium) as (desks, who, person):
        case_id = await owned(desks, who)
        await person.page.clock.install()
        await person.go("/inbox")
        await listening(desks, who)
        await person.page.clock.fast_forward(301_000)
        await remind(desks, case_id)
        await person.page.locator(BADGE, has_text="1").wait_for()
        assert await person.page.locator(".message").count() == 0
        await person.page.keyboard.press("Shift")
        await person.page.locator(".message.unread").wait_for()


async def test_a_page_that_was_refused_asks_again_later(house: House, chromium: Browser) -> None:
    async with looked_at(house, chromium) as (_, _, person):
        page = await person.page.context.new_page()
        answers: list[int] = []
        page.on("response", lambda answer: answers.append(answer.status) if "/live?" in answer.url else None)
        await page.clock.install()
        await page.route("**/live?*", lambda route: route.fulfill(status=503))
        await page.goto(f"{person.base_url}/inbox")

        async def answered() -> bool:
            return bool(answers)

        await until(answered)
        await page.unroute("**/live?*")

        async def taken_up() -> bool:
            await page.clock.fast_forward(20_000)
            return HTTPStatus.OK in answers

        await until(taken_up)
        assert answers[0] == HTTPStatus.SERVICE_UNAVAILABLE


async def test_without_scripts_the_pages_are_as_before(house: House, chromium: Browser) -> None:
    async with looked_at(house, chromium, scripts=False) as (desks, who, person):
        case_id = await owned(desks, who)
        await remind(desks, case_id)
        await person.go("/inbox")
        assert await person.page.inner_text(BADGE) == "1"
        await person.go(f"/cases/{case_id}")
        assert not await person.page.locator("[data-case]").is_visible()
        assert not desks.services.live.looks_on(who.person)
