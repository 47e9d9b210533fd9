"""From the outbox to people: each open row becomes one message a person, once, whatever restarts in between; and what leaves the house."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from domain.directory import CaseScope, Directory
from domain.notices import URGENCY, Wishes, release
from domain.rules import Rules
from ledger import contacts, live
from ledger.contacts import Endpoint
from ledger.keys import Keys
from ledger.schema import deliveries, messages, outbox
from ledger.sql import Row, Statement
from ledger.store import WORKER, Database
from notify.many import many, write_many
from readmodels import lists

_OPEN = Statement(
    sa.select(outbox, sa.func.clock_timestamp().label("now"))
    .where(outbox.c.delivered_at.is_(None))
    .order_by(outbox.c.created_at, outbox.c.id)
    .limit(sa.bindparam("batch", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_DELIVERED = Statement(
    sa.update(outbox)
    .where(outbox.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Text))))
    .values(delivered_at=sa.func.clock_timestamp())
)


_MESSAGE_FIELDS = ("id", "person", "case_id", "kind", "data", "centre", "unit", "outlet")
DELIVERY_FIELDS = (
    "id", "channel", "person", "endpoint_id", "case_id", "clock_id", "kind", "data", "state", "next_at", "centre", "unit", "outlet",
)  # fmt: skip
_MESSAGES = many(messages, *_MESSAGE_FIELDS)
DELIVERIES = many(deliveries, *DELIVERY_FIELDS)


_ACTING = frozenset({"approver", "unit_manager", "lawyer"})
"""Roles whose turn it may be while the case still has its owner."""
_OWNERS_OWN = frozenset({"supply_papers", "supply_owed_papers", "file_objection"})
"""Limits that the applicant must meet: the owner follows them up, whoever's turn the case's next step is."""


class Desk:
    """What the deliverer knows of the house: who holds which function, the rules, and the key that opens addresses."""

    def __init__(self, directory: Directory, rules: Rules, master: Keys, on: date) -> None:
        self.directory, self.rules, self.master, self.on = directory, rules, master, on

    def office_of(self, person: str) -> str | None:
        entry = self.directory.person(person)
        centre = self.directory.centre_of(entry.office) if entry else None
        return centre.code if centre else None

    def may_tell(self, person: str, wishes: Wishes, now: datetime) -> datetime:
        """The first moment from `now` on at which the person may be told what is not urgent."""
        return release(now, wishes.quiet, self.rules.under(self.directory, self.on, self.office_of(person)).calendar)


async def deliver_open(database: Database, desk: Desk, limit: int = 200) -> int:
    """Deliver up to `limit` open outbox rows in one transaction to whoever holds the functions on that day; how many there were.

    Two notifiers at once take different rows (SKIP LOCKED); a row taken again after a crash finds its messages written already,
    since a message's id is made from the row's and the person's. Raises `psycopg.OperationalError` when the database is away.
    """
    async with database.transaction(WORKER) as conn:
        rows = await (await _OPEN.run(conn, batch=limit)).fetchall()
        if not rows:
            return 0
        standing = await lists.standing(conn, {str(row["case_id"]) for row in rows})
        told: list[tuple[Row, str]] = []
        for row in rows:
            case = standing[str(row["case_id"])]
            functions = [acting(function, row["data"].get("limit"), case.waiting_for) for function in row["recipients"]]
            told += [(row, person) for person in recipients(functions, case.scope, desk.directory, desk.on)]
        await write_many(conn, _MESSAGES, _MESSAGE_FIELDS, [_message(row, person) for row, person in told])
        await live.tell_people(conn, {person for _, person in told})
        wishes = await contacts.wishes_of(conn, {person for _, person in told}, desk.master)
        ends = [contacts.opened(each, desk.master) for each in await contacts.active(conn)]
        leaving = [each for row, person in told for each in _letters(row, person, wishes.get(person), desk)]
        leaving += [each for row in rows for each in _calls(row, ends, desk.directory)]
        await write_many(conn, DELIVERIES, DELIVERY_FIELDS, leaving)
        await _DELIVERED.run(conn, ids=[row["id"] for row in rows])
        return len(rows)


def _message(row: Row, person: str) -> dict[str, Any]:
    return _about(row) | {"id": f"{row['id']}/{person}", "person": person}


def _about(row: Row) -> dict[str, Any]:
    names = ("kind", "data", "centre", "unit", "outlet")
    return {"case_id": str(row["case_id"]), **{name: row[name] for name in names}}


def _leaving(row: Row) -> dict[str, Any]:
    about = {"person": None, "endpoint_id": None, "clock_id": row["data"].get("clock"), "state": "waiting", "next_at": row["now"]}
    return _about(row) | about


def _letters(row: Row, person: str, wishes: Wishes | None, desk: Desk) -> Iterable[dict[str, Any]]:
    """What leaves for one person; what is not urgent waits for the end of quiet hours."""
    if wishes is None:
        return
    urgency = URGENCY[row["kind"]]
    now: datetime = row["now"]
    at = desk.may_tell(person, wishes, now) if urgency == "warned" else now
    for channel in wishes.wanted(urgency):
        held = {"state": "held", "next_at": at} if at > now else {}
        yield _leaving(row) | {"id": f"{row['id']}/{person}/{channel}", "channel": channel, "person": person} | held


def _calls(row: Row, ends: Iterable[Endpoint], directory: Directory) -> Iterable[dict[str, Any]]:
    """What leaves for the programs and bots of the case's offices and of those above them."""
    offices = {office.code for at in (row["centre"], row["outlet"]) if at for office in directory.above(at)}
    for end in ends:
        if end.office in offices and row["kind"] in end.kinds:
            yield _leaving(row) | {
                "id": f"{row['id']}/{end.channel}/{end.endpoint_id}",
                "channel": end.channel,
                "endpoint_id": end.endpoint_id,
            }


def acting(function: str, limit: str | None, waiting_for: str | None) -> str:
    """Whom a rung's word means: `owner` is whoever must act now (`time-limits.yaml`), other words are functions already."""
    if function == "owner" and limit not in _OWNERS_OWN and waiting_for in _ACTING:
        return waiting_for
    return function


def recipients(functions: Iterable[str], case: CaseScope, directory: Directory, on: date) -> tuple[str, ...]:
    """Codes of the people the functions stand for on that day, each once, but nobody behind the case's walls.

    Who is away is stood in for by the deputy, unless the deputy is walled off.
    """
    named = dict.fromkeys(person for function in functions for person in _named(function, case, directory, on))

    def may_know(person: str) -> bool:
        return not case.excluded & _codes(person, directory)

    standing = ((directory.standing_in(person, on), person) for person in named)
    reached = (next(filter(may_know, either), None) for either in standing)
    return tuple(dict.fromkeys(filter(None, reached)))


def _named(function: str, case: CaseScope, directory: Directory, on: date) -> tuple[str, ...]:
    """Who a word of the outbox stands for: a function of the directory, or `person/<code>` for whoever asked something."""
    kind, _, code = function.partition("/")
    return (code,) if kind == "person" and code else directory.who(function, case, on)


def _codes(person: str, directory: Directory) -> frozenset[str]:
    entry = directory.person(person)
    return frozenset(filter(None, (person, entry.lawyer, entry.unit) if entry else (person,)))
