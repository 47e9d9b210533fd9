"""Changes of calendar and rules for which the clocks of open cases are planned anew, and how far that came."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
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
RULES_CHANGED = "rules_changed"
"""The `change` of a row that stands for limits and days off of the program's own data; it `concerns` their digest."""
SYSTEM = "system"
ROLLED_OUT = timedelta(minutes=10)
"""After which no worker of the data before is taken to be left: until then one of them might still plan a case by it."""

_ASK = Statement(
    insert(replans)
    .values({name: sa.bindparam(name, type_=replans.c[name].type) for name in ("ref", "change", "concerns", "since", "asked_by")})
    .on_conflict_do_nothing()
)
_TODAY = sa.cast(sa.func.timezone("Asia/Shanghai", sa.func.now()), sa.Date)
_ASK_FOR_RULES = Statement(
    insert(replans)
    .values(
        ref=sa.bindparam("ref", type_=sa.Text),
        change=RULES_CHANGED,
        concerns=sa.bindparam("digest", type_=sa.Text),
        since=_TODAY,
        asked_by=SYSTEM,
    )
    .on_conflict_do_nothing()
)
_NEXT = Statement(
    sa.select(replans)
    .where(
        replans.c.finished_at.is_(None),
        replans.c.walked_at.is_(None),
        replans.c.since <= _TODAY,
        sa.or_(
            replans.c.change != RULES_CHANGED,
            sa.and_(
                replans.c.concerns == sa.bindparam("digest", type_=sa.Text),
                replans.c.created_at <= sa.func.clock_timestamp() - ROLLED_OUT,
            ),
        ),
    )
    .order_by(replans.c.created_at)
    .limit(1)
)
_RULES = Statement(
    sa.select(replans.c.concerns, sa.func.count().over().label("many"))
    .where(replans.c.change == RULES_CHANGED)
    .order_by(replans.c.created_at.desc())
    .limit(1)
)
_BEGUN_BEFORE = Statement(
    sa.text(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND xact_start < cast(:moment AS timestamptz) LIMIT 1"
    )
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
_LATE = (
    sa.select(replan_cases.c.ref, replan_cases.c.case_id)
    .where(
        replan_cases.c.done_at.is_(None),
        replan_cases.c.asked_at <= sa.func.clock_timestamp() - sa.bindparam("since", type_=sa.Interval),
    )
    .order_by(replan_cases.c.asked_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_ASK_AGAIN = Statement(
    sa.update(replan_cases)
    .where(sa.tuple_(replan_cases.c.ref, replan_cases.c.case_id).in_(_LATE))
    .values(asked_at=sa.func.clock_timestamp())
    .returning(replan_cases.c.ref, replan_cases.c.case_id, replan_cases.c.kind)
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


async def ask_for_rules(conn: Connection, digest: str) -> None:
    """Note that the data of the program itself changed, where it is not that of the worker that noted it last."""
    row = await (await _RULES.run(conn)).fetchone()
    if row is None or row["concerns"] != digest:
        ref = f"rule/{digest[:12]}-{row['many'] + 1 if row else 1}"
        await _ASK_FOR_RULES.run(conn, ref=ref, digest=digest)


async def next_open(conn: Connection, digest: str) -> Row | None:
    """The oldest change that was not brought to every case and whose day has come.

    A change of the program's data is brought by a worker that has it: the one whose data has that digest, `ROLLED_OUT` after the first.
    """
    return await (await _NEXT.run(conn, digest=digest)).fetchone()


async def any_begun_before(conn: Connection, moment: datetime) -> bool:
    """Whether a transaction of the product that began before the moment is still under way."""
    return await (await _BEGUN_BEFORE.run(conn, moment=moment)).fetchone() is not None


async def page(conn: Connection, after: str | None, most: int) -> list[StreamState]:
    """The next cases and inquiries with a live clock, in the order of their ids."""
    rows = await (await _PAGE.run(conn, after=after or streams.FIRST, most=most)).fetchall()
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


async def ask_again(conn: Connection, since: timedelta, most: int) -> list[tuple[str, str, str]]:
    """Touched cases that were asked that long ago and did not answer, longest ago first: change, case and kind. Now they are asked."""
    rows = await (await _ASK_AGAIN.run(conn, since=since, most=most)).fetchall()
    return [(row["ref"], str(row["case_id"]), row["kind"]) for row in rows]


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
    where = [replan_cases.c.ref == ref, replan_cases.c.case_id > (after or streams.FIRST)]
    return await fetch_all(conn, sa.select(replan_cases).where(*where).order_by(replan_cases.c.case_id).limit(limit))
