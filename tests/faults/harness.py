"""A whole system in real processes that a test may kill: engines, worker, API, and what a supervisor does when one dies."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import httpx
import psycopg
from psycopg.rows import dict_row
from temporalio.client import ScheduleHandle
from temporalio.service import RPCError, RPCStatusCode

from domain.access import Principal
from domain.command import Role
from ledger.sql import Connection
from ops import postgres, process, temporal
from ops.children import Child
from ops.engines import Engines
from ops.home import ROOT, Home
from ops.migration import migrate
from ops.process import Launch
from tests.faults import hook
from tests.house import WAGES, House, furnish, session_of
from tests.poll import until
from workflows import contract
from workflows.contract import workflow_id

type Victim = Literal["worker", "api", "temporal", "postgres"]
VICTIMS: tuple[Victim, ...] = ("worker", "api", "temporal", "postgres")
_RESTART = 60
"""Seconds to wait for a process to die or to come up, on a machine that has other work."""
_AGAIN = {429, 503}
"""Answers after which the same command with the same key is to be sent again."""


class Broken(AssertionError):  # noqa: N818 -- a law is broken
    """A promise of the house that did not hold; its first word says which."""


class System:
    """One home with its processes. `patience`: seconds to wait for what a promise of the house must bring."""

    house: House

    def __init__(self, home: Path, *, patience: float = 40) -> None:
        self.home = Home(home)
        self.patience = patience
        self.plan = home / "fault-plan"
        self.calm: dict[str, list[str]] = {}
        """The types of events of deeds done in peace, by the deed's name."""
        self.gaps: dict[str, int] = {}
        """Numbers already known to be missing from a series (`checks.ledger`)."""
        self.answers: list[int | None] = []
        """The statuses of all tries, None where the line broke; for messages of failed tests."""
        self._stack = AsyncExitStack()
        self._children: dict[str, Child] = {}

    async def start(self, *, prepare: Callable[[System], Awaitable[None]] | None = None) -> None:
        """Start everything as the supervisor would: PostgreSQL, migrations, Temporal, worker, API. `prepare` comes before the two."""
        self.home.create()
        cluster = postgres.ensure(self.home)
        server = temporal.ensure(self.home, _say)
        self._add(
            Child(
                cluster.launch(),
                self.home.logs / "postgres.log",
                grace=30,
                prepare=lambda: postgres.free_data_directory(cluster),
                await_ready=cluster.wait_ready,
            )
        )
        cluster.provision()
        migrate(cluster.dsn("owner"))
        self._add(Child(server.launch(), self.home.logs / "temporal.log", grace=15, await_ready=server.wait_ready))
        self.engines = Engines(self.home.path, *(cluster.dsn(role) for role in postgres.ROLES), temporal_address=server.address)
        self.house = await furnish(self._stack, self.engines, working=False)
        if prepare:
            await prepare(self)
        self.add_program("worker", "tests.faults.worker")
        self.add_program("api", "tests.faults.serve")
        await self.ready()
        await self.pause_schedules()

    async def stop(self) -> None:
        await self._stack.aclose()
        for child in reversed(self._children.values()):
            child.stop(at_once=child.name not in {"postgres", "temporal"})

    def add_program(self, name: str, module: str) -> str:
        """Start one of the tests' entry points; the address it serves, if it is an API."""
        port = process.free_port()
        env = {**self.engines.environment(), "YUANSHOU_PORT": str(port), hook.PLAN: str(self.plan), "PYTHONPATH": str(ROOT)}
        self._add(Child(Launch(name, [sys.executable, "-m", module], env), self.home.logs / f"{name}.log", grace=20))
        return f"http://127.0.0.1:{port}"

    def address(self, name: str = "api") -> str:
        return f"http://127.0.0.1:{self._children[name].launch.env['YUANSHOU_PORT']}"

    def remove_program(self, name: str) -> None:
        self._children.pop(name).stop()

    def _add(self, child: Child) -> None:
        self._children[child.name] = child
        child.start(lambda: None)

    async def pause_schedules(self) -> None:
        """A cell starts what the schedules start each minute when it is its turn, so that the fault falls into that very run."""
        for name in (contract.RECONCILE_SCHEDULE, contract.DELIVER_SCHEDULE, contract.RING_SCHEDULE, contract.SEAL_SCHEDULE):
            handle = self.house.client.get_schedule_handle(name)

            async def paused(handle: ScheduleHandle = handle) -> bool:
                try:
                    await handle.pause()
                except RPCError as fault:
                    if fault.status is not RPCStatusCode.NOT_FOUND:
                        raise
                    return False
                return True

            await until(paused, seconds=_RESTART)

    # What dies, and what comes again

    def arm(self, point: str, victim: str, *, times: int = 1, gently: bool = False) -> None:
        """Let the victim be killed when the point is next reached (`times` times), whichever process reaches it; `gently`: by SIGTERM."""
        running = self._children[victim].running
        assert running is not None
        hook.write_plan(self.plan, point, running.pid, times=times, gently=gently)

    async def struck(self, victim: str) -> None:
        """Until the plan was carried out and the victim is dead."""
        child = self._children[victim]

        async def dead() -> bool:
            return hook.struck(self.plan).exists() and child.running is not None and child.running.poll() is not None

        await until(dead, seconds=_RESTART)

    def kill(self, name: str) -> None:
        """Kill it now, whatever it does."""
        running = self._children[name].running
        assert running is not None
        hook.kill(running.pid)
        running.wait()

    def revive(self, *but: str) -> None:
        """Start again what has died, at once: the supervisor's pauses are its own tests' matter."""
        for name, child in self._children.items():
            if name not in but and (child.running is None or child.died(time.monotonic()) is not None):
                child.start(lambda: None)

    def again(self, name: str, **environment: str) -> None:
        """End a program and start it with other variables."""
        child = self._children[name]
        child.stop(at_once=True)
        plain = {key: value for key, value in child.launch.env.items() if key not in hook.FAULTS}
        child.launch = replace(child.launch, env=plain | environment)
        child.start(lambda: None)

    async def forget(self) -> None:
        """Stop Temporal, delete its file, start it again: everything it knew is gone."""
        child = self._children["temporal"]
        child.stop()
        for name in ("", "-wal", "-shm"):
            self.home.temporal_file.with_name(self.home.temporal_file.name + name).unlink(missing_ok=True)
        child.start(lambda: None)

    async def ready(self, api: str = "api") -> None:
        """Until `/readyz` says that commands are taken, starting again what dies meanwhile."""

        async def is_ready() -> bool:
            self.revive()
            answer = await self._get("/readyz", api)
            return answer is not None and answer.is_success

        await until(is_ready, seconds=_RESTART)

    async def _get(self, path: str, api: str) -> httpx.Response | None:
        async with httpx.AsyncClient(base_url=self.address(api), timeout=10) as client:
            try:
                return await client.get(path)
            except httpx.TransportError:
                return None

    # Commands over HTTP

    async def attempt(
        self, role: Role | Principal, path: str, body: Mapping[str, Any], key: str, *, at: str = "api"
    ) -> httpx.Response | None:
        """One try; None where the line broke. A 503 says when to come again, and nothing answers 500."""
        who = role if isinstance(role, Principal) else self.house.who(role)
        headers = {"Authorization": f"Bearer {session_of(who)}", "Idempotency-Key": key}
        async with httpx.AsyncClient(base_url=self.address(at), timeout=60) as client:
            try:
                answer = await client.post(f"/api/v1{path}", json=dict(body), headers=headers)
            except httpx.TransportError:
                self.answers.append(None)
                return None
        self.answers.append(answer.status_code)
        assert answer.status_code != 500, answer.text
        assert answer.status_code not in _AGAIN or int(answer.headers["Retry-After"]) > 0
        return answer

    async def insist(self, role: Role | Principal, path: str, body: Mapping[str, Any], key: str, *, at: str = "api") -> httpx.Response:
        """The same command with the same key, until it is answered."""

        async def answered() -> httpx.Response | None:
            answer = await self.attempt(role, path, body, key, at=at)
            return None if answer is None or answer.status_code in _AGAIN else answer

        try:
            answer = await until(answered, seconds=self.patience)
        except TimeoutError as fault:
            raise Broken(f"unanswered: {path} was told {self.answers[-10:]}") from fault
        assert answer is not None
        if not answer.is_success:
            raise Broken(f"another answer: {path} was told {answer.text}")
        return answer

    def application(self) -> dict[str, Any]:
        """What is taken down at the centre's desk for a wage case."""
        return {"centre": self.house.centre, **WAGES}

    async def submitted(self) -> str:
        """A wage case; its id."""
        answer = await self.insist("receptionist", "/cases", self.application(), new_key())
        return answer.json()["case_id"]

    async def run_duty(self, name: str, *args: float) -> int:
        """Run what a schedule runs each minute, to its end."""
        return await self.house.client.execute_workflow(
            name, args=list(args), id=f"{name}/{uuid.uuid4()}", task_queue=contract.DUTY_QUEUE, result_type=int
        )

    # The ledger, read past the product

    async def connect(self) -> Connection:
        return await psycopg.AsyncConnection[dict[str, Any]].connect(self.engines.owner_dsn, autocommit=True, row_factory=dict_row)

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with await self.connect() as conn:
            return await (await conn.execute(query, values)).fetchall()  # pyright: ignore[reportArgumentType]

    async def types(self, case_id: str) -> list[str]:
        """The types of the case's events, in order."""
        rows = await self.rows("SELECT type FROM events WHERE stream = %s ORDER BY version", workflow_id(case_id))
        return [row["type"] for row in rows]


@asynccontextmanager
async def running(home: Path, *, prepare: Callable[[System], Awaitable[None]] | None = None) -> AsyncGenerator[System]:
    """A system, started and in the end stopped, however far its start came."""
    started = System(home)
    try:
        await started.start(prepare=prepare)
        yield started
    finally:
        await started.stop()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def new_key() -> str:
    return f"fault-{uuid.uuid4()}"
