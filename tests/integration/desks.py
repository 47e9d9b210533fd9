"""The API over the house's services, with people of the tests' own: each with an account, roles and a clock that stands where told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from api.app import create_app
from api.services import Services
from domain.command import Role
from domain.directory import Grant, Person, PersonRegistered
from ledger import accounts, rules
from ledger.directory import DirectoryCache, extend
from ledger.store import WORKER
from tests.described import Described
from tests.house import House
from tests.poll import until

PASSWORD = "a known pass phrase"
LONG_AGO = date(2020, 1, 1)


@dataclass
class Someone:
    """A person of a test: directory code, account, and the token of the session opened last."""

    person: str
    username: str
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Desks:
    """The application, its clock, and short words for what tests do with it."""

    house: House
    services: Services
    told: Described
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    async def open(cls, house: House, **settings: Any) -> Desks:
        made: list[Desks] = []

        async def ready() -> dict[str, bool]:
            return {}

        services = Services(
            house.database, DirectoryCache(), rules.current, house.keys, house.commands, lambda: made[0].now, ready, **settings
        )  # fmt: skip
        told = Described(create_app(services).openapi())
        made.append(cls(house, services, told))
        return made[0]

    def client(self, address: str | None = None) -> httpx.AsyncClient:
        """A client at a network address of its own; every answer is held to the OpenAPI document."""
        at = (address or f"10.{uuid4().int % 250}.{uuid4().int % 250}.{uuid4().int % 250}", 4711)
        transport = httpx.ASGITransport(create_app(self.services), client=at)
        return httpx.AsyncClient(transport=transport, base_url="http://t/api/v1", event_hooks={"response": [self.told.check]})

    async def someone(self, *roles: Role, office: str = "C-CITY", account: bool = True) -> Someone:
        """A new person with these roles, and an account that may sign in."""
        code = f"P-{uuid4().hex[:12].upper()}"
        grants = tuple(Grant(since=LONG_AGO, role=role, office=office) for role in roles)
        entered = PersonRegistered(since=LONG_AGO, person=Person(code=code, name=code, office=office, grants=grants))
        await extend(self.house.database, [entered], actor=accounts.HOUSE, now=self.now, command_id=f"test-{code}")
        made = Someone(code, f"u{uuid4().hex[:12]}")
        if account:
            async with self.house.database.transaction(WORKER) as conn:
                await accounts.create_account(conn, made.username, code, PASSWORD, self.now)
        return made

    async def signed_in(self, *roles: Role, office: str = "C-CITY") -> Someone:
        who = await self.someone(*roles, office=office)
        answer = await self.sign_in(who)
        assert answer.status_code == 200, answer.text
        return replace(who, token=answer.json()["access_token"])

    async def sign_in(self, who: Someone, password: str = PASSWORD, address: str | None = None, **more: Any) -> httpx.Response:
        async with self.client(address) as client:
            return await client.post("/tokens", json={"username": who.username, "password": password, **more})

    async def ask(self, who: Someone, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request in that person's name; a change carries a key of its own, under which it is sent again while the engine has no time."""
        keyed = {"Idempotency-Key": f"test-{uuid4()}"} if method == "POST" else {}
        async with self.client() as client:

            async def told() -> httpx.Response | None:
                answer = await client.request(method, path, json=body, headers=who.headers | keyed | headers)
                away = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and answer.json().get("code") == "engine_away"
                return None if away else answer

            answer = await until(told)
            assert answer is not None
            return answer

    def later(self, by: timedelta) -> None:
        """Move the API's clock on."""
        self.now += by

    async def history(self, username: str) -> list[str]:
        """Types of the account's events, in order."""
        async with self.house.database.transaction(WORKER) as conn:
            rows = await (
                await conn.execute("SELECT type FROM events WHERE stream = %s ORDER BY version", (f"account/{username}",))
            ).fetchall()
        return [row["type"] for row in rows]

    async def refusals(self, username: str) -> list[str]:
        """Kinds of the refusals kept of an account, in order."""
        async with self.house.database.transaction(WORKER) as conn:
            rows = await (await conn.execute("SELECT kind FROM security_refusals WHERE username = %s ORDER BY at", (username,))).fetchall()
        return [row["kind"] for row in rows]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]
