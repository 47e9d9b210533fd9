"""A whole house in one process for tests: the real ledger, the real Temporal server, a worker, the example's people."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client

from activities.record import Recorder
from api.commands import Answer, Ask, Commands
from api.courier import Courier
from domain.access import Principal
from domain.command import Actor, Role
from domain.directory import Directory
from domain.rules import Rules
from ledger import rules
from ledger.directory import DirectoryCache, extend
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import WORKER, Database
from notify.deliver import Desk
from ops.engines import Engines
from ops.example.directory import directory_events, people_accounts
from tests.scenarios import LAWYER, LAWYERS, Do
from workers.app import case_worker, ensure_search_attributes
from workers.temporal import connect

WAGES: dict[str, Any] = {
    "channel": "walk_in",
    "applicant": {"name": "欧阳·𠮷某", "phone": "13900001234", "id_number": "11010519491231002X", "categories": ["migrant_worker"]},
    "opponents": [{"name": "某建筑劳务有限公司"}],
    "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠八个月工资"},
}


_NAME = "house-"
"""What the house's own accounts begin with: those of the worked example stay free for tests that load it."""


def session_of(principal: Principal) -> str:
    """The token under which one of the house's people is signed in for as long as the tests run."""
    return f"session of {principal.username}"


@dataclass(frozen=True)
class House:
    """The house's rooms, and short words for what tests do in it."""

    engines: Engines
    settings: Settings
    keys: KeyRing
    database: Database
    owner: Database
    client: Client
    recorder: Recorder
    courier: Courier
    commands: Commands
    directory: Directory
    centre: str

    def who(self, role: Role, office: str | None = None) -> Principal:
        """The example's first person with that role at the house's centre (or office)."""
        for account in people_accounts():
            at = self.directory.centre_of(account.office)
            near = {self.centre, self.directory.bureau_of(self.centre)}
            here = account.office == office if office else (at.code if at else account.office) in near
            person = self.directory.person(account.person)
            if account.role == role and here and person is not None:
                return Principal(_NAME + account.username, account.person, ((role, account.office),), person.lawyer, person.unit)
        raise LookupError(f"the example has no {role} at {office or self.centre}")

    def account(self, username: str) -> Principal:
        """The example's person of that account."""
        account = next(a for a in people_accounts() if a.username == username)
        person = self.directory.person(account.person)
        assert person is not None
        return Principal(_NAME + username, account.person, ((account.role, account.office),), person.lawyer, person.unit)

    def notices(self, on: date) -> Desk:
        """What the deliverer of messages knows of the house on that day."""
        return Desk(self.directory, rules.current(), self.keys.master, on)

    def ask(self, role: Role | Principal, command: str, case_id: str | None = None, /, key: str | None = None, **body: Any) -> Ask:
        principal = role if isinstance(role, Principal) else self.who(role)
        return Ask(principal, session_of(principal), command, body, key or f"test-{uuid.uuid4()}", f"corr-{uuid.uuid4()}", case_id)

    async def do(self, role: Role | Principal, command: str, case_id: str | None = None, /, key: str | None = None, **body: Any) -> Answer:
        return await self.commands.carry_out(self.ask(role, command, case_id, key, **body))

    async def submit(self, **changes: Any) -> str:
        """A wage case taken down at the centre's desk; its id."""
        answer = await self.do("receptionist", "submit_application", centre=self.centre, **WAGES | changes)
        return answer.body["case_id"]

    async def accepted(self) -> str:
        """A wage case accepted first, one paper owed; its id."""
        case_id = await self.submit()
        await self.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        return case_id

    def walking(self) -> Do:
        """Walks a scenario's steps; the lawyer who acts is the one last assigned."""
        named = LAWYER

        async def do(role: str, command: str, case_id: str | None, body: dict[str, Any]) -> Mapping[str, Any]:
            nonlocal named
            named = body.get("lawyer", named)
            who = self.account(LAWYERS[named]) if role == "lawyer" else self.who(role)  # pyright: ignore[reportArgumentType]
            return (await self.do(who, command, case_id, **body)).body

        return do

    async def urgent(self) -> str:
        """A case accepted first because its limitation is near; its id."""
        near = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        case_id = await self.submit(matter={"kind": "civil", "cause": "wages", "summary": "时效将届满", "limitation_on": near})
        owed = [{"kind": "id_copy"}]
        await self.do("approver", "accept_first", case_id, basis="urgent_art_44", ground="limitation_within_7_days", papers_owed=owed)
        return case_id

    async def types(self, case_id: str) -> list[str]:
        """The types of the case's events, in order."""
        async with self.database.transaction(WORKER) as conn:
            rows = await (await conn.execute("SELECT type FROM events WHERE stream = %s ORDER BY version", (f"case/{case_id}",))).fetchall()
        return [row["type"] for row in rows]


def hurried() -> Rules:
    """The rules in force, but an urgent assignment is due at once: its rung is owed a second after the acceptance."""
    current = rules.current()
    rows = current.limits.rows
    at_once = tuple(replace(row, n=0) for row in rows["urgent_assign"])
    return replace(current, limits=replace(current.limits, rows={**rows, "urgent_assign": at_once}))


async def furnish(stack: AsyncExitStack, engines: Engines, *, working: bool = True, cached: int = 100) -> House:
    """Build a house on running engines; the example's directory is entered once a database. Without a worker if not `working`.

    Urgent assignments are due at once in it (`hurried`), so that timers can be seen.
    """
    os.environ.update(engines.environment())
    settings = replace(
        Settings.from_environment(), database_url=engines.app_dsn, worker_url=engines.worker_dsn, temporal_address=engines.temporal_address
    )
    keys = KeyRing.open(settings.keys)
    client = await connect(settings, keys)
    await ensure_search_attributes(client)
    database = await stack.enter_async_context(Database(settings.database_url, worker=settings.worker_url, name="test"))
    owner = await stack.enter_async_context(Database(engines.owner_dsn, size=2, name="test-owner"))
    cache = DirectoryCache()
    async with database.transaction(WORKER) as conn:
        directory = await cache.read(conn)
    if not directory.offices():
        clerk = Actor("system", "system_administrator", "system")
        await extend(database, directory_events(), actor=clerk, now=datetime.now(UTC), command_id="example-directory")
        async with database.transaction(WORKER) as conn:
            directory = await cache.read(conn)
    async with database.transaction(WORKER) as conn:
        for account in people_accounts():
            name = _NAME + account.username
            await conn.execute(
                "INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '') ON CONFLICT DO NOTHING", (name, account.person)
            )
            await conn.execute(
                "INSERT INTO sessions (token_hash, username, kind, expires_at)"
                " VALUES (sha256(convert_to(%s, 'UTF8')), %s, 'bearer', now() + interval '1 day') ON CONFLICT DO NOTHING",
                (f"session of {name}", name),
            )
    recorder = Recorder(database, hurried)
    if working:
        await stack.enter_async_context(case_worker(client, recorder, cached=cached))
    courier = await stack.enter_async_context(Courier(client, database))
    centre = next(o.code for o in directory.offices() if o.kind == "centre" and o.level == "county")
    return House(
        engines, settings, keys, database, owner, client, recorder, courier, Commands(database, courier, keys, cache), directory, centre
    )


@pytest.fixture(scope="session")
async def house(engines: Engines) -> AsyncIterator[House]:
    """One house for the session; use cases of your own. `YUANSHOU_TEST_CACHED=0` runs it without a workflow cache."""
    async with AsyncExitStack() as stack:
        yield await furnish(stack, engines, cached=int(os.environ.get("YUANSHOU_TEST_CACHED", "100")))
