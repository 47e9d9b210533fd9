"""The morning digest: what is missed, ends today or within a week, once a person and working day, whatever restarts.

It comes to the inbox, and by e-mail to who asked for that. Limits of a centre's own promise reach a supervisor here alone
(`time-limits.yaml`, ladder own_promise). Codes and numbers alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from domain.directory import Directory
from domain.notices import Wishes
from domain.rules import Rules
from ledger import contacts, live
from ledger.schema import clock_list, deliveries, messages
from ledger.sql import Row, Statement
from ledger.store import WORKER, Database, clock
from notify.deliver import DELIVERIES, DELIVERY_FIELDS, Desk
from notify.many import many, write_many

WEEK = timedelta(days=7)
_C = clock_list.c
_COUNTS = Statement(
    sa.select(
        _C.centre,
        _C.owner,
        sa.func.count().filter(_C.due_on < sa.bindparam("today", type_=sa.Date)).label("missed"),
        sa.func.count().filter(_C.due_on == sa.bindparam("today", type_=sa.Date)).label("today"),
        sa.func.count()
        .filter(_C.due_on > sa.bindparam("today", type_=sa.Date), _C.due_on <= sa.bindparam("week", type_=sa.Date))
        .label("week"),
    )
    .where(_C.live, _C.state != "paused", _C.due_on <= sa.bindparam("week", type_=sa.Date))
    .group_by(_C.centre, _C.owner)
)
_FIELDS = ("id", "person", "kind", "data")
_MESSAGES = many(messages, *_FIELDS)
_WRITTEN = Statement(
    sa.select(*(messages.c[name] for name in _FIELDS)).where(messages.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Text))))
)
"""What stands in the inboxes: a letter goes to that reader and says the same, though a digest that is written again counts anew."""
_STALE = Statement(
    sa.update(deliveries)
    .where(
        deliveries.c.kind == "digest",
        sa.or_(deliveries.c.state == "waiting", deliveries.c.state == "held"),
        deliveries.c.person == sa.any_(sa.bindparam("people", type_=sa.ARRAY(sa.Text))),
        sa.cast(deliveries.c.data["day"].astext, sa.Date) < sa.bindparam("today", type_=sa.Date),
    )
    .values(state="silenced")
)
"""Yesterday's digest that could not be sent yet is not sent once there is today's."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many open limits are missed, end today, end within the week after."""

    missed: int = 0
    today: int = 0
    week: int = 0

    def plus(self, row: Row) -> "Load":
        return Load(self.missed + row["missed"], self.today + row["today"], self.week + row["week"])

    def __bool__(self) -> bool:
        return bool(self.missed or self.today or self.week)

    def as_json(self) -> dict[str, int]:
        return {"missed": self.missed, "today": self.today, "week": self.week}


async def write(database: Database, desk: Desk) -> int:
    """Write the digests of the desk's day; how many people have one. Repeated, it adds only whom it had not come to."""
    async with database.transaction(WORKER) as conn:
        rows = await (await _COUNTS.run(conn, today=desk.on, week=desk.on + WEEK)).fetchall()
        told = list(digests(rows, desk.directory, desk.rules, desk.on))
        readers = {each["person"] for each in told}
        await write_many(conn, _MESSAGES, _FIELDS, told)
        await live.tell_people(conn, readers)
        await _STALE.run(conn, people=sorted(readers), today=desk.on)
        wishes, now = await contacts.wishes_of(conn, readers, desk.master), await clock(conn)
        asked = {person: wish for person, wish in wishes.items() if wish.digest and wish.email}
        written = await (await _WRITTEN.run(conn, ids=[each["id"] for each in told])).fetchall()
        leaving = [_letter(each, asked[each["person"]], desk, now) for each in written if each["person"] in asked]
        await write_many(conn, DELIVERIES, DELIVERY_FIELDS, leaving)
    return len(told)


def _letter(message: Mapping[str, Any], wishes: Wishes, desk: Desk, now: datetime) -> dict[str, Any]:
    at = desk.may_tell(message["person"], wishes, now)
    return dict.fromkeys(DELIVERY_FIELDS) | {
        **message,
        "id": f"{message['id']}/email",
        "channel": "email",
        "state": "held" if at > now else "waiting",
        "next_at": at,
        "centre": desk.office_of(message["person"]),
    }


def digests(rows: Sequence[Row], directory: Directory, rules: Rules, today: date) -> Iterable[dict[str, Any]]:
    """A message for everybody who has something to be told, on a working day of their office; who is away is stood in for."""
    own: dict[str, Load] = {}
    centres: dict[str, Load] = {}
    for row in rows:
        if row["owner"]:
            own[row["owner"]] = own.get(row["owner"], Load()).plus(row)
        centres[row["centre"]] = centres.get(row["centre"], Load()).plus(row)
    for person in directory.people():
        offices = {office for role, office in person.roles_on(today) if role == "supervisor"}
        watched = sorted({code for office in offices for code in directory.below(office) if centres.get(code)})
        mine = own.get(person.code, Load())
        if not (mine or watched) or not person.roles_on(today):
            continue
        centre = directory.centre_of(person.office)
        if not rules.under(directory, today, centre.code if centre else None).calendar.is_workday(today):
            continue
        reader = directory.standing_in(person.code, today)
        data: dict[str, Any] = {"day": today.isoformat()}
        if mine:
            data["own"] = mine.as_json()
        data["offices"] = [{"office": code, **centres[code].as_json()} for code in watched]
        if reader != person.code:
            data["instead_of"] = person.code
        yield {"id": f"digest/{today.isoformat()}/{person.code}", "person": reader, "kind": "digest", "data": data}
