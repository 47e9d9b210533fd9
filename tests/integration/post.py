"""The post of one case: rungs are put into its outbox, delivered and sent, time passes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain.notices import KINDS, Wishes
from ledger import contacts
from ledger.schema import case_list, deliveries, outbox
from ledger.sql import Row, fetch_all, run
from ledger.store import WORKER
from notify.deliver import deliver_open
from notify.sending import Sender
from tests.house import House

TODAY = datetime.now(UTC).date()
ALWAYS = {"email": ("warned", "missed"), "sms": ("warned", "missed")}
SENDER = "yuanshou@example.org"
LINK = "https://yuanshou.example.org"


class Post:
    """The post of one case: rungs are put into its outbox, delivered and sent."""

    def __init__(self, house: House, case_id: str, owner: str) -> None:
        self.house, self.case_id, self.owner = house, case_id, owner

    async def wishes(self, **said: Any) -> None:
        said = {"email": "han@example.org", "phone": "13800001111", "quiet": None, "channels": ALWAYS} | said
        async with self.house.database.transaction(WORKER) as conn:
            await contacts.wish(conn, self.owner, Wishes(**said), self.house.keys.master)

    async def rings(self, kind: str = "deadline_missed", clock: str = "examine_application/1", **data: Any) -> None:
        """A rung that reaches the case's owner, delivered to the inbox and to what leaves the house."""
        async with self.house.owner.transaction(WORKER) as conn:
            case = (await fetch_all(conn, sa.select(case_list).where(case_list.c.case_id == self.case_id)))[0]
            due = next(c["due_on"] for c in case["clocks"] if c["id"] == "examine_application/1")
            said = {"clock": clock, "limit": "examine_application", "due_on": due} | data
            values = {"id": f"{self.case_id}/{uuid4()}", "case_id": self.case_id, "position": 1, "kind": kind, "recipients": ["owner"]}
            await run(conn, sa.insert(outbox).values(**values, data=said, centre=case["centre"]))
        while await deliver_open(self.house.database, self.house.notices(TODAY)):
            pass

    async def send(self, name: Any, channel: Any) -> int:
        return await Sender(self.house.database, {name: channel}, self.house.keys.master, LINK).send(name, self.house.directory)

    async def rows(self, channel: str) -> list[Row]:
        async with self.house.database.transaction(WORKER) as conn:
            mine = (deliveries.c.case_id == self.case_id, deliveries.c.channel == channel)
            return await fetch_all(conn, sa.select(deliveries).where(*mine).order_by(deliveries.c.created_at))

    async def states(self, channel: str) -> list[tuple[str, int, str | None]]:
        return [(row["state"], row["attempts"], row["last_fault"]) for row in await self.rows(channel)]

    async def later(self, by: timedelta) -> None:
        """Time passes for what is to leave: it was made earlier and may be tried earlier."""
        async with self.house.owner.transaction(WORKER) as conn:
            moved = {"next_at": deliveries.c.next_at - by, "created_at": deliveries.c.created_at - by}
            await run(conn, sa.update(deliveries).where(deliveries.c.case_id == self.case_id).values(**moved))


@pytest.fixture
async def post(house: House) -> AsyncIterator[Post]:
    """A case whose owner wants letters; what other tests left to be sent is out of the way."""
    async with house.owner.transaction(WORKER) as conn:
        await conn.execute("UPDATE deliveries SET state = 'silenced' WHERE state IN ('waiting', 'held')")
        await conn.execute("UPDATE endpoints SET removed_at = now(), active = false")
    case_id = await house.submit()
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT owner FROM case_list WHERE case_id = %s", (case_id,))).fetchone()
    assert row is not None
    made = Post(house, case_id, row["owner"])
    await made.wishes()
    yield made
    async with house.owner.transaction(WORKER) as conn:
        await conn.execute("DELETE FROM contacts WHERE person = %s", (made.owner,))


async def hooked(post: Post, url: str, kinds: tuple[str, ...] = KINDS) -> tuple[str, str]:
    """A webhook of the city's centre; its id and key."""
    endpoint = str(uuid4())
    async with post.house.owner.transaction(WORKER) as conn:
        secret = await contacts.make(
            conn, endpoint, "webhook", post.house.centre, "办公系统", url, kinds, "P-XU-HUI", post.house.keys.master
        )  # fmt: skip
    assert secret is not None
    return endpoint, secret
