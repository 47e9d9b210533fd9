"""The worked example through the HTTP API on engines of its own: killed half way, gone on, done, and left alone afterwards."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.services import Services
from domain.lifecycle import STATES
from ledger import rules
from ledger.directory import DirectoryCache
from ledger.store import WORKER
from ops.engines import Engines, running
from ops.example import accounts
from ops.example.archive import archive
from ops.example.desk import desk
from ops.example.load import load, main, send
from ops.example.published import published
from ops.example.rehearsal import rehearse
from ops.home import Home
from tests.house import House, furnish

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
SCENARIOS = (*archive(), *desk(TODAY))
COMMANDS = sum(len(scenario.steps) for scenario in SCENARIOS)


class Killed(Exception):  # noqa: N818 -- stands for the end of the process
    pass


class Dying(httpx.ASGITransport):
    """Carries a number of requests out, and loses the answer of the one after."""

    left = 150

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        self.left -= 1
        if self.left < 0:
            raise Killed
        return answer


class Unsteady(httpx.ASGITransport):
    """Is busy at every tenth request, and loses the answer of the fifty-first after it was carried out."""

    asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        n = self.asked
        if n % 10 == 0:
            return httpx.Response(503, headers={"Retry-After": "0"}, request=request)
        answer = await super().handle_async_request(request)
        if n == 51:
            raise httpx.ReadError("the answer was lost", request=request)
        return answer


@pytest.fixture(scope="module")
def own_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    before = dict(os.environ)
    with running(Home(tmp_path_factory.mktemp("example") / "home"), lambda _: None) as engines:
        yield engines
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
async def own_house(own_engines: Engines) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield await furnish(stack, own_engines)


def application(house: House) -> FastAPI:
    """The product's own API over the house's ledger and engines."""

    async def ready() -> Mapping[str, bool]:
        return {}

    return create_app(
        Services(
            database=house.database, directory=DirectoryCache(), rules=rules.current, keys=house.keys, commands=house.commands,
            now=lambda: datetime.now(UTC), ready=ready,
        )
    )  # fmt: skip


async def test_a_loading_killed_half_way_goes_on_and_nothing_is_done_twice(own_house: House) -> None:
    home, said = Home(own_house.engines.home), list[str]()
    app = application(own_house)

    async with httpx.AsyncClient(transport=Dying(app), base_url="http://example") as client:
        with pytest.raises(ExceptionGroup) as killed:
            await load(client, own_house.database, home, today=TODAY, say=said.append)
    assert killed.group_contains(Killed)

    async with httpx.AsyncClient(transport=Unsteady(app), base_url="http://example", timeout=60) as client:
        summary = await load(client, own_house.database, home, today=TODAY, say=said.append)

    assert summary.faults == []
    assert (summary.cases, summary.commands) == (len(SCENARIOS), COMMANDS)
    assert summary.replayed > 0
    async with own_house.database.transaction(WORKER) as conn:
        taken = await (await conn.execute("SELECT count(*) AS n FROM inbox WHERE principal <> 'system'")).fetchone()
        states = await (await conn.execute("SELECT state, count(*)::int AS n FROM case_list GROUP BY state")).fetchall()
        inboxes = await (await conn.execute("SELECT person, count(*)::int AS n FROM messages GROUP BY person")).fetchall()
    assert taken is not None
    assert taken["n"] == COMMANDS
    assert {row["state"] for row in states} == set(STATES)
    assert sum(row["n"] for row in states) == len(SCENARIOS)
    assert all(row["n"] <= 15 for row in inboxes)

    again = await asyncio.to_thread(main, "http://nobody.invalid", home, today=TODAY, say=said.append)
    assert again.already
    assert again.status == 0


async def test_directory_and_accounts_entered_again_change_nothing(own_house: House, tmp_path: Path) -> None:
    home = Home(own_house.engines.home)
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    first = await accounts.ensure(own_house.database, home, now)
    before = await rows(own_house)

    assert await accounts.ensure(own_house.database, home, now) == first
    assert await rows(own_house) == before


async def test_every_published_record_runs_by_commands_through_the_api(own_house: House) -> None:
    home, now = Home(own_house.engines.home), datetime.now(ZoneInfo("Asia/Shanghai"))
    logins = await accounts.ensure(own_house.database, home, now)
    before, messages, rungs = await states(own_house), await count(own_house, "messages"), await count(own_house, FIRED)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application(own_house)), base_url="http://example", timeout=60) as client:
        summary = await send(client, logins, published())
        again = await send(client, logins, published())

    assert summary.faults == []
    assert (summary.cases, summary.replayed) == (41, 0)
    assert summary.commands == again.commands == again.replayed == sum(len(scenario.steps) for scenario in published())
    rehearsed = Counter(acted.case.state for scenario in published() for acted in rehearse(scenario, now))
    assert await states(own_house) - before == rehearsed
    assert (await count(own_house, "messages"), await count(own_house, FIRED)) == (messages, rungs), "days gone by send nothing"


FIRED = "events WHERE type IN ('deadline_warned', 'deadline_missed', 'deadline_escalated')"


async def count(house: House, what: str) -> int:
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute(f"SELECT count(*)::int AS n FROM {what}".encode())).fetchone()  # noqa: S608 -- said here
    assert row is not None
    return row["n"]


async def states(house: House) -> Counter[str]:
    async with house.database.transaction(WORKER) as conn:
        found = await (await conn.execute("SELECT state, count(*)::int AS n FROM case_list GROUP BY state")).fetchall()
    return Counter({row["state"]: row["n"] for row in found})


async def rows(house: House) -> tuple[int, int]:
    """How many events of the directory and how many accounts there are."""
    async with house.database.transaction(WORKER) as conn:
        row = await (
            await conn.execute(
                "SELECT (SELECT count(*) FROM events WHERE stream LIKE 'directory/%%')::int AS e, (SELECT count(*) FROM accounts)::int AS a"
            )
        ).fetchone()
    assert row is not None
    return row["e"], row["a"]
