"""Reports for those who watch over offices: days by stage, steps skipped and limits broken, the map of the ways cases took."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from api import views
from api.case_reading import visible
from api.desk import Desk
from api.history_filters import offices_of
from api.list_reading import reading_cursor, watch
from api.problem import Problem
from domain.lifecycle import STAGE_OF, STAGES, STATES, State
from ledger.sql import Row
from readmodels import history, refusals, skipped, stages
from readmodels.refusals import RefusalQuery
from readmodels.skipped import Kind, SkippedQuery
from readmodels.stages import GroupBy, StageQuery

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """Legal days, both included, and the offices looked at."""

    first: date | None
    last: date | None
    office: str | None = None


def _days(desk: Desk, period: Period) -> tuple[date, date]:
    """The year so far unless said otherwise. Raises `Problem` 422 for a period that ends before it begins."""
    last = period.last or desk.now.astimezone(views.ZONE).date()
    first = period.first or last.replace(month=1, day=1)
    if last < first:
        raise Problem(422, "invalid", errors=[{"parameter": "to", "in": "query", "code": "invalid_value"}])
    return first, last


def _asked(desk: Desk, period: Period, category: str | None, kind: str | None) -> StageQuery:
    first, last = _days(desk, period)
    return StageQuery(first, last, offices_of(desk.directory, period.office), category, kind)


async def by_stage(desk: Desk, period: Period, *, by: GroupBy, category: str | None, kind: str | None) -> Json:
    """Median and 90th percentile of the days that cases spent in each stage. Raises `Problem` 403 for who watches over nothing."""
    scope, query = watch(desk), _asked(desk, period, category, kind)
    async with desk.in_own_name() as conn:  # counted, and nobody named: the caller's reach is in the question
        rows = await stages.by_stage(conn, scope, query, by)
        stand = await stages.open_by_stage(conn, scope, query)
    rows.sort(key=lambda row: (STAGES.index(row["stage"]), row["key"]))
    return {
        "from": query.first.isoformat(),
        "to": query.last.isoformat(),
        "group_by": by,
        "items": [_rounded(row) for row in rows],
        "open": {stage: stand.get(stage, 0) for stage in STAGES if stage != "ended"},
    }


def _rounded(row: Row) -> Json:
    """Days to the tenth: a median of whole days may lie between two."""
    return {name: round(value, 1) if isinstance(value, float) else value for name, value in row.items()}


async def process_map(desk: Desk, period: Period, *, category: str | None, kind: str | None) -> Json:
    """States and the moves between them, in the order of the line, with counts and days. Raises `Problem` 403."""
    scope, query = watch(desk), _asked(desk, period, category, kind)
    async with desk.in_own_name() as conn:  # counted, and nobody named: the caller's reach is in the question
        nodes = {row["state"]: row for row in await stages.nodes(conn, scope, query)}
        edges = await stages.edges(conn, scope, query)
    order: dict[State, int] = {
        state: n for n, state in enumerate(sorted(STATES, key=lambda state: (STAGES.index(STAGE_OF[state]), STATES.index(state))))
    }
    edges.sort(key=lambda e: (order[e["start"]] if e["start"] else -1, order[e["end"]]))
    return {
        "from": query.first.isoformat(),
        "to": query.last.isoformat(),
        "states": [{"stage": STAGE_OF[state], **_rounded(_typed(nodes[state]))} for state in order if state in nodes],
        "moves": [_rounded(_typed(edge)) for edge in edges],
    }


def _typed(row: Row) -> Row:
    return {**row, "types": sorted(row["types"])}


async def skipped_steps(
    desk: Desk, period: Period, *, kind: Kind | None, step: str | None, open_only: bool, cursor: str | None, limit: int
) -> Json:
    """Cases that skipped a step or broke a limit, the latest first, and how many of each. Raises `Problem` 403, 422 for a bad cursor."""
    scope = watch(desk)
    first, last = _days(desk, period)
    offices = offices_of(desk.directory, period.office)
    query = SkippedQuery(first, last, kind, step, offices, open_only, cursor, limit)
    with reading_cursor():
        async with desk.in_own_name() as conn:
            page = await skipped.page(conn, scope, query, desk.now)
            found = await skipped.counts(conn, scope, query, desk.now)
    shown = await skipped.visible(desk.conn, {str(row["case_id"]) for row in page.rows})
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "counts": [dict(row) for row in found],
        "items": [_skipped(row) for row in page.rows if str(row["case_id"]) in shown],
        "next_cursor": page.next_cursor,
    }


def _skipped(row: Mapping[str, Any]) -> Json:
    good: date | None = row["made_good_on"]
    return {
        **row, "case_id": str(row["case_id"]), "on": row["on"].isoformat(), "made_good_on": good.isoformat() if good else None,
    }  # fmt: skip


async def refused(desk: Desk, query: RefusalQuery, office: str | None) -> Json:
    """Commands that the rules refused, the newest first: who asked for what, and the refusal's code. Raises `Problem` 403, 422."""
    scope = watch(desk)
    with reading_cursor():
        page = await refusals.find(desk.conn, scope, replace(query, offices=offices_of(desk.directory, office)))
    return {"items": [_refused(desk, row) for row in page.rows], "next_cursor": page.next_cursor}


def _refused(desk: Desk, row: Row) -> Json:
    person = desk.directory.person(row["actor"])
    return {
        "command_id": row["command_id"],
        "case_id": str(row["case_id"]),
        "register_number": row["register_number"],
        "case_number": row["case_number"],
        "command": row["command"],
        "received_at": views.moment(row["received_at"]),
        "decided_at": views.moment(row["decided_at"]),
        "actor": {"id": row["actor"], "name": person.name if person else None, "role": row["role"]},
        "on_behalf_of": row["on_behalf_of"],
        "office": row["office"],
        "code": row["code"],
        "status": row["status"],
    }


async def touched(desk: Desk, case_id: str) -> Json:
    """Who acted on a case, whoever acted last first. Raises `Problem` 404 as the case itself does, 403 for who watches over nothing."""
    watch(desk)
    await visible(desk, case_id)
    items = [_actor(desk, row) for row in await history.touched(desk.conn, case_id)]
    return {"items": items, "next_cursor": None}


def _actor(desk: Desk, row: Row) -> Json:
    person = desk.directory.person(row["actor"])
    return {
        "actor": {"id": row["actor"], "name": person.name if person else None, "role": row["role"]},
        "office": row["office"],
        "on_behalf_of": row["on_behalf_of"],
        "events": row["events"],
        "types": sorted(row["types"]),
        "first_at": views.moment(row["first_at"]),
        "last_at": views.moment(row["last_at"]),
    }
