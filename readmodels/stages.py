"""Days by stage, and the map of the ways that cases took: from the list of stays (`stage_days`), which follows the ledger."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa

from domain.access import Scope
from ledger.schema import case_list, stage_days
from ledger.sql import Connection, Row, fetch_all
from readmodels.history import texts_of
from readmodels.scope import within

GroupBy = Literal["stage", "office", "category", "month"]
_AT = stage_days.c


@dataclass(frozen=True, slots=True)
class StageQuery:
    """Filters of the reports on stages: legal days, both included; offices; one of the applicants' categories; the matter's kind."""

    first: date
    last: date
    offices: frozenset[str] | None = None
    category: str | None = None
    kind: str | None = None


def in_offices(offices: frozenset[str] | None) -> list[sa.ColumnElement[bool]]:
    """Cases of these offices: kept by the centre, or taken in by the outlet."""
    if offices is None:
        return []
    codes = texts_of(sorted(offices))
    return [sa.or_(case_list.c.centre == sa.any_(codes), case_list.c.outlet == sa.any_(codes))]


def _cases(scope: Scope, query: StageQuery) -> list[sa.ColumnElement[bool]]:
    where = [within(scope), *in_offices(query.offices)]
    where += [case_list.c.categories.contains([query.category]), within(scope.showing("applicant"))] if query.category else []
    where += [case_list.c.kind == query.kind, within(scope.showing("matter"))] if query.kind else []
    return where


def _days(first: sa.ColumnElement[Any], last: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    # Lanes have legal days of their own: a stay may end on a day before the one it began on.
    return sa.func.greatest(last - first, 0)


def _spread(days: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    """Median and 90th percentile, as doubles; null where there is nothing."""
    told = ((0.5, "median_days"), (0.9, "p90_days"))
    return [sa.cast(sa.func.percentile_cont(at).within_group(days.asc()), sa.Double).label(name) for at, name in told]


async def by_stage(conn: Connection, scope: Scope, query: StageQuery, by: GroupBy) -> list[Row]:
    """Days that cases spent in each stage, of the stages they left in the period: `stage`, `key`, `cases`, `median_days`, `p90_days`.

    A case that came back to a stage counts once, with all its days there. `key` is the centre's code, the category or the month left;
    empty by `stage`. A case of several categories counts under each.
    """
    keys: dict[GroupBy, sa.ColumnElement[Any]] = {
        "stage": sa.literal("", sa.Text),
        "office": case_list.c.centre,
        "category": sa.column("category", sa.Text),
        "month": sa.literal("", sa.Text),
    }
    days, left = sa.func.sum(_days(_AT.entered_on, _AT.left_on)), sa.func.max(_AT.left_on)
    spent = (
        sa.select(_AT.case_id, _AT.stage, days.label("days"), left.label("left_on"))
        .where(_AT.stage != "ended")
        .group_by(_AT.case_id, _AT.stage)
        .having(sa.func.bool_and(_AT.left_on.is_not(None)), left.between(query.first, query.last))
        .subquery("spent")
    )
    key = sa.func.to_char(spent.c.left_on, "YYYY-MM") if by == "month" else keys[by]
    source = sa.join(spent, case_list, case_list.c.case_id == spent.c.case_id)
    if by == "category":
        each = sa.func.unnest(case_list.c.categories).table_valued("category", name="each").render_derived()
        source = source.join(each, sa.true())
        key = each.c.category
    return await fetch_all(
        conn,
        sa.select(spent.c.stage, key.label("key"), sa.func.count().label("cases"), *_spread(spent.c.days))
        .select_from(source)
        .where(*_cases(scope, query), *([within(scope.showing("applicant"))] if by == "category" else []))
        .group_by(spent.c.stage, sa.text("key"))
        .order_by(spent.c.stage, sa.text("key")),
    )


async def open_by_stage(conn: Connection, scope: Scope, query: StageQuery) -> dict[str, int]:
    """How many cases stand in each stage now."""
    rows = await fetch_all(
        conn,
        sa.select(case_list.c.stage, sa.func.count().label("cases"))
        .where(*_cases(scope, query), case_list.c.stage != "ended")
        .group_by(case_list.c.stage),
    )
    return {row["stage"]: row["cases"] for row in rows}


async def nodes(conn: Connection, scope: Scope, query: StageQuery) -> list[Row]:
    """States that cases came to in the period: `state`, `visits`, `cases`, `open` (that stand in it), and days of those that left it."""
    days = _days(_AT.entered_on, _AT.left_on)
    median, p90 = _spread(sa.case((_AT.left_on.is_not(None), days)))
    return await fetch_all(
        conn,
        sa.select(
            _AT.state, sa.func.count().label("visits"), sa.func.count(sa.distinct(_AT.case_id)).label("cases"),
            sa.func.count().filter(_AT.left_on.is_(None)).label("open"), median, p90,
            sa.func.array_agg(sa.distinct(_AT.type)).label("types"),
        )
        .join_from(stage_days, case_list, case_list.c.case_id == _AT.case_id)
        .where(_AT.entered_on.between(query.first, query.last), *_cases(scope, query))
        .group_by(_AT.state),
    )  # fmt: skip


async def edges(conn: Connection, scope: Scope, query: StageQuery) -> list[Row]:
    """Moves made in the period: `start` (null: opened), `end`, `moves`, `cases`, days from coming to the one to coming to the other.

    `types` are the events that brought them.
    """
    before, after = stage_days.alias("before"), stage_days.alias("after")
    days = _days(before.c.entered_on, after.c.entered_on)
    median, p90 = _spread(sa.case((before.c.case_id.is_not(None), days)))
    return await fetch_all(
        conn,
        sa.select(
            before.c.state.label("start"), after.c.state.label("end"), sa.func.count().label("moves"),
            sa.func.count(sa.distinct(after.c.case_id)).label("cases"), median, p90,
            sa.func.array_agg(sa.distinct(after.c.type)).label("types"),
        )
        .join_from(
            after, before, sa.and_(before.c.case_id == after.c.case_id, before.c.n == after.c.n - 1), isouter=True
        )
        .join(case_list, case_list.c.case_id == after.c.case_id)
        .where(after.c.entered_on.between(query.first, query.last), *_cases(scope, query))
        .group_by(before.c.state, after.c.state)
        .order_by(sa.func.count().desc(), before.c.state, after.c.state),
    )  # fmt: skip
