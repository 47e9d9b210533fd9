"""Whoever works by the keyboard alone, magnifies, needs other colours or less movement: the same work, and nothing lost."""

from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize

from tests.e2e.browser import Person
from tests.e2e.pages import CENTRE, login
from tests.e2e.system import System
from tests.e2e.test_line import chromium
from tests.poll import until
from tests.scenarios import LAWYER, LAWYERS, UNIT

__all__ = ["chromium"]
FOCUSED = """() => {
  const held = document.activeElement, style = getComputedStyle(held), at = held.getBoundingClientRect();
  return {
    what: held.outerHTML.slice(0, 160), body: held === document.body,
    ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    within: at.bottom > 0 && at.top < innerHeight && at.right > 0 && at.left < innerWidth && at.width > 0,
  };
}"""
CUT = """() => [...document.querySelectorAll("header *, main *")].filter(node => {
  const style = getComputedStyle(node);
  const hides = ["hidden", "clip"].includes(style.overflowX) && node.clientWidth > 1 && style.visibility === "visible";
  return hides && !node.matches(".visually-hidden, .office, select, input, .office *") && node.scrollWidth > node.clientWidth + 1;
}).map(node => node.outerHTML.slice(0, 160))"""
MOVING = """() => [...document.querySelectorAll("*")].filter(node => {
  const style = getComputedStyle(node);
  return [style.transitionDuration, style.animationDuration].some(all => all.split(",").some(one => parseFloat(one) > 0.02));
}).map(node => node.outerHTML.slice(0, 160))"""
MOST_STOPS = 250


class Keys:
    """The keyboard of somebody who has nothing else. Wherever it leads, one must see where one is."""

    def __init__(self, page: Page) -> None:
        self.page, self.keyboard = page, page.keyboard

    async def to(self, wanted: str | Locator) -> None:
        """Tab until the element has the focus: the first that the selector fits, or the one that is found."""
        held = wanted if isinstance(wanted, str) else await wanted.element_handle()
        there = "each => typeof each === 'string' ? document.activeElement.matches(each) : document.activeElement === each"
        for _ in range(MOST_STOPS):
            await self.keyboard.press("Tab")
            with suppress(TimeoutError):  # the browser scrolls there in a frame of its own
                await until(self._seen, seconds=5)
            assert await self._seen(), await self.page.evaluate(FOCUSED)
            if await self.page.evaluate(there, held):
                return
        raise AssertionError(f"the keyboard does not reach {wanted} on {self.page.url}")

    async def _seen(self) -> bool:
        held: dict[str, Any] = await self.page.evaluate(FOCUSED)
        return bool(held["body"] or (held["ringed"] and held["within"]))

    async def type(self, wanted: str | Locator, words: str) -> None:
        await self.to(wanted)
        await self.keyboard.type(words)

    async def choose(self, wanted: str | Locator, code: str) -> None:
        """Go along a list until the code is chosen."""
        await self.to(wanted)
        options: list[str] = await self.page.evaluate("[...document.activeElement.options].map(one => one.value)")
        here, there = options.index(await self.page.evaluate("document.activeElement.value")), options.index(code)
        for _ in range(abs(there - here)):
            await self.keyboard.press("ArrowDown" if there > here else "ArrowUp")
        assert await self.page.evaluate("document.activeElement.value") == code

    async def follow(self, wanted: str | Locator) -> None:
        """Enter on a link or a button; ends on the page it leads to."""
        await self.to(wanted)
        async with self.page.expect_navigation():
            await self.keyboard.press("Enter")
        trouble = self.page.locator(".refused, .faults, .changed")
        assert await trouble.count() == 0, await trouble.first.inner_text()


async def test_from_intake_to_assignment_by_the_keyboard_alone(system: System, chromium: Browser) -> None:
    desk = await Person.enter(chromium, system.base_url, login(system, "receptionist"))
    at = Keys(desk.page)
    await at.follow('nav a[href="/intake"]')
    await at.keyboard.press("Tab")
    assert await desk.page.evaluate("document.activeElement.matches('.skip')")
    async with desk.page.expect_event("framenavigated"):
        await at.keyboard.press("Enter")
    assert await desk.page.evaluate("document.activeElement.id") == "main"
    await at.choose('[name="/channel"]', "walk_in")
    await at.type('[name="/applicant/name"]', "键某")
    await at.to('[name="/applicant/categories"][value="migrant_worker"]')
    await at.keyboard.press("Space")
    await at.choose('[name="/matter/kind"]', "civil")
    await at.choose('[name="/matter/cause"]', "wages")
    await at.type('[name="/matter/summary"]', "拖欠工资")
    await at.follow("form.sheet .actions .send")
    assert await desk.page.locator("p.done").count() == 1, await desk.page.inner_text("main")
    number = await desk.page.inner_text("h1")

    chief = await Person.enter(chromium, system.base_url, login(system, "approver"))
    at = Keys(chief.page)
    await at.keyboard.press("/")
    await at.keyboard.type(number)
    async with chief.page.expect_navigation():
        await at.keyboard.press("Enter")
    await at.follow("#results td a")
    await at.follow('a.do[href$="/commands/accept_first"]')
    await at.choose('[name="/ground"]', "migrant_worker")
    await at.follow("form.sheet .actions .send")
    await at.follow('a.do[href$="/commands/assign_unit"]')
    await at.choose('[name="/unit"]', UNIT)
    await at.choose('[name="/lawyer"]', LAWYER)
    await at.follow("form.sheet .actions .send")
    assert await chief.page.locator("p.done").count() == 1, await chief.page.inner_text("main")
    assert not desk.complaints + chief.complaints, "\n".join(desk.complaints + chief.complaints)


