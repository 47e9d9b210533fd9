"""Signing in by name and password, and who is signed in on a request."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel, ConfigDict, StringConstraints

import texts
from api.desk import Desk, open_desk
from api.problem import Problem
from api.services import Services
from ledger import accounts
from ledger.store import WORKER

BEARER = HTTPBearer(auto_error=False, description="The access token of `POST /api/v1/tokens`.")


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    username: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]  # a NUL no database takes
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    otp: Annotated[str, StringConstraints(max_length=20)] | None = None


def services_of(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def lang_of(request: Request) -> texts.Lang:
    return texts.preferred(request.headers.get("accept-language"))


def token_of(request: Request) -> str | None:
    """The bearer token of the request, if it carries one."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    return token if scheme.lower() == "bearer" and token else None


async def _desk(request: Request, _: Annotated[Any, Depends(BEARER)]) -> AsyncIterator[Desk]:
    async with open_desk(services_of(request), token_of(request), lang_of(request)) as desk:
        yield desk


AtDesk = Annotated[Desk, Depends(_desk, scope="function")]
"""A signed-in person's desk; its transaction ends before the answer is sent."""


async def sign_in(services: Services, credentials: Credentials) -> dict[str, Any]:
    """A new access token. Raises `Problem` 401 `bad_credentials`, for an unknown name, a wrong password and a locked account alike."""
    now = services.now()
    async with services.database.transaction(WORKER) as conn:
        signed_in = await accounts.sign_in(conn, credentials.username, credentials.password, now)
    if signed_in is None:
        raise Problem(401, "bad_credentials")
    return {
        "access_token": signed_in.token,
        "token_type": "bearer",
        "expires_in": int((signed_in.expires_at - now).total_seconds()),
    }


async def sign_out(services: Services, token: str) -> None:
    """End the session on the server."""
    async with services.database.transaction(token) as conn:
        await accounts.end_session(conn, token, services.now())
