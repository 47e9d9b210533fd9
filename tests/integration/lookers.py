"""Somebody who looks on: a program that reads server-sent events as the standard says, over a real connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from psycopg.types.json import Jsonb

from domain.directory import Directory
from ledger.directory import DirectoryCache
from ledger.store import WORKER
from notify.deliver import Desk, deliver_open
from tests.integration.desks import Desks, Someone
from tests.poll import until

type Json = dict[str, Any]


@dataclass
class Looker:
    """What came so far. `over`: the other side ended the stream."""

    events: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    last: str = ""
    comments: int = 0
    over: bool = False

    def of(self, name: str) -> list[Json]:
        return [data for kind, data in self.events if kind == name]

    async def told(self, name: str, count: int = 1) -> list[Json]:
        """All events of the name once there are so many."""

        async def enough() -> bool:
            return len(self.of(name)) >= count

        await until(enough, seconds=15)
        return self.of(name)

    async def counts(self, unread: int) -> None:
        async def so_many() -> bool:
            return self.of("unread")[-1:] == [{"unread": unread}]

        await until(so_many, seconds=15)

    async def beats(self, more: int = 1) -> None:
        """So many heartbeats from now."""
        wanted = self.comments + more

        async def beaten() -> bool:
            return self.over or self.comments >= wanted

        await until(beaten, seconds=15)

    async def ended(self) -> None:
        async def over() -> bool:
            return self.over

        await until(over, seconds=15)

    async def read(self, answer: httpx.Response) -> None:
        name, data, event_id = "message", "", None
        async for line in answer.aiter_lines():
            field_, _, value = line.partition(": ")
            if line.startswith(":"):
                self.comments += 1
            elif not line and data:
                self.last = event_id or self.last
                self.events.append((name, json.loads(data)))
                name, data, event_id = "message", "", None
            elif field_ == "event":
                name = value
            elif field_ == "data":
                data += value
            elif field_ == "id":
                event_id = value
        self.over = True


@asynccontextmanager
async def looking(address: str, who: Someone, *, cases: Sequence[str] = (), last: str = "") -> AsyncIterator[Looker]:
    looker = Looker()
    headers = {"Authorization": f"Bearer {who.token}"} | ({"Last-Event-ID": last} if last else {})
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", f"{address}/api/v1/stream", params={"case": list(cases)}, headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        reading = asyncio.create_task(looker.read(answer))
        try:
            await looker.told("unread")
            yield looker
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def owned(desks: Desks, who: Someone) -> str:
    """A case of that caseworker's own."""
    case_id = await desks.house.submit()
    await desks.house.do("approver", "transfer_caseworker", case_id, to=who.person, reason="分工调整")
    return case_id


async def remind(desks: Desks, case_id: str) -> str:
    """A reminder of the case's review comes to its owner, by the outbox and the deliverer; its id there."""
    row_id = f"test/{uuid4()}"
    async with desks.house.database.transaction(WORKER) as conn:
        await conn.execute(
            "INSERT INTO outbox (id, case_id, position, kind, recipients, data, centre)"
            " SELECT %s, case_id, 1, 'deadline_warned', %s, %s, centre FROM case_list WHERE case_id = %s",
            (row_id, Jsonb(["owner"]), Jsonb({"limit": "examine_application", "due_on": "2026-12-01"}), case_id),
        )
        directory: Directory = await DirectoryCache().read(conn)
    desk = Desk(directory, desks.services.rules(), desks.house.keys.master, desks.now.date())
    while await deliver_open(desks.house.database, desk):
        pass
    return row_id
