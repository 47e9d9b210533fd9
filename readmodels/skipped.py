"""Cases that skipped a step or broke a limit: found by what the commands ask for (`domain/skipped.py`) and by the list of clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from domain import skipped
from domain.access import Scope
from ledger.events import CASE_LEDGER, OF_CASES
from ledger.schema import case_list, clock_list, events, stage_days
from ledger.sql import Connection, Row, fetch_all
from readmodels.paging import LIMIT, Key, Order, Page, case_id
from readmodels.rota import ZONE
from readmodels.scope import within
from readmodels.stages import in_offices

Kind = Literal["state", "check", "papers", "two_persons", "limit"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class SkippedQuery:
    """Filters of `GET /reports/skipped`: legal days of the move, both included; `open_only` leaves out what was made good since."""

    first: date
    last: date
    kind: Kind | None = None
    step: str | None = None
    offices: frozenset[str] | None = None
    open_only: bool = False
    cursor: str | None = None
    limit: int = LIMIT


def _table(name: str, rows: Iterable[Sequence[str]], *columns: str) -> sa.Values:
    return sa.values(*(sa.column(c, sa.Text) for c in columns), name=name).data([tuple(row) for row in rows])


def _columns(
    kind: Kind, step: Any, case: Any, *, on: Any, version: Any, type_: Any, made_good_on: Any, late_days: Any = None
) -> list[sa.ColumnElement[Any]]:
    return [
        sa.literal(kind, sa.Text).label("kind"), sa.cast(step, sa.Text).label("step"), case.label("case_id"), on.label("on"),
        sa.cast(version, sa.Integer).label("version"), sa.cast(type_, sa.Text).label("type"),
        sa.cast(made_good_on, sa.Date).label("made_good_on"),
        sa.cast(late_days, sa.Integer).label("late_days"),
    ]  # fmt: skip


def _moves() -> tuple[Any, Any, sa.ColumnElement[bool]]:
    before, after = stage_days.alias("before"), stage_days.alias("after")
    return before, after, sa.and_(after.c.case_id == before.c.case_id, after.c.n == before.c.n + 1)


def _stream(case: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return sa.func.concat("case/", sa.cast(case, sa.Text))


def _made_good(after: Any, types: sa.Values, step: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    """The legal day of the first event after the move that makes the step good."""
    at = events.c
    return (
        sa.select(sa.func.min(at.effective_on))
        .join_from(events, types, types.c.type == at.type)
        .where(OF_CASES, at.stream == _stream(after.c.case_id), at.version >= after.c.version, types.c.step == step)
        .scalar_subquery()
    )


def _states(first: date, last: date) -> sa.Select[Any]:
    """Moves that left out a state of the ordinary line."""
    known = skipped.jumps()
    jump = _table("jump", ((j.start, j.end, j.step) for j in known), "start", "end", "step")
    good = _table("good", sorted({(j.step, type_) for j in known for type_ in j.made_good}), "step", "type")
    before, after, follows = _moves()
    return (
        sa.select(*_columns(
            "state", jump.c.step, after.c.case_id, on=after.c.entered_on, version=after.c.version, type_=after.c.type,
            made_good_on=_made_good(after, good, jump.c.step),
        ))
        .join_from(before, after, follows)
        .join(jump, sa.and_(jump.c.start == before.c.state, jump.c.end == after.c.state))
        .where(after.c.entered_on.between(first, last))
    )  # fmt: skip


def _checks(first: date, last: date) -> sa.Select[Any]:
    """Moves out of the application before a check that a grant would have asked for."""
    known = skipped.unchecked()
    move = _table("move", ((u.start, u.end, u.step) for u in known), "start", "end", "step")
    good = _table("good", sorted({(u.step, type_) for u in known for type_ in u.checks}), "step", "type")
    before, after, follows = _moves()
    at = events.c
    done = (
        sa.select(at.position)
        .join_from(events, good, good.c.type == at.type)
        .where(OF_CASES, at.stream == _stream(after.c.case_id), at.version < after.c.version, good.c.step == move.c.step)
    )
    return (
        sa.select(*_columns(
            "check", move.c.step, after.c.case_id, on=after.c.entered_on, version=after.c.version, type_=after.c.type,
            made_good_on=_made_good(after, good, move.c.step),
        ))
        .join_from(before, after, follows)
        .join(move, sa.and_(move.c.start == before.c.state, move.c.end == after.c.state))
        .where(after.c.entered_on.between(first, last), ~done.exists())
    )  # fmt: skip


def _papers(first: date, last: date) -> sa.Select[Any]:
    """Cases accepted first that came to their closing while papers were owed, and still owe them."""
    ended = stage_days.alias("ended")
    earlier = stage_days.alias("earlier")
    late = ("closure", "ended")
    sooner = sa.select(earlier.c.n).where(earlier.c.case_id == ended.c.case_id, earlier.c.n < ended.c.n, earlier.c.stage.in_(late))
    return (
        sa.select(*_columns(
            "papers", case_list.c.lane, ended.c.case_id, on=ended.c.entered_on, version=ended.c.version, type_=ended.c.type,
            made_good_on=sa.null(),
        ))
        .join_from(ended, case_list, case_list.c.case_id == ended.c.case_id)
        .where(
            case_list.c.lane.in_(skipped.PAPERS_OWED), ended.c.stage.in_(late), ended.c.entered_on.between(first, last), ~sooner.exists()
        )
    )  # fmt: skip


def _two_persons(first: date, last: date) -> sa.Select[Any]:
    """What two persons are to do, done by one: in centres with a single officer it is allowed, and told all the same."""
    pair = _table("pair", ((p.event, p.other) for p in skipped.two_persons()), "type", "other")
    own, other = events.alias("own"), events.alias("other")
    return (
        sa.select(*_columns(
            "two_persons", own.c.type, sa.cast(sa.func.substr(own.c.stream, 6), pg.UUID(as_uuid=False)), on=own.c.effective_on,
            version=own.c.version, type_=other.c.type, made_good_on=sa.null(),
        ))
        .distinct()
        .join_from(own, pair, pair.c.type == own.c.type)
        .join(
            other,
            sa.and_(
                other.c.stream == own.c.stream, other.c.type == pair.c.other, other.c.version < own.c.version, other.c.actor == own.c.actor
            ),
        )
        .where(
            own.c.ledger == sa.literal_column(f"'{CASE_LEDGER}'"), own.c.effective_on.between(first, last),
            sa.func.starts_with(own.c.stream, "case/"),
        )
    )  # fmt: skip


def _limits(first: date, last: date, now: datetime) -> sa.Select[Any]:
    """Limits met late, or past and not met. `type` is how the clock stands."""
    at, today = clock_list.c, sa.literal(now.astimezone(ZONE).date(), sa.Date())
    state = sa.case((at.state == "met_late", "met_late"), else_="missed")
    past = sa.or_(at.state.in_(("met_late", "missed")), sa.and_(at.state == "running", at.due_at < now))
    late = sa.func.coalesce(at.ended_on, today) - at.due_on
    told = _columns(
        "limit", at.limit_id, at.case_id, on=at.due_on, version=sa.null(), type_=state, made_good_on=at.ended_on, late_days=late
    )
    return sa.select(*told).where(at.kind == "case", past, at.due_on.between(first, last))


def _found(scope: Scope, query: SkippedQuery, now: datetime) -> sa.Select[Any]:
    first, last = query.first, query.last
    parts: dict[Kind, sa.Select[Any]] = {
        "state": _states(first, last),
        "check": _checks(first, last),
        "papers": _papers(first, last),
        "two_persons": _two_persons(first, last),
        "limit": _limits(first, last, now),
    }
    asked = [part for kind, part in parts.items() if query.kind in (None, kind)]
    found = sa.union_all(*asked).subquery("found")
    where = [within(scope), *in_offices(query.offices)]
    where += [found.c.step == query.step] if query.step else []
    where += [found.c.made_good_on.is_(None)] if query.open_only else []
    told = (case_list.c.register_number, case_list.c.case_number, case_list.c.centre, case_list.c.state, case_list.c.owner)
    return sa.select(found, *told).join_from(found, case_list, case_list.c.case_id == found.c.case_id).where(*where)


def _order(found: Any) -> Order:
    keys = (
        Key(found.c.on, date.fromisoformat, sa.Date()),
        Key(found.c.case_id, case_id, pg.UUID(as_uuid=False)),
        Key(found.c.kind, str, sa.Text()),
        Key(found.c.step, str, sa.Text()),
        Key(found.c.at, int, sa.Integer()),
    )
    return Order("skipped", keys, descending=True)


async def page(conn: Connection, scope: Scope, query: SkippedQuery, now: datetime) -> Page:
    """What was skipped, the latest first: `kind`, `step`, the case, the move's legal day, version and event. Raises `BadCursor`."""
    found = sa.select(*(inner := _found(scope, query, now).subquery()).c, sa.func.coalesce(inner.c.version, 0).label("at")).subquery("told")
    order = _order(found)
    shown = [c for c in found.c if c.name != "at"]
    where = [order.after(query.cursor)] if query.cursor else []
    rows = await fetch_all(
        conn, sa.select(*shown, *order.columns()).where(*where).order_by(*order.by()).limit(query.limit + 1)
    )  # fmt: skip
    return order.page(rows, query.limit)


async def visible(conn: Connection, cases: Iterable[str]) -> frozenset[str]:
    """Those of the cases that the session sees: what was found in the product's own name is shown behind the caller's wall."""
    wanted = sa.cast(sa.literal(sorted(cases), pg.ARRAY(sa.Text)), pg.ARRAY(pg.UUID(as_uuid=False)))
    rows = await fetch_all(conn, sa.select(case_list.c.case_id).where(case_list.c.case_id == sa.any_(wanted)))
    return frozenset(str(row["case_id"]) for row in rows)


async def counts(conn: Connection, scope: Scope, query: SkippedQuery, now: datetime) -> list[Row]:
    """How many, by kind and step: `found`, and of them `open`, not made good yet."""
    found = _found(scope, query, now).subquery("told")
    return await fetch_all(
        conn,
        sa.select(
            found.c.kind, found.c.step, sa.func.count().label("found"),
            sa.func.count().filter(found.c.made_good_on.is_(None)).label("open"),
        )
        .group_by(found.c.kind, found.c.step)
        .order_by(found.c.kind, sa.func.count().desc(), found.c.step),
    )  # fmt: skip
