"""The public page of a case's progress (案件进度查询): number and code in, plain words out, nobody signed in.

What is asked goes by POST and comes back as the answer itself, so that neither number nor code ever stands in an address. The answer is
large by default, for whoever reads it on a phone or at a counter; language and size are chosen without asking again.
"""

from collections.abc import Mapping
from typing import Annotated, get_args
from urllib.parse import quote
from uuid import uuid4

import segno
from fastapi import APIRouter, Depends, Request, Response

from domain.access import MAY_GIVE_STATUS_CODE
from domain.status_codes import RenewalReason
from ledger.status_codes import CODE_MOST, NUMBER_MOST
from texts import LANGUAGES
from web.backend import Json, Origin, Problem
from web.page import (
    LANGUAGE,
    REPEATABLE,
    TYPE,
    YEAR_SECONDS,
    PageRoute,
    Visit,
    go,
    guarded,
    keep,
    problem_sentence,
    reasons,
    render,
    stranger,
    text_of,
    visitor,
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]
_ANSWERS_OF_OURS = frozenset({"status_not_found", "too_many_looks", "csrf", "invalid"})
_SIZES = ("large", "normal")


@router.get("/status")
async def form(request: Request) -> Response:
    return _shown(stranger(request), {"number": "", "code": ""})


@router.post("/status")
async def look(request: Request) -> Response:
    """The answer, or the form again with what is wrong. `lang` and `type` are buttons of the answer itself."""
    async with request.form() as sent:
        typed = {"number": text_of(sent, "number").strip(), "code": text_of(sent, "code").strip()}
        csrf, lang, size = (text_of(sent, name) for name in ("csrf", "lang", "type"))
    visit = stranger(request)
    if lang in LANGUAGES:
        visit.lang = lang
    chosen = {LANGUAGE: visit.lang if lang in LANGUAGES else "", TYPE: size if size in _SIZES else ""}
    try:
        guarded(visit, {"csrf": csrf})
        found = await _found(visit, typed)
    except Problem as problem:
        if problem.code not in _ANSWERS_OF_OURS:
            raise
        shown = _shown(visit, typed, trouble=_trouble(visit, problem), status=problem.status, size=chosen[TYPE])
        if wait := problem.members.get("retry_after"):
            shown.headers["Retry-After"] = str(wait)
    else:
        shown = _shown(visit, typed, found, size=chosen[TYPE])
    for name, value in chosen.items():
        if value:
            keep(request, shown, name, value, YEAR_SECONDS)
    return shown


async def _found(visit: Visit, typed: Mapping[str, str]) -> Json:
    if not all(typed.values()) or len(typed["number"]) > NUMBER_MOST or len(typed["code"]) > CODE_MOST:
        raise Problem(422, "invalid")
    client = visit.request.client
    return await visit.backend.status(dict(typed), visit.lang, Origin(client.host if client else "", ""))


def _trouble(visit: Visit, problem: Problem) -> str:
    ours = {"csrf": "status.expired", "invalid": "status.incomplete"}
    return visit.t(ours[problem.code]) if problem.code in ours else problem.detail or problem_sentence(visit, problem)


def _shown(
    visit: Visit, typed: Mapping[str, str], found: Json | None = None, *, trouble: str = "", status: int = 200, size: str = ""
) -> Response:
    """The page, kept nowhere and told to nobody: no cache, no referrer. Large unless somebody chose otherwise."""
    large = (size or visit.request.cookies.get(TYPE)) != "normal"
    shown = render(
        visit, "status.html", status, typed=typed, found=found, trouble=trouble, large=large, number_most=NUMBER_MOST, code_most=CODE_MOST
    )
    shown.headers["Referrer-Policy"] = "no-referrer"
    return shown


async def card(visit: Visit, case_id: str) -> Json:
    """The code as a case's page shows it to who may tell it; empty for everybody else."""
    if not visit.roles_include(MAY_GIVE_STATUS_CODE):
        return {}
    try:
        return await visit.ask("GET", f"/cases/{quote(case_id)}/status-code")
    except Problem as problem:
        if problem.status not in (403, 404):  # a role held elsewhere does not reach this case
            raise
        return {}


@router.get("/cases/{case_id}/status-code")
async def slip(case_id: str, visit: Signed) -> Response:
    """The slip for the applicant, to be printed; and the code made anew."""
    return await _slip(visit, case_id)


@router.post("/cases/{case_id}/status-code")
async def renew(request: Request, case_id: str, visit: Signed) -> Response:
    async with request.form() as sent:
        csrf, key, reason = (text_of(sent, name) for name in ("csrf", "key", "reason"))
    try:
        guarded(visit, {"csrf": csrf})
        await visit.ask("POST", f"/cases/{quote(case_id)}/status-code", {"reason": reason}, key)
    except Problem as problem:
        if problem.status in (401, 404):
            raise
        kept = key if problem.status in REPEATABLE else ""
        return await _slip(visit, case_id, reasons(visit, problem), reason=reason, key=kept, status=problem.status)
    return go(f"/cases/{quote(case_id)}/status-code?done=1")


async def _slip(visit: Visit, case_id: str, trouble: str = "", *, reason: str = "", key: str = "", status: int = 200) -> Response:
    found: Json = await visit.ask("GET", f"/cases/{quote(case_id)}/status-code")
    picture = segno.make(found["page"], error="m", micro=False).svg_data_uri(border=2)
    shown = render(
        visit, "status_slip.html", status, found=found, picture=picture, renewal_reasons=get_args(RenewalReason), reason=reason,
        trouble=trouble, key=key or uuid4().hex, done="done" in visit.request.query_params,
    )  # fmt: skip
    shown.headers["Referrer-Policy"] = "no-referrer"
    return shown
