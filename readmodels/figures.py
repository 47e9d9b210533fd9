"""The statistics: what the cases within a scope count for, by month, from counts that are kept (`fact_counts`).

What a scope reaches by whole centres is read from the counts of these centres. Two kinds of cases are counted one by one beside them:
those reached by their outlet alone, which are added, and those behind a wall of the caller's, which are taken away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from domain.access import Scope
from ledger.schema import case_facts, case_list, fact_counts
from ledger.sql import Connection, Row, fetch_all
from readmodels.case_facts import FACTS, Fact
from readmodels.history import texts_of
from readmodels.scope import within
from readmodels.stages import in_offices

ALL = "*"
"""Stands for every centre, and every kind, in `fact_counts`."""
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


class Counts(NamedTuple):
    """Of a period. `cells`: rows of `fact`, `key`, `place`, `days`, and rows of `fact` and `month` with the others null; each with `cases`
    and `amount`. `centres`: cases opened and people helped by `centre`, the most first.
    """

    cells: list[Row]
    centres: list[Row]


async def counted(conn: Connection, scope: Scope, centres: frozenset[str], query: FigureQuery) -> Counts:
    """What the period came to; `centres` are all there are. It names nobody and is asked in the product's own name."""
    whole = _whole(scope, centres, query)
    odd = await _odd(conn, scope, whole, query)
    cells = sa.union_all(*_parts(whole, odd, query, FACTS)).subquery("cells").c
    sets = sa.func.grouping_sets(sa.tuple_(cells.fact, cells.key, cells.place, cells.days), sa.tuple_(cells.fact, cells.month))
    columns: list[sa.ColumnElement[Any]] = [cells.fact, cells.key, cells.place, cells.days, cells.month]
    named = sa.union_all(*_parts(centres if ALL in whole else whole, odd, query, ("kind",))).subquery("cells").c
    return Counts(
        await fetch_all(conn, _summed(cells, columns).group_by(sets).order_by(*columns)),
        await fetch_all(conn, _summed(named, [named.centre]).group_by(named.centre).order_by(sa.text("cases DESC, centre"))),
    )


def _summed(cells: Any, columns: list[sa.ColumnElement[Any]]) -> sa.Select[Any]:
    sums = (sa.cast(sa.func.sum(cells[name]), sa.BigInteger).label(name) for name in ("cases", "amount"))
    return sa.select(*columns, *sums).having(sa.func.sum(cells.cases) > 0)


def _whole(scope: Scope, centres: frozenset[str], query: FigureQuery) -> frozenset[str]:
    """The centres all of whose cases are asked for, but for walls; `ALL` where that is every centre."""
    if scope.everything and query.offices is None:
        return frozenset({ALL})
    reached = centres if scope.everything else centres & _reached(scope, "centre")
    return reached if query.offices is None else reached & query.offices


def _reached(scope: Scope, column: str) -> frozenset[str]:
    return frozenset[str]().union(*(r.values for r in scope.reaches if r.column == column and r.states is None))


async def _odd(conn: Connection, scope: Scope, whole: frozenset[str], query: FigureQuery) -> dict[str, int]:
    """Cases for which the whole centres do not answer: 1 for one to be added, -1 for one to be taken away.

    Asked first and by themselves: they are few, which no plan of a larger question would believe.
    """
    in_whole = sa.true() if ALL in whole else _L.centre.in_(sorted(whole))
    found: dict[str, int] = {}
    if scope.excluded and whole:
        # In the words of the index: only cases with a wall are in it.
        walled = (sa.text("case_list.excluded <> '{}'"), _L.excluded.overlap(texts_of(sorted(scope.excluded))), in_whole)
        found |= {str(row["case_id"]): -1 for row in await fetch_all(conn, sa.select(_L.case_id).where(*walled))}
    if ALL not in whole and (strays := [part.where(sa.not_(in_whole)) for part in _strays(scope, query.offices)]):
        reached = (within(scope), *in_offices(query.offices))
        found |= {str(row["case_id"]): 1 for row in await fetch_all(conn, _among(sa.union(*strays)).where(*reached))}
    return found


def _strays(scope: Scope, asked: frozenset[str] | None) -> list[sa.Select[Any]]:
    """Cases that are asked for and not of a whole centre: by their outlet, which the scope or the question names, or both do; where but
    one of them names it, the other names the centre.
    """
    centres, outlets = _reached(scope, "centre"), _reached(scope, "outlet")
    if asked is None:
        ways: list[tuple[frozenset[str], frozenset[str] | None]] = [(outlets, None)]
    elif scope.everything:
        ways = [(asked, None)]
    else:
        ways = [(asked & outlets, None), (asked, centres), (outlets, asked)]
    return [
        sa.select(_L.case_id).where(_any_of(_L.outlet, at), *([] if of is None else [_any_of(_L.centre, of)]))
        for at, of in ways
        if at and (of is None or of)
    ]


def _any_of(column: sa.ColumnElement[Any], codes: frozenset[str]) -> sa.ColumnElement[bool]:
    return column == sa.any_(texts_of(sorted(codes)))


def _among(cases: sa.CompoundSelect[Any]) -> sa.Select[Any]:
    """Rows of the case list whose ids another question finds in an index alone, before the rows are looked at."""
    ids = cases.cte("some").prefix_with("MATERIALIZED")
    return sa.select(_L.case_id).join_from(ids, case_list, _L.case_id == ids.c.case_id)


def _parts(whole: frozenset[str], odd: Mapping[str, int], query: FigureQuery, facts: Sequence[Fact]) -> list[sa.Select[Any]]:
    columns: list[sa.ColumnElement[Any]] = [_C.centre, _C.fact, _C.key, _C.place, _C.days, _C.month, _C.cases, _C.amount]
    # The facts by name, whichever they are, so that a period is a range of each.
    kept = (_C.centre.in_(sorted(whole)), _C.kind == (query.kind or ALL), _C.fact.in_(facts), _C.month.between(query.first, query.last))
    parts: list[sa.Select[Any]] = [sa.select(*columns).where(*kept)]
    return [*parts, _one_by_one(odd, query, facts)] if odd else parts


def _one_by_one(odd: Mapping[str, int], query: FigureQuery, facts: Sequence[Fact]) -> sa.Select[Any]:
    """Cells of the facts of single cases, added or taken away."""
    ids = sa.cast(sa.literal(list(odd), pg.ARRAY(pg.UUID(as_uuid=False))), pg.ARRAY(pg.UUID(as_uuid=False)))
    signs = sa.cast(sa.literal(list(odd.values()), pg.ARRAY(sa.BigInteger)), pg.ARRAY(sa.BigInteger))
    each = sa.func.unnest(ids, signs).table_valued("case_id", sa.column("sign", sa.BigInteger), name="odd").render_derived()
    columns: list[sa.ColumnElement[Any]] = [
        _F.centre, _F.fact, _F.key, _F.place, _F.days, sa.cast(sa.func.date_trunc("month", _F.day), sa.Date).label("month"),
        each.c.sign.label("cases"), (each.c.sign * _F.amount).label("amount"),
    ]  # fmt: skip
    kept = [_F.fact.in_(facts), _F.day.between(query.first, query.last), *([_F.kind == query.kind] if query.kind else [])]
    return sa.select(*columns).join_from(each, case_facts, _F.case_id == each.c.case_id).where(*kept)


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
