"""From the outbox to people: each open row becomes one message a person, once, whatever restarts in between."""

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa

from domain.directory import CaseScope, Directory
from ledger.schema import outbox
from ledger.sql import Connection, Row, Statement
from ledger.store import WORKER, Database
from notify.post import post
from readmodels import lists

_OPEN = Statement(
    sa.select(outbox)
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


_ACTING = frozenset({"approver", "unit_manager", "lawyer"})
"""Roles whose turn it may be while the case still has its owner."""
_OWNERS_OWN = frozenset({"supply_papers", "supply_owed_papers", "file_objection"})
"""Limits that the applicant must meet: the owner follows them up, whoever's turn the case's next step is."""


async def deliver_open(database: Database, directory: Directory, on: date, limit: int = 100) -> int:
    """Deliver up to `limit` open outbox rows in one transaction to whoever holds the functions on that day; how many there were.

    Two notifiers at once take different rows (SKIP LOCKED); a row taken again after a crash finds its messages written already,
    since a message's id is made from the row's and the person's. Raises `psycopg.OperationalError` when the database is away.
    """
    async with database.transaction(WORKER) as conn:
        rows = await (await _OPEN.run(conn, batch=limit)).fetchall()
        if not rows:
            return 0
        standing = await lists.standing(conn, {str(row["case_id"]) for row in rows})
        for row in rows:
            case = standing[str(row["case_id"])]
            functions = [acting(function, row["data"].get("limit"), case.waiting_for) for function in row["recipients"]]
            for person in recipients(functions, case.scope, directory, on):
                await _write(conn, row, person)
        await _DELIVERED.run(conn, ids=[row["id"] for row in rows])
        return len(rows)


async def _write(conn: Connection, row: Row, person: str) -> None:
    await post(
        conn,
        id=f"{row['id']}/{person}",
        person=person,
        kind=row["kind"],
        data=row["data"],
        case_id=str(row["case_id"]),
        centre=row["centre"],
        unit=row["unit"],
        outlet=row["outlet"],
    )


def acting(function: str, limit: str | None, waiting_for: str | None) -> str:
    """Whom a rung's word means: `owner` is whoever must act now (`time-limits.yaml`), other words are functions already."""
    if function == "owner" and limit not in _OWNERS_OWN and waiting_for in _ACTING:
        return waiting_for
    return function


def recipients(functions: Iterable[str], case: CaseScope, directory: Directory, on: date) -> tuple[str, ...]:
    """Codes of the people the functions stand for on that day, each once, but nobody behind the case's walls.

    Who is away is stood in for by the deputy, unless the deputy is walled off.
    """
    named = dict.fromkeys(person for function in functions for person in directory.who(function, case, on))

    def may_know(person: str) -> bool:
        return not case.excluded & _codes(person, directory)

    standing = ((directory.standing_in(person, on), person) for person in named)
    reached = (next(filter(may_know, either), None) for either in standing)
    return tuple(dict.fromkeys(filter(None, reached)))


def _codes(person: str, directory: Directory) -> frozenset[str]:
    entry = directory.person(person)
    return frozenset(filter(None, (person, entry.lawyer, entry.unit) if entry else (person,)))
