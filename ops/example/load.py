"""Loads the worked example through the HTTP API, signed in as its people; what was loaded before is answered, not done again.

Every command bears a key made from its place in the script, so a loading that was killed goes on at the next start. The day it was
begun is kept in `example.json`: a later start sends the same bodies.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ledger.settings import Settings
from ledger.store import Database
from ops.example import accounts, tour
from ops.example.archive import archive
from ops.example.desk import desk
from ops.example.script import Scenario, UnderWay
from ops.home import Home

AT_ONCE = 4
"""Cases under way at the same time; the commands of one case follow each other."""
PATIENCE = 300.0
"""Seconds for which one request is repeated while the system is away or busy."""
_LONGEST_WAIT = 60.0
_AGAIN = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})

Say = Callable[[str], None]


class LoadFault(Exception):  # noqa: N818 -- a fault of one case of the example
    """The system refused a step, or did not answer it within the patience."""


@dataclass(slots=True)
class Summary:
    """What a loading did. `replayed` of the `commands` had been carried out by an earlier loading."""

    cases: int = 0
    commands: int = 0
    replayed: int = 0
    faults: list[str] = field(default_factory=list[str])
    already: bool = False
    """An earlier loading was complete; nothing was sent."""

    @property
    def status(self) -> int:
        """Exit status: 0 the example is complete, 1 it is not."""
        return 1 if self.faults else 0


def main(base_url: str, home: Home, *, today: date, say: Say) -> Summary:
    """Load the example into the system at `base_url`, whose database `DATABASE_URL` names.

    `today` is the day in Asia/Shanghai. Raises `SettingsFault` where the environment does not name the engines.
    """
    return asyncio.run(_main(base_url, home, today, say))


async def _main(base_url: str, home: Home, today: date, say: Say) -> Summary:
    if _remembered(home).get("complete"):
        tour.put(home)
        return Summary(already=True)
    async with (
        Database(Settings.from_environment().worker_url, size=2, name="example") as database,
        httpx.AsyncClient(base_url=base_url, timeout=60) as client,
    ):
        return await load(client, database, home, today=today, say=say)


async def load(client: httpx.AsyncClient, database: Database, home: Home, *, today: date, say: Say) -> Summary:
    """The same with a client and a database that are open."""
    begun = date.fromisoformat(_remembered(home).get("today") or today.isoformat())
    scenarios = (*archive(), *desk(begun))
    memory = {"today": begun.isoformat(), "weeks": {s.case: s.weeks for s in scenarios if s.weeks is not None}}
    accounts.write(home.path / "example.json", {**memory, "complete": False})
    logins = await accounts.ensure(database, home, datetime.now(UTC))
    say(f"the worked example: {len(scenarios)} cases, {len(logins)} accounts")
    summary = await send(client, logins, scenarios)
    if not summary.faults:
        tour.put(home)
        accounts.write(home.path / "example.json", {**memory, "complete": True})
    return summary


def _remembered(home: Home) -> dict[str, Any]:
    """What an earlier loading wrote: the day it was begun, by how many weeks each case was moved, whether all was carried out."""
    file = home.path / "example.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


async def send(client: httpx.AsyncClient, logins: Iterable[accounts.Login], scenarios: tuple[Scenario, ...]) -> Summary:
    """Send the steps of every scenario, each as the person it names."""
    caller = _Caller(client, {login["username"]: login["password"] for login in logins})
    summary, places = Summary(), asyncio.Semaphore(AT_ONCE)
    async with _progress(sum(len(s.steps) for s in scenarios)) as advance:

        async def one(scenario: Scenario) -> None:
            async with places:
                try:
                    await _tell(caller, scenario, summary, advance)
                except LoadFault as fault:
                    summary.faults.append(f"{scenario.name}: {fault}")

        async with asyncio.TaskGroup() as group:
            for scenario in scenarios:
                group.create_task(one(scenario))
    return summary


@asynccontextmanager
async def _progress(total: int) -> AsyncGenerator[Callable[[], None]]:
    """A bar at the terminal; silent where there is none."""
    console = Console(stderr=True)
    columns = (TextColumn("worked example"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


async def _tell(caller: "_Caller", scenario: Scenario, summary: Summary, advance: Callable[[], None]) -> None:
    """Send one case's steps in order. Raises `LoadFault` at the first that is not carried out."""
    under_way = UnderWay()
    for n, step in enumerate(scenario.steps, start=1):
        path, request = under_way.request(step)
        answer = await caller.send(step.who, path, request, scenario.key(n))
        if not answer.is_success:
            problem = _problem(answer)
            raise LoadFault(f"step {n}, {step.command} by {step.who}: {answer.status_code} {problem.get('code')} {problem.get('detail')}")
        under_way.answered(answer.json())
        summary.commands += 1
        summary.replayed += answer.headers.get("Idempotent-Replay") == "true"
        advance()
    summary.cases += 1


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    """The problem document, or nothing where something that is no part of the system answered."""
    return answer.json() if answer.headers.get("content-type", "").startswith("application/problem+json") else {}


class _Caller:
    """Sends requests as the example's people; each signs in once, when first needed."""

    def __init__(self, client: httpx.AsyncClient, passwords: Mapping[str, str]) -> None:
        self._client, self._passwords = client, passwords
        self._tokens: dict[str, str] = {}
        self._signing_in = {who: asyncio.Lock() for who in passwords}

    async def send(self, who: str, path: str, body: Mapping[str, Any], key: str) -> httpx.Response:
        return await self._post(path, body, {"Authorization": f"Bearer {await self._token(who)}", "Idempotency-Key": key})

    async def _token(self, who: str) -> str:
        async with self._signing_in[who]:
            if who not in self._tokens:
                answer = await self._post("/api/v1/tokens", {"username": who, "password": self._passwords[who]}, {})
                if not answer.is_success:
                    raise LoadFault(f"{who} cannot sign in ({answer.status_code}): is demo-logins.json the one of this database?")
                self._tokens[who] = answer.json()["access_token"]
            return self._tokens[who]

    async def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> httpx.Response:
        """The answer, once there is one: while the system is away or busy the request is repeated, for as long as the patience lasts."""
        clock = asyncio.get_running_loop()
        until = clock.time() + PATIENCE
        while True:
            try:
                answer = await self._client.post(path, json=dict(body), headers=dict(headers))
            except httpx.TransportError as fault:
                again, wait, why = True, 1.0, type(fault).__name__
            else:
                again, wait, why = answer.status_code in _AGAIN, _retry_after(answer), str(answer.status_code)
                if not again:
                    return answer
            if clock.time() + wait > until:
                raise LoadFault(f"no answer to {path} within {PATIENCE:.0f} s ({why})")
            await asyncio.sleep(wait)


def _retry_after(answer: httpx.Response) -> float:
    """Seconds the answer asks to wait; 1 where it does not say."""
    said = answer.headers.get("Retry-After", "")
    return min(float(said), _LONGEST_WAIT) if said.isdecimal() else 1.0
