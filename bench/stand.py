"""Where the benchmarks run: engines on a home of their own, the product's own processes, people who are signed in."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from domain.command import Actor, Role
from ledger.accounts import create_account
from ledger.directory import DirectoryCache, extend
from ledger.store import WORKER, Database
from ops import process
from ops.engines import Engines, running
from ops.example.directory import Account, directory_events, people_accounts
from ops.home import Home
from ops.process import Launch, free_port, spawn
from web.page import SESSION

CENTRE = "C-CITY"
ROLES: tuple[Role, ...] = ("receptionist", "approver", "caseworker")
WORKER_ARGV = (sys.executable, "-m", "workers", "cases")
DUTIES_ARGV = (sys.executable, "-m", "workers", "duties")
API_ARGV = (sys.executable, "-m", "workers.serve")
_PATIENCE = 60.0
_REPEATS = 5
"""Of a command answered with 429 or 503, a second apart."""
NO_OTHER_SYSTEM: Mapping[str, str] = dict.fromkeys(
    (
        *("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_WORKER_URL", "TEMPORAL_ADDRESS", "YUANSHOU_ANSWER_FROM", "YUANSHOU_METRICS_PORT"),
        *("MAKEFLAGS", "MFLAGS", "MAKELEVEL"),  # of the `make bench` around us
    ),
    "",
)
"""Variables that would lead a start of the product elsewhere, empty: as good as unset to whoever reads them."""

WAGES: Mapping[str, Any] = {
    "centre": CENTRE,
    "channel": "walk_in",
    "applicant": {"name": "欧阳·𠮷某", "phone": "13900001234", "id_number": "11010519491231002X", "categories": ["migrant_worker"]},
    "opponents": [{"name": "某建筑劳务有限公司"}],
    "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠八个月工资"},
}
ACCEPT: Mapping[str, Any] = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}, {"kind": "work_evidence"}]}


class BenchError(Exception):
    """The product did not do what is to be measured: the figures would mean nothing."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def engines() -> Generator[Engines]:
    """PostgreSQL (migrated) and Temporal on a home that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="yuanshou-bench-") as folder, running(Home(Path(folder) / "home"), say) as ready:
        yield ready


@dataclass
class Children:
    """Processes of one benchmark, all ended at its end."""

    engines: Engines
    started: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def start(self, name: str, argv: Sequence[str], **env: str) -> subprocess.Popen[bytes]:
        """Start a program of the product (or a peer) on the engines; its log stands under their home."""
        process.rotate(self.log(name))  # what an earlier process of the name said is not this one's word
        # Who is measured at work signs in once, without an authenticator at hand.
        settings = {"YUANSHOU_EXAMPLE": "0", "YUANSHOU_SECOND_FACTOR": "optional", "PYTHONUNBUFFERED": "1"}
        launch = Launch(name, argv, {**process.THRIFT, **self.engines.environment(), **settings, **env})
        child = spawn(launch, self.engines.home / "logs" / f"{name}.log")
        self.started.append(child)
        return child

    def log(self, name: str) -> Path:
        return self.engines.home / "logs" / f"{name}.log"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self.started):
            process.stop(child, signal.SIGTERM, 20)


async def worker(children: Children) -> subprocess.Popen[bytes]:
    """The product's worker of cases, with that of the duties beside it; up when they say so themselves."""
    started = [(name, children.start(name, argv)) for name, argv in (("worker", WORKER_ARGV), ("duties", DUTIES_ARGV))]
    for name, child in started:
        await said(child, children.log(name), "worker ready")
    return started[0][1]


async def api(children: Children, name: str, answer_from: str, argv: Sequence[str] = API_ARGV) -> tuple[subprocess.Popen[bytes], int]:
    """The product's HTTP process, up when `/readyz` answers 200; its port."""
    port = free_port()
    child = children.start(name, argv, YUANSHOU_PORT=str(port), YUANSHOU_ANSWER_FROM=answer_from)

    async def up() -> bool:
        try:
            async with http(port) as line:
                status, _ = await line.ask("GET", "/readyz")
        except OSError:
            return False
        return status == 200

    until = time.monotonic() + _PATIENCE
    while not await up():
        _alive(child, children.log(name), until)
        await asyncio.sleep(0.05)
    return child, port


async def said(child: subprocess.Popen[bytes], log: Path, word: str) -> None:
    """Until the process has written `word` into its log."""
    until = time.monotonic() + _PATIENCE
    while word not in process.tail(log, 200):
        _alive(child, log, until)
        await asyncio.sleep(0.05)


def _alive(child: subprocess.Popen[bytes], log: Path, until: float) -> None:
    if child.poll() is not None or time.monotonic() > until:
        raise BenchError(f"a process did not come up; its log says:\n{process.tail(log)}")


