"""Sending what is to leave the house: each channel by itself, again where it failed, until it is sent, silenced or dead."""

import asyncio
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, get_args

import sqlalchemy as sa
import structlog

from domain.directory import Directory
from domain.notices import GIVE_UP, PersonalChannel, Wishes, pause
from domain.notices import Channel as ChannelName
from ledger import contacts
from ledger.keys import Keys
from ledger.schema import clock_list, deliveries
from ledger.sql import Connection, Row, Statement
from ledger.store import WORKER, Database
from notify.channel import Channel, Later, Letter, Refused
from notify.letters import digest_words, words
from workflows.faultpoints import reach

_log = structlog.get_logger(__name__)
_PAGE = 50
_OF_ONE = 10
"""Letters of a page for one program or bot: one that is slow holds up the others for no longer than these take."""
_AT_ONCE = 8
_FRESH = 1.0
"""For how many seconds a page is taken as it was read."""
_LEASE = timedelta(minutes=3)
"""How long a delivery is one sender's: whoever dies with it is followed by another after that time. Longer than `SECONDS`."""
SECONDS = 45.0
"""For one letter, whatever the channel's own patience."""

_D = deliveries.c
_ANSWERED = (
    "c.case_id = d.case_id AND c.clock_id = d.clock_id AND d.kind LIKE 'deadline_%'"
    " AND (NOT c.live AND c.state <> 'lapsed' OR (d.data->>'due_on')::date <> c.due_on)"
)
"""Whether the clock `c` needs the reminder `d` no more: it was met or cancelled, or its date was moved."""
_SILENCE = Statement(
    sa.text(
        f"UPDATE deliveries d SET state = 'silenced' FROM clock_list c WHERE {_ANSWERED}"  # noqa: S608 -- words of ours
        " AND d.channel = :name AND d.state IN ('waiting', 'held')"
    )
)
_CLAIM = Statement(
    sa.text(
        "WITH ranked AS (SELECT id, next_at, row_number() OVER (PARTITION BY endpoint_id ORDER BY next_at, id) AS place"  # noqa: S608 -- words of ours
        " FROM deliveries WHERE channel = :name AND state IN ('waiting', 'held') AND next_at <= clock_timestamp()"
        " AND coalesce(endpoint_id::text, '') <> ALL (cast(:silent AS text[]))),"
        " due AS (SELECT o.id FROM deliveries o JOIN ranked r ON r.id = o.id WHERE r.place <= :of_one AND o.state IN ('waiting', 'held')"
        " AND o.next_at <= clock_timestamp() ORDER BY r.next_at, r.id LIMIT :most FOR UPDATE OF o SKIP LOCKED)"
        " UPDATE deliveries d SET attempts = d.attempts + 1, next_at = clock_timestamp() + cast(:lease AS interval),"
        f" state = CASE WHEN EXISTS (SELECT FROM clock_list c WHERE {_ANSWERED}) THEN 'silenced' ELSE 'waiting' END"
        " FROM due WHERE d.id = due.id RETURNING d.*, clock_timestamp() AS now,"
        " coalesce((SELECT coalesce(l.case_number, l.register_number) FROM case_list l WHERE l.case_id = d.case_id),"
        " (SELECT q.number FROM inquiries q WHERE q.inquiry_id = d.case_id)) AS number"
    )
)
_mine = (_D.id == sa.bindparam("delivery"), _D.attempts == sa.bindparam("attempt"), _D.state == "waiting")
_BEGIN = Statement(
    sa.text(
        "UPDATE deliveries d SET next_at = clock_timestamp() + cast(:lease AS interval),"  # noqa: S608 -- words of ours
        f" state = CASE WHEN EXISTS (SELECT FROM clock_list c WHERE {_ANSWERED}) THEN 'silenced' ELSE 'waiting' END"
        " WHERE d.id = :delivery AND d.attempts = :attempt AND d.state = 'waiting' RETURNING d.state"
    )
)
"""What a page is asked when it is read a letter is asked again before its turn, where the page is no longer fresh."""
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


@dataclass(frozen=True, slots=True)
class Turns:
    """Who is next of a page, and until which moment of the loop the page counts as read just now."""

    gate: asyncio.Semaphore
    fresh_until: float


