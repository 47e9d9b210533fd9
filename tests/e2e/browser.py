"""Headless Chromium for the browser tests, and a person who works in it: sign in, open a case, carry out a command by its form."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
ROOT_USER = 0

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
    """Somebody at a browser of their own. `complaints` are all errors and warnings its console showed."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page, self.base_url = page, base_url
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def enter(
        cls, browser: Browser, base_url: str, login: Mapping[str, str], *, lang: str = "zh-CN", width: int = 1280, scripts: bool = True
    ) -> Self:
        context = await browser.new_context(viewport={"width": width, "height": 900}, locale=lang, java_script_enabled=scripts)
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
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({self.page.url})")

    async def go(self, path: str) -> None:
        await self.page.goto(self.base_url + path)

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
