"""Without a mouse: search as you type, the help sheet, rows of a list, a saved filter, cases handed on together and given back."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from ops.home import ROOT
from tests.e2e.browser import Person
from tests.e2e.test_why_late import chromium
from tests.house import House
from tests.integration.desks import PASSWORD, Desks
from tests.poll import until
from tests.serving import served

__all__ = ["chromium"]

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

WORDS = {
    "zh-CN": {"none": "没有符合的案件", "two": "已选 2 件", "will": "1 件将变更", "stays": "1 件不能变更", "kept": "我的筛选"},
    "en": {"none": "No case fits", "two": "2 chosen", "will": "1 will change", "stays": "1 will not", "kept": "My filter"},
}


async def pictures(person: Person, name: str, lang: str) -> None:
    """The page as it stands, wide and narrow; it never scrolls sideways, and WCAG's automatic rules find nothing."""
    for width in (390, 1280):
        await person.page.set_viewport_size({"width": width, "height": 900})
        assert await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} {width}"
        await person.shoot(f"{name}-{lang}-{width}")
    await person.page.evaluate(AXE)
    found = await person.page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]] == [], name


async def focused(page: Page) -> Any:
    return await page.evaluate(
        "[document.activeElement.tagName, document.activeElement.getAttribute('href') ?? document.activeElement.name]"
    )


