"""The deadlines: what is missed and what comes, the load ahead by day, and why a case's date is where it is."""

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Json, Problem
from web.case_view import now, who
from web.page import PageRoute, Visit, render, visitor
from web.saved import saved_of
from web.table import as_csv

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROLES = ("supervisor", "approver", "caseworker", "receptionist", "lawyer", "unit_manager", "bureau_officer", "auditor", "liaison")
FILTERS = ("state", "office", "person", "limit_id", "due_from", "due_before", "cursor")
GROUPS = ("missed", "today", "week", "later")
QUESTION = "extension_asked"
"""The task of answering who asked for more time: it stands apart from limits that were missed."""
_SHOWN, _AT_ONCE = "50", "200"
"""Rows of a page; of a part of the table."""

Signed = Annotated[Visit, Depends(visitor)]


def _allowed(visit: Visit) -> None:
    if not visit.roles_include(ROLES):
        raise Problem(403, "forbidden")


@router.get("/deadlines")
async def front(request: Request, visit: Signed) -> Response:
    _allowed(visit)
    query = request.query_params
    filters = {name: query[name] for name in FILTERS if query.get(name)}
    found = await visit.ask("GET", f"/deadlines?{urlencode({**filters, 'limit': _SHOWN})}")
    about = {name: filters[name] for name in ("office", "person", "limit_id") if name in filters}
    days: list[Json] = await visit.backend.work(visit.session, "/deadlines/load", about)
    tasks: list[Json] = await visit.backend.work(visit.session, "/tasks", {"limit": "50"})
    limits: list[Json] = await visit.backend.work(visit.session, "/limits", {"limit": "200"})
    rows = [row | {"who": who(visit, row)} for row in found["items"]]
    groups = [(name, [r for r in rows if _group(r) == name]) for name in GROUPS]
    onward = f"/deadlines?{urlencode({**filters, 'cursor': found['next_cursor']})}" if found["next_cursor"] else ""
    return render(
        visit, "deadlines.html", groups=[(name, of_it) for name, of_it in groups if of_it], filters=filters, onward=onward, days=days,
        asked_for=[k for k in tasks if k["task"] == QUESTION],
        saved=await saved_of(visit, "deadlines"), most=max((d["clocks"] for d in days), default=0),
        tasks=[k for k in tasks if k["task"] != QUESTION],
        states=("missed", "running", "paused"), asked=urlencode({name: value for name, value in filters.items() if name != "cursor"}),
        limits=_with(filters.get("limit_id"), [str(r["limit"]) for r in limits]),
        people=_with(filters.get("person"), [str(p["code"]) for p in visit.near.people]),
        offices=_with(filters.get("office"), [str(o["code"]) for o in visit.near.offices]),
    )  # fmt: skip


def _with(chosen: str | None, offered: list[str]) -> list[str]:
    """The choices of a filter; one that came by a link stands among them."""
    return offered if not chosen or chosen in offered else [chosen, *offered]


def _group(row: Json) -> str:
    today = now().date()
    due = date.fromisoformat(str(row["due_on"]))
    if row["state"] == "missed":
        return "missed"
    if due <= today:
        return "today"
    return "week" if due <= today + timedelta(days=7) else "later"


@router.get("/deadlines.csv")
async def table(request: Request, visit: Signed) -> Response:
    """Everything that fits the filters, a row a limit."""
    _allowed(visit)
    filters = {name: request.query_params[name] for name in FILTERS[:-1] if request.query_params.get(name)}
    head = [visit.t(f"deadlines.{name}") for name in ("case", "limit", "state", "ends_on", "centre", "owner")]
    rows, cursor = list[list[str]](), ""
    while True:
        asked = {**filters, "limit": _AT_ONCE} | ({"cursor": cursor} if cursor else {})
        found = await visit.ask("GET", f"/deadlines?{urlencode(asked)}")
        rows += [_line(visit, r) for r in found["items"]]
        if not (cursor := found["next_cursor"] or ""):
            return as_csv("deadlines", head, rows)


def _line(visit: Visit, r: Json) -> list[str]:
    number = r.get("case_number") or r.get("register_number") or r["case_id"]
    owner = visit.names.get(r.get("owner") or "", r.get("owner") or "")
    return [number, visit.t(f"limits.{r['limit']}"), visit.t(f"clocks.{r['state']}"), r["due_on"], r["centre"], owner]


@router.get("/cases/{case_id}/deadlines")
async def why(case_id: str, visit: Signed) -> Response:
    """Why a case's limits are where they are, who was waited for and who was told when; a page to print as proof."""
    found: Json = await visit.ask("GET", f"/cases/{case_id}/lateness")
    told: list[Json] = await visit.backend.work(visit.session, f"/cases/{case_id}/told", {})
    clocks: list[Json] = [_explained(visit, clock, told) for clock in found["clocks"]]
    order = {"missed": 0, "running": 1, "paused": 2}
    clocks.sort(key=lambda c: (order.get(c["state"], 3), c["due_on"]))
    may = {c["name"] for c in await visit.backend.allowed(visit.session, case_id)}
    return render(visit, "why_late.html", case=found, clocks=clocks, may=may)


def _explained(visit: Visit, clock: Json, told: list[Json]) -> Json:
    return clock | {"sentence": _sentence(visit, clock), "told": [each for each in told if each["clock"] == clock["id"]]}


def _sentence(visit: Visit, clock: Json) -> str:
    """In one sentence: how late, and for whom the days were waited."""
    waited: dict[str, int] = {}
    for stretch in clock["stretches"]:
        waited[_waited_for(visit, stretch)] = waited.get(_waited_for(visit, stretch), 0) + stretch["days"]
    paused = clock["paused_days"]
    parts = [visit.t("deadlines.waited", who=who, days=days) for who, days in waited.items()]
    parts += [visit.t("deadlines.paused_days", days=paused)] if paused else []
    over = clock["state"] in ("missed", "met_late")
    key = "late" if clock["late_days"] else "just_late" if over else "in_time"
    return visit.t(f"deadlines.{key}", days=clock["late_days"], how=visit.t("words.comma").join(parts))


def _waited_for(visit: Visit, stretch: Json) -> str:
    side: Any = stretch["waiting_for"]
    if side is None:
        return visit.t("deadlines.nobody")
    if side == "applicant":
        return visit.t("deadlines.applicant")
    role = visit.t(f"roles.{side}")
    return f"{role} {stretch['owner_name']}" if side == "caseworker" and stretch["owner_name"] else role