class Sender:
    """Takes what is due of a channel and sends it. At least once: the id of a delivery tells a receiver of a repeat."""

    def __init__(self, database: Database, channels: Mapping[ChannelName, Channel], master: Keys, address: str) -> None:
        """`address` is where people open the pages: links in letters begin with it."""
        self._database, self._channels, self._master, self._address = database, channels, master, address
        self._dice = Random()  # noqa: S311 -- spreads retries, decides nothing

    async def send(self, name: ChannelName, directory: Directory) -> int:
        """Everything of the channel that is due; how many letters were tried. A channel that is not set up keeps what waits.

        Who took nothing of a page (a server that is down, a program that hangs) is left alone until the next round.
        """
        channel, tried, silent = self._channels.get(name), 0, set[str]()
        if channel is None:
            return 0
        of_one = _PAGE if name in get_args(PersonalChannel) else _OF_ONE  # people's letters all go to one server
        async with self._database.transaction(WORKER) as conn:
            await _SILENCE.run(conn, name=name)
        while True:
            async with self._database.transaction(WORKER) as conn:
                claimed = await _CLAIM.run(conn, name=name, most=_PAGE, of_one=of_one, lease=_LEASE, silent=sorted(silent))
                page = await claimed.fetchall()
                addressees = await self._addressees(conn, page)
            if not page:
                return tried
            turns = Turns(asyncio.Semaphore(_AT_ONCE), asyncio.get_running_loop().time() + _FRESH)
            answered = await asyncio.gather(*(self._one(turns, channel, row, addressees.get(row["id"]), directory) for row in page))
            tried += len(page)
            ends = [str(row["endpoint_id"] or "") for row in page]
            silent |= set(ends) - {end for end, well in zip(ends, answered, strict=True) if well}

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

    async def _one(self, turns: Turns, channel: Channel, row: Row, to: Addressee | None, directory: Directory) -> bool:
        """Try one letter; False where the other side is to be left alone for now."""
        async with turns.gate:
            if row["state"] != "waiting" or (asyncio.get_running_loop().time() >= turns.fresh_until and not await self._begins(row)):
                return True
            if to is None:
                await self._note(_DEAD, row, fault="no_address")
                return True
            try:
                async with asyncio.timeout(SECONDS):
                    await channel.send(self._letter(row, to, directory))
            except Refused as fault:
                await self._note(_DEAD, row, fault=str(fault))
                if fault.gone and row["endpoint_id"]:
                    async with self._database.transaction(WORKER) as conn:
                        await contacts.switch(conn, str(row["endpoint_id"]), on=False)
            except (Later, OSError, TimeoutError) as fault:
                code = str(fault) if isinstance(fault, Later) else type(fault).__name__
                await self._again(row, code, fault.after if isinstance(fault, Later) else None)
                return False
            except Exception as fault:  # noqa: BLE001 -- a fault of ours in one letter keeps no other; it dies when its time is over
                place = traceback.extract_tb(fault.__traceback__)[-1]  # not what the fault says: that may hold an address
                _log.error("a letter tripped", delivery=row["id"], fault=type(fault).__name__, at=f"{place.filename}:{place.lineno}")
                await self._again(row, f"fault_{type(fault).__name__}", None)
            else:
                reach("letter_sent")
                await self._note(_SENT, row)
            return True

    async def _begins(self, row: Row) -> bool:
        """Whether the letter may go out now: still this sender's, and its limit neither answered nor moved since the page was read."""
        async with self._database.transaction(WORKER) as conn:
            now = await (await _BEGIN.run(conn, delivery=row["id"], attempt=row["attempts"], lease=_LEASE)).fetchone()
        return now is not None and now["state"] == "waiting"

    async def _again(self, row: Row, fault: str, after: float | None) -> None:
        """Try it later: after the pause of its attempt, or when the other side asked to, if that is later (a day at most)."""
        wait = pause(row["attempts"], self._dice)
        if after is not None:
            wait = max(wait, timedelta(seconds=min(after, 86_400.0)))
        await self._note(_LATER, row, fault=fault, wait=wait, most=GIVE_UP[row["channel"]])
        _log.warning("not sent", channel=row["channel"], delivery=row["id"], fault=fault, attempts=row["attempts"])

    async def _note(self, statement: Statement, row: Row, **said: Any) -> None:
        async with self._database.transaction(WORKER) as conn:
            await statement.run(conn, delivery=row["id"], attempt=row["attempts"], **said)

    def _letter(self, row: Row, to: Addressee, directory: Directory) -> Letter:
        if row["kind"] == "digest":
            return self._digest(row, to, directory)
        page = {"consultation": "consultations", "duty": "duty-requests"}.get(row["data"].get("kind", ""), "cases")
        link = f"{self._address}/{page}/{row['case_id']}"
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

    def _digest(self, row: Row, to: Addressee, directory: Directory) -> Letter:
        data: dict[str, Any] = row["data"]
        offices = {each["office"]: directory.office(each["office"]) for each in data["offices"]}
        names = {code: (office.name_en if to.language == "en" else office.name) if office else code for code, office in offices.items()}
        if absent := directory.person(data.get("instead_of")):
            names[absent.code] = absent.name
        said = digest_words(to.language, data, names=names, link=f"{self._address}/deadlines")
        return Letter(row["id"], to.address, row["kind"], said.subject, said.text, said.short, row["created_at"], data)
