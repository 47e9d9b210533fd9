"""Headless Chromium for the browser tests, and a person who works in it: sign in, open a case, carry out a command by its form."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, async_playwright

from tests.e2e.axe import judged

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
ROOT_USER = 0
BAD = 400
"""From this status on an answer is a complaint, unless the test says that it provokes it."""
PARTS = frozenset({"document", "script", "stylesheet", "font", "image"})
"""What a page is made of: a request for one of these must not fail. (The line to the house is cut whenever the page is left.)"""
STRETCHED = """() => {
  const one = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return [...document.querySelectorAll(".top nav > *")].some(room => room.getBoundingClientRect().height > 4 * one);
}"""
FOREIGN = """lang => {
  const han = /[\\u3400-\\u9fff\\u{20000}-\\u{3ffff}]/u, number = /\\S*〔\\d{4}〕\\S*/;
  const said = "nav a, nav summary, h2, h3, th, legend, button, dt, summary, .tabs a, .hint, .nothing, .field > label, .field > span";
  const own = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll("select, textarea, option, kbd, bdi, [lang]").forEach(inner => inner.remove());
    return copy.textContent.trim();
  };
  const named = [...document.querySelectorAll("[aria-label]:not(td *)")].map(node => node.getAttribute("aria-label"));
  const words = [...document.querySelectorAll(said)].filter(node => !node.closest("[lang]:not(html)")).map(own);
  const foreign = lang === "en" ? word => !number.test(word) && han.test(word) : word => !han.test(word) && /[a-z]{3,}/.test(word);
  return [...words, ...named].filter(foreign);
}"""
"""Words of the page itself, not of people and cases, that are in the other language. What names a case is left out: its number is data."""
NAMES_OF_FORMATS = re.compile(r"^(?:CSV|XES|OCEL|JSON|SQLite|English)\b")

type Typed = str | list[str] | bool


def chromium(own_download: str) -> str:
    """The program: `YUANSHOU_CHROMIUM`, on PATH, Playwright's own (downloaded if need be), or Debian's package where we are root.

    Raises RuntimeError where none can be had: a browser test that cannot run fails.
    """
    named = os.environ.get("YUANSHOU_CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise RuntimeError(f"YUANSHOU_CHROMIUM names no file: {named}")
        return named
    on_path = _on_path()
    if on_path:
        return on_path
    if Path(own_download).is_file() or _succeeds(sys.executable, "-m", "playwright", "install", "chromium"):
        return own_download
    if os.geteuid() == ROOT_USER and shutil.which("apt-get"):
        _succeeds("apt-get", "update")
        _succeeds("apt-get", "install", "-y", "--no-install-recommends", "chromium")
    found = _on_path()
    if found is None:
        raise RuntimeError("no Chromium: set YUANSHOU_CHROMIUM, put one on PATH, or let Playwright or apt-get install it")
    return found


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        program = await asyncio.to_thread(chromium, playwright.chromium.executable_path)
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


class Person:
    """Somebody at a browser of their own. `complaints`: whatever its console said, every request that failed, what `judge` found.

    `provoked` are the statuses that the test brings about on purpose.
    """

    def __init__(self, page: Page, base_url: str) -> None:
        self.page, self.base_url = page, base_url
        self.complaints: list[str] = []
        self.provoked: set[int] = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("response", self._answer)
        page.on("requestfailed", self._failure)

    @classmethod
    async def enter(
        cls, browser: Browser, base_url: str, login: Mapping[str, str], *, lang: str = "zh-CN", width: int = 1280, scripts: bool = True
    ) -> Self:
        context = await browser.new_context(viewport={"width": width, "height": 900}, locale=lang, java_script_enabled=scripts)
        return await cls.at(context, base_url, login)

    @classmethod
    async def at(cls, context: BrowserContext, base_url: str, login: Mapping[str, str]) -> Self:
        """Somebody who signs in at a browser that is set up otherwise."""
        person = cls(await context.new_page(), base_url)
        await person.go("/")
        await person.sign_in(login)
        await person.page.wait_for_url(f"{base_url}/")
        return person

    async def sign_in(self, login: Mapping[str, str]) -> None:
        await self.page.fill("[name=username]", login["username"])
        await self.page.fill("[name=password]", login["password"])
        await self.page.click("main .send")

    def _console(self, message: ConsoleMessage) -> None:
        # The browser repeats here, without its address, what `_answer` tells of.
        if not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"{message.type}: {message.text} ({self.page.url})")

    def _answer(self, response: Response) -> None:
        if response.status >= BAD and response.status not in self.provoked:
            self.complaints.append(f"{response.status} for {response.request.method} {response.url} on {self.page.url}")

    def _failure(self, request: Request) -> None:
        if request.resource_type in PARTS and request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure} for {request.url} on {self.page.url}")

    async def judge(self, lang: str | None = None, *, rules: bool = True) -> None:
        """Complain of what breaks a rule of WCAG on this page, is wider than the screen, or (`lang`) speaks the other language."""
        if rules:
            self.complaints += await judged(self.page)
        if await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.complaints.append(f"wider than the screen: {self.page.url}")
        if await self.page.evaluate(STRETCHED):
            self.complaints.append(f"the rooms of the navigation stand in rows of uneven height: {self.page.url}")
        if lang:
            foreign: list[str] = await self.page.evaluate(FOREIGN, lang)
            strange = sorted({word for word in foreign if not NAMES_OF_FORMATS.match(word)})
            self.complaints += [f"not {lang}: {word} ({self.page.url})" for word in strange]

    async def go(self, path: str) -> None:
        await self.page.goto(self.base_url + path)

    async def room(self, address: str) -> None:
        """Go to a room by the navigation, from under its disclosure where it is there."""
        link = self.page.locator(f'nav a[href="{address}"]:visible')
        if await link.count() == 0:
            await self.page.click("nav summary")
        async with self.page.expect_navigation():
            await link.click()

    async def intake(self, typed: Mapping[str, Typed]) -> str:
        """Open a case by the intake; its id."""
        await self.go("/intake")
        await self.send(typed)
        await self.page.wait_for_selector("p.done")
        return self.page.url.split("/cases/")[1].split("?")[0]

    async def do(self, case_id: str, command: str, typed: Mapping[str, Typed] | None = None) -> None:
        """Carry out a command from the case's page; ends on the page that says it is done."""
        await self.go(f"/cases/{case_id}")
        await self.unfold()
        await self.page.click(f'a.do[href$="/commands/{command}"]')
        await self.send(typed or {})
        trouble = self.page.locator(".refused, .faults, .changed")
        await self.page.locator("p.done").or_(trouble).first.wait_for()
        assert await trouble.count() == 0, f"{command}: {await trouble.first.inner_text()}"

    async def send(self, typed: Mapping[str, Typed]) -> None:
        await self.unfold()
        for pointer, value in typed.items():
            await self._fill(pointer, value)
        await self.page.click("form.sheet .actions .send")

    async def unfold(self) -> None:
        await self.page.eval_on_selector_all("main details", "all => all.forEach(one => one.open = true)")

    async def _fill(self, pointer: str, value: Typed) -> None:
        """Fill the field of a JSON pointer; a row that is not there yet is asked for by its button."""
        field = self.page.locator(f'[name="{pointer}"]')
        if await field.count() == 0:
            held = {step: await self.page.locator(f'[data-rows="{step}"]').count() for step in _parents(pointer)}
            rows = next((step for step, count in held.items() if count), None)
            assert rows, f"{pointer} is not asked for: {await self.page.inner_text('main')}"
            await self.page.click(f'button[name=add][value="{rows}"]')
            await self.unfold()
        kind = await field.first.evaluate("input => input.type")
        if kind == "radio":
            await self.page.check(f'[name="{pointer}"][value="{"true" if value else "false"}"]')
        elif kind == "checkbox":
            for code in value if isinstance(value, list) else ["true"]:
                await self.page.check(f'[name="{pointer}"][value="{code}"]')
        else:
            await self._type(field, kind, str(value))

    @staticmethod
    async def _type(field: Locator, kind: str, words: str) -> None:
        await (field.select_option(words) if kind == "select-one" else field.fill(words))

    async def timeline(self, case_id: str) -> list[str]:
        """The sentences of the case's history, newest first, without the clocks' own entries."""
        await self.go(f"/cases/{case_id}")
        return await self.page.locator("main .ev:not(.clocks .ev) p").all_inner_texts()

    async def shoot(self, name: str) -> None:
        """A picture of the whole page in $YUANSHOU_SCREENSHOTS, where that is set."""
        folder = os.environ.get("YUANSHOU_SCREENSHOTS")
        if folder:
            await asyncio.to_thread(Path(folder).mkdir, parents=True, exist_ok=True)
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _parents(pointer: str) -> list[str]:
    steps = pointer.split("/")
    return ["/".join(steps[:end]) for end in range(len(steps) - 1, 1, -1)]
