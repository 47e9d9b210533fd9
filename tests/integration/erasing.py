"""People who may be erased: files that ended and whose period is over, and the deeds of two persons, over HTTP on the real ledger."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from activities.shred import Shredder
from api.app import create_app
from api.services import Services
from domain.command import Role
from ledger.directory import DirectoryCache
from ledger.shredlist import ShredList
from ledger.store import WORKER
from tests.described import Described
from tests.house import House
from tests.integration.test_api_reads import Api
from tests.periods import over


@dataclass
class Erasing:
    """The application under rules by which files may go at once, and what carries out erasures."""

    api: Api
    services: Services
    listed: ShredList

    @property
    def house(self) -> House:
        return self.api.house

    @property
    def shredder(self) -> Shredder:
        return Shredder(self.house.database, over, self.listed)

    async def ended(self, **changes: Any) -> tuple[str, str]:
        """A case that was withdrawn, and its applicant's subject."""
        case_id = await self.house.submit(**changes)
        await self.house.do("receptionist", "withdraw_application", case_id, reason="不再申请")
        return case_id, await self.subject(case_id)

    async def subject(self, case_id: str, party: int = 0) -> str:
        async with self.house.database.transaction(WORKER) as conn:
            found = await conn.execute(
                "SELECT subject_id::text AS s FROM case_people WHERE case_id = %s AND party_id = %s", (case_id, party)
            )
            row = await found.fetchone()
        assert row
        return row["s"]

    async def post(self, role: Role, subject: str, what: str, at: str | None = None, key: str = "", **body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key or f"erasing-{uuid4()}"}
        return await self.api.ask(role, "POST", f"/persons/{subject}/{what}", at, json=body, headers=headers)

    async def asked(self, subject: str) -> int:
        """The approver asks; the number of the request."""
        answer = await self.post("approver", subject, "erasure-requests", ground="retention_over", reason="保管期限届满")
        assert answer.status_code == 200, answer.text
        return answer.json()["request"]

    async def approved(self, subject: str) -> None:
        """The approver asks and a supervisor agrees."""
        answer = await self.post("supervisor", subject, "erasure-approvals", request=await self.asked(subject))
        assert answer.status_code == 200, answer.text

    async def erased(self, subject: str) -> None:
        await self.approved(subject)
        assert (await self.shredder.carry_out()).done >= 1

    async def read(self, role: Role, path: str, reason: str | None = None, **params: Any) -> httpx.Response:
        headers = {"X-Access-Reason": quote(reason)} if reason else {}
        return await self.api.ask(role, "GET", path, params=params, headers=headers)

    async def key_of(self, subject: str) -> dict[str, Any]:
        async with self.house.database.transaction(WORKER) as conn:
            row = await (await conn.execute("SELECT * FROM subject_keys WHERE subject_id = %s", (subject,))).fetchone()
        assert row
        return row

    async def told(self, subject: str) -> list[str]:
        """Types of the events of the person's stream."""
        async with self.house.database.transaction(WORKER) as conn:
            rows = await (
                await conn.execute("SELECT type FROM events WHERE stream = %s ORDER BY version", (f"person/{subject}",))
            ).fetchall()
        return [row["type"] for row in rows]


@asynccontextmanager
async def erasing(house: House, folder: Path) -> AsyncGenerator[Erasing]:
    """Over a house, with a list of its own."""

    async def ready() -> dict[str, bool]:
        return {}

    services = Services(house.database, DirectoryCache(), over, house.keys, house.commands, lambda: datetime.now(UTC), ready)
    app = create_app(services)
    described = Described(app.openapi())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t/api/v1", event_hooks={"response": [described.check]}) as client:
        yield Erasing(Api(house, client), services, ShredList(folder / "shredded"))
