"""The reception desk: register what is asked in one short form; what waits for me, what has a limit, what my office answers for."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Json
from web.case_view import now
from web.command_page import own_office
from web.inquiries import CONSULTATION, listed, opened, row_of
from web.inquiry_form import Sheet, blank, page, sent
from web.page import PageRoute, Visit, go, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/reception")
async def reception(visit: Signed) -> Response:
    return await _show(visit, _sheet(visit, _known(visit)), 200)


@router.post("/reception")
async def register(request: Request, visit: Signed) -> Response:
    async def carry(sheet: Sheet, body: Json) -> Response:
        answer = await opened(visit, CONSULTATION, body, sheet.key)
        done = urlencode({"done": CONSULTATION.opening, "sent": sheet.keep})
        return go(f"{CONSULTATION.address(answer)}?{done}")

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show(visit, sheet, status)

    return await sent(request, visit, _sheet(visit, {}), carry, show)


def _sheet(visit: Visit, known: Json) -> Sheet:
    del visit
    return blank(CONSULTATION, CONSULTATION.opening, "/reception", "/", known)


def _known(visit: Visit) -> Json:
    """Where and when, and how somebody who stands at this desk came."""
    own = own_office(visit)
    channel = "duty_office" if "duty_lawyer" in visit.roles else "outlet" if own.get("outlet") else "walk_in"
    return {"office": own.get("outlet") or own.get("centre") or "", "channel": channel, "received_at": now().isoformat()}


async def _show(visit: Visit, sheet: Sheet, status: int) -> Response:
    q = visit.request.query_params.get("q", "").strip()
    open_ = await listed(visit, CONSULTATION, state="open", sort="due_at", q=q)
    converted = await listed(visit, CONSULTATION, state="converted", sort="due_at", q=q)
    mine = await listed(visit, CONSULTATION, handed_to_me=True)
    waiting = {row["consultation_id"] for row in mine}
    letters = [row for row in (*open_, *converted) if row.get("due_limit") and row["consultation_id"] not in waiting]
    timed = {row["consultation_id"] for row in letters} | waiting
    groups: list[tuple[str, list[Any]]] = [
        ("handed", mine),
        ("letters", letters),
        ("open", [row for row in open_ if row["consultation_id"] not in timed]),
        ("done", await _done(visit, q)),
    ]
    rows = [(name, [row_of(visit, CONSULTATION, row) for row in found]) for name, found in groups]
    return page(visit, "reception.html", sheet, status, groups=[(name, found) for name, found in rows if found], q=q)


async def _done(visit: Visit, q: str) -> list[Json]:
    """What ended today, or whatever is searched for."""
    ended = [*await listed(visit, CONSULTATION, state="closed", q=q), *await listed(visit, CONSULTATION, state="converted", q=q)]
    today = now().date().isoformat()
    return [row for row in ended if q or str(row["updated_at"]).startswith(today)]
