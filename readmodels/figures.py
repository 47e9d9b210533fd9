"""The statistics: what the cases within a scope count for, by month, from counts that are kept (`fact_counts`).

What a scope reaches by whole centres is read from the counts of these centres. Two kinds of cases are counted one by one beside them:
those reached by their outlet alone, which are added, and those behind a wall of the caller's, which are taken away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from domain.access import Scope
from ledger.schema import case_facts, case_list, fact_counts
from ledger.sql import Connection, Row, fetch_all
from readmodels.case_facts import Fact
from readmodels.history import texts_of
from readmodels.scope import within
from readmodels.stages import in_offices

ALL = "*"
"""Stands for every centre in `fact_counts`."""
_C, _F, _L = fact_counts.c, case_facts.c, case_list.c


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """Whole months: the first day of the first, the last day of the last; an office and those below it; the matter's kind."""

    first: date
    last: date
    offices: frozenset[str] | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class FactQuery:
    """Cases that a figure counts: by fact, key, days and, of townships, the ways (township, office). What is None does not filter."""

    fact: Fact
    key: str | None = None
    first: date | None = None
    last: date | None = None
    offices: frozenset[str] | None = None
    centre: str | None = None
    kind: str | None = None
    days_from: int | None = None
    days_to: int | None = None
    ways: tuple[tuple[str, str], ...] | None = None
    other_ways: bool = False
    """Those on any way but these."""


def of_fact(query: FactQuery) -> list[sa.ColumnElement[bool]]:
    """As clauses over the case list."""
    wanted: list[sa.ColumnElement[bool] | None] = [
        _F.fact == query.fact,
        _F.key == query.key if query.key is not None else None,
        _F.day >= query.first if query.first else None,
        _F.day <= query.last if query.last else None,
        _F.kind == query.kind if query.kind else None,
        _F.days >= query.days_from if query.days_from is not None else None,
        _F.days <= query.days_to if query.days_to is not None else None,
        _on(query.ways, other=query.other_ways) if query.ways is not None else None,
    ]
    found = sa.select(_F.case_id).where(*(clause for clause in wanted if clause is not None))
    return [_L.case_id.in_(found), *in_offices(query.offices), *([_L.centre == query.centre] if query.centre else [])]


def _on(ways: tuple[tuple[str, str], ...], *, other: bool) -> sa.ColumnElement[bool]:
    townships, places = zip(*ways, strict=True) if ways else ((), ())
    each = sa.func.unnest(texts_of(townships), texts_of(places)).table_valued("key", "place", name="way").render_derived()
    way = sa.tuple_(_F.key, _F.place)
    known = sa.select(each.c.key, each.c.place)
    return way.not_in(known) if other else way.in_(known)


async def counted(conn: Connection, scope: Scope, centres: frozenset[str], query: FigureQuery) -> list[Row]:
    """Counts of the period: rows of `fact`, `key`, `place`, `days` with `month` null, and of `fact` and `month` with the others null.

    Each with `cases` and `amount`. `centres` are all there are. It names nobody and is asked in the product's own name.
    """
    cells = sa.union_all(*_cells(scope, _whole(scope, centres, query), query)).subquery("cells").c
    return await fetch_all(
        conn,
        sa.select(
            cells.fact, cells.key, cells.place, cells.days, cells.month,
            sa.cast(sa.func.sum(cells.cases), sa.BigInteger).label("cases"),
            sa.cast(sa.func.sum(cells.amount), sa.BigInteger).label("amount"),
        )
        .group_by(sa.func.grouping_sets(sa.tuple_(cells.fact, cells.key, cells.place, cells.days), sa.tuple_(cells.fact, cells.month)))
        .having(sa.func.sum(cells.cases) > 0)
        .order_by(cells.fact, cells.month, cells.key, cells.place, cells.days),
    )  # fmt: skip


