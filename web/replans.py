"""Changes of calendar and rules, and the open cases whose dates they moved."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from api.replans import WHAT
from web.backend import Json, Problem
from web.page import PageRoute, Visit, render, visitor
from web.table import as_csv

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROLES = ("system_administrator", "supervisor", "approver", "caseworker", "auditor")
_MOST = "200"

What = Annotated[str, Path(pattern=WHAT)]
Signed = Annotated[Visit, Depends(visitor)]


def _allowed(visit: Visit) -> None:
    if not visit.roles_include(ROLES):
        raise Problem(403, "forbidden")


@router.get("/replans")
async def front(visit: Signed) -> Response:
    _allowed(visit)
    return render(visit, "replans.html", changes=await visit.backend.work(visit.session, "/replans", {"limit": "50"}))


@router.get("/replans/{cause}/{what}")
async def one(visit: Signed, cause: str, what: What) -> Response:
    _allowed(visit)
    asked = {"limit": _MOST} | ({"cursor": cursor} if (cursor := visit.request.query_params.get("cursor")) else {})
    found: Json = await visit.backend.work(visit.session, f"/replans/{cause}/{what}", asked)
    onward = f"?cursor={found['next_cursor']}" if found["next_cursor"] else ""
    return render(visit, "replan.html", change=found, onward=onward)


@router.get("/replans/{cause}/{what}/cases.csv")
async def table(visit: Signed, cause: str, what: What) -> Response:
    """Every case in reach that was moved, a row a clock."""
    _allowed(visit)
    head = [visit.t(f"deadlines.{name}") for name in ("case", "limit", "old_date", "new_date")]
    rows, cursor = list[list[str]](), ""
    while True:
        asked = {"limit": _MOST} | ({"cursor": cursor} if cursor else {})
        found: Json = await visit.backend.work(visit.session, f"/replans/{cause}/{what}", asked)
        rows += [[case["case_id"], visit.t(f"limits.{m['limit']}"), m["old"], m["new"]] for case in found["cases"] for m in case["moves"]]
        if not (cursor := found["next_cursor"] or ""):
            return as_csv(f"replan-{cause}-{what}", head, rows)
