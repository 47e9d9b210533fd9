"""How people and programs are told beside the in-app inbox: their wishes, the offices' programs and bots, what could not be sent."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import Field, StringConstraints

import texts
from api import views
from api.case_reading import visible
from api.deeds import Done, do_once
from api.desk import Desk
from api.directory import administrator
from api.list_reading import reading_cursor
from api.problem import Problem, not_found
from domain.notices import KINDS, URGENCY, Channel, LetterKind, MessageKind, PersonalChannel, Urgency, Wishes
from domain.values import Code, Model
from ledger import contacts
from ledger.sql import Row
from notify.channels import bot, web
from notify.letters import Words, digest_words, words
from readmodels import told

type Json = dict[str, Any]
DeliveryState = Literal["waiting", "held", "sent", "dead", "silenced"]


class NewEndpoint(Model):
    """A program (`webhook`, an http or https address) or chat bot (`bot`, in Apprise's notation) of an office."""

    channel: Literal["webhook", "bot"]
    office: Code
    label: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    address: Annotated[str, StringConstraints(min_length=8, max_length=1000, strip_whitespace=True)]
    kinds: Annotated[tuple[MessageKind, ...], Field(min_length=1)] = KINDS


async def my_wishes(desk: Desk) -> Json:
    """How the caller wants to be told; the defaults, by which nothing leaves the house, where nothing was said."""
    person = desk.principal.person
    found = await contacts.wishes_of(desk.conn, [person], desk.services.keys.master)
    return (found.get(person) or Wishes(language=desk.lang)).model_dump(mode="json")


async def wish(desk: Desk, wishes: Wishes) -> Json:
    """Say how one wants to be told. Raises `Problem` 422 `address_missing` for a channel without its address."""
    wanted: list[PersonalChannel] = [channel for channel, urgencies in wishes.channels.items() if urgencies]
    if wishes.digest:
        wanted.append("email")
    for channel in wanted:
        if not wishes.address(channel):
            field = "email" if channel == "email" else "phone"
            raise Problem(422, "address_missing", errors=[{"pointer": f"/{field}", "code": "address_missing"}], channel=channel)
    await contacts.wish(desk.conn, desk.principal.person, wishes, desk.services.keys.master)
    return wishes.model_dump(mode="json")


def preview(lang: texts.Lang) -> Json:
    """Every kind of letter in a language, with example facts."""
    facts = {"limit": "examine_application", "due_on": date(2026, 12, 28), "old": date(2026, 12, 25), "late": False}
    office, number, link = texts.text(lang, "letters.example_office"), "定援申〔2026〕第12号", "https://…"
    counts = {"missed": 1, "today": 2, "week": 3}

    def shown(kind: LetterKind, urgency: Urgency, said: Words) -> Json:
        return {"kind": kind, "urgency": urgency, "subject": said.subject, "text": said.text, "short": said.short}

    items = [shown(kind, URGENCY[kind], words(lang, kind, facts, number=number, office=office, link=link)) for kind in KINDS]
    morning = {"day": date(2026, 12, 24), "own": counts, "offices": [{"office": "C", **counts}]}
    items.append(shown("digest", "warned", digest_words(lang, morning, names={"C": office}, link=link)))
    return {"items": items, "next_cursor": None}


async def endpoints(desk: Desk) -> Json:
    """The programs and bots of all offices. Raises `Problem` 403."""
    administrator(desk)
    return {"items": [dict(contacts.shown(row)) for row in await contacts.listed(desk.conn)], "next_cursor": None}


async def make(desk: Desk, key: str, body: Json, asked: NewEndpoint) -> tuple[Json, Done]:
    """Enter a program or bot. A webhook's key is told this once: who repeats the deed is not told it again.

    Raises `Problem` 403, 422 `unknown_code`, `address_not_acceptable`.
    """
    who = administrator(desk)
    if desk.directory.office(asked.office) is None:
        raise Problem(422, "unknown_code", errors=[{"pointer": "/office", "code": "unknown_code"}], named=asked.office)
    if not (web.acceptable(asked.address) if asked.channel == "webhook" else bot.acceptable(asked.address)):
        raise Problem(422, "address_not_acceptable", errors=[{"pointer": "/address", "code": "address_not_acceptable"}])
    told_once: list[str | None] = []

    async def act(_: str) -> Json:
        made = str(uuid4())
        secret = await contacts.make(
            desk.conn, made, asked.channel, asked.office, asked.label, asked.address, asked.kinds, who.id, desk.services.keys.master
        )  # fmt: skip
        told_once.append(secret)
        row = await contacts.row_of(desk.conn, made)
        return dict(contacts.shown(row)) if row else {}

    done = await do_once(desk, key, "make_endpoint", body, act)
    return done.outcome | {"secret": told_once[0] if told_once else None}, done


async def rotate(desk: Desk, key: str, endpoint: str) -> tuple[Json, Done]:
    """A new signing key, told this once; the one before it signs beside it until the next rotation. Raises `Problem` 403, 404."""
    administrator(desk)
    told_once: list[str] = []

    async def act(_: str) -> Json:
        row = await contacts.row_of(desk.conn, endpoint)
        if row is None or row["channel"] != "webhook":
            raise not_found("endpoint_not_found")
        told_once.append(await contacts.rotate(desk.conn, row, desk.services.keys.master))
        return dict(contacts.shown(row))

    done = await do_once(desk, key, "rotate_endpoint", {"endpoint": endpoint}, act)
    return done.outcome | {"secret": told_once[0] if told_once else None}, done


async def switch(desk: Desk, key: str, endpoint: str, what: Literal["pause", "resume", "remove"]) -> Done:
    """Pause a program or bot, let it be told again, or take it away. Raises `Problem` 403, 404."""
    administrator(desk)

    async def act(_: str) -> Json:
        there = await (
            contacts.remove(desk.conn, endpoint) if what == "remove" else contacts.switch(desk.conn, endpoint, on=what == "resume")
        )
        if not there:
            raise not_found("endpoint_not_found")
        return {"endpoint_id": endpoint, "active": what == "resume"}

    return await do_once(desk, key, f"{what}_endpoint", {"endpoint": endpoint}, act)


def _delivery(row: Row) -> Json:
    return {
        "id": row["id"],
        "channel": row["channel"],
        "person": row["person"],
        "endpoint_id": str(row["endpoint_id"]) if row["endpoint_id"] else None,
        "kind": row["kind"],
        "state": row["state"],
        "attempts": row["attempts"],
        "fault": row["last_fault"],
        "created_at": views.moment(row["created_at"]),
        "next_at": views.moment(row["next_at"]) if row["state"] in ("waiting", "held") else None,
        "sent_at": views.moment(row["sent_at"]),
    }


async def deliveries(desk: Desk, *, state: str | None, channel: Channel | None, cursor: str | None, limit: int) -> Json:
    """What left the house or could not, the newest first: all for a system administrator, of no case's content; else one's own cases'."""
    with reading_cursor():
        page = await told.find(desk.conn, state=state, channel=channel, cursor=cursor, limit=limit)
    return {"items": [_delivery(row) for row in page.rows], "next_cursor": page.next_cursor}


async def replay(desk: Desk, key: str, delivery: str) -> Done:
    """Send a dead letter again, under its id. Raises `Problem` 403, 404 `delivery_not_found`, 409 `delivery_not_dead`."""
    administrator(desk)

    async def act(_: str) -> Json:
        if not await told.replay(desk.conn, delivery):
            if await told.one(desk.conn, delivery) is None:
                raise not_found("delivery_not_found")
            raise Problem(409, "delivery_not_dead")
        return {"id": delivery, "state": "waiting"}

    return await do_once(desk, key, "replay_delivery", {"delivery": delivery}, act)


async def of_case(desk: Desk, case_id: str) -> Json:
    """Who was told what of the case, when, by which channel, and whether it was read. Raises `Problem` 404 `case_not_found`."""
    await visible(desk, case_id)
    async with desk.in_own_name() as conn:  # whom a case's rungs reached belongs to the case, not to each one's inbox
        rungs, sent = await told.of_case(conn, case_id), await told.sent_of_case(conn, case_id)
    by_message: dict[str, list[Json]] = {}
    for row in sent:
        by_message.setdefault(row["id"].rpartition("/")[0], []).append(_delivery(row))
    items = [_told(desk, row) | {"channels": by_message.get(row["message_id"] or "", [])} for row in rungs]
    return {"items": items, "next_cursor": None}


def _told(desk: Desk, row: Row) -> Json:
    person = desk.directory.person(row["person"]) if row["person"] else None
    return {
        "kind": row["kind"],
        "clock": row["data"].get("clock"),
        "limit": row["data"].get("limit"),
        "due_on": row["data"].get("due_on"),
        "late": bool(row["data"].get("late")),
        "rang_at": views.moment(row["created_at"]),
        "functions": row["recipients"],
        "person": row["person"],
        "name": person.name if person else None,
        "told_at": views.moment(row["told_at"]),
        "read_at": views.moment(row["read_at"]),
    }
