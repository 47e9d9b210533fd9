"""The page of somebody who stands behind a case's wall: that it exists, and the way to read it all the same, with a reason."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Problem
from web.page import PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]


async def _walled(visit: Visit, case_id: str) -> Problem | None:
    """What the case answers this person; None where it opens."""
    try:
        await visit.backend.case(visit.session, case_id)
    except Problem as problem:
        if problem.code == "walled_off":
            return problem
        raise
    return None


@router.get("/cases/{case_id}/break-glass")
async def ask(case_id: str, visit: Signed) -> Response:
    walled = await _walled(visit, case_id)
    if walled is None:
        return go(f"/cases/{case_id}")
    return render(visit, "glass.html", case_id=case_id, walled=walled, key=str(uuid4()), reason="", trouble="")


@router.post("/cases/{case_id}/break-glass")
async def break_glass(request: Request, case_id: str, visit: Signed) -> Response:
    form = await request.form()
    guarded(visit, {"csrf": form.get("csrf", "")})
    reason, key = text_of(form, "reason").strip(), text_of(form, "key")
    try:
        await visit.backend.command(visit.session, case_id, "break_glass", {"reason": reason}, key=key, if_match=None, lang=visit.lang)
    except Problem as problem:
        walled = await _walled(visit, case_id)
        if walled is None or problem.status in (401, 404):
            raise
        trouble = problem.detail or problem_sentence(visit, problem)
        return render(visit, "glass.html", problem.status, case_id=case_id, walled=walled, key=key, reason=reason, trouble=trouble)
    return go(f"/cases/{case_id}")
