"""Changes of calendar and rules for which the clocks of open cases are planned anew, and how far that came."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.directory import CalendarDaySet, DirectoryEvent, HoursSet, LadderSet, LimitSet
from domain.stream import StreamState
from ledger import streams
from ledger.schema import cases, clock_list, replan_cases, replans
from ledger.sql import Connection, Row, Statement, fetch_all, fetch_one

CAUSES: Mapping[type[DirectoryEvent], str] = {
    CalendarDaySet: "calendar",
    HoursSet: "calendar",
    LimitSet: "rule",
    LadderSet: "rule",
}
"""Changes of the directory that move dates, and the word their clocks' new plans give as the cause."""
_FIRST = "00000000-0000-0000-0000-000000000000"

_ASK = Statement(
    insert(replans)
    .values({name: sa.bindparam(name, type_=replans.c[name].type) for name in ("ref", "change", "concerns", "since", "asked_by")})
    .on_conflict_do_nothing()
)
_TODAY = sa.cast(sa.func.timezone("Asia/Shanghai", sa.func.now()), sa.Date)
_NEXT = Statement(
    sa.select(replans).where(replans.c.finished_at.is_(None), replans.c.since <= _TODAY).order_by(replans.c.created_at).limit(1)
)
_PAGE = Statement(
    sa.select(cases.c.case_id, cases.c.kind, cases.c.version, cases.c.schema, cases.c.snapshot)
    .where(
        cases.c.case_id > sa.bindparam("after", type_=cases.c.case_id.type),
        sa.exists().where(clock_list.c.case_id == cases.c.case_id, clock_list.c.live),
    )
    .order_by(cases.c.case_id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_TOUCH = Statement(
    insert(replan_cases)
    .from_select(
        ["ref", "case_id", "kind"],
        sa.select(
            sa.bindparam("ref", type_=sa.Text),
            sa.func.unnest(sa.bindparam("ids", type_=sa.ARRAY(replan_cases.c.case_id.type))),
            sa.func.unnest(sa.bindparam("kinds", type_=sa.ARRAY(sa.Text))),
        ),
    )
    .on_conflict_do_nothing()
)
_WALKED = Statement(
    sa.update(replans)
    .where(replans.c.ref == sa.bindparam("change_ref"))
    .values(
        cursor=sa.bindparam("last", type_=replans.c.cursor.type),
        looked_at=replans.c.looked_at + sa.bindparam("seen", type_=sa.Integer),
        touched=replans.c.touched + sa.bindparam("found", type_=sa.Integer),
    )
)
_WALK_OVER = Statement(sa.update(replans).where(replans.c.ref == sa.bindparam("change_ref")).values(walked_at=sa.func.clock_timestamp()))
_DONE = Statement(
    sa.update(replan_cases)
    .where(replan_cases.c.ref == sa.bindparam("change_ref"), replan_cases.c.case_id == sa.bindparam("id"))
    .values(moves=sa.bindparam("moved", type_=replan_cases.c.moves.type), done_at=sa.func.clock_timestamp())
)
_WAITING = Statement(
    sa.select(replan_cases.c.case_id, replan_cases.c.kind)
    .where(
        replan_cases.c.ref == sa.bindparam("change_ref"),
        replan_cases.c.done_at.is_(None),
        replan_cases.c.asked_at <= sa.func.clock_timestamp() - sa.bindparam("since", type_=sa.Interval),
    )
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_FINISH = Statement(
    sa.update(replans)
    .where(
        replans.c.walked_at.is_not(None),
        replans.c.finished_at.is_(None),
        ~sa.exists().where(replan_cases.c.ref == replans.c.ref, replan_cases.c.done_at.is_(None)),
    )
    .values(finished_at=sa.func.clock_timestamp())
)


async def ask(conn: Connection, change: DirectoryEvent, position: int, asked_by: str) -> None:
    """Note that clocks are to be planned anew, where the change is one that moves dates; in the change's own transaction."""
    cause = CAUSES.get(type(change))
    if cause is not None:
        await _ASK.run(conn, ref=f"{cause}/{position}", change=change.type, concerns=change.concerns, since=change.since, asked_by=asked_by)


async def next_open(conn: Connection) -> Row | None:
    """The oldest change that is not finished and whose day has come."""
    return await (await _NEXT.run(conn)).fetchone()


async def page(conn: Connection, after: str | None, most: int) -> list[StreamState]:
    """The next cases and inquiries with a live clock, in the order of their ids."""
    rows = await (await _PAGE.run(conn, after=after or _FIRST, most=most)).fetchall()
    return [streams.snapshot_of(row) or await streams.folded(conn, str(row["case_id"]), row["kind"]) for row in rows]


async def walked(conn: Connection, ref: str, last: str, seen: int, touched: Sequence[StreamState]) -> None:
    """A page was looked at: these of it are touched."""
    if touched:
        await _TOUCH.run(conn, ref=ref, ids=[each.case_id for each in touched], kinds=[each.kind for each in touched])
    await _WALKED.run(conn, change_ref=ref, last=last, seen=seen, found=len(touched))


async def walk_over(conn: Connection, ref: str) -> None:
    await _WALK_OVER.run(conn, change_ref=ref)


async def done(conn: Connection, ref: str, case_id: str, moves: Iterable[Mapping[str, Any]]) -> None:
    """A case's clocks were planned anew: `moves` are `{clock, limit, old, new}`, dates as texts."""
    await _DONE.run(conn, change_ref=ref, id=case_id, moved=list(moves))


async def waiting(conn: Connection, ref: str, since: timedelta, most: int) -> list[tuple[str, str]]:
    """Touched cases, with their kind, that were asked that long ago and have not been planned anew yet."""
    rows = await (await _WAITING.run(conn, change_ref=ref, since=since, most=most)).fetchall()
    return [(str(row["case_id"]), row["kind"]) for row in rows]


async def finish(conn: Connection) -> None:
    """Close the changes whose cases are all done."""
    await _FINISH.run(conn)


async def listed(conn: Connection, limit: int) -> list[Row]:
    """The newest changes, with how many of their cases are done."""
    counted = sa.select(sa.func.count()).where(replan_cases.c.ref == replans.c.ref, replan_cases.c.done_at.is_not(None)).scalar_subquery()
    return await fetch_all(conn, sa.select(replans, counted.label("done")).order_by(replans.c.created_at.desc()).limit(limit))


async def one(conn: Connection, ref: str) -> Row | None:
    counted = sa.select(sa.func.count()).where(replan_cases.c.ref == ref, replan_cases.c.done_at.is_not(None)).scalar_subquery()
    return await fetch_one(conn, sa.select(replans, counted.label("done")).where(replans.c.ref == ref))


async def moved(conn: Connection, ref: str, after: str | None, limit: int) -> list[Row]:
    """Cases that a change moved, among those the caller reaches, in the order of their ids."""
    where = [replan_cases.c.ref == ref, replan_cases.c.case_id > (after or _FIRST)]
    return await fetch_all(conn, sa.select(replan_cases).where(*where).order_by(replan_cases.c.case_id).limit(limit))
