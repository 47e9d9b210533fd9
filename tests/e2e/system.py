"""The whole system as a newcomer starts it, for end-to-end tests: `yuanshou up` on a home of its own, worked example loaded."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from ops.home import ROOT
from tests.poll import until

_READY_SECONDS = 600
"""The example is several hundred commands; on a busy machine each takes its time."""


@dataclass
class System:
    """A running system: where it answers, who may sign in, and short words for what tests do over HTTP."""

    base_url: str
    home: Path
    process: subprocess.Popen[bytes]
    logins: list[dict[str, str]]
    client: httpx.AsyncClient
    _tokens: dict[str, str] = field(default_factory=dict[str, str])

    def login(self, role: str, office: str | None = None, username: str | None = None) -> dict[str, str]:
        for login in self.logins:
            if login["role"] == role and office in (None, login["office"]) and username in (None, login["username"]):
                return login
        raise LookupError(f"nobody may sign in as {role} at {office or 'any office'}")

    async def token(self, login: dict[str, str]) -> str:
        name = login["username"]
        if name not in self._tokens:
            body = {"username": name, "password": login["password"]}
            answer = await self.client.post("/tokens", json=body)
            self._tokens[name] = answer.raise_for_status().json()["access_token"]
        return self._tokens[name]

    async def call(self, login: dict[str, str], method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self.token(login)}", **more.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **more)

    async def get(self, login: dict[str, str], path: str, **params: Any) -> Any:
        answer = await self.call(login, "GET", path, params=params)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    async def command(
        self, login: dict[str, str], case_id: str | None, command: str, body: dict[str, Any], **headers: str
    ) -> httpx.Response:
        path = f"/cases/{case_id}/commands/{command}" if case_id else "/cases"
        keyed = {"Idempotency-Key": f"e2e-{uuid4()}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.call(login, "POST", path, json=body, headers=keyed)

    async def cases(self, login: dict[str, str]) -> list[dict[str, Any]]:
        """Every case the person may see."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(login, "/cases", limit=200, **cursor)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start(home: Path) -> System:
    """`yuanshou up`, until it is ready and the worked example is complete. RuntimeError with its last words where it ends before."""
    port = free_port()
    environment = {**os.environ, "YUANSHOU_HOME": str(home), "YUANSHOU_PORT": str(port), "PYTHONPATH": str(ROOT)}
    for name in ("DATABASE_URL", "DATABASE_WORKER_URL", "TEMPORAL_ADDRESS"):
        environment.pop(name, None)
    log = home.with_name(home.name + ".log")
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 -- it is to live on
            [sys.executable, "-m", "ops.cli", "up"], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    base_url = f"http://127.0.0.1:{port}"

    async def complete() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"the system did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")
        state = home / "example.json"
        return state.exists() and bool(json.loads(state.read_text(encoding="utf-8")).get("complete"))

    try:
        await until(complete, seconds=_READY_SECONDS)
    except BaseException:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        raise
    logins = json.loads((home / "demo-logins.json").read_text(encoding="utf-8"))
    client = httpx.AsyncClient(base_url=f"{base_url}/api/v1", timeout=30, headers={"Accept-Language": "zh-CN"})
    return System(base_url, home, process, logins, client)


async def stop(system: System) -> int:
    """Ctrl-C; the exit status once everything is down."""
    await system.client.aclose()
    system.process.send_signal(signal.SIGINT)
    return system.process.wait(90)
