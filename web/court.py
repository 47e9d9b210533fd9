"""Taking a case out of the house for a court: how far the bundle goes, why it is exported, and the download."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.recording import REASON_MOST
from api.routes.court import sent
from domain.access import MAY_EXPORT
from web.case_view import number, title
from web.page import HEADERS, PageRoute, Visit, guarded, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Signed = Annotated[Visit, Depends(visitor)]


def may_export(visit: Visit) -> bool:
    """Whether the case's page offers it; the interface judges by the role that reaches the case."""
    return visit.roles_include(MAY_EXPORT)


@router.get("/cases/{case_id}/court-bundle")
async def bundle_page(case_id: str, visit: Signed) -> Response:
    case = await visit.backend.case(visit.session, case_id)
    covered = await visit.ask("GET", f"/cases/{case_id}/court-bundle/coverage")
    return render(visit, "court.html", case=case, number=number(case), title=title(visit, case), covered=covered, longest=REASON_MOST)


@router.post("/cases/{case_id}/court-bundle")
async def bundle(request: Request, case_id: str, visit: Signed) -> Response:
    """The archive, sent as it is read. What may go wrong is told before the first byte."""
    form = await request.form()
    guarded(visit, {"csrf": form.get("csrf", "")})
    reason = text_of(form, "reason").strip()
    answer = sent(await visit.backend.court_bundle(visit.session, case_id, reason, visit.lang))
    answer.headers.update(HEADERS)
    return answer
