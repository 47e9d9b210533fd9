"""The duty office: requests and how many hours are left to forward them, who is on duty, and the log."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Json, Problem
from web.case_view import now
from web.inquiries import DUTY, listed, offices_of, opened, row_of
from web.inquiry_form import Sheet, blank, page, sent
from web.page import PageRoute, Visit, go, guarded, problem_sentence, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
OFFICE_KIND = "duty_lawyer_office"
DAYS = 7
"""Days of the log that are shown."""

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/duty")
async def duty(visit: Signed) -> Response:
    return await _show(visit, _sheet(_office(visit), _known(visit)), 200)


@router.post("/duty")
async def receive(request: Request, visit: Signed) -> Response:
    async def carry(sheet: Sheet, body: Json) -> Response:
        answer = await opened(visit, DUTY, body, sheet.key)
        return go(f"{DUTY.address(answer)}?{urlencode({'done': DUTY.opening, 'sent': sheet.keep})}")

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show(visit, sheet, status)

    return await sent(request, visit, _sheet(_office(visit), {}), carry, show)


@router.post("/duty/{office}/shifts")
async def begin(request: Request, office: str, visit: Signed) -> Response:
    return await _shift(request, visit, office, f"/duty-offices/{office}/shifts", ("remark",))


@router.post("/duty/{office}/shifts/{shift_id}/close")
async def end(request: Request, office: str, shift_id: str, visit: Signed) -> Response:
    return await _shift(request, visit, office, f"/duty-offices/{office}/shifts/{shift_id}/close", ("handed_to", "remark"))


async def _shift(request: Request, visit: Visit, office: str, path: str, names: tuple[str, ...]) -> Response:
    """Go on or off duty; refused, the page says why and keeps what was typed."""
    form = await request.form()
    guarded(visit, {"csrf": text_of(form, "csrf")})
    typed = {name: text_of(form, name).strip() for name in names}
    body = {name: value for name, value in typed.items() if value}
    key = {"Idempotency-Key": text_of(form, "key") or uuid4().hex}
    try:
        await visit.backend.ask(visit.session, "POST", path, lang=visit.lang, json=body, headers=key)
    except Problem as problem:
        if problem.status == 401:
            raise
        said = problem.detail or problem_sentence(visit, problem)
        return await _show(visit, _sheet(office, _known(visit)), problem.status, said=said, typed=typed)
    return go(f"/duty?{urlencode({'office': office})}")


def _offices(visit: Visit) -> list[Any]:
    """Where the visitor is on duty, else the duty offices of their centre."""
    return offices_of(visit, (OFFICE_KIND,), "duty_lawyer") or offices_of(visit, (OFFICE_KIND,))


def _office(visit: Visit) -> str:
    asked = visit.request.query_params.get("office", "")
    known = [str(office["code"]) for office in _offices(visit)]
    return asked if asked in known else next(iter(known), "")


def _sheet(office: str, known: Json) -> Sheet:
    return blank(DUTY, DUTY.opening, f"/duty?{urlencode({'office': office})}" if office else "/duty", "/", known)


def _known(visit: Visit) -> Json:
    return {"office": _office(visit), "received_at": now().isoformat()}


async def _show(visit: Visit, sheet: Sheet, status: int, *, said: str = "", typed: Json | None = None) -> Response:
    office = _office(visit)
    waiting = [row_of(visit, DUTY, row) for row in await listed(visit, DUTY, state="received", sort="due_at")]
    forwarded = [row_of(visit, DUTY, row) for row in await listed(visit, DUTY, state="forwarded")]
    log = await _log(visit, office)
    shifts: list[Json] = list(reversed(log.get("shifts", [])))
    mine = next((s for s in shifts if s["closed_at"] is None and s["person"] == visit.me.get("id")), None)
    roster = [p for p in visit.people if "duty_lawyer" in p["roles"] and p["office"] == office and p["code"] != visit.me.get("id")]
    return page(
        visit, "duty.html", sheet, status, office=office, offices=_offices(visit), waiting=waiting, forwarded=forwarded, shifts=shifts,
        unattended=log.get("unattended", []), mine=mine, on_roster=bool(offices_of(visit, (OFFICE_KIND,), "duty_lawyer")),
        roster=roster, said=said, shift_typed=typed or {}, shift_key=uuid4().hex,
    )  # fmt: skip


async def _log(visit: Visit, office: str) -> Json:
    if not office:
        return {}
    since = (now().date() - timedelta(days=DAYS)).isoformat()
    return await visit.backend.ask(visit.session, "GET", f"/duty-offices/{office}/log", lang=visit.lang, params={"from": since})
