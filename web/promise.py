"""The service promise as a page: limits kept by office, limit and month, in the months asked for. The filters stand in the address."""

import calendar
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Json
from web.page import PageRoute, Visit, render, visitor
from web.table import as_csv

router = APIRouter(route_class=PageRoute, include_in_schema=False)
GROUPS = ("office", "limit", "month")
FILTERS = ("from", "to", "office", "limit")
FIGURES = (
    "met",
    "met_late",
    "missed",
    "cancelled",
    "lapsed",
    "share",
    "median_days",
    "p90_days",
    "median_calendar_days",
    "p90_calendar_days",
)

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/reports/promise")
async def promise(request: Request, visit: Signed) -> Response:
    """Three tables over the same clocks. Raises `Problem` 403 for who supervises nothing, 422 for a month that is none."""
    filters = _filters(request)
    tables: list[tuple[str, Json]] = [(by, await _report(visit, filters, by)) for by in GROUPS]
    # A limit that was chosen hides the others from its own table only: one may change one's mind.
    choices = (
        await _report(visit, {name: v for name, v in filters.items() if name != "limit"}, "limit") if filters.get("limit") else tables[1][1]
    )
    return render(
        visit, "promise.html", tables=tables, filters=filters, total=tables[0][1]["total"], first=tables[0][1]["from"],
        last=tables[0][1]["to"], limits=[row["key"] for row in choices["items"]], asked=urlencode(filters), without=_without(filters),
        behind=partial(_behind, filters, tables[0][1]),
    )  # fmt: skip


@router.get("/reports/promise.csv")
async def table(request: Request, visit: Signed) -> Response:
    """The figures of the page, a row an office, limit or month."""
    filters = _filters(request)
    rows = list[list[Any]]()
    for by in GROUPS:
        found = await _report(visit, filters, by)
        rows += [[visit.t(f"promise.by_{by}"), _called(visit, by, row["key"]), *(row[name] for name in FIGURES)] for row in found["items"]]
    head = [visit.t(f"promise.{name}") for name in ("by", "of", *FIGURES)]
    return as_csv("promise", head, rows)


def _filters(request: Request) -> dict[str, str]:
    return {name: request.query_params[name] for name in FILTERS if request.query_params.get(name)}


def _without(filters: dict[str, str]) -> dict[str, str]:
    """For each way of grouping: the address's query that the key of a row is put behind."""
    taken = {"office": ("office",), "limit": ("limit",), "month": ("from", "to")}
    return {by: urlencode({name: value for name, value in filters.items() if name not in names}) for by, names in taken.items()}


def _behind(filters: dict[str, str], report: Json, by: str, key: str) -> str:
    """The address of the missed limits of cases that a row counts: due in its months, of its office and limit, not met yet."""
    first, last = report["from"], report["to"]
    narrowed = {name: filters.get(name, "") for name in ("office", "limit")} | {by: key}
    if by == "month":
        first, last = max(first, f"{key}-01"), min(last, _last_day(key))
    window = {"due_from": first, "due_before": (date.fromisoformat(last) + timedelta(days=1)).isoformat()}
    asked = {"state": "missed", "office": narrowed["office"], "limit_id": narrowed["limit"], **window}
    return f"/deadlines?{urlencode({name: value for name, value in asked.items() if value})}"


async def _report(visit: Visit, filters: dict[str, str], by: str) -> Json:
    asked = {**filters, "group_by": by}
    if "from" in filters:
        asked["from"] = f"{filters['from']}-01"
    if "to" in filters:
        asked["to"] = _last_day(filters["to"])
    return await visit.ask("GET", f"/reports/promise?{urlencode(asked)}")


def _last_day(month: str) -> str:
    """Of `2026-02`; what is no month stays as it is, for the interface to refuse."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return month
    return first.replace(day=calendar.monthrange(first.year, first.month)[1]).isoformat()


def _called(visit: Visit, by: str, key: str) -> str:
    if by == "office":
        return visit.names.get(key, key) if key else visit.t("promise.no_office")
    return visit.t(f"limits.{key}") if by == "limit" else key
