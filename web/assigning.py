"""The assignment desk (指派台): cases that wait for a unit or a lawyer, the most urgent first, each with its best candidates and why.

One click opens the assignment's form with the pick in it. A unit's manager sees the offers to answer, with the unit's own lawyers.
"""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Json, Problem
from web.lists import row_of
from web.page import PageRoute, Visit, go, guarded, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROLES = ("approver", "caseworker", "supervisor", "unit_manager")
WATCHES = ("approver", "caseworker", "supervisor", "unit_manager")

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/assignments")
async def desk(visit: Signed, cursor: str = "", done: str = "") -> Response:
    if not visit.roles_include(ROLES):
        raise Problem(403, "forbidden")
    found = await visit.ask("GET", f"/assignments/open?{urlencode({'cursor': cursor} if cursor else {})}")
    rows = [
        row_of(visit, case) | {"state_code": case["state"], "picks": _picks(visit, case), "advice": case.get("advice")}
        for case in found["items"]
    ]
    onward = f"/assignments?{urlencode({'cursor': found['next_cursor']})}" if found["next_cursor"] else ""
    return render(visit, "assigning.html", rows=rows, done=done, onward=onward)


@router.get("/cases/{case_id}/candidates")
async def candidates(case_id: str, visit: Signed) -> Response:
    """The whole panel as seen from the case, with every reason and number."""
    case = await visit.backend.case(visit.session, case_id)
    found = await visit.backend.work(visit.session, f"/cases/{case_id}/candidates", {"limit": "200"})
    picks = [pick(visit, c, case_id, case["state"]) for c in found["items"]]
    return render(visit, "candidates.html", case=case, picks=picks, found=found)


def _picks(visit: Visit, case: Json) -> list[Json]:
    return [pick(visit, c, str(case["case_id"]), case["state"]) for c in case["candidates"]]


def pick(visit: Visit, candidate: Json, case_id: str, state: str) -> Json:
    """A candidate in words, with the address of the form that gives it the case; none where it does not pass the gates."""
    barred = [g for g in candidate.get("gates") or () if g != "declined"]
    command, chosen = ("name_lawyer", {}) if state in ("assigned", "lawyer_named") else ("assign_unit", {"unit": candidate["unit"]})
    may = ("unit_manager", "approver") if command == "name_lawyer" else ("approver",)
    asked = urlencode({"from": "assignments", **chosen, "lawyer": candidate["lawyer"]})
    return {
        **candidate,
        "reasons": [visit.word("reasons", r) for r in candidate.get("reasons") or ()],
        "gates": [visit.word("gates", g) for g in candidate.get("gates") or ()],
        "address": f"/cases/{case_id}/commands/{command}?{asked}" if not barred and visit.roles_include(may) else "",
    }


@router.get("/workload")
async def workload(request: Request, visit: Signed) -> Response:
    if not visit.roles_include(WATCHES):
        raise Problem(403, "forbidden")
    office = request.query_params.get("office", "")
    found = await visit.backend.work(visit.session, "/workload", {"office": office} if office else {})
    groups = [(kind, [i for i in found if i["kind"] == kind]) for kind in ("person", "lawyer")]
    return render(visit, "workload.html", groups=groups, office=office, offices=sorted({str(i["office"]) for i in found if i["office"]}))


@router.post("/queue/next")
async def take_next(request: Request, visit: Signed) -> Response:
    """Take the next case and open it; back to Today where there is none."""
    guarded(visit, {"csrf": (await request.form()).get("csrf", "")})
    taken: Json = await visit.backend.do_work(visit.session, "/queue/next", {}, key=None, lang=visit.lang)
    case: Any = taken["case"]
    return go(f"/cases/{case['case_id']}?taken={taken['until']}" if case else "/?taken=none")


@router.post("/queue/{case_id}/let-go")
async def let_go(request: Request, case_id: str, visit: Signed) -> Response:
    guarded(visit, {"csrf": (await request.form()).get("csrf", "")})
    await visit.backend.do_work(visit.session, f"/queue/{case_id}/let-go", {}, key=None, lang=visit.lang)
    return go("/")
