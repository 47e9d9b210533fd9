"""Sending what is to leave the house: each channel by itself, again where it failed, until it is sent, silenced or dead."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
import structlog

from domain.directory import Directory
from domain.notices import GIVE_UP, Wishes, pause
from domain.notices import Channel as ChannelName
from ledger import contacts
from ledger.keys import Keys
from ledger.schema import clock_list, deliveries
from ledger.sql import Connection, Row, Statement
from ledger.store import WORKER, Database
from notify.channel import Channel, Later, Letter, Refused
from notify.letters import words
from workflows.faultpoints import reach

_log = structlog.get_logger(__name__)
_PAGE = 50
_AT_ONCE = 8
_PATIENCE = 3
"""After so many letters in a row that an address did not answer in time, the rest for it waits without being tried, so that one that
hangs holds up no other."""
_LEASE = timedelta(minutes=3)
"""How long a delivery is one sender's: whoever dies with it is followed by another after that time."""
SECONDS = 45.0
"""For one letter, whatever the channel's own patience."""

_D = deliveries.c
_SILENCE = Statement(
    sa.text(
        "UPDATE deliveries d SET state = 'silenced' FROM clock_list c WHERE d.channel = :name AND d.state IN ('waiting', 'held')"
        " AND c.case_id = d.case_id AND c.clock_id = d.clock_id AND d.kind LIKE 'deadline_%'"
        " AND (NOT c.live AND c.state <> 'lapsed' OR (d.data->>'due_on')::date <> c.due_on)"
    )
)
_CLAIM = Statement(
    sa.text(
        "WITH due AS (SELECT id FROM deliveries WHERE channel = :name AND state IN ('waiting', 'held') AND next_at <= clock_timestamp()"
        " ORDER BY next_at, id LIMIT :most FOR UPDATE SKIP LOCKED)"
        " UPDATE deliveries d SET state = 'waiting', attempts = d.attempts + 1, next_at = clock_timestamp() + cast(:lease AS interval)"
        " FROM due WHERE d.id = due.id RETURNING d.*, clock_timestamp() AS now,"
        " coalesce((SELECT coalesce(l.case_number, l.register_number) FROM case_list l WHERE l.case_id = d.case_id),"
        " (SELECT q.number FROM inquiries q WHERE q.inquiry_id = d.case_id)) AS number"
    )
)
_mine = (_D.id == sa.bindparam("delivery"), _D.attempts == sa.bindparam("attempt"), _D.state == "waiting")
_SENT = Statement(sa.update(deliveries).where(*_mine).values(state="sent", sent_at=sa.func.clock_timestamp(), last_fault=None))
_LATER = Statement(
    sa.update(deliveries)
    .where(*_mine)
    .values(
        next_at=sa.func.clock_timestamp() + sa.bindparam("wait", type_=sa.Interval),
        last_fault=sa.bindparam("fault"),
        state=sa.case((_D.created_at < sa.func.clock_timestamp() - sa.bindparam("most", type_=sa.Interval), "dead"), else_="waiting"),
    )
)
_DEAD = Statement(sa.update(deliveries).where(*_mine).values(state="dead", last_fault=sa.bindparam("fault")))
assert clock_list.name == "clock_list"  # noqa: S101 -- the statement above names it


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a delivery goes."""

    address: str
    language: Any = "zh-CN"
    secrets: tuple[str, ...] = ()


class Sender:
    """Takes what is due of a channel and sends it. At least once: the id of a delivery tells a receiver of a repeat."""

    def __init__(self, database: Database, channels: Mapping[ChannelName, Channel], master: Keys, address: str) -> None:
        """`address` is where people open the pages: links in letters begin with it."""
        self._database, self._channels, self._master, self._address = database, channels, master, address
        self._dice = Random()  # noqa: S311 -- spreads retries, decides nothing

    async def send(self, name: ChannelName, directory: Directory) -> int:
        """Everything of the channel that is due; how many letters were tried. A channel that is not set up keeps what waits."""
        channel, tried = self._channels.get(name), 0
        hung: Counter[str] = Counter()
        if channel is None:
            return 0
        while True:
            async with self._database.transaction(WORKER) as conn:
                await _SILENCE.run(conn, name=name)
                page = await (await _CLAIM.run(conn, name=name, most=_PAGE, lease=_LEASE)).fetchall()
                addressees = await self._addressees(conn, page)
            if not page:
                return tried
            gate = asyncio.Semaphore(_AT_ONCE)
            await asyncio.gather(*(self._one(gate, channel, row, addressees.get(row["id"]), directory, hung) for row in page))
            tried += len(page)

    async def _addressees(self, conn: Connection, page: Sequence[Row]) -> dict[str, Addressee]:
        wishes = await contacts.wishes_of(conn, {row["person"] for row in page if row["person"]}, self._master)
        ends = {str(row["endpoint_id"]): contacts.opened(row, self._master) for row in await contacts.active(conn)}
        found: dict[str, Addressee] = {}
        for row in page:
            if row["person"]:
                wish: Wishes | None = wishes.get(row["person"])
                address = wish.address(row["channel"]) if wish else None
                if wish and address:
                    found[row["id"]] = Addressee(address, wish.language)
            elif end := ends.get(str(row["endpoint_id"])):
                found[row["id"]] = Addressee(end.address, secrets=end.secrets)
        return found

    async def _one(  # noqa: PLR0917 -- one letter and what its sending depends on
        self, gate: asyncio.Semaphore, channel: Channel, row: Row, to: Addressee | None, directory: Directory, hung: Counter[str]
    ) -> None:
        """`hung` counts, by endpoint, letters in a row that were not answered in time."""
        end = str(row["endpoint_id"] or "")
        async with gate:
            if to is None:
                await self._note(_DEAD, row, fault="no_address")
                return
            try:
                await _hand_over(channel, self._letter(row, to, directory), tired=bool(end) and hung[end] >= _PATIENCE)
            except Refused as fault:
                await self._note(_DEAD, row, fault=str(fault))
                if fault.gone and row["endpoint_id"]:
                    async with self._database.transaction(WORKER) as conn:
                        await contacts.switch(conn, str(row["endpoint_id"]), on=False)
            except (Later, OSError, TimeoutError) as fault:
                wait = pause(row["attempts"], self._dice)
                if isinstance(fault, Later) and fault.after is not None:
                    wait = max(wait, timedelta(seconds=min(fault.after, 86_400.0)))
                code = str(fault) if isinstance(fault, Later) else type(fault).__name__
                if code in ("timeout", "TimeoutError"):
                    hung[end] += 1
                await self._note(_LATER, row, fault=code, wait=wait, most=GIVE_UP[row["channel"]])
                _log.warning("not sent", channel=row["channel"], delivery=row["id"], fault=code, attempts=row["attempts"])
            else:
                hung[end] = 0
                reach("letter_sent")
                await self._note(_SENT, row)

    async def _note(self, statement: Statement, row: Row, **said: Any) -> None:
        async with self._database.transaction(WORKER) as conn:
            await statement.run(conn, delivery=row["id"], attempt=row["attempts"], **said)

    def _letter(self, row: Row, to: Addressee, directory: Directory) -> Letter:
        page = {"consultation": "consultations", "duty": "duty-requests"}.get(row["data"].get("kind", ""), "cases")
        link = f"{self._address}/{page}/{row['case_id']}" if row["case_id"] else self._address
        office = directory.office(row["centre"]) if row["centre"] else None
        name = (office.name_en if to.language == "en" else office.name) if office else None
        said = words(to.language, row["kind"], row["data"], number=row["number"], office=name, link=link)
        facts = {
            "id": row["id"],
            "case_id": str(row["case_id"]),
            "number": row["number"],
            "centre": row["centre"],
            **row["data"],
            "link": link,
        }
        created: datetime = row["created_at"]
        return Letter(row["id"], to.address, row["kind"], said.subject, said.text, said.short, created, facts, to.secrets)


async def _hand_over(channel: Channel, letter: Letter, *, tired: bool) -> None:
    """Send it, unless the endpoint kept others waiting just now."""
    if tired:
        raise Later("hangs")
    async with asyncio.timeout(SECONDS):
        await channel.send(letter)
