"""Beginning, leaving and taking up the tour of a house that has one (`web.guide`)."""

import re
from dataclasses import replace

from fastapi import APIRouter, Request, Response

from web.backend import Problem
from web.guide import COOKIE, Marks, at_the_door
from web.page import YEAR_SECONDS, PageRoute, go, keep, stranger

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_CASE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@router.get("/tour/{act}")
async def tour(request: Request, act: str) -> Response:
    """`start` from the beginning, `open` where it was left, `take` with the case named, `close`; each leads on to where that is done."""
    held = at_the_door(stranger(request))
    if held is None:
        raise Problem(404, "not_found")
    before = held.marks or Marks()
    back = request.query_params.get("next", "/")
    case = request.query_params.get("case", "")
    if act == "start":
        marks = Marks(open=True)
        back = replace(held, marks=marks).entrance
    elif act == "open":
        marks = replace(before, open=True)
    elif act == "close":
        marks = replace(before, open=False)
    elif act == "take" and _CASE.fullmatch(case):
        opened = [n for n, step in enumerate(held.guide.steps) if step.leaves in ("consultation", "case")]
        marks, back = Marks(open=True, step=len(opened), case=case), f"/cases/{case}"
    else:
        raise Problem(404, "not_found")
    response = go(back)
    keep(request, response, COOKIE, str(marks), YEAR_SECONDS)
    return response