class Line:
    """One kept HTTP/1.1 connection to 127.0.0.1. Small on purpose: the client shares the cores with what it measures."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        """Send a request and read its whole answer: status and parsed JSON (None where there is none)."""
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
        head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
        head += ["Content-Type: application/json"] if content else []
        head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + content)
        await self._writer.drain()
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        length = next(int(line.partition(":")[2]) for line in answer if line.startswith("content-length:"))
        content = await self._reader.readexactly(length)
        return int(answer[0].split()[1]), json.loads(content) if content.startswith((b"{", b"[")) else None

    @property
    def closed(self) -> bool:
        """Whether the server has ended the connection, as it does with idle ones."""
        return self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def http(port: int) -> AsyncGenerator[Line]:
    line = Line(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield line
    finally:
        line.close()


class Office:
    """Signed-in people at the centre, who speak to one HTTP process over connections kept open."""

    def __init__(self, port: int, tokens: Mapping[Role, str]) -> None:
        self._port, self._tokens = port, tokens
        self._lines: list[Line] = []

    async def ask(self, role: Role, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask, again with the same key where that is the answer: the time it takes is the caller's all the same."""
        line = await self._line()
        head = {"Authorization": f"Bearer {self._tokens[role]}", "Idempotency_Key": secrets.token_urlsafe(16)}
        status, answer = await line.ask("POST", path, body, **head)
        for _ in range(_REPEATS):
            if status not in (429, 503):
                break
            say(f"{path} was answered {status}; repeated with its key")
            await asyncio.sleep(1)
            status, answer = await line.ask("POST", path, body, **head)
        if status not in (200, 201):
            raise BenchError(f"{path} was answered {status}: {answer}")
        self._lines.append(line)
        return answer

    async def page(self, role: Role, path: str) -> None:
        """Read a page as that person's browser does."""
        line = await self._line()
        status, _ = await line.ask("GET", path, Cookie=f"{SESSION}={self._tokens[role]}")
        if status != 200:
            raise BenchError(f"{path} was answered {status}")
        self._lines.append(line)

    async def read(self, role: Role, path: str) -> None:
        """Read something of the interface."""
        line = await self._line()
        status, _ = await line.ask("GET", path, Authorization=f"Bearer {self._tokens[role]}")
        if status != 200:
            raise BenchError(f"{path} was answered {status}")
        self._lines.append(line)

    async def _line(self) -> Line:
        """A kept connection that the server has not closed meanwhile, else a new one."""
        while self._lines:
            line = self._lines.pop()
            if not line.closed:
                return line
            line.close()
        return Line(*await asyncio.open_connection("127.0.0.1", self._port))

    async def submit(self) -> str:
        """A wage case taken down at the desk; its id."""
        return (await self.ask("receptionist", "/api/v1/cases", WAGES))["case_id"]

    async def accept(self, case_id: str) -> None:
        """Accept it first, two papers owed: two events, its clock, a number of its own."""
        await self.ask("approver", f"/api/v1/cases/{case_id}/commands/accept_first", ACCEPT)

    async def note(self, case_id: str) -> None:
        """A note: one event that changes no state."""
        body = {"text": "电话告知申请人补交材料", "visible_to": "centre"}
        await self.ask("caseworker", f"/api/v1/cases/{case_id}/commands/add_note", body)

    def close(self) -> None:
        for line in self._lines:
            line.close()


async def furnish(database: Database, password: str) -> dict[Role, str]:
    """Enter the worked example's directory and an account a role at the centre; username by role."""
    clerk = Actor("system", "system_administrator", "system")
    async with database.transaction(WORKER) as conn:
        empty = not (await DirectoryCache().read(conn)).offices()
    now = datetime.now(UTC)
    if empty:
        await extend(database, directory_events(), actor=clerk, now=now, command_id="bench-directory")
    people: dict[Role, Account] = {role: next(a for a in people_accounts() if a.role == role and a.office == CENTRE) for role in ROLES}
    async with database.transaction(WORKER) as conn:
        for account in people.values():
            await create_account(conn, account.username, account.person, password, now)
    return {role: account.username for role, account in people.items()}


async def office(port: int, usernames: Mapping[Role, str], password: str) -> Office:
    """Sign everybody in at that process."""
    tokens: dict[Role, str] = {}
    async with http(port) as line:
        for role, username in usernames.items():
            status, answer = await line.ask("POST", "/api/v1/tokens", {"username": username, "password": password})
            if status not in (200, 201):
                raise BenchError(f"signing in was answered {status}: {answer}")
            tokens[role] = answer["access_token"]
    return Office(port, tokens)