LOOKED_AT = {
    "receptionist": ("/", "/reception", "/intake", "/same-day", "/eligibility"),
    "approver": ("/to-approve", "/cases", "/assignments", "/rota", "/cases/{case}", "/cases/{case}?tab=assignment"),
    "supervisor": ("/deadlines", "/history", "/reports/forecast", "/audit", "/cases/{case}?tab=versions"),
    "lawyer": ("/pocket",),
    "system_administrator": ("/directory", "/directory/limits", "/notices"),
}
ROOM = ViewportSize(width=640, height=450)
"""What 200 % leave of a screen of 1280 × 900."""
SCREENS = {"200 %": (640, False), "400 %": (320, False), "large type": (390, True)}
"""Widths in CSS pixels, and whether the large type was chosen."""


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_magnified_nothing_is_cut_and_nothing_lies_beside_the_screen(system: System, chromium: Browser, lang: str) -> None:
    case = next(c["case_id"] for c in await system.cases(system.login("auditor")) if c["centre"] == CENTRE and c["state"] == "closing")
    complaints: list[str] = []
    for role, addresses in LOOKED_AT.items():
        context = await chromium.new_context(locale=lang, viewport=ROOM, device_scale_factor=2)
        who = system.login("lawyer", None, LAWYERS[LAWYER]) if role == "lawyer" else login(system, role)
        person = await Person.at(context, system.base_url, who)
        for address in addresses:
            await person.go(address.format(case=case))
            for screen, (width, large) in SCREENS.items():
                await person.page.set_viewport_size({"width": width, "height": 450})
                await person.page.evaluate("large => document.documentElement.classList.toggle('large', large)", large)
                await person.judge(rules=False)
                complaints += [f"{screen}, cut on {address}: {each}" for each in await person.page.evaluate(CUT)]
        complaints += person.complaints
        await context.close()
    assert not complaints, "\n".join(complaints)


async def look(person: Person, selector: str, name: str) -> str:
    return await person.page.locator(selector).first.evaluate("(node, name) => getComputedStyle(node)[name]", name)


async def test_in_the_systems_own_colours_lines_say_what_colours_said(system: System, chromium: Browser) -> None:
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN", forced_colors="active")
    person = await Person.at(context, system.base_url, login(system, "approver"))
    assert await look(person, "nav [aria-current]", "borderBottomColor") != await look(
        person, "nav a:not([aria-current])", "borderBottomColor"
    )
    case = next(
        c["case_id"] for c in await system.cases(system.login("auditor")) if c["centre"] == CENTRE and c["state"] == "awaiting_assignment"
    )
    await person.go(f"/cases/{case}")
    assert await look(person, ".stages .now", "outlineStyle") == "solid"
    assert await look(person, ".stages li:not(.now)", "outlineStyle") == "none"
    assert await look(person, ".do.first", "borderTopStyle") == "solid"
    assert await look(person, ".ev.key i", "backgroundColor") != await look(person, ".ev:not(.key, .late) i", "backgroundColor")
    await person.page.keyboard.press("Tab")
    assert (await person.page.evaluate(FOCUSED))["ringed"]
    await person.shoot("forced-colors-case")
    assert not person.complaints, "\n".join(person.complaints)
    await context.close()


async def test_more_contrast_and_less_movement_are_given_where_asked_for(system: System, chromium: Browser) -> None:
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN", contrast="more", reduced_motion="reduce")
    person = await Person.at(context, system.base_url, login(system, "approver"))
    for address in ("/", "/to-approve", "/deadlines", "/rota"):
        await person.go(address)
        await person.judge()
        assert await person.page.evaluate(MOVING) == []
    colour = await person.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--soft')")
    assert colour.strip() == "#35404b"
    await person.shoot("more-contrast")
    assert not person.complaints, "\n".join(person.complaints)
    await context.close()
