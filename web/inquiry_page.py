"""The page of one consultation or duty request, and the forms of its commands."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from domain.command import COMMANDS
from web.backend import Json, Problem
from web.case_view import clock_line, entry, live_clocks, now, timeline
from web.inquiries import CONSULTATION, DUTY, Kind, allowed, carried_out, known_of_application, one, title
from web.inquiry_form import Sheet, blank, page, sent
from web.page import PageRoute, Visit, go, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
KINDS = {kind.path: kind for kind in (CONSULTATION, DUTY)}
LEADS_ON = ("accept_hand_over", "forward_request", "give_advice", "convert_to_application", "take_up_request")
"""What is offered first, in this order."""

Signed = Annotated[Visit, Depends(visitor)]


def _kind_of(request: Request) -> Kind:
    return KINDS[request.url.path.split("/")[1]]


@router.get("/consultations/{inquiry_id}")
@router.get("/duty-requests/{inquiry_id}")
async def inquiry_page(request: Request, inquiry_id: str, visit: Signed) -> Response:
    kind = _kind_of(request)
    inquiry = await one(visit, kind, inquiry_id)
    may = sorted(await allowed(visit, kind, inquiry_id), key=_place)
    at = now()
    done = request.query_params.get("done", "")
    return render(
        visit, "inquiry.html", kind=kind, inquiry=inquiry, title=title(visit, inquiry), commands=[c["name"] for c in may],
        clocks=[clock_line(visit, c, at) for c in live_clocks(inquiry["clocks"])], days=timeline(visit, inquiry["events"]),
        done=done if done in COMMANDS else "", sent=request.query_params.get("sent", ""),
    )  # fmt: skip


def _place(command: Json) -> int:
    name = command["name"]
    return LEADS_ON.index(name) if name in LEADS_ON else len(LEADS_ON)


@router.get("/consultations/{inquiry_id}/commands/{command}")
@router.get("/duty-requests/{inquiry_id}/commands/{command}")
async def form(request: Request, inquiry_id: str, command: str, visit: Signed) -> Response:
    kind = _kind_of(request)
    inquiry = await one(visit, kind, inquiry_id)
    sheet = _sheet(kind, inquiry, command, _known(kind, inquiry, command))
    sheet.version = inquiry["version"]
    return await _show(visit, sheet, 200)


@router.post("/consultations/{inquiry_id}/commands/{command}")
@router.post("/duty-requests/{inquiry_id}/commands/{command}")
async def send(request: Request, inquiry_id: str, command: str, visit: Signed) -> Response:
    kind = _kind_of(request)
    inquiry = await one(visit, kind, inquiry_id)

    async def carry(sheet: Sheet, body: Json) -> Response:
        answer = await carried_out(visit, sheet.action, body, sheet.key, sheet.version)
        said = urlencode({"done": command, "sent": sheet.keep})
        if case := answer.get("case"):
            return go(f"/cases/{case['case_id']}?{urlencode({'done': 'submit_application', 'sent': sheet.keep})}")
        return go(f"{kind.address(inquiry)}?{said}")

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show(visit, sheet, status)

    return await sent(request, visit, _sheet(kind, inquiry, command, {}), carry, show)


def _sheet(kind: Kind, inquiry: Json, command: str, known: Json) -> Sheet:
    """The form of a command of this kind of inquiry. Raises `Problem` 404 for any other."""
    if command not in COMMANDS or COMMANDS[command].stream != kind.name or not COMMANDS[command].states:
        raise Problem(404, "unknown_command", command=command)
    address = kind.address(inquiry)
    sheet = blank(kind, command, f"{address}/commands/{command}", address, known)
    sheet.inquiry = inquiry
    return sheet


def _known(kind: Kind, inquiry: Json, command: str) -> Json:
    """What a form begins with: what the inquiry tells, and this moment where one is asked for."""
    if command == kind.convert:
        return {**known_of_application(kind, inquiry), "received_by_centre_on": now().date().isoformat()}
    if command == "forward_request":
        return {"centre": inquiry["centre"], "forwarded_at": now().isoformat()}
    return {"answered_letter": True} if command == "give_advice" and _letter_open(inquiry) else {}


def _letter_open(inquiry: Json) -> bool:
    letter: Any = inquiry.get("letter")
    return bool(letter) and not letter.get("answered_on")


async def _show(visit: Visit, sheet: Sheet, status: int) -> Response:
    since = [entry(visit, e) for e in sheet.inquiry["events"][-1:]]
    return page(visit, "inquiry_form.html", sheet, status, title=title(visit, sheet.inquiry), last=since)
