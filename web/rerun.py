"""A past decision about means made again under the rules of its day, beside what was recorded."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from web.backend import Json, Problem
from web.page import PageRoute, Visit, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/cases/{case_id}/rerun")
async def rerun(case_id: UUID, visit: Signed, version: str = "") -> Response:
    """Of the version named, else of the newest. Raises `Problem` 403 for who does not see the assessment, 404."""
    if version and not (version.isascii() and version.isdigit()):
        raise Problem(404, "version_not_found")
    case = await visit.backend.case(visit.session, str(case_id))
    at = version or str(case["version"])
    path = f"/cases/{case_id}/eligibility/rerun"
    found: Json = await visit.backend.ask(visit.session, "GET", path, lang=visit.lang, params={"version": at})
    return render(visit, "rerun.html", case=case, found=found)
