"""Pictures of the pages: the worked example on a home of its own, each page as somebody sees it who works there.

    screenshots.py                 write docs/pictures/<page>-<lang>-<width>.png and docs/pages.md
    screenshots.py --all FOLDER    pictures of every page listed below into FOLDER; the repository stays as it is
    screenshots.py --only PAGE ... some pages alone
    screenshots.py --home HOME     of the system that runs on this home, instead of one of its own

A page that is not there (404) is passed over with a word. A new page is one line in `PAGES`.
"""

import argparse
import asyncio
import base64
import json
import struct
import sys
import tempfile
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402 -- after the checkout is on the path
from playwright.async_api import Browser, BrowserContext, Page  # noqa: E402

from tests.e2e.browser import launched  # noqa: E402
from tests.e2e.pages import SEALED_SECONDS  # noqa: E402
from tests.e2e.system import System, start, stop  # noqa: E402
from tests.poll import until  # noqa: E402
from texts import LANGUAGES, Lang  # noqa: E402
from web.guide import COOKIE as TOUR  # noqa: E402
from web.guide import Marks  # noqa: E402
from web.page import LANGUAGE, SESSION  # noqa: E402

FOLDER, DOCUMENT = ROOT / "docs" / "pictures", ROOT / "docs" / "pages.md"
WIDTHS: Mapping[int, int] = {1280: 1500, 390: 1700}
"""Widths, and how much of a longer page is shown."""
MOST_BYTES = 4_000_000
"""Of all pictures in the repository."""


class Shot(NamedTuple):
    """One page. `who` signs in; nobody where it is empty. `{name}` in the address is one of `found`."""

    name: str
    who: str
    address: str
    says: str
    kept: bool = False
    """Whether the repository keeps its pictures."""


PAGES = (
    Shot("sign-in", "", "/sign-in", "The door of the worked example: who may sign in, and the tour.", kept=True),
    Shot("tour", "jia.fengqin", "/cases/{assigned}?tour", "The tour's banner: one step at a time, in the words of the page."),
    Shot("today", "jia.fengqin", "/", "Today: what waits for a caseworker, the most urgent first.", kept=True),
    Shot("case", "jia.fengqin", "/cases/{assigned}", "A case: where it stands, what can be done now, clocks, history.", kept=True),
    Shot("accept-first", "xue.yongsheng", "/cases/{received}/commands/accept_first", "A form, filled in by what is known.", kept=True),
    Shot("intake", "bai.ling", "/intake", "Taking down an application."),
    Shot("same-day", "bai.ling", "/same-day", "The same-day sheet: one page for one visit."),
    Shot("to-approve", "xue.yongsheng", "/to-approve", "The approver's desk, worked from the keyboard.", kept=True),
    Shot("group", "jia.fengqin", "/cases/{group}/group", "The group grid: everybody of a collective case.", kept=True),
    Shot("cases", "yan.shuhua", "/cases", "Cases: search as you type, filters in the address."),
    Shot("deadlines", "yan.shuhua", "/deadlines", "Limits by the day they fall due."),
    Shot("why", "jia.fengqin", "/cases/{assigned}/deadlines", "Why a date is that date."),
    Shot("candidates", "xue.yongsheng", "/cases/{unassigned}/candidates", "Who could be given the case, each with the reasons.", kept=True),
    Shot("assignments", "xue.yongsheng", "/assignments", "The assignment desk."),
    Shot("rota", "xue.yongsheng", "/rota", "The rota."),
    Shot("pocket", "ma.zhiqiang", "/pocket", "The lawyer's pocket, for a phone at the courthouse.", kept=True),
    Shot("visit-kit", "jia.fengqin", "/cases/{received}/visit-kit", "The home-visit kit."),
    Shot("reception", "shi.laifu", "/reception", "Reception, in a village too."),
    Shot("persons", "jia.fengqin", "/persons?q=某", "People: by name, pinyin, number or the end of a phone number."),
    Shot("eligibility", "bai.ling", "/eligibility?incomes=1500&county=ADX&residence=rural", "Means and limitation, at the counter."),
    Shot("figures", "yan.shuhua", "/figures", "Figures: each bar opens its cases.", kept=True),
    Shot("history", "yan.shuhua", "/history", "Histories across cases."),
    Shot("process-map", "yan.shuhua", "/history/process", "The process map: states, and how long each took.", kept=True),
    Shot("forecast", "yan.shuhua", "/reports/forecast", "Which limits are likely to be missed."),
    Shot("promise", "yan.shuhua", "/reports/promise", "What is kept of the promised days."),
    Shot("compare", "yan.shuhua", "/cases/{assigned}/compare", "Two states of a case side by side."),
    Shot("audit", "han.lei", "/audit", "Audit: when everything was last verified, checkpoints and anchors.", kept=True),
    Shot("access", "han.lei", "/audit/access", "Who read whose data, and why."),
    Shot("directory", "admin", "/directory", "The directory."),
    Shot("notices", "admin", "/notices", "What was sent to whom."),
    Shot("status", "", "/status", "The public status page: number and code, plain words.", kept=True),
)  # fmt: skip

