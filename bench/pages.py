"""What the pages cost with a million cases: on the server, over the line, on the screen, and with fifty people clicking.

`python -m bench.pages`, or with a number of cases. Server time is that of a whole page over HTTP from the product's own process, session,
directory, queries under row-level security, opened names and drawing in it; its peer is a page of the same process and session that asks
the database for nothing of its own. Bytes are what Chromium's network said it was sent, headers in it; what it painted, and how far that
moved, it observed itself.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import uvloop
from playwright.async_api import Browser, BrowserContext, CDPSession, Page

from bench import ledgers, pages_data, stand
from bench.figures import Judged, Report, ms, percentile
from bench.pages_data import City
from bench.stand import API_ARGV, WAGES, WORKER_ARGV, BenchError, Children, Line, Office
from domain.command import Role
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import Database
from ops.engines import Engines
from ops.home import Home
from ops.process import free_port
from tests.e2e.browser import launched
from web.page import SESSION

CASES, EVENTS = 1_000_000, 2_000_000
ROUNDS, LONG_CASES, NOTES = 40, 5, 20
LIST_MS, CASE_MS, CROWD_MS = 100, 150, 500
FIRST_KB, LATER_KB, LCP_S, CLS = 400, 60, 1.5, 0.05
PEOPLE, CLICKS = 50, 12
PAUSE = (1.0, 5.0)
"""Seconds somebody looks at a page before the next click."""
EMPTY = "/verifying"
"""A page that says the same to everybody."""
CENTRE = "C-ADX"
_WATCH = """
  window.painted = 0; window.moved = 0;
  const watch = (type, each) => new PerformanceObserver((all) => all.getEntries().forEach(each)).observe({type, buffered: true});
  watch("largest-contentful-paint", (entry) => (window.painted = entry.startTime));
  watch("layout-shift", (entry) => (window.moved += entry.hadRecentInput ? 0 : entry.value));
"""
_SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done([window.painted, window.moved]))))"


@dataclass(slots=True)
class Asked:
    """A page as somebody opens it; `budget` in milliseconds of its 95th percentile."""

    name: str
    who: str
    path: str
    budget: int
    seconds: list[float] = field(default_factory=list[float])
    peer: list[float] = field(default_factory=list[float])


@dataclass(slots=True)
class Shown:
    """A page in the browser: bytes over the line, seconds to its largest paint, how far things moved."""

    name: str
    sent: int
    painted: float
    moved: float


@dataclass(slots=True)
class Found:
    asked: list[Asked]
    first: list[Shown] = field(default_factory=list[Shown])
    later: list[Shown] = field(default_factory=list[Shown])
    crowd: list[float] = field(default_factory=list[float])
    burst: list[float] = field(default_factory=list[float])


def _asked(city: City, case_id: str) -> list[Asked]:
    """What is looked at all day, by who does."""
    clerk, chief, overseer = (city.one(role, CENTRE) for role in ("caseworker", "approver", "supervisor"))
    desk, city_wide = city.one("receptionist", CENTRE), city.one("supervisor", "C-CITY")
    auditor = city.one("auditor", "B-CITY")
    lists = [
        ("today, caseworker", clerk, "/"), ("today, approver", chief, "/"), ("today, supervisor", overseer, "/"),
        ("cases, caseworker", clerk, "/cases"), ("cases, supervisor of the city", city_wide, "/cases"),
        ("cases, auditor", auditor, "/cases"),
        ("cases in a stage", overseer, "/cases?stage=representation"), ("cases due before a day", overseer, "/cases?due_before=2099-01-01"),
        ("cases by a part of the number", clerk, "/cases?q=第500022号"), ("cases by a name", clerk, "/cases?q=周小舟"),
        ("to approve", chief, f"/to-approve?case={case_id}"), ("deadlines", overseer, "/deadlines"),
        ("deadlines, supervisor of the city", city_wide, "/deadlines"),
        ("inbox", clerk, "/inbox"), ("reception", desk, "/reception"), ("assignment desk", chief, "/assignments"),
        ("history", overseer, "/history"), ("persons", clerk, "/persons?q=周小舟"),
    ]  # fmt: skip
    cases = [("case page, caseworker", clerk), ("case page, approver", chief), ("case page, supervisor", overseer)]
    return [
        *(Asked(name, who, path, LIST_MS) for name, who, path in lists),
        *(Asked(name, who, f"/cases/{case_id}", CASE_MS) for name, who in cases),
    ]


async def _page(line: Line, who: str, path: str) -> float:
    """Seconds until the whole page was there, compressed. Raises `BenchError` for any other answer than 200."""
    started = time.perf_counter()
    status, _ = await line.ask("GET", quote(path, safe="/?=&"), Cookie=f"{SESSION}={who}", Accept_Encoding="gzip")
    if status != 200:
        raise BenchError(f"{path} was answered {status} for {who}")
    return time.perf_counter() - started


async def _ask_in_turn(port: int, asked: Sequence[Asked]) -> None:
    async with stand.http(port) as line:
        for turn in range(-2, ROUNDS):
            for each in asked:
                order = [(each.path, each.seconds), (EMPTY, each.peer)]
                for path, into in order if turn % 2 else reversed(order):
                    seconds = await _page(line, each.who, path)
                    if turn >= 0:  # before that a warm start
                        into.append(seconds)


async def _walk(port: int, who: str, paths: Sequence[str], chance: random.Random, into: list[float]) -> None:
    """One person's clicks: a page, a look at it, the next."""
    async with stand.http(port) as line:
        for _ in range(CLICKS):
            await asyncio.sleep(chance.uniform(*PAUSE))
            into.append(await _page(line, who, chance.choice(paths)))


