"""The worked example's tour, as a newcomer takes it: nothing is known but what the banner and the page say."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Locator, Page, expect

import texts
from tests.e2e.browser import Person, launched
from tests.e2e.system import System
from tests.e2e.test_for_everybody import Keys
from texts import Lang

MOST_STEPS = 100
"""Of looking at the banner and doing what it says: a tour that leads in a circle ends here."""
_CONTROL = """(words) => {
  const said = (element) => element.textContent.replace("*", "").trim();
  const main = document.querySelector("main");
  const named = [...main.querySelectorAll("label[for], legend")].find((each) => said(each) === words);
  if (!named) return "";
  const found = named.control ?? named.parentElement.querySelector("select, textarea, input:not([type=hidden])");
  return found.id ? `[id="${found.id}"]` : `[name="${found.name}"]`;
}"""


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@dataclass
class Newcomer:
    """Somebody who does what the tour says, and counts their clicks."""

    page: Page
    lang: Lang
    clicks: int = 0
    typed: int = 0
    unfolded: list[str] = field(default_factory=list[str])
    """What had to be looked for in a folded part of the page."""
    done: list[str] = field(default_factory=list[str])

    def t(self, key: str) -> str:
        return texts.text(self.lang, key)

    async def press(self, target: Locator) -> None:
        self.clicks += 1
        await target.click()
        await self.page.wait_for_load_state()

    async def go_on(self) -> bool:
        """Do what the banner says is next; False at its end."""
        now = self.page.locator(".tour-path li[aria-current]")
        if await now.count() == 0:
            return False
        link = now.locator("a")
        if await now.locator('[data-tour="button"]').count():
            words = await link.inner_text()
            await self.press(await self._command(words))
        elif await link.count():
            await self.press(link)
        elif await now.locator('[data-tour="send"]').count():
            self.done.append(await self.page.locator(".tour > p").first.inner_text())
            for entry in await now.locator("[data-field]").all():
                await self._fill(await entry.locator("dt").inner_text(), await entry.locator("dd").inner_text())
            send = await now.locator('[data-tour="send"]').inner_text()
            await self.press(self.page.locator("main").get_by_role("button", name=send, exact=True).last)
            trouble = self.page.locator("main .refused, main .faults, main .changed")
            await self.page.locator("p.done").or_(trouble).first.wait_for()
            assert await trouble.count() == 0, f"{self.done[-1]}: {await trouble.first.inner_text()}"
        else:
            await self.press(self.page.locator("main").get_by_role("button", name=await now.locator("b").inner_text(), exact=True))
        return True

    async def _command(self, words: str) -> Locator:
        """The page's own button of these words, under the heading that the tour names."""
        area = self.page.locator("main section").filter(has=self.page.get_by_role("heading", name=self.t("pages.can_do"), exact=True))
        button = area.locator("a.do").filter(has_text=words).first
        if not await button.is_visible():
            self.unfolded.append(words)
            await self.press(area.locator("summary"))
        return button

    async def _fill(self, label: str, words: str) -> None:
        control = self.page.locator(str(await self.page.evaluate(_CONTROL, label) or f'main :text-is("{label}")')).first
        if not await control.is_visible():
            self.unfolded.append(label)
            await self.press(self.page.locator("main details:not([open]) > summary").filter(has_text=self.t("pages.more_fields")).first)
        kind = await control.evaluate("each => each.type")
        if kind in ("radio", "checkbox"):
            await self._tick(self.page.locator("main label").filter(has_text=words).locator(f"input[type={kind}]").first)
        elif kind == "select-one":
            self.clicks += 1
            await self._pick(control, str(await control.locator("option").filter(has_text=words).first.get_attribute("value")))
        else:
            self.typed += len(words)
            await self._type(control, words)

    async def _tick(self, control: Locator) -> None:
        await self.press(control.locator("xpath=ancestor::label"))

    async def _pick(self, control: Locator, code: str) -> None:
        await control.select_option(code)

    async def _type(self, control: Locator, words: str) -> None:
        await control.fill(words)