_INDEXED = """async (data) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  canvas.drawImage(bitmap, 0, 0);
  const pixels = canvas.getImageData(0, 0, bitmap.width, bitmap.height).data;
  const held = new Map();
  for (let i = 0; i < pixels.length; i += 4) {
    const bucket = ((pixels[i] >> 3) << 10) | ((pixels[i + 1] >> 3) << 5) | (pixels[i + 2] >> 3);
    const sum = held.get(bucket) ?? held.set(bucket, [0, 0, 0, 0, new Map()]).get(bucket);
    sum[0]++;
    const colour = (pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2];
    sum[4].set(colour, (sum[4].get(colour) ?? 0) + 1);
  }
  // The colour a bucket is mostly made of: flat areas keep theirs exactly.
  const mostly = (colours) => [...colours].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
  const chosen = [...held].sort((a, b) => b[1][0] - a[1][0]).slice(0, 256).map(([, sum]) => mostly(sum[4]));
  const split = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];
  const palette = chosen.map(split);
  const nearest = new Map();
  for (const [bucket, sum] of held) {
    const [r, g, b] = split(mostly(sum[4]));
    let best = 0, least = Infinity;
    palette.forEach(([x, y, z], n) => {
      const far = (x - r) ** 2 * 2 + (y - g) ** 2 * 4 + (z - b) ** 2 * 3;
      if (far < least) [best, least] = [n, far];
    });
    nearest.set(bucket, best);
  }
  const rows = new Uint8Array((bitmap.width + 1) * bitmap.height);
  for (let y = 0, at = 0, i = 0; y < bitmap.height; y++) {
    rows[at++] = 0;
    for (let x = 0; x < bitmap.width; x++, i += 4)
      rows[at++] = nearest.get(((pixels[i] >> 3) << 10) | ((pixels[i + 1] >> 3) << 5) | (pixels[i + 2] >> 3));
  }
  let text = "";
  for (let i = 0; i < rows.length; i += 32768) text += String.fromCharCode(...rows.subarray(i, i + 32768));
  return { width: bitmap.width, height: bitmap.height, palette: palette.flat(), rows: btoa(text) };
}"""
"""Chromium reads its own picture and gives each pixel one of 256 colours: no imaging library is needed for it."""


def palette_png(image: Mapping[str, Any]) -> bytes:
    """A PNG of 256 colours at most: what the browser counted, packed."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", image["width"], image["height"], 8, 3, 0, 0, 0)
    packed = zlib.compress(base64.b64decode(image["rows"]), 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", head), chunk(b"PLTE", bytes(image["palette"])), chunk(b"IDAT", packed), chunk(b"IEND", b""))
    )


async def found(system: System) -> dict[str, str]:
    """The cases that the addresses name: the same each time the example is loaded."""
    listed = await system.cases(system.login("auditor"))
    of_county = sorted((c for c in listed if c["centre"] == "C-ADX"), key=lambda c: str(c["register_number"]))

    def one(fits: Callable[[Mapping[str, Any]], bool]) -> str:
        return str(next(case for case in of_county if case["stage"] != "ended" and fits(case))["case_id"])

    cases = {
        "assigned": one(lambda c: c["lane"] and c["state"] in {"lawyer_named", "in_representation"}),
        "received": one(lambda c: c["state"] in {"received", "examined"}),
        "unassigned": one(lambda c: c["state"] == "awaiting_assignment"),
        "group": one(lambda c: c["recipient_count"] > 1),
    }
    auditor = system.login("auditor")

    async def covered() -> bool:
        return (await system.call(auditor, "GET", f"/cases/{cases['assigned']}/court-bundle/coverage")).is_success

    await until(covered, seconds=SEALED_SECONDS)  # the mark beside a case's number then says what it says on any other day
    return cases


class Camera:
    """Takes the pictures of one system."""

    def __init__(self, browser: Browser, system: System, cases: Mapping[str, str], folder: Path) -> None:
        self._browser, self._system, self._cases, self._folder = browser, system, cases, folder

    async def shoot(self, shot: Shot, lang: Lang, packer: Page) -> list[Path]:
        """The page in each width; nothing where it is not there."""
        context = await self._enter(shot, lang)
        page = await context.new_page()
        made: list[Path] = []
        for width, height in WIDTHS.items():
            await page.set_viewport_size({"width": width, "height": 900 if width > 900 else 844})
            answer = await page.goto(self._system.base_url + shot.address.format(**self._cases))
            if answer is None or answer.status == int(httpx.codes.NOT_FOUND):
                sys.stderr.write(f"{shot.name} is not there\n")
                break
            if answer.status >= int(httpx.codes.BAD_REQUEST):
                raise RuntimeError(f"{shot.name} was answered {answer.status}")
            await page.evaluate("document.activeElement?.blur()")
            await page.locator(".proof.checking:visible").wait_for(state="detached")  # the browser is still computing
            whole = int(await page.evaluate("document.documentElement.scrollHeight"))
            clip = {"x": 0, "y": 0, "width": width, "height": min(whole, height)}
            taken = await page.screenshot(full_page=True, clip=clip, animations="disabled")  # pyright: ignore[reportArgumentType]
            file = self._folder / f"{shot.name}-{lang}-{width}.png"
            image = await packer.evaluate(_INDEXED, base64.b64encode(taken).decode())
            file.write_bytes(palette_png(image))
            made.append(file)
        await context.close()
        return made

    async def _enter(self, shot: Shot, lang: Lang) -> BrowserContext:
        """A browser of somebody's own, signed in; the tour is closed but where it is looked at."""
        context = await self._browser.new_context(locale=lang)
        token = await self._system.token(self._login(shot.who)) if shot.who else ""
        tour = Marks(open=True, step=2, case=self._cases["assigned"]) if shot.name == "tour" else Marks()
        cookies = {LANGUAGE: lang, TOUR: str(tour)} | ({SESSION: token} if token else {})
        await context.add_cookies([{"name": name, "value": value, "url": self._system.base_url} for name, value in cookies.items()])
        return context

    def _login(self, username: str) -> dict[str, str]:
        return next(login for login in self._system.logins if login["username"] == username)