async def _crowd(port: int, city: City, case_ids: Sequence[str], found: Found) -> None:
    chance = random.Random(3)  # noqa: S311 -- who clicks what
    staff = [a for a in city.accounts if a.role in ("caseworker", "approver", "supervisor", "receptionist", "auditor", "lawyer", "liaison")]
    people = [staff[n % len(staff)] for n in range(PEOPLE)]
    own = ("/", "/cases", "/cases?state=received", "/inbox", "/deadlines")
    walks: list[Awaitable[None]] = []
    for person in people:
        reads = person.office == CENTRE and person.role not in ("lawyer", "liaison")
        paths = [*own, *(f"/cases/{case}" for case in case_ids if reads)]
        walks.append(_walk(port, person.username, paths, random.Random(chance.random()), found.crowd))  # noqa: S311 -- as above
    await asyncio.gather(*walks)

    async def at_once(who: str) -> None:
        async with stand.http(port) as line:
            found.burst.append(await _page(line, who, "/cases"))

    await asyncio.gather(*(at_once(person.username) for person in people))


async def _look(page: Page, line: CDPSession, name: str, address: str) -> Shown:
    """Open a page and wait until it has settled."""
    sent = 0

    def finished(event: Mapping[str, Any]) -> None:
        nonlocal sent
        sent += int(event["encodedDataLength"])

    line.on("Network.loadingFinished", finished)
    await page.goto(address, wait_until="load")
    await page.wait_for_timeout(300)
    painted, moved = await page.evaluate(_SETTLED)
    line.remove_listener("Network.loadingFinished", finished)
    return Shown(name, sent, painted / 1000, moved)


async def _entered(browser: Browser, base: str, who: str) -> BrowserContext:
    context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    await context.add_init_script(_WATCH)
    await context.add_cookies([{"name": SESSION, "value": who, "url": base}])
    return context


async def _screens(port: int, found: Found) -> None:
    base = f"http://127.0.0.1:{port}"
    async with launched() as browser:
        for each in found.asked:
            context = await _entered(browser, base, each.who)
            page = await context.new_page()
            line = await context.new_cdp_session(page)
            await line.send("Network.enable")
            found.first.append(await _look(page, line, each.name, base + each.path))
            found.later.append(await _look(page, line, each.name, base + each.path))
            await context.close()


async def _made_by_the_product(port: int, city: City) -> list[str]:
    """Cases with a history of some length, each event by its command."""
    roles: tuple[Role, ...] = ("receptionist", "approver", "caseworker")
    office = Office(port, {role: city.one(role, CENTRE) for role in roles})
    made: list[str] = []
    for _ in range(LONG_CASES):
        case_id = str((await office.ask("receptionist", "/api/v1/cases", {**WAGES, "centre": CENTRE}))["case_id"])
        await office.accept(case_id)
        for _ in range(NOTES):
            await office.note(case_id)
        made.append(case_id)
    office.close()
    return made


