"""Signing in and out, and what a person chooses for this browser: language and size of type."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from texts import LANGUAGES
from web.backend import Json, Problem
from web.page import (
    DOOR,
    FORMS,
    HEADERS,
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
from web.sitting import origin_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FLOW, NEXT = "yuanshou_flow", "yuanshou_next"
"""Cookies of a browser that is at the provider's."""


@router.get("/sign-in")
async def door(request: Request) -> Response:
    """`as` fills in the name of somebody of the house's tour, and their password where it may be told."""
    visit = stranger(request)
    guest = visit.tour.guide.guest(visit.tour.username) if visit.tour else None
    return render(
        visit, "sign_in.html", next=local(request.query_params.get("next", "/")), username=guest.username if guest else "", trouble="",
        password=guest.password if guest and visit.tour and visit.tour.tells_passwords else "", otp=False, typed=[],
    )  # fmt: skip


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    visit = stranger(request)
    sent = await request.form()
    given = {name: str(sent.get(name, "")) for name in ("username", "password", "otp", "next", "csrf")}
    typed = await typed_pairs(request)
    try:
        guarded(visit, given)
        token = await visit.backend.sign_in(given["username"], given["password"], given["otp"] or None, visit.lang, origin_of(request))
    except Problem as problem:
        trouble = problem.detail or problem_sentence(visit, problem)
        otp = problem.code in ("otp_required", "otp_invalid")
        back = local(given["next"])
        return render(visit, "sign_in.html", problem.status, next=back, username=given["username"], trouble=trouble, otp=otp, typed=typed)
    await _leave_the_last(request, visit)
    to_form = typed and FORMS.fullmatch(given["next"])
    response = go("/account") if token.get("owes") else _back_to_form(given["next"]) if to_form else go(given["next"] or "/")
    keep(request, response, SESSION, str(token["access_token"]), int(token["expires_in"]))
    response.delete_cookie(DOOR, path="/")
    return response


async def _leave_the_last(request: Request, visit: Visit) -> None:
    """End the session this browser had before: its cookie is replaced, and whoever copied it has nothing."""
    before = request.cookies.get(SESSION)
    if before:
        try:
            await visit.backend.sign_out(before)
        except Problem as problem:
            if problem.status != 401:
                raise


@router.get("/sign-in/oidc")
async def to_the_provider(request: Request) -> Response:
    """Off to the provider; what must come back with the browser goes into a cookie. A link, since no form of ours may lead elsewhere."""
    visit = stranger(request)
    back = local(request.query_params.get("next", "/"))
    try:
        begun: Json = await visit.backend.ask(None, "POST", "/oidc/authorizations", lang=visit.lang)
    except Problem as problem:
        return _again(visit, problem, back)
    response = RedirectResponse(begun["authorization_url"], status_code=303, headers=HEADERS)
    keep(request, response, FLOW, begun["flow"], int(begun["expires_in"]))
    keep(request, response, NEXT, back, int(begun["expires_in"]))
    return response


@router.get("/sign-in/oidc/callback")
async def from_the_provider(request: Request) -> Response:
    visit = stranger(request)
    back = local(request.cookies.get(NEXT, "/"))
    came = {name: request.query_params.get(name, "") for name in ("state", "code", "error")}
    body = {name: value for name, value in came.items() if value} | {
        "flow": request.cookies.get(FLOW) or "none",
        "state": came["state"] or "none",
    }
    try:
        token = await visit.backend.oidc_return(body, visit.lang, origin_of(request))
    except Problem as problem:
        return _again(visit, problem, back)
    await _leave_the_last(request, visit)
    response = go("/account") if token.get("owes") else go(back)
    keep(request, response, SESSION, str(token["access_token"]), int(token["expires_in"]))
    for name in (DOOR, FLOW, NEXT):
        response.delete_cookie(name, path="/")
    return response


def _again(visit: Visit, problem: Problem, back: str) -> Response:
    trouble = problem.detail or problem_sentence(visit, problem)
    response = render(visit, "sign_in.html", problem.status, next=local(back), username="", trouble=trouble, otp=False, typed=[])
    for name in (FLOW, NEXT):
        response.delete_cookie(name, path="/")
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
