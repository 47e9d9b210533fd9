"""The morning digest: what is missed, ends today or within a week, once a person and working day, whatever restarts.

Limits of a centre's own promise reach a supervisor here alone (`time-limits.yaml`, ladder own_promise). Codes and numbers alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from domain.directory import Directory
from domain.rules import Rules
from ledger import live
from ledger.schema import clock_list, messages
from ledger.sql import Row, Statement
from ledger.store import WORKER, Database
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


async def write(database: Database, directory: Directory, rules: Rules, today: date) -> int:
    """Write the day's digests; how many people have one. Repeated, it adds only whom it had not come to."""
    async with database.transaction(WORKER) as conn:
        rows = await (await _COUNTS.run(conn, today=today, week=today + WEEK)).fetchall()
        told = list(digests(rows, directory, rules, today))
        await write_many(conn, _MESSAGES, _FIELDS, told)
        await live.tell_people(conn, {each["person"] for each in told})
    return len(told)


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
