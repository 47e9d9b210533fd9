"""Signing in and out, and what a person chooses for this browser: language and size of type."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from texts import LANGUAGES
from web.backend import Problem
from web.page import (
    DOOR,
    FORMS,
    LANGUAGE,
    RESUME,
    SESSION,
    TYPE,
    YEAR_SECONDS,
    PageRoute,
    Visit,
    go,
    guarded,
    keep,
    local,
    problem_sentence,
    render,
    stranger,
    typed_pairs,
    visitor,
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/sign-in")
async def door(request: Request) -> Response:
    return render(
        stranger(request), "sign_in.html", next=local(request.query_params.get("next", "/")), username="", trouble="", otp=False, typed=[]
    )


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    visit = stranger(request)
    sent = await request.form()
    given = {name: str(sent.get(name, "")) for name in ("username", "password", "otp", "next", "csrf")}
    typed = await typed_pairs(request)
    try:
        guarded(visit, given)
        token = await visit.backend.sign_in(given["username"], given["password"], given["otp"] or None, visit.lang)
    except Problem as problem:
        trouble = problem.detail or problem_sentence(visit, problem)
        otp = problem.code == "otp_required"
        back = local(given["next"])
        return render(visit, "sign_in.html", problem.status, next=back, username=given["username"], trouble=trouble, otp=otp, typed=typed)
    to_form = typed and FORMS.fullmatch(given["next"])
    response = _back_to_form(given["next"]) if to_form else go(given["next"] or "/")
    keep(request, response, SESSION, str(token["access_token"]), int(token["expires_in"]))
    response.delete_cookie(DOOR, path="/")
    return response


def _back_to_form(address: str) -> Response:
    """To the form once more, with all that was sent to the door (307 keeps it); it is shown there, not carried out."""
    response = go(f"{local(address)}?{RESUME}=1")
    response.status_code = 307
    return response


@router.post("/sign-out")
async def sign_out(request: Request, visit: Annotated[Visit, Depends(visitor)]) -> Response:
    guarded(visit, {"csrf": (await request.form()).get("csrf", "")})
    await visit.backend.sign_out(visit.session)
    response = go("/sign-in?left=1")
    response.delete_cookie(SESSION, path="/")
    return response


@router.get("/language/{lang}")
async def language(request: Request, lang: str) -> Response:
    if lang not in LANGUAGES:
        raise Problem(404, "not_found")
    return _chosen(request, LANGUAGE, lang)


@router.get("/type/{size}")
async def type_size(request: Request, size: str) -> Response:
    if size not in ("large", "normal"):
        raise Problem(404, "not_found")
    return _chosen(request, TYPE, size)


def _chosen(request: Request, name: str, value: str) -> Response:
    response = go(request.query_params.get("next", "/"))
    keep(request, response, name, value, YEAR_SECONDS)
    return response
