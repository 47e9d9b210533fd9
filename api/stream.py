"""What happens while somebody looks on, as server-sent events (HTML, section 9.2): their inbox, and the cases they look at.

`unread` says how many messages wait, `message` brings one as `GET /inbox` shows it, `case` says that a case has another version, `editing`
who else has a form of it open, `gap` that more came than is sent here, `end` that nothing more will. The id of an event is the place in
the inbox up to which all was sent.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import psycopg
import structlog
from psycopg_pool import PoolTimeout

import texts
from api.case_reading import visible
from api.desk import Desk, Need, open_desk
from api.list_reading import shown_message
from api.open_forms import Writer
from api.problem import Problem, retry
from api.services import Services
from ledger.sql import Row
from ledger.store import clock
from readmodels import inbox, lists

_log = structlog.get_logger(__name__)
LOOKING = Need(frozenset({"read"}), quiet=True)
"""A page left open is no sign of somebody at work: it does not keep a session from running out."""
MOST_CASES = 10
MOST_AT_ONCE = 200
FULL_SECONDS = 15
_AGAIN_MILLISECONDS = 3_000
_PACE_SECONDS = 0.5
"""Between two looks at the ledger, however much is announced."""
_OVERLAP = timedelta(seconds=10)
"""How much later than another a message may be committed that was written before it: so far back every look goes."""
_MOST_MARKED = 20
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
MEDIA_TYPE = "text/event-stream"


@dataclass
class Place:
    """How far a stream has told an inbox: up to which moment, and what of the moments before it."""

    upto: datetime
    told: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """By the short mark of a message, when it was written."""

    @classmethod
    def read(cls, event_id: str) -> "Place":
        """The place an event's id names. Raises `ValueError`."""
        moment, *marks = unquote(event_id).split("~")
        upto = datetime.fromisoformat(moment)
        if upto.tzinfo is None:
            raise ValueError(moment)
        return cls(upto, dict.fromkeys(marks[:_MOST_MARKED], upto))

    @property
    def since(self) -> datetime:
        return self.upto - _OVERLAP

    def fresh(self, rows: Sequence[Row]) -> list[Row]:
        """Those of the rows, the oldest first, that were not told yet."""
        return [row for row in rows if _mark(row["id"]) not in self.told]

    def note(self, message_id: str, written: datetime) -> None:
        self.told[_mark(message_id)] = written
        self.upto = max(self.upto, written)
        self.told = {mark: at for mark, at in self.told.items() if at > self.since}

    def __str__(self) -> str:
        latest = sorted(self.told, key=self.told.__getitem__)[-_MOST_MARKED:]
        return quote("~".join([self.upto.isoformat(), *latest]), safe="~:")


