"""The routes of signing in and of accounts: one's own, and everybody's for the security administrator."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from api import absences, accounts, oidc, own
from api.absences import Away
from api.accounts import NewAccount, NewRole, OidcLink, RoleEnd, Why
from api.auth import OWN, AtDesk, origin_of
from api.deeds import answered
from api.list_reading import part
from api.oidc import Returned
from api.own import FactorBegun, FactorCode, NewPassword, NewToken
from api.params import LIMIT_MAX, Cursor, Limit
from api.routes.commands import Key, key_of

router = APIRouter()
KEEPING = "accounts"

type Json = dict[str, Any]
Username = Annotated[str, Path(max_length=64)]


def _whole(items: list[Json]) -> Json:
    return {"items": items, "next_cursor": None}


@router.post("/oidc/authorizations", tags=["people"], summary="Begin to sign in through the provider")
async def begin_oidc(request: Request) -> Json:
    return await oidc.begin(request)


@router.post("/oidc/sessions", tags=["people"], summary="Sign in with what the provider sent back")
async def finish_oidc(request: Request, returned: Returned) -> Json:
    return await oidc.finish(request, returned)


@router.get("/me/account", tags=[OWN], summary="How I sign in")
async def my_account(desk: AtDesk) -> Json:
    return await own.account(desk)


@router.get("/me/sessions", tags=[OWN], summary="My open sessions and tokens")
async def my_sessions(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT_MAX) -> Json:
    return part(_whole(await own.open_sessions(desk)), cursor, limit)


@router.delete("/me/sessions", tags=[OWN], summary="Sign out everywhere else", status_code=204)
async def end_other_sessions(desk: AtDesk) -> None:
    await own.end_others(desk)


@router.delete("/me/sessions/{session_id}", tags=[OWN], summary="End one of my sessions, or revoke a token", status_code=204)
async def end_my_session(desk: AtDesk, session_id: UUID) -> None:
    await own.end_session(desk, session_id)


@router.post("/me/password", tags=[OWN], summary="Change my password", status_code=204)
async def change_password(desk: AtDesk, body: NewPassword) -> None:
    await own.change_password(desk, body)


@router.post("/me/second-factor", tags=[OWN], summary="Begin to set up a second factor")
async def begin_second_factor(desk: AtDesk, body: FactorBegun) -> Json:
    return await own.begin_factor(desk, body)


@router.post("/me/second-factor/confirm", tags=[OWN], summary="Put the second factor in force by a code of it")
async def confirm_second_factor(desk: AtDesk, body: FactorCode) -> Json:
    return await own.confirm_factor(desk, body)


@router.post("/me/second-factor/prove", tags=[OWN], summary="Give a code: one owed, or to begin a sitting", status_code=204)
async def prove_second_factor(request: Request, desk: AtDesk, body: FactorCode) -> None:
    await own.prove_factor(desk, body, origin_of(request))


@router.post("/me/tokens", tags=[OWN], summary="Make a personal access token", status_code=201)
async def issue_token(desk: AtDesk, body: NewToken) -> Json:
    return await own.issue_token(desk, body)


@router.get("/absences", tags=["people"], summary="Who is away and who stands in")
async def list_absences(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT_MAX) -> Json:
    return part(_whole(absences.listed(desk)), cursor, limit)


@router.post("/absences", tags=["people"], summary="Say that a person is away, and who stands in")
async def person_away(desk: AtDesk, body: Away, key: Key = None) -> JSONResponse:
    return answered(await absences.say(desk, key_of(key), body))


@router.get("/accounts", tags=[KEEPING], summary="Every account")
async def list_accounts(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT_MAX) -> Json:
    return part(_whole(await accounts.listed(desk)), cursor, limit)


@router.post("/accounts", tags=[KEEPING], summary="Open an account for a person of the directory", status_code=201)
async def create_account(desk: AtDesk, body: NewAccount, key: Key = None) -> JSONResponse:
    outcome, done = await accounts.create(desk, key_of(key), body)
    return answered(done, outcome, 201)


@router.post("/accounts/{username}/password", tags=[KEEPING], summary="Give a new first password")
async def reset_password(desk: AtDesk, username: Username, key: Key = None) -> JSONResponse:
    outcome, done = await accounts.reset_password(desk, key_of(key), username)
    return answered(done, outcome)


@router.post("/accounts/{username}/disable", tags=[KEEPING], summary="Close an account")
async def disable_account(desk: AtDesk, username: Username, body: Why, key: Key = None) -> JSONResponse:
    return answered(await accounts.set_disabled(desk, key_of(key), username, body, disabled=True))


@router.post("/accounts/{username}/enable", tags=[KEEPING], summary="Open a closed account again")
async def enable_account(desk: AtDesk, username: Username, body: Why, key: Key = None) -> JSONResponse:
    return answered(await accounts.set_disabled(desk, key_of(key), username, body, disabled=False))


@router.post("/accounts/{username}/unlock", tags=[KEEPING], summary="Take off a lock before its time")
async def unlock_account(desk: AtDesk, username: Username, body: Why, key: Key = None) -> JSONResponse:
    return answered(await accounts.unlock(desk, key_of(key), username, body))


@router.post("/accounts/{username}/second-factor/remove", tags=[KEEPING], summary="Remove a lost second factor")
async def remove_second_factor(desk: AtDesk, username: Username, body: Why, key: Key = None) -> JSONResponse:
    return answered(await accounts.remove_second_factor(desk, key_of(key), username, body))


@router.post("/accounts/{username}/oidc", tags=[KEEPING], summary="Link an account to a person of the provider")
async def link_oidc(desk: AtDesk, username: Username, body: OidcLink, key: Key = None) -> JSONResponse:
    return answered(await accounts.link_oidc(desk, key_of(key), username, body))


@router.post("/roles", tags=[KEEPING], summary="Give a person a role")
async def grant_role(desk: AtDesk, body: NewRole, key: Key = None) -> JSONResponse:
    return answered(await accounts.grant_role(desk, key_of(key), body))


@router.post("/roles/end", tags=[KEEPING], summary="Take a role back")
async def end_role(desk: AtDesk, body: RoleEnd, key: Key = None) -> JSONResponse:
    return answered(await accounts.end_role(desk, key_of(key), body))


@router.get("/security/refusals", tags=[KEEPING], summary="The newest refused sign-ins and rights")
async def security_refusals(desk: AtDesk, limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 50) -> Json:
    return _whole(await accounts.refusals(desk, limit))