async def _run(engines: Engines, cases: int) -> Found:
    os.environ.update(engines.environment())
    keys = KeyRing.open(Settings.from_environment().keys)
    events = EVENTS * cases // CASES
    await asyncio.to_thread(ledgers.fill, ledgers.superuser(Home(engines.home), engines.owner_dsn), events)
    async with Database(engines.worker_dsn, size=2, name="bench") as database:
        city = await pages_data.people(database, engines)
        with Children(engines) as children:
            # Without the duties: what was copied in are notes to no case, which no read model could follow.
            await stand.said(children.start("worker", WORKER_ARGV), children.log("worker"), "worker ready")
            _, port = await stand.api(children, "api-filling", "ledger")
            case_ids = await _made_by_the_product(port, city)
        stand.say(f"{cases:,} cases are copied in")
        await pages_data.fill(database, engines, keys, cases)
    found = Found(_asked(city, case_ids[0]))
    with Children(engines) as children:
        port = await _serving(children)
        stand.say("page by page")
        await _ask_in_turn(port, found.asked)
        stand.say("in the browser")
        await _screens(port, found)
        stand.say(f"{PEOPLE} people")
        await _crowd(port, city, case_ids, found)
    return found


async def _serving(children: Children) -> int:
    """The HTTP process alone; without a worker it takes no commands, and shows every page."""
    port = free_port()
    child = children.start("api", API_ARGV, YUANSHOU_PORT=str(port))
    await stand.said(child, children.log("api"), "Uvicorn running")
    return port


def report(found: Found, cases: int) -> Report:
    """Server time beside the empty page's, then bytes, paint and the crowd."""
    rows: list[tuple[str, ...]] = []
    kept = True

    def judged(name: str, where: str, value: Judged, middle: str = "", *peer: str) -> None:
        nonlocal kept
        kept = kept and value.kept
        rows.append((name, where, middle, *value.cells(), *(peer or ("", ""))))

    for each in found.asked:
        half, empty = percentile(each.seconds, 0.5), percentile(each.peer, 0.5)
        p95 = Judged(percentile(each.seconds, 0.95) * 1000, each.budget, "at_most", "ms")
        judged(each.name, "server, p95", p95, ms(half), ms(empty), f"{half / empty:.1f} ×")
    for name, shown, most in (("first", found.first, FIRST_KB), ("later", found.later, LATER_KB)):
        largest = max(shown, key=lambda s: s.sent)
        judged(f"a {name} visit, largest: {largest.name}", "sent", Judged(largest.sent / 1000, most, "at_most", "kB"))
    slowest = max([*found.first, *found.later], key=lambda s: s.painted)
    judged(f"largest contentful paint, slowest: {slowest.name}", "browser", Judged(slowest.painted, LCP_S, "at_most", "s"))
    shaken = max([*found.first, *found.later], key=lambda s: s.moved)
    judged(f"layout shift, most: {shaken.name}", "browser", Judged(shaken.moved, CLS, "at_most", "×"))
    crowd = Judged(percentile(found.crowd, 0.95) * 1000, CROWD_MS, "at_most", "ms")
    judged(f"{PEOPLE} people, each a click every {PAUSE[0]:g} to {PAUSE[1]:g} s", "server, p95", crowd, ms(percentile(found.crowd, 0.5)))
    rows.append((f"{PEOPLE} people, all in the same instant", "server, p95", ms(percentile(found.burst, 0.5)),
                 ms(percentile(found.burst, 0.95)), "", "", "", ""))  # fmt: skip
    how = (
        f"{cases:,} cases, one in {pages_data.OPEN_IN} of them open, {EVENTS * cases // CASES:,} events. A page over HTTP, compressed, "
        f"{ROUNDS} times in turn with the peer: a page of the same process and session that asks for nothing of its own. Bytes, paint and "
        f"shifts are Chromium's own, {len(found.first)} pages with an empty cache and again."
    )
    return Report(
        "The pages", "python -m bench.pages", how, (("what", "where", "p50", "found", "budget", "", "empty page", "ratio"), rows), kept
    )


def run(cases: int = CASES) -> Report:
    """Measure; about ten minutes for a million cases."""
    with stand.engines() as engines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return report(runner.run(_run(engines, cases)), cases)


if __name__ == "__main__":
    result = run(int(sys.argv[1]) if len(sys.argv) > 1 else CASES)
    print(result.text())
    sys.exit(0 if result.kept else 1)