async def by_centre(conn: Connection, scope: Scope, centres: frozenset[str], query: FigureQuery) -> list[Row]:
    """Cases opened in the period (`cases`) and people helped (`amount`), by `centre`."""
    whole = _whole(scope, centres, query)
    named = centres if ALL in whole else whole
    cells = sa.union_all(*_cells(scope, named, query, "kind")).subquery("cells").c
    return await fetch_all(
        conn,
        sa.select(
            cells.centre,
            sa.cast(sa.func.sum(cells.cases), sa.BigInteger).label("cases"),
            sa.cast(sa.func.sum(cells.amount), sa.BigInteger).label("amount"),
        )
        .group_by(cells.centre)
        .having(sa.func.sum(cells.cases) > 0)
        .order_by(sa.func.sum(cells.cases).desc(), cells.centre),
    )


def _whole(scope: Scope, centres: frozenset[str], query: FigureQuery) -> frozenset[str]:
    """The centres all of whose cases are asked for, but for walls; `ALL` where that is every centre."""
    if scope.everything and query.offices is None:
        return frozenset({ALL})
    reached = centres if scope.everything else centres & _reached(scope, "centre")
    return reached if query.offices is None else reached & query.offices


def _reached(scope: Scope, column: str) -> frozenset[str]:
    return frozenset[str]().union(*(r.values for r in scope.reaches if r.column == column and r.states is None))


def _cells(scope: Scope, whole: frozenset[str], query: FigureQuery, fact: Fact | None = None) -> list[sa.Select[Any]]:
    kept = sa.select(_C.centre, _C.fact, _C.key, _C.place, _C.days, _C.month, _C.cases, _C.amount).where(
        _C.centre.in_(sorted(whole)),
        _C.month.between(query.first, query.last),
        *([_C.kind == query.kind] if query.kind else []),
        *([_C.fact == fact] if fact else []),
    )
    parts: list[sa.Select[Any]] = [kept]
    in_whole = sa.true() if ALL in whole else _L.centre.in_(sorted(whole))
    if scope.excluded:
        # In the words of the index: only cases with a wall are in it.
        walled = sa.text("case_list.excluded <> '{}'")
        parts.append(_one_by_one(-1, query, fact, walled, _L.excluded.overlap(texts_of(sorted(scope.excluded))), in_whole))
    outlets = _reached(scope, "outlet") | (query.offices or frozenset())
    if ALL not in whole and outlets:
        # Whatever is asked for and not of a whole centre is asked for by its outlet.
        strays = sa.select(_L.case_id).where(_L.outlet == sa.any_(texts_of(sorted(outlets))), sa.not_(in_whole)).correlate(None)
        parts.append(_one_by_one(1, query, fact, within(scope), *in_offices(query.offices), _L.case_id.in_(strays)))
    return parts


def _one_by_one(sign: int, query: FigureQuery, fact: Fact | None, *where: sa.ColumnElement[bool] | sa.TextClause) -> sa.Select[Any]:
    """Cells of the facts of single cases, added or taken away."""
    return (
        sa.select(
            _L.centre, _F.fact, _F.key, _F.place, _F.days, sa.cast(sa.func.date_trunc("month", _F.day), sa.Date).label("month"),
            sa.cast(sa.literal(sign), sa.BigInteger).label("cases"), (sign * _F.amount).label("amount"),
        )
        .join_from(case_facts, case_list, _F.case_id == _L.case_id)
        .where(
            _F.day.between(query.first, query.last),
            *([_F.kind == query.kind] if query.kind else []),
            *([_F.fact == fact] if fact else []),
            *where,
        )
    )  # fmt: skip


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The value below which `share` of counted values lie, by linear interpolation as `percentile_cont` has it; None of none.

    `counts` says how often each value is there.
    """
    total = sum(counts.values())
    if not total:
        return None
    place = share * (total - 1)
    below, rest = int(place), place - int(place)
    low, high = _nth(counts, below), _nth(counts, min(below + 1, total - 1))
    return low + rest * (high - low)


def _nth(counts: Mapping[int, int], n: int) -> int:
    for value in sorted(counts):
        n -= counts[value]
        if n < 0:
            return value
    raise IndexError