async def type_into_search(page: Page, words: str) -> None:
    await page.keyboard.press("/")
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type(words)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_a_day_at_the_keyboard(house: House, chromium: Browser, lang: str) -> None:  # noqa: PLR0915 -- one day, one person
    said = WORDS[lang]
    surname = "慕容" if lang == "zh-CN" else "尉迟"
    desks = await Desks.open(house)
    chief = await desks.someone("approver", office=house.centre)
    before, after = [await desks.someone("caseworker", office=house.centre) for _ in range(2)]
    good = await house.submit(applicant={"name": f"{surname}雪雁"})
    same = await house.submit(applicant={"name": f"{surname}雪雁"})
    for case_id, to in ((good, before), (same, after)):
        await house.do("approver", "transfer_caseworker", case_id, to=to.person, reason="分案")
    read = await house.do("approver", "add_note", good, text="快")
    number = str(read.body["register_number"])

    async with served(desks) as address:
        person = await Person.enter(chromium, address, {"username": chief.username, "password": PASSWORD}, lang=lang)
        page = person.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/find?" in request.url else None)

        # The help sheet holds the focus and closes with Escape; no key acts behind it.
        await page.keyboard.press("?")
        await page.wait_for_selector("dialog[open]")
        for _ in range(4):
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))")
        await page.keyboard.press("g")
        await page.keyboard.press("c")
        assert urlsplit(page.url).path == "/"
        assert "n" in await page.locator("dialog [data-own-keys] kbd").all_inner_texts()
        await pictures(person, "keys-help", lang)
        await page.keyboard.press("Escape")
        assert await page.locator("dialog[open]").count() == 0

        # Search as you type: pinyin, initials, the number; a letter typed is no key.
        box = page.locator(".find input")
        first = page.locator("#found a[role=option]").first
        pinyin, initials = ("murongxue", "mrxy") if surname == "慕容" else ("yuchixue", "ycxy")
        for words in (pinyin, initials, number, f"{surname}雪"):
            await type_into_search(page, words)
            await page.locator("#found-all", has_text=words).wait_for()
            assert await page.locator(f'#found a[href="/cases/{good}"]').count() == 1, words
            assert await box.get_attribute("aria-expanded") == "true"
        assert await page.locator("#found mark").first.inner_text() == f"{surname}雪"
        await pictures(person, "search", lang)
        assert await page.locator("dialog[open]").count() == 0
        await page.keyboard.press("Escape")
        assert await box.get_attribute("aria-expanded") == "false"
        assert await box.input_value() == f"{surname}雪"
        await type_into_search(page, "zzzzqq")
        await page.get_by_text(said["none"]).first.wait_for()

        # An input method at work asks nothing until the word stands.
        await page.keyboard.press("ControlOrMeta+a")
        await page.keyboard.press("Delete")
        line = await page.context.new_cdp_session(page)
        asked.clear()
        for composed in ("m", "mu", "mu ro", "mu rong"):
            await line.send("Input.imeSetComposition", {"text": composed, "selectionStart": len(composed), "selectionEnd": len(composed)})
        await line.send("Input.insertText", {"text": f"{surname}雪雁"})
        await page.locator(f'#found a[href="/cases/{good}"]').wait_for()
        assert len(asked) == 1, asked

        # Arrows and Enter choose.
        await page.keyboard.press("ArrowDown")
        assert await box.get_attribute("aria-activedescendant") == await first.get_attribute("id")
        chosen = await first.get_attribute("href")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{chosen}")

        # g and a letter; from the list's search into its rows, j and k between them, Enter opens.
        await page.keyboard.press("g")
        await page.keyboard.press("c")
        await page.wait_for_url("**/cases")
        await until(lambda: _in_search(page))
        await page.keyboard.type(initials)
        await page.wait_for_url(f"**q={initials}**")
        await page.locator(f'#results a[href="/cases/{good}"]').wait_for()
        await until(lambda: _count(page, "#results tbody tr", 2))
        await page.keyboard.press("ArrowDown")
        top = await focused(page)
        await page.keyboard.press("j")
        below = await focused(page)
        assert {top[1], below[1]} == {f"/cases/{good}", f"/cases/{same}"}
        await page.keyboard.press("k")
        assert await focused(page) == top
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{top[1]}")

        # A filter gets a name and stands as a chip.
        await person.go(f"/cases?q={initials}&stage=application")
        await page.locator(".saved summary").first.focus()
        await page.keyboard.press("Enter")
        await page.locator(".saved details[open] input[name=name]").focus()
        await page.keyboard.type(said["kept"])
        await page.keyboard.press("Enter")
        chip = page.locator('.saved .tag[aria-current="true"]')
        await chip.wait_for()
        assert await chip.inner_text() == said["kept"]
        assert await chip.get_attribute("href") == "/cases?stage=application"
        await page.locator(".saved summary").last.focus()
        await page.keyboard.press("Enter")
        await pictures(person, "cases-saved", lang)

        # Rows are chosen with x; what would change is looked at first.
        await person.go(f"/cases?q={initials}")
        await until(lambda: _in_search(page))
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("x")
        await page.keyboard.press("j")
        await page.keyboard.press("x")
        assert await page.locator(".bulk output").inner_text() == said["two"]
        await page.locator("select[name=to]").select_option(after.person)
        await page.locator(".bulk input[name=reason]").fill("均衡案件数量")
        await pictures(person, "cases-chosen", lang)
        await page.locator(".bulk input[name=reason]").press("Enter")
        await page.get_by_text(said["will"]).wait_for()
        await page.get_by_text(said["stays"]).wait_for()
        await pictures(person, "bulk-preview", lang)
        assert (await house.types(good)).count("caseworker_transferred") == 1

        await page.locator("main form .send").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/reassign/**key=**")
        await page.locator("#h-undo").wait_for()
        await pictures(person, "bulk-done", lang)
        assert (await house.types(good)).count("caseworker_transferred") == 2
        assert (await house.types(same)).count("caseworker_transferred") == 1

        # And given back by one more record.
        done = page.url
        await page.locator("#progress input[name=reason]").fill("误选")
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: url != done)
        await page.locator("#progress tbody tr").wait_for()
        await pictures(person, "bulk-undone", lang)
        assert (await house.types(good)).count("caseworker_transferred") == 3
        case = await desks.ask(await _signed(desks, chief), "GET", f"/cases/{good}")
        assert case.json()["owner"] == before.person

        # One key takes the next case from Today; turned off, no key acts.
        await page.keyboard.press("g")
        await page.keyboard.press("t")
        await page.wait_for_url(f"{address}/")
        await page.keyboard.press("n")
        await page.wait_for_url("**taken=**")
        await page.keyboard.press("?")
        await page.locator("dialog [data-keys] button").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Escape")
        here = page.url
        for key in ("?", "g", "c"):
            await page.keyboard.press(key)
        assert page.url == here
        assert await page.locator("dialog[open]").count() == 0
        assert person.complaints == []


async def _in_search(page: Page) -> bool:
    """Whether the list's own search has the focus, which a page gives once it is drawn."""
    return await focused(page) == ["INPUT", "q"]


async def _count(page: Page, selector: str, wanted: int) -> bool:
    return await page.locator(selector).count() == wanted


async def _signed(desks: Desks, who: Any) -> Any:
    answer = await desks.sign_in(who)
    who.token = answer.json()["access_token"]
    return who
