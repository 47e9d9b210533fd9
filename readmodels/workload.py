"""Who has how much in hand: open cases by stage, what falls due within the week, what was missed; of people and of lawyers."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from domain.access import Scope
from ledger.schema import case_list, inbox, inquiries
from ledger.sql import Connection, Row, Statement, fetch_all
from readmodels.scope import within

WEEK = timedelta(days=7)
STAGES = ("application", "assignment", "representation", "closure")
_WITH_LAWYERS = ("assignment", "representation", "closure")


class Load(NamedTuple):
    """Open cases of one person or lawyer."""

    code: str
    by_stage: Mapping[str, int]
    due_this_week: int
    missed: int

    @property
    def open(self) -> int:
        return sum(self.by_stage.values())


def _counted(who: sa.ColumnElement[Any], now: datetime) -> tuple[sa.ColumnElement[Any], ...]:
    at = case_list.c
    return (
        who.label("code"),
        *(sa.func.count().filter(at.stage == stage).label(stage) for stage in STAGES),
        sa.func.count().filter(at.due_at >= now, at.due_at < now + WEEK).label("due_this_week"),
        sa.func.count().filter(at.due_at < now).label("missed"),
    )


async def of_people(conn: Connection, scope: Scope, now: datetime) -> list[Load]:
    """Owners of open cases within the scope."""
    where = (within(scope), case_list.c.stage != "ended", case_list.c.owner.is_not(None))
    return _loads(await fetch_all(conn, sa.select(*_counted(case_list.c.owner, now)).where(*where).group_by(case_list.c.owner)))


async def of_lawyers(conn: Connection, scope: Scope, now: datetime) -> list[Load]:
    """Lawyers who handle open cases within the scope."""
    handlers = sa.func.unnest(case_list.c.lawyers).table_valued("lawyer").render_derived().lateral("handlers")
    who = handlers.c.lawyer
    where = (within(scope), case_list.c.stage.in_(_WITH_LAWYERS))
    return _loads(await fetch_all(conn, sa.select(*_counted(who, now)).select_from(case_list, handlers).where(*where).group_by(who)))


def _loads(rows: list[Row]) -> list[Load]:
    found = [Load(row["code"], {stage: row[stage] for stage in STAGES}, row["due_this_week"], row["missed"]) for row in rows]
    return sorted(found, key=lambda load: (-load.missed, -load.open, load.code))


async def owned(conn: Connection, scope: Scope, person: str) -> list[Row]:
    """Open cases the person owns, within the scope, the most urgent first."""
    where = (within(scope), case_list.c.stage != "ended", case_list.c.owner == person)
    return await fetch_all(conn, sa.select(case_list).where(*where).order_by(case_list.c.due_at.asc().nulls_last(), case_list.c.case_id))


_THESE = Statement(
    sa.select(case_list).where(case_list.c.case_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(case_list.c.case_id.type))))
)


async def these(conn: Connection, ids: Collection[str]) -> dict[str, Row]:
    """The rows of cases by their ids; those that the session may not see are not there."""
    return {str(row["case_id"]): row for row in await (await _THESE.run(conn, ids=sorted(ids))).fetchall()} if ids else {}


async def handled(conn: Connection, scope: Scope, lawyer: str) -> list[Row]:
    """Open cases the lawyer handles, within the scope, the most urgent first."""
    mine = case_list.c.lawyers.contains(sa.cast([lawyer], ARRAY(sa.Text)))
    where = (within(scope), case_list.c.stage.in_(_WITH_LAWYERS), mine)
    return await fetch_all(conn, sa.select(case_list).where(*where).order_by(case_list.c.due_at.asc().nulls_last(), case_list.c.case_id))


async def inquiries_of(conn: Connection, person: str) -> list[Row]:
    """Consultations and duty requests the person owns or is being handed, not closed yet."""
    at = inquiries.c
    mine = sa.or_(at.owner == person, at.handing_to == person)
    return await fetch_all(conn, sa.select(inquiries).where(mine, at.waiting_for.is_not(None)).order_by(at.received_at))


_OUTCOMES = Statement(
    sa.select(inbox.c.idempotency_key, inbox.c.outcome).where(
        inbox.c.principal == sa.bindparam("principal"),
        inbox.c.idempotency_key == sa.any_(sa.bindparam("keys", type_=ARRAY(sa.Text))),
    )
)


async def outcomes(conn: Connection, principal: str, keys: list[str]) -> dict[str, Any]:
    """By key, what the caller's own commands came to; a command that is still being decided has none."""
    rows = await (await _OUTCOMES.run(conn, principal=principal, keys=keys)).fetchall()
    return {row["idempotency_key"]: row["outcome"] for row in rows}
