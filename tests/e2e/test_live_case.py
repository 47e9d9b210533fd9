"""Two people in one case: what one does the other sees at once, nothing typed is lost, and nobody stands in the other's way."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, StorageState

from api.live import Live
from tests.e2e.browser import Person, launched
from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone
from tests.integration.lookers import owned
from tests.poll import until
from tests.serving import served

SLOWLY = "申请人下周一来补材料，电话里已经说定"


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@dataclass
class Room:
    """Two colleagues of one centre, each at a browser of their own, and a case they both may work on."""

    desks: Desks
    address: str
    chromium: Browser
    one: Someone
    other: Someone
    case_id: str

    async def enter(self, who: Someone, **more: Any) -> Person:
        login = {"username": who.username, "password": PASSWORD}
        return await Person.enter(self.chromium, self.address, login, **more)

    async def again(self, state: StorageState, **more: Any) -> Person:
        """The browser opened again with what it kept."""
        context = await self.chromium.new_context(storage_state=state, locale="zh-CN", **more)
        return Person(await context.new_page(), self.address)

    async def at_case(self, person: Person, who: Someone, query: str = "") -> None:
        await person.go(f"/cases/{self.case_id}{query}")
        await self.hears(who)

    async def hears(self, who: Someone) -> None:
        async def open_() -> bool:
            return self.desks.services.live.looks_on(who.person)

        await until(open_)


@asynccontextmanager
async def two(house: House, chromium: Browser) -> AsyncIterator[Room]:
    live = Live(heartbeat=600)
    desks = await Desks.open(house, live=live, home=house.settings.keys.parent, sealing=house.settings.sealing)
    one, other = [await desks.signed_in("caseworker", office=house.centre) for _ in range(2)]
    async with live.listening(house.database.dsn), served(desks) as address:
        yield Room(desks, address, chromium, one, other, await owned(desks, one))


async def renewed(page: Page, past: int) -> int:
    """The version the page shows once it shows another than `past`."""
    await page.wait_for_function("past => Number(document.getElementById('case').dataset.renewedAt) > past", arg=past)
    return await version(page)


async def version(page: Page) -> int:
    return int(await page.get_attribute("#case", "data-renewed-at") or 0)


async def kept(person: Person) -> dict[str, str]:
    """What the browser keeps of forms, whosever."""
    found: dict[str, str] = await person.page.evaluate("({...localStorage})")
    return {name: value for name, value in found.items() if name.startswith("yuanshou:draft:")}


@pytest.mark.parametrize(("lang", "width", "told"), [("zh-CN", 1280, "的申请先行受理"), ("en", 390, "application was accepted first")])
async def test_a_colleagues_step_appears_where_one_stands(house: House, chromium: Browser, lang: str, width: int, told: str) -> None:
    async with two(house, chromium) as room:
        her = await room.enter(room.one, lang=lang, width=width)
        page = her.page
        await room.at_case(her, room.one)
        before = await version(page)
        await page.evaluate("window.stayed = true")
        await page.eval_on_selector("#other-commands", "all => all.open = true")
        await page.focus("#do-add_note")
        await page.evaluate("document.getElementById('do-add_note').scrollIntoView({block: 'center', behavior: 'instant'})")
        place = "link => scrollY ? link.getBoundingClientRect().top : 0"
        top = await page.eval_on_selector("#do-add_note", place)

        owed = [{"kind": "id_copy"}, {"kind": "work_evidence"}]
        await house.do("approver", "accept_first", room.case_id, ground="migrant_worker", papers_owed=owed)
        await page.locator(".ev.new", has_text=told).wait_for()
        await page.locator("#lane").wait_for()
        await page.locator("[data-news]", has_text=told).wait_for()
        assert await page.locator("#stages .now").count() == 1
        assert await page.locator("#clocks .clock").count() >= 2
        assert await page.evaluate("window.stayed && document.activeElement.id") == "do-add_note"
        assert await page.evaluate("document.getElementById('other-commands').open")
        assert abs(await page.eval_on_selector("#do-add_note", place) - top) < 12  # what one looks at stays within a line of where it was
        assert not await page.is_visible("[data-case]")
        await page.locator(".proof:not(.checking)").wait_for()
        assert await page.locator(".proof.broken").count() == 0
        await her.shoot(f"case-live-{lang}-{width}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        now = await renewed(page, before)
        for tab in ("papers", "versions", "people"):
            await room.at_case(her, room.one, f"?tab={tab}")
            await house.do("caseworker", "add_note", room.case_id, text=f"在{tab}")
            now = await renewed(page, now)
            assert await page.locator(".tabs [aria-current]").get_attribute("href") == f"/cases/{room.case_id}?tab={tab}"
        await her.go(f"/cases/{room.case_id}?version={before}")
        assert await page.locator("[data-renewed-at], [data-case]").count() == 0  # an older version stays what it was
        assert her.complaints == []


async def test_who_fills_in_a_form_is_shown_and_who_was_slower_keeps_or_takes(house: House, chromium: Browser) -> None:
    async with two(house, chromium) as room:
        owed = [{"kind": "id_copy"}, {"kind": "work_evidence"}]
        await house.do("approver", "accept_first", room.case_id, ground="migrant_worker", papers_owed=owed)
        her, him = await room.enter(room.one), await room.enter(room.other)
        await room.at_case(him, room.other)
        note = him.page.locator("[data-editing] span")
        await her.go(f"/cases/{room.case_id}/commands/supply_owed_papers")
        await note.filter(has_text=f"{room.one.person}正在填写：收到补办材料").wait_for()
        await him.shoot("case-editing")
        assert await her.page.locator("[data-editing] span").count() == 0  # nobody is told of themselves

        await house.do("caseworker", "supply_owed_papers", room.case_id, papers=[{"kind": "id_copy"}])
        await her.page.locator("[data-case]").wait_for(state="visible")
        await her.unfold()
        await her.page.fill('[name="/note"]', SLOWLY)
        await her.page.click("form.sheet .actions .send")
        changed = her.page.locator(".changed")
        await changed.wait_for()
        await changed.locator("dt", has_text="材料").wait_for()
        assert "身份证" in await changed.locator("dd").nth(1).inner_text()
        assert "身份证" not in await changed.locator("dd").nth(0).inner_text()
        await her.shoot("form-stale")

        await her.page.click("button[name=take]")
        await changed.wait_for()
        assert await her.page.input_value('[name="/note"]') == SLOWLY
        assert await her.page.locator(".theirs").count() == 0  # taken: nothing differs any more
        await her.page.dblclick("form.sheet .actions .send")  # twice is once
        await her.page.locator("p.done").wait_for()
        types = await house.types(room.case_id)
        assert types.count("owed_papers_supplied") == 2
        await note.wait_for(state="detached")  # she left the form
        assert [told for told in her.complaints if "412" not in told] + him.complaints == []


async def test_what_was_typed_outlives_the_browser_for_its_author_alone(house: House, chromium: Browser) -> None:
    async with two(house, chromium) as room:
        her = await room.enter(room.one)
        form = f"/cases/{room.case_id}/commands/add_note"
        await her.go(form)
        await her.page.fill('[name="/text"]', SLOWLY)

        async def written() -> bool:
            return bool(await kept(her))

        await until(written)
        held = json.dumps(await kept(her))
        assert SLOWLY not in held
        assert room.case_id not in held
        state = await her.page.context.storage_state()
        await her.page.context.close()  # the power goes

        back = await room.again(state)
        await back.go(form)
        await back.page.locator(".restored:visible").wait_for()
        assert await back.page.input_value('[name="/text"]') == SLOWLY
        await back.page.fill('[name="/text"]', f"{SLOWLY}。")
        await back.page.reload()  # at once
        await back.page.locator(".restored:visible").wait_for()
        assert await back.page.input_value('[name="/text"]') == f"{SLOWLY}。"
        assert await back.page.evaluate("sessionStorage.length") == 0

        other = await room.enter(room.other)
        await other.page.evaluate("held => Object.assign(localStorage, held)", await kept(back))  # the same computer
        await other.go(form)
        await other.page.locator('[data-kept="browser"]').wait_for(state="visible")
        assert await other.page.input_value('[name="/text"]') == ""
        await other.page.click("form[data-leaving] button")
        await other.page.wait_for_url("**/sign-in**")
        assert len(await kept(other)) == 1  # hers: who signs out takes only their own along

        await back.page.click("form.sheet .actions .send")
        await back.page.locator("p.done").wait_for()

        async def gone() -> bool:
            return not await kept(back)

        await until(gone)
        await back.page.go_back()  # the form is there, what was sent is not: it cannot be sent twice by mistake
        await back.page.locator('[data-kept="browser"]').wait_for(state="visible")
        assert await back.page.input_value('[name="/text"]') == ""
        await back.page.fill('[name="/text"]', "又一条")
        await until(lambda: _has(back))
        await back.page.click("form[data-leaving] button")
        await back.page.wait_for_url("**/sign-in**")
        assert await kept(back) == {}


async def _has(person: Person) -> bool:
    return bool(await kept(person))


async def test_a_session_that_ended_costs_nothing_that_was_typed(house: House, chromium: Browser) -> None:
    async with two(house, chromium) as room:
        her = await room.enter(room.one)
        await her.go(f"/cases/{room.case_id}/commands/add_note")
        await her.page.fill('[name="/text"]', SLOWLY)
        room.desks.later(timedelta(days=2))
        await her.page.click("form.sheet .actions .send")
        await her.page.locator("[name=password]").wait_for()
        await her.sign_in({"username": room.one.username, "password": PASSWORD})
        await her.page.locator("form.sheet").wait_for()
        assert await her.page.input_value('[name="/text"]') == SLOWLY
        await her.page.click("form.sheet .actions .send")
        await her.page.locator("p.done").wait_for()
        assert (await house.types(room.case_id)).count("note_added") == 1


async def test_an_upload_that_broke_off_says_so_and_goes_on(house: House, chromium: Browser) -> None:
    async with two(house, chromium) as room:
        her = await room.enter(room.one)
        await her.go(f"/cases/{room.case_id}/commands/attach_document")
        file: Mapping[str, Any] = {"name": "证据.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"}
        await her.page.set_input_files("#file", files=[file])  # pyright: ignore[reportArgumentType]
        await her.page.fill("#title", "工资条")
        await her.page.route("**/commands/attach_document", lambda route: route.abort("connectionreset"))
        await her.page.click("form.sheet .actions .send")
        await her.page.locator("[data-upload-fault]").wait_for(state="visible")
        assert await her.page.input_value("#title") == "工资条"
        await her.page.unroute("**/commands/attach_document")
        await her.page.click("form.sheet .actions .send")
        await her.page.locator("p.done").wait_for()
        assert await her.page.locator("a[download]", has_text="工资条").count() == 1
