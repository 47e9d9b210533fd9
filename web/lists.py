"""The lists: today's work by urgency, cases by filters, the inbox."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from api.figure_filters import NAMES as COUNTED
from domain.lifecycle import STAGES, STATES
from domain.values import Category
from web.backend import Json, part
from web.case_view import URGENCIES, Urgency, left, now, number, urgency, who
from web.choosing import MOST, colleagues, kinds_of
from web.deadlines import QUESTION
from web.figures import counted_as
from web.marked import marked_row
from web.page import PageRoute, Visit, go, guarded, render, visitor
from web.saved import saved_of
from web.table import as_csv

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FILTERS = ("q", "stage", "state", "office", "assignee", "category", "due_before", "sort", *COUNTED)
"""Of the list of cases."""
TABLE_MOST, _PAGE = 5000, "200"
_HEAD = (
    "pages.register_number", "pages.case_number", "pages.people", "history.cause", "pages.state", "pages.due", "pages.office",
    "pages.opened",
)  # fmt: skip

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/")
async def today(visit: Signed) -> Response:
    """All that waits for the person, in the interface's own order of urgency."""
    waiting = (await visit.backend.queue(visit.session))["items"]
    rows = [row_of(visit, case) for case in waiting]
    to_approve = sum(case.get("waiting_for") == "approver" for case in waiting) if "approver" in visit.roles else 0
    groups = [(name, [row for row in rows if row["urgency"] == name]) for name in URGENCIES]
    asked: list[Json] = (await visit.ask("GET", f"/tasks?task={QUESTION}&limit=200"))["items"] if "supervisor" in visit.roles else []
    return render(
        visit, "today.html", groups=[(name, found) for name, found in groups if found], to_approve=to_approve, asked=len(asked),
        taken=visit.request.query_params.get("taken", ""),
    )  # fmt: skip


@router.get("/cases")
async def cases(request: Request, visit: Signed) -> Response:
    filters = _given(request, FILTERS)
    found = await visit.backend.cases(visit.session, filters | _given(request, ("cursor",)))
    q = filters.get("q", "")
    rows = [marked_row(row_of(visit, case), q) for case in found["items"]]
    kinds = kinds_of(visit)
    return render(
        visit, "cases.html", rows=rows, filters=filters, stages=STAGES, states=STATES, onward=_onward(request, found),
        categories=get_args(Category), saved=await saved_of(visit, "cases"), asked=urlencode(filters), table_most=TABLE_MOST, kinds=kinds,
        colleagues=colleagues(visit) if kinds else (), most=MOST,
        counted={name: filters[name] for name in COUNTED if name in filters}, counted_as=counted_as(visit, filters),
    )  # fmt: skip


@router.get("/cases.csv")
async def table(request: Request, visit: Signed) -> Response:
    """The cases that fit the filters, a row a case, `TABLE_MOST` at most."""
    filters = _given(request, FILTERS) | {"limit": _PAGE}
    head = [visit.t(name) for name in _HEAD]
    rows, cursor = list[list[str]](), ""
    while len(rows) < TABLE_MOST:
        found = await visit.backend.cases(visit.session, filters | ({"cursor": cursor} if cursor else {}))
        rows += [_line(visit, case) for case in found["items"]]
        if not (cursor := found["next_cursor"] or ""):
            break
    return as_csv("cases", head, rows)


def _line(visit: Visit, case: Json) -> list[str]:
    row = row_of(visit, case)
    centre = str(case.get("centre") or "")
    return [
        str(case.get("register_number") or ""), str(case.get("case_number") or ""), row["who"], row["cause"], row["state"],
        str(row["due"] or "")[:10], visit.names.get(centre, centre), str(case.get("opened_on") or ""),
    ]  # fmt: skip


@router.get("/inbox")
async def inbox(request: Request, visit: Signed) -> Response:
    cursor = request.query_params.get("cursor")
    found = await visit.backend.inbox(visit.session, cursor)
    messages = [_message(m) for m in found["items"]]
    return render(visit, "inbox.html", messages=messages, onward=_onward(request, found), older=bool(cursor))


@router.post("/inbox/{message_id:path}/read")
async def read(request: Request, message_id: str, visit: Signed) -> Response:
    guarded(visit, {"csrf": (await request.form()).get("csrf", "")})
    await visit.backend.read(visit.session, message_id)
    cursor = request.query_params.get("cursor")
    return go(f"/inbox?{urlencode({'cursor': cursor})}" if cursor else "/inbox")


def _given(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    return {name: value.strip() for name in names if (value := request.query_params.get(name, "")).strip()}


def _onward(request: Request, found: Mapping[str, Any]) -> str:
    """The address of the next page; empty on the last."""
    cursor = found.get("next_cursor")
    kept = {name: value for name, value in request.query_params.items() if name != "cursor"}
    return f"{request.url.path}?{urlencode({**kept, 'cursor': cursor})}" if cursor else ""


def row_of(visit: Visit, case: Json) -> Json:
    """A case's line: its number and people, where it stands, its nearest limit."""
    at = now()
    due: str | None = case.get("due_on") or case.get("due_at")
    near: Urgency = _told(case) or (urgency(due, case.get("due_at"), "running", at) if due else "later")
    return {
        "id": case["case_id"],
        "number": number(case),
        "who": who(visit, case),
        "cause": visit.word("cause", case.get("cause")),
        "state": visit.t(f"states.{case['state']}"),
        "lane": visit.t(f"lanes.{case['lane']}") if case.get("lane") not in (None, "confirmed") else "",
        "due": due,
        "limit": visit.t(f"limits.{case['due_limit']}") if case.get("due_limit") else "",
        "left": left(visit, due, "running", at) if due else "",
        "waits": visit.t(f"roles.{case['waiting_for']}") if near == "waiting" and case.get("waiting_for") else "",
        "urgency": near,
        "claimed_by": str(case.get("claimed_by") or ""),
    }


def _told(case: Json) -> Urgency | None:
    """How urgent the interface says a case of the queue is."""
    said = case.get("urgency")
    return next((known for known in URGENCIES if known == said), None)


def _message(message: Json) -> Json:
    """A message with what it says at hand, whether its facts stand in it or in its `data`."""
    said: Json = {**part(message, "data"), **message}
    return {**said, "read": bool(said.get("read") or said.get("read_at")), "at": said.get("at") or said["created_at"]}