class ByKeys(Newcomer):
    """The same without a mouse; wherever the keyboard leads, one sees where one is."""

    @property
    def at(self) -> Keys:
        return Keys(self.page)

    async def press(self, target: Locator) -> None:
        self.clicks += 1
        await self.at.follow(target)

    async def _tick(self, control: Locator) -> None:
        """A box by the space bar; of a choice the keyboard reaches one, and goes on to the others by the arrows."""
        if await control.get_attribute("type") == "checkbox":
            await self.at.to(control)
            await self.page.keyboard.press("Space")
            return
        group = f'input[type=radio][name="{await control.get_attribute("name")}"]'
        await self.at.to(group)
        for _ in range(await self.page.locator(group).count()):
            await self.page.keyboard.press("ArrowDown")
            if await control.is_checked():
                return
        raise AssertionError(f"the arrows do not reach {control}")

    async def _pick(self, control: Locator, code: str) -> None:
        await self.at.choose(control, code)

    async def _type(self, control: Locator, words: str) -> None:
        await self.at.type(control, words)


@pytest.mark.parametrize(
    ("lang", "width", "scripts", "hands"),
    [("zh-CN", 1280, True, Newcomer), ("en", 390, False, Newcomer), ("zh-CN", 1280, True, ByKeys)],
    ids=["a desk", "a phone, without scripts", "the keyboard alone"],
)
async def test_who_follows_the_tour_closes_a_case_and_sees_it_as_a_supervisor(
    system: System, chromium: Browser, *, lang: Lang, width: int, scripts: bool, hands: type[Newcomer]
) -> None:
    context = await chromium.new_context(viewport={"width": width, "height": 900}, locale=lang, java_script_enabled=scripts)
    person = Person(await context.new_page(), system.base_url)
    new = hands(person.page, lang)
    await person.go("/")
    await person.shoot(f"tour-00-{lang}-{width}")
    await new.press(person.page.get_by_role("link", name=new.t("tour.start")))
    case_id = ""
    for step in range(MOST_STEPS):
        assert await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), person.page.url
        await person.shoot(f"tour-{step + 1:02}-{lang}-{width}")
        if not await new.go_on():
            break
        case_id = person.page.url.split("/cases/")[1][:36] if "/cases/" in person.page.url else case_id
    await expect(person.page.locator(".tour")).to_contain_text(new.t("tour.finished"))

    assert (await system.get(system.login("auditor"), f"/cases/{case_id}"))["state"] == "archived"
    assert len(new.done) == 14, new.done
    assert new.unfolded == []
    assert new.clicks <= 100, new.clicks
    assert person.complaints == []


async def test_the_tour_is_left_and_taken_up_in_another_browser(system: System, chromium: Browser) -> None:
    asked = {"name": "周小舟", "categories": ["migrant_worker"]}, {"kind": "civil", "cause": "wages", "summary": "拖欠工资"}
    body = {"centre": "C-ADX", "channel": "walk_in", "applicant": asked[0], "matter": asked[1]}
    opened = await system.command(system.login("receptionist", "C-ADX"), None, "submit_application", body)
    case_id = opened.json()["case_id"]
    owed = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}]}
    await system.command(system.login("approver", "C-ADX"), case_id, "accept_first", owed)

    clerk = await Person.enter(chromium, system.base_url, system.login("caseworker", "C-ADX", "jia.fengqin"))
    await clerk.go(f"/cases/{case_id}")
    await clerk.page.click(f'.tour a[href="/tour/take?case={case_id}"]')
    await expect(clerk.page.locator(".tour-path li[aria-current] b")).to_have_text(texts.text("zh-CN", "commands.record_lawyer_choice"))

    await clerk.page.click('.tour a[href^="/tour/close"]')
    await expect(clerk.page.locator(".tour")).to_have_count(0)
    await clerk.page.click("form[action='/sign-out'] button")
    await clerk.page.click('.tour a[href^="/tour/open"]')
    await expect(clerk.page.locator(".tour-path li[aria-current]")).to_contain_text("贾凤琴")
    assert clerk.complaints == []
