"""Cases chosen from the list, handed on together: looked at first, then carried out one by one.

Nothing is written before the preview is confirmed. Each case then moves by a command of its own; the report can give back what was moved
(`web/handing_on.py`).
"""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from web.backend import Json, Problem
from web.choosing import MOST, colleagues, kinds_of
from web.lists import FILTERS, row_of
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, reasons, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Signed = Annotated[Visit, Depends(visitor)]


@router.post("/reassign/preview")
async def preview(request: Request, visit: Signed) -> Response:
    sent = await request.form()
    return await _previewed(visit, sent)


@router.post("/reassign/chosen")
async def carry_out(request: Request, visit: Signed) -> Response:
    """Begin the moving of what the preview found could be moved."""
    sent = await request.form()
    key = text_of(sent, "key") or uuid4().hex
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        moves = _moves(sent, [str(value) for value in sent.getlist("case")])
        body = {"reason": text_of(sent, "reason"), "moves": moves}
        batch: Json = await visit.backend.do_work(visit.session, "/reassignments", body, key=key, lang=visit.lang)
    except Problem as problem:
        if problem.status == 401:
            raise
        return await _previewed(visit, sent, problem, key if problem.status in REPEATABLE else uuid4().hex)
    return go(f"/reassign/{batch['batch']}?{urlencode({'key': key})}")


async def _previewed(visit: Visit, sent: FormData, problem: Problem | None = None, key: str = "") -> Response:
    if not kinds_of(visit):
        raise Problem(403, "forbidden")
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    chosen, left = await _chosen(visit, sent)
    rows: list[Json] = []
    told: Json = {"will": 0, "refused": 0}
    try:
        moves = _moves(sent, chosen)
        asked = {"reason": text_of(sent, "reason"), "moves": moves}
        told = await visit.backend.do_work(visit.session, "/reassignments/preview", asked, key=None, lang=visit.lang)
        rows = [_row(visit, item) for item in told["items"]]
    except Problem as fault:
        if fault.status == 401:
            raise
        problem = problem or fault
    return render(
        visit, "bulk.html", problem.status if problem else 200, rows=rows, will=told["will"], refused=told["refused"], left=left,
        kind=text_of(sent, "kind"), to=text_of(sent, "to"), reason=text_of(sent, "reason"), key=key or uuid4().hex, most=MOST,
        trouble=reasons(visit, problem) if problem else "", back=_back(sent), kinds=kinds_of(visit), colleagues=colleagues(visit),
        chosen=chosen,
    )  # fmt: skip


def _row(visit: Visit, item: Json) -> Json:
    case: Any = item["case"]
    shown: Json = row_of(visit, case) if case else {"id": item["case_id"], "number": item["case_id"], "who": visit.t("words.withheld")}
    return {**shown, "held_by": item["held_by"], "to": item["to"], "code": item["code"], "detail": item["detail"]}


async def _chosen(visit: Visit, sent: FormData) -> tuple[list[str], bool]:
    """Ids of the cases ticked, or of all that fit the filters; and whether more fit than are handed on together."""
    if not text_of(sent, "everything"):
        ids = list(dict.fromkeys(str(value) for value in sent.getlist("case")))
        return ids[:MOST], len(ids) > MOST
    found = await visit.backend.cases(visit.session, {**_filters(sent), "limit": str(MOST)})
    return [str(case["case_id"]) for case in found["items"][:MOST]], bool(found["next_cursor"])


def _moves(sent: FormData, ids: list[str]) -> list[Json]:
    """Raises `Problem` 422 where nothing was chosen, or nobody to whom."""
    kind, to = text_of(sent, "kind"), text_of(sent, "to")
    if not ids or kind not in ("transfer", "replacement"):
        raise Problem(422, "nothing_chosen")
    if kind == "transfer" and not to:
        raise Problem(422, "nobody_chosen")
    more = {"to": to} if kind == "transfer" else {}
    return [{"case_id": case_id, "kind": kind, **more} for case_id in ids]


def _filters(sent: FormData) -> dict[str, str]:
    """Those of the list the cases were chosen from."""
    return {name: value for name in FILTERS if (value := text_of(sent, f"filter-{name}").strip())}


def _back(sent: FormData) -> str:
    filters = _filters(sent)
    return f"/cases?{urlencode(filters)}" if filters else "/cases"