def _mark(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[:8]


@dataclass
class _Stream:
    """One stream: who looks on, at what, and what they were told."""

    services: Services
    token: str
    lang: texts.Lang
    person: str
    versions: dict[str, int]
    place: Place | None
    unread: int | None = None
    writers: dict[str, tuple[Writer, ...]] = field(default_factory=dict[str, tuple[Writer, ...]])
    """By case, who else was told to have a form of it open."""

    async def run(self) -> AsyncGenerator[bytes]:
        if self.services.live.full(self.person):  # others of theirs began since this one was asked for
            yield _event("end", {"code": "too_many_streams"})
            return
        with self.services.live.ear(self.person, self.versions) as ear:
            yield f"retry: {_AGAIN_MILLISECONDS}\n\n".encode()
            # Told at the start, so that whoever comes back after a while knows whether their page is of yesterday.
            first = b"".join(_event("case", {"case_id": case_id, "version": version}) for case_id, version in self.versions.items())
            while not self.services.live.closed:
                looked = time.monotonic()
                # A look is never cut short, though whoever looks on may go at any moment: that would cost the pool its connection.
                then = self._copy()
                looking = asyncio.create_task(then.look(first))
                self.services.live.keep(looking)
                try:
                    said = await asyncio.shield(looking)
                except Problem as problem:
                    yield _event("end", {"code": problem.code})
                    return
                except (psycopg.OperationalError, PoolTimeout) as fault:
                    _log.warning("the ledger is away from a stream", fault=type(fault).__name__)
                    said = b""
                else:
                    first = b""
                    self.versions, self.place, self.unread, self.writers = then.versions, then.place, then.unread, then.writers
                yield said or b": here\n\n"
                await asyncio.sleep(max(0.0, _PACE_SECONDS - (time.monotonic() - looked)))
                await ear.wait(self.services.live.heartbeat)

    def _copy(self) -> "_Stream":
        """For a look that may fail half-way: what it found counts as told only if it was."""
        place = self.place and replace(self.place, told=dict(self.place.told))
        return replace(self, versions=dict(self.versions), place=place, writers=dict(self.writers))

    async def look(self, first: bytes) -> bytes:
        """What there is to tell, after `first`; the stream stands as if it had been told."""
        async with open_desk(self.services, self.token, self.lang, LOOKING) as desk:
            return first + b"".join([each async for each in self._news(desk)])

    async def _news(self, desk: Desk) -> AsyncGenerator[bytes]:
        for row in await lists.versions(desk.conn, list(self.versions)):
            case_id, version = str(row["case_id"]), int(row["version"])
            if version > self.versions[case_id] and await _reached(desk, case_id):
                self.versions[case_id] = version
                yield _event("case", {"case_id": case_id, "version": version})
        for case_id in self.versions:
            writers = self.services.live.forms.of_others(case_id, self.person)
            if writers != self.writers.get(case_id, ()) and await _reached(desk, case_id):
                self.writers[case_id] = writers
                yield _event("editing", {"case_id": case_id, "people": [_told(desk, each) for each in writers]})
        if self.place is None:
            self.place = await _here(desk)
        rows, more = await inbox.since(desk.conn, self.person, self.place.since, MOST_AT_ONCE)
        fresh = self.place.fresh(rows)
        if more and len(fresh) == len(rows):
            yield _event("gap", {"at_most": MOST_AT_ONCE})
        for row in fresh:
            self.place.note(row["id"], row["created_at"])
            yield _event("message", shown_message(row), str(self.place))
        unread = await inbox.unread_count(desk.conn, self.person)
        if unread != self.unread:
            self.unread = unread
            yield _event("unread", {"unread": unread})


async def begin(
    services: Services, token: str | None, lang: texts.Lang = "zh-CN", *, cases: Sequence[str] = (), last: str | None = None
) -> AsyncGenerator[bytes]:
    """The stream of who holds the token, of their inbox and these cases, from where `last`, an event's id, says that it was left.

    Raises `Problem`: 401, 403 as `open_desk`; 403 and 404 as of a case that is read; 422 where `last` is none of our ids; 429
    `too_many_streams`.
    """
    try:
        place = Place.read(last) if last else None
    except ValueError as fault:
        raise Problem(422, "invalid", errors=[{"parameter": "Last-Event-ID", "in": "header", "code": "invalid_value"}]) from fault
    async with open_desk(services, token, lang, LOOKING) as desk:
        person = desk.principal.person
        versions = {case_id: (await visible(desk, case_id)).version for case_id in dict.fromkeys(cases)}
    if services.live.full(person):
        raise retry(429, "too_many_streams", FULL_SECONDS)
    return _Stream(services, token or "", lang, person, versions, place).run()


async def _here(desk: Desk) -> Place:
    """The place of who begins now: all there is was told."""
    place = Place(await clock(desk.conn))
    rows, _ = await inbox.since(desk.conn, desk.principal.person, place.since, MOST_AT_ONCE)
    for row in rows:
        place.told[_mark(row["id"])] = row["created_at"]
    return place


def _told(desk: Desk, writer: Writer) -> dict[str, str]:
    known = desk.directory.person(writer.person)
    name = known.name if known else writer.person
    says = texts.text(desk.lang, "live.filling_in", name=name, command=writer.command)
    return {"person": writer.person, "name": name, "command": writer.command, "says": says}


async def _reached(desk: Desk, case_id: str) -> bool:
    """Whether the caller may still know of the case."""
    try:
        await visible(desk, case_id)
    except Problem:
        return False
    return True


def _event(name: str, data: Any, event_id: str | None = None) -> bytes:
    identified = f"id: {event_id}\n" if event_id else ""
    return f"{identified}event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
