"""The integrity pledges of a centre drawn to be verified in a month, each with the way to ask for it (法律援助法 art. 41)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.rerun import CHECKERS
from web.backend import Json, Problem
from web.page import PageRoute, Visit, reasons, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/spot-checks")
async def spot_checks(visit: Signed) -> Response:
    if not visit.roles_include(CHECKERS):
        raise Problem(403, "forbidden")
    centres = [office for office in visit.near.offices if office["kind"] == "centre"]
    query = visit.request.query_params
    asked = {"centre": query.get("centre") or next((str(o["code"]) for o in centres), ""), "month": query.get("month", "")}
    found: Json | None = None
    trouble = ""
    if asked["centre"]:
        try:
            params = {name: value for name, value in asked.items() if value}
            found = await visit.backend.ask(visit.session, "GET", "/eligibility/spot-checks", lang=visit.lang, params=params)
        except Problem as problem:
            if problem.status in (401, 403):
                raise
            trouble = reasons(visit, problem)
    return render(
        visit, "spot_checks.html", 422 if trouble else 200, centres=centres, asked=asked, found=found, trouble=trouble,
        may_ask="caseworker" in visit.roles,
    )  # fmt: skip
