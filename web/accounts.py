"""Accounts and roles, for the security administrator; who looks at both, the auditor, may read them."""

from typing import Annotated, Any, get_args
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

import texts
from domain.command import Role
from web.backend import Json, Problem
from web.page import PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROLES = tuple(role for role in get_args(Role) if role != "system")
KEEPER = "security_administrator"
_WHY = frozenset({"disable", "enable", "unlock", "second-factor/remove"})
"""Deeds that ask for a reason."""

Signed = Annotated[Visit, Depends(visitor)]


async def _ask(visit: Visit, method: str, path: str, body: Json | None = None, key: str = "") -> Any:
    more: Json = ({"json": body} if body is not None else {}) | ({"headers": {"Idempotency-Key": key}} if key else {})
    return await visit.backend.ask(visit.session, method, path, lang=visit.lang, **more)


async def _accounts(visit: Visit) -> list[Json]:
    found: list[Json] = []
    cursor = ""
    while True:
        page = await _ask(visit, "GET", f"/accounts?limit=200{cursor}")
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={quote(str(page['next_cursor']), safe='')}"


async def _listed(visit: Visit, status: int = 200, **shown: Any) -> Response:
    accounts = await _accounts(visit)
    wanted = visit.request.query_params.get("q", "").strip().casefold()
    rows = [a for a in accounts if wanted in f"{a['username']} {a['name']}".casefold()]
    known = {a["person"] for a in accounts}
    people = [p for p in visit.people if p["code"] not in known and p["code"] != visit.me["id"]]
    values: dict[str, Any] = {"trouble": "", "typed": {}, "given": None, "rows": rows, "people": people, "q": wanted, "key": str(uuid4())}
    return render(visit, "accounts.html", status, **(values | {"may_keep": KEEPER in visit.roles} | shown))


async def _one(visit: Visit, username: str, status: int = 200, **shown: Any) -> Response:
    account = next((a for a in await _accounts(visit) if a["username"] == username), None)
    if account is None:
        raise Problem(404, "account_not_found")
    mine = account["person"] == visit.me["id"]
    values: dict[str, Any] = {"trouble": "", "done": "", "typed": {}, "given": None, "account": account, "roles": ROLES, "mine": mine}
    return render(
        visit, "account_kept.html", status, **(values | {"key": str(uuid4()), "may_keep": KEEPER in visit.roles and not mine} | shown)
    )


async def _sent(request: Request, visit: Visit, *names: str) -> dict[str, str]:
    form = await request.form()
    guarded(visit, {"csrf": form.get("csrf", "")})
    return {name: text_of(form, name).strip() for name in names}


def _why_not(visit: Visit, problem: Problem) -> str:
    """What to tell beside the form; what ends the visit is raised again."""
    if problem.status in (401, 404):
        raise problem
    told = [str(error.get("detail") or "") for error in problem.errors]
    return " ".join(dict.fromkeys(filter(None, [problem.detail or problem_sentence(visit, problem), *told])))


@router.get("/accounts")
async def accounts(visit: Signed) -> Response:
    return await _listed(visit)


@router.post("/accounts")
async def create(request: Request, visit: Signed) -> Response:
    sent = await _sent(request, visit, "username", "person", "key")
    try:
        made = await _ask(visit, "POST", "/accounts", {name: sent[name] for name in ("username", "person")}, sent["key"])
    except Problem as problem:
        return await _listed(visit, problem.status, trouble=_why_not(visit, problem), typed=sent)
    return await _listed(visit, given=made)


@router.get("/accounts/refusals")
async def refusals(visit: Signed) -> Response:
    found = await _ask(visit, "GET", "/security/refusals?limit=200")
    return render(visit, "security_refusals.html", rows=found["items"])


@router.get("/accounts/{username}")
async def account(request: Request, username: str, visit: Signed) -> Response:
    done = request.query_params.get("done", "")
    return await _one(visit, username, done=done if texts.has(visit.lang, f"account.kept_{done}") else "")


@router.post("/accounts/{username}/password")
async def password(request: Request, username: str, visit: Signed) -> Response:
    sent = await _sent(request, visit, "key")
    try:
        given = await _ask(visit, "POST", f"/accounts/{quote(username, safe='')}/password", None, sent["key"])
    except Problem as problem:
        return await _one(visit, username, problem.status, trouble=_why_not(visit, problem))
    return await _one(visit, username, given=given)


@router.post("/accounts/{username}/oidc")
async def link(request: Request, username: str, visit: Signed) -> Response:
    sent = await _sent(request, visit, "subject", "key")
    return await _done(visit, username, "oidc", {"subject": sent["subject"]}, sent)


@router.post("/accounts/{username}/roles")
async def grant(request: Request, username: str, visit: Signed) -> Response:
    sent = await _sent(request, visit, "person", "role", "office", "since", "until", "key")
    body = {name: value for name, value in sent.items() if value and name != "key"}
    return await _done(visit, username, "roles", body, sent, path="/roles")


@router.post("/accounts/{username}/roles/end")
async def end(request: Request, username: str, visit: Signed) -> Response:
    sent = await _sent(request, visit, "person", "role", "office", "key")
    body = {name: value for name, value in sent.items() if value and name != "key"}
    return await _done(visit, username, "roles_end", body, sent, path="/roles/end")


@router.post("/accounts/{username}/{deed:path}")
async def deed(request: Request, username: str, deed: str, visit: Signed) -> Response:
    if deed not in _WHY:
        raise Problem(404, "not_found")
    sent = await _sent(request, visit, "reason", "key")
    return await _done(visit, username, deed.replace("/", "_").replace("-", "_"), {"reason": sent["reason"]}, sent, deed=deed)


async def _done(visit: Visit, username: str, said: str, body: Json, sent: dict[str, str], *, path: str = "", deed: str = "") -> Response:
    """Carry a deed out and come back to the account; refused, the page says why and keeps what was typed."""
    address = f"/accounts/{quote(username, safe='')}"
    try:
        await _ask(visit, "POST", path or f"{address}/{deed or said}", body, sent["key"])
    except Problem as problem:
        return await _one(visit, username, problem.status, trouble=_why_not(visit, problem), typed=sent)
    return go(f"{address}?done={said}")