@asynccontextmanager
async def looked_at(home: Path | None) -> AsyncGenerator[System]:
    """The system that runs on the home; else one with the worked example, for as long as it is looked at."""
    if home is None:
        with tempfile.TemporaryDirectory(prefix="yuanshou-pictures-") as folder:
            system = await start(Path(folder) / "home")
            try:
                yield system
            finally:
                await stop(system)
        return
    address = json.loads((home / "run.json").read_text(encoding="utf-8"))["address"]
    logins = json.loads((home / "demo-logins.json").read_text(encoding="utf-8"))
    async with httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30) as client:
        yield System(address, home, None, logins, client)  # pyright: ignore[reportArgumentType] -- it is not ours to stop


def document(shots: Sequence[Shot]) -> str:
    """`docs/pages.md`: each page with a line, and its four pictures."""
    opening = (
        "# The pages\n\nReal screenshots of the worked example, made by `make screenshots`; do not edit. Each page is complete in Chinese"
        " and in English, on a desk and on a phone, and can be read without JavaScript."
    )
    parts = [opening]
    for shot in shots:
        sources = {(lang, width): f"pictures/{shot.name}-{lang}-{width}.png" for lang in LANGUAGES for width in WIDTHS}
        desk = " ".join(f'<img src="{sources[lang, 1280]}" width="49%" alt="{shot.says} ({lang})">' for lang in LANGUAGES)
        phone = " · ".join(f"[{lang}]({sources[lang, 390]})" for lang in LANGUAGES)
        parts.append(f"## {shot.name}\n\n{shot.says}\n\n{desk}\n\nOn a phone: {phone}")
    return "\n\n".join(parts) + "\n"


async def run(wanted: Sequence[Shot], folder: Path, home: Path | None) -> list[Shot]:
    """Take them; those that are there."""
    async with looked_at(home) as system, launched() as browser:
        camera = Camera(browser, system, await found(system), folder)
        packer = await browser.new_page()
        return [shot for shot in wanted if all([await camera.shoot(shot, lang, packer) for lang in LANGUAGES])]


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 made, 1 the repository would hold more than it should."""
    parser = argparse.ArgumentParser(description="Pictures of the pages.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, into this folder")
    parser.add_argument("--only", nargs="+", choices=[shot.name for shot in PAGES], metavar="PAGE", help="these pages alone")
    parser.add_argument("--home", type=Path, help="of a system that runs")
    asked = parser.parse_args(arguments)
    wanted = [shot for shot in PAGES if (asked.all or shot.kept) and (not asked.only or shot.name in asked.only)]
    folder: Path = asked.all or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    there = asyncio.run(run(wanted, folder, asked.home))
    if asked.all:
        return 0
    if not asked.only:
        DOCUMENT.write_text(document(there), encoding="utf-8")
    size = sum(file.stat().st_size for file in FOLDER.glob("*.png"))
    sys.stderr.write(f"{size / 1e6:.1f} MB of pictures\n")
    return int(size > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
