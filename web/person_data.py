"""One person's data: where it stands, what it is kept for, restricted, asked to be erased, decided about by another, given out."""

import json
from collections.abc import Mapping
from typing import Annotated, NamedTuple, get_args
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from domain.access import MAY_ASK_ERASURE
from domain.erasure import Ground, RestrictionGround
from web.backend import Json, Problem, items
from web.page import HEADERS, REPEATABLE, PageRoute, Visit, go, guarded, reasons, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]


class Deed(NamedTuple):
    """What a form does: the interface's path below the person, and the fields it takes from the form."""

    path: str
    fields: tuple[str, ...]


_DEEDS: Mapping[str, Deed] = {
    "restrict": Deed("restrictions", ("ground", "reason")),
    "free": Deed("restriction-ends", ("reason",)),
    "request": Deed("erasure-requests", ("ground", "reason")),
    "approve": Deed("erasure-approvals", ("request",)),
    "refuse": Deed("erasure-refusals", ("request", "ground", "reason")),
}
_REFUSALS = ("need_continues", "not_the_person")


@router.get("/persons/erasures")
async def waiting(visit: Signed) -> Response:
    """Erasures that wait to be decided or carried out."""
    found: Json = await visit.ask("GET", "/erasure-requests")
    return render(visit, "erasures.html", requests=items(found, "items"))


@router.get("/persons/{subject_id}")
async def person(subject_id: str, visit: Signed) -> Response:
    return await _show(visit, subject_id)


@router.post("/persons/{subject_id}/export")
async def export(request: Request, subject_id: str, visit: Signed) -> Response:
    """All that is held about the person as a file; the reason is recorded."""
    sent = await request.form()
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        said = {"X-Access-Reason": quote(text_of(sent, "reason").strip())}
        found = await visit.backend.ask(visit.session, "GET", f"/persons/{quote(subject_id)}/export", lang=visit.lang, headers=said)
    except Problem as problem:
        return await _again(visit, subject_id, problem, sent, "export")
    told = json.dumps(found, ensure_ascii=False, indent=1).encode()
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="person-{found["subject_id"]}.json"'}
    return Response(told, media_type="application/json", headers=headers)


@router.post("/persons/{subject_id}/{deed}")
async def decide(request: Request, subject_id: str, deed: str, visit: Signed) -> Response:
    sent = await request.form()
    if deed not in _DEEDS:
        raise Problem(404, "not_found")
    path, fields = _DEEDS[deed]
    typed = {name: text_of(sent, name).strip() for name in fields}
    body: Json = {name: int(value) if name == "request" and value.isdecimal() else value for name, value in typed.items()}
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        await visit.ask("POST", f"/persons/{quote(subject_id)}/{path}", body, text_of(sent, "key"))
    except Problem as problem:
        return await _again(visit, subject_id, problem, sent, deed)
    return go(f"/persons/{quote(subject_id)}?done={deed}")


async def _again(visit: Visit, subject_id: str, problem: Problem, sent: FormData, deed: str) -> Response:
    if problem.status in (401, 404):
        raise problem
    typed = {"deed": deed} | {name: text_of(sent, name) for name in ("ground", "reason")}
    key = text_of(sent, "key") if problem.status in REPEATABLE else ""
    return await _show(visit, subject_id, reasons(visit, problem), typed, key=key, status=problem.status)


async def _show(
    visit: Visit, subject_id: str, trouble: str = "", typed: Mapping[str, str] | None = None, *, key: str = "", status: int = 200
) -> Response:
    found: Json = await visit.ask("GET", f"/persons/{quote(subject_id)}")
    done = visit.request.query_params.get("done", "")
    return render(
        visit, "person.html", status, person=found, may=frozenset(found["may"]), trouble=trouble, typed=typed or {}, key=key or uuid4().hex,
        done=done if done in _DEEDS else "", grounds=get_args(Ground), restriction_grounds=get_args(RestrictionGround),
        refusals=_REFUSALS, may_see_waiting=visit.roles_include((*MAY_ASK_ERASURE, "auditor")),
    )  # fmt: skip
