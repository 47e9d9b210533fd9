"""My account: password, second factor, where I am signed in, tokens for programs, my leave and deputy."""

import base64
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

import texts
from domain.accounts import TokenScope
from web.backend import Json, Problem
from web.page import OWED, SESSION, PageRoute, Visit, go, guarded, reasons, render, stranger, text_of, visitor
from web.sitting import origin_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SCOPES: tuple[TokenScope, ...] = ("read", "commands", "directory", "accounts", "calendar")


async def resident(request: Request) -> Visit:
    """The visit of somebody signed in, also while they owe something and may see nothing else. Raises `Problem` 401."""
    try:
        return await visitor(request)
    except Problem as problem:
        if problem.code not in OWED:
            raise
    visit = stranger(request)
    visit.session = request.cookies.get(SESSION, "")
    visit.me = await visit.backend.me(visit.session)
    return visit


Resident = Annotated[Visit, Depends(resident)]


async def _page(visit: Visit, status: int = 200, **shown: Any) -> Response:
    account = await visit.ask("GET", "/me/account")
    listed: list[Json] = (await visit.ask("GET", "/me/sessions"))["items"]
    sessions = [s for s in listed if s["kind"] != "token"]
    tokens = [s for s in listed if s["kind"] == "token"]
    away: list[Json] = []
    if not account["owes"]:
        away = [a for a in (await visit.ask("GET", "/absences"))["items"] if a["person"] == visit.me["id"]]
    values: dict[str, Any] = {
        "trouble": "",
        "place": "",
        "done": "",
        "typed": {},
        "account": account,
        "sessions": sessions,
        "tokens": tokens,
    }
    return render(visit, "account.html", status, **(values | {"scopes": SCOPES, "away": away, "key": str(uuid4())} | shown))


async def _sent(request: Request, visit: Visit, *names: str) -> dict[str, str]:
    form = await request.form()
    guarded(visit, {"csrf": form.get("csrf", "")})
    return {name: text_of(form, name) for name in names}


async def _refused(visit: Visit, place: str, problem: Problem, typed: Mapping[str, Any] | None = None) -> Response:
    """The page once more, what was typed in it but for secrets, and why not beside the form it was typed into."""
    if problem.status == 401 or problem.code in OWED:
        raise problem
    return await _page(visit, problem.status, trouble=reasons(visit, problem), place=place, typed=typed or {})


@router.get("/account")
async def account(request: Request, visit: Resident) -> Response:
    done = request.query_params.get("done", "")
    return await _page(visit, done=done if texts.has(visit.lang, f"account.done_{done}") else "")


@router.post("/account/password")
async def password(request: Request, visit: Resident) -> Response:
    sent = await _sent(request, visit, "old", "new", "again")
    if sent["new"] != sent["again"]:
        return await _page(visit, 422, trouble=visit.t("account.not_alike"), place="password")
    try:
        await visit.ask("POST", "/me/password", {"old": sent["old"], "new": sent["new"]})
    except Problem as problem:
        return await _refused(visit, "password", problem)
    return go("/account?done=password")


@router.post("/account/second-factor")
async def begin(request: Request, visit: Resident) -> Response:
    """The secret is on this one page only: nobody finds it by going back."""
    sent = await _sent(request, visit, "password", "otp")
    body = {"password": sent["password"]} | ({"otp": sent["otp"]} if sent["otp"] else {})
    try:
        begun = await visit.ask("POST", "/me/second-factor", body)
    except Problem as problem:
        return await _refused(visit, "factor", problem)
    picture = base64.b64encode(begun["qr_svg"].encode()).decode()
    return render(visit, "second_factor.html", picture=picture, secret=begun["secret"], codes=(), trouble="")


@router.post("/account/second-factor/confirm")
async def confirm(request: Request, visit: Resident) -> Response:
    sent = await _sent(request, visit, "code")
    try:
        answer = await visit.ask("POST", "/me/second-factor/confirm", sent)
    except Problem as problem:
        if problem.status == 401:
            raise
        trouble = reasons(visit, problem)
        return render(visit, "second_factor.html", problem.status, picture="", secret="", codes=(), trouble=trouble)
    return render(visit, "second_factor.html", picture="", secret="", codes=answer["recovery_codes"], trouble="")


@router.post("/account/second-factor/prove")
async def prove(request: Request, visit: Resident) -> Response:
    sent = await _sent(request, visit, "code")
    try:
        await visit.backend.prove(visit.session, sent["code"], visit.lang, origin_of(request))
    except Problem as problem:
        return await _refused(visit, "owed", problem)
    return go("/")


@router.post("/account/sessions/others/end")
async def end_others(request: Request, visit: Resident) -> Response:
    await _sent(request, visit)
    await visit.ask("DELETE", "/me/sessions")
    return go("/account?done=others")


@router.post("/account/sessions/{session_id}/end")
async def end(request: Request, session_id: str, visit: Resident) -> Response:
    await _sent(request, visit)
    try:
        await visit.ask("DELETE", f"/me/sessions/{quote(session_id, safe='')}")
    except Problem as problem:
        return await _refused(visit, "sessions", problem)
    return go("/account?done=session")


@router.post("/account/tokens")
async def token(request: Request, visit: Resident) -> Response:
    sent = await _sent(request, visit, "label", "days")
    scopes = [value for value in (await request.form()).getlist("scopes") if isinstance(value, str)]
    typed = {**sent, "scopes": scopes}
    try:
        days = int(sent["days"]) if sent["days"].isascii() and sent["days"].isdigit() else 0
        made = await visit.ask("POST", "/me/tokens", {"label": sent["label"], "scopes": scopes, "days": days})
    except Problem as problem:
        return await _refused(visit, "tokens", problem, typed)
    return await _page(visit, made=made)


@router.post("/account/leave")
async def leave(request: Request, visit: Resident) -> Response:
    sent = await _sent(request, visit, "since", "until", "deputy", "key")
    body = {"person": str(visit.me["id"]), **{name: sent[name] for name in ("since", "until", "deputy")}}
    try:
        await visit.ask("POST", "/absences", body, sent["key"])
    except Problem as problem:
        return await _refused(visit, "leave", problem, sent)
    return go("/account?done=leave")
