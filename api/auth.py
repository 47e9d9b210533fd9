"""Signing in by name and password, and who is signed in on a request."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel, ConfigDict, StringConstraints

import texts
from api.desk import Desk, Need, open_desk
from api.problem import Problem
from api.services import Services
from domain.accounts import RecoveryCodeUsed, needs_second_factor
from domain.command import Actor
from domain.directory import Directory
from ledger import accounts, security_log, sessions, throttle
from ledger.accounts import Denied, Proof, legal_day
from ledger.sessions import Origin, Owed, SignedIn
from ledger.sql import Connection
from ledger.store import WORKER

BEARER = HTTPBearer(auto_error=False, description="The access token of `POST /api/v1/tokens`, or a personal access token.")
OWN = "account"
"""Tag of the routes where a person sees to their own way of signing in: closed to programs, open to who still owes something."""
_BY_TAG = {"directory": "directory", "accounts": "accounts"}
_WORKING_OUT = frozenset({"rules", "eligibility"})
"""Tags whose routes work something out and record nothing, unless they are given a key."""


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


def origin_of(request: Request) -> Origin:
    address = request.client.host if request.client else None
    return Origin(address, request.headers.get("user-agent"), request.scope.get("state", {}).get("correlation_id"))


def need_of(request: Request) -> Need:
    """What the request asks of a session, by its route's tag and method: a route that nobody thought of is not open to every token."""
    route = request.scope.get("route")
    tags = frozenset(cast("list[str]", getattr(route, "tags", None) or []))
    if OWN in tags:
        return Need(None, owing=True)
    special = next((scope for tag, scope in _BY_TAG.items() if tag in tags), None)
    if "/directory/" in request.url.path:
        special = "directory"
    works_out = tags & _WORKING_OUT and "idempotency-key" not in request.headers
    changes = request.method not in ("GET", "HEAD") and not works_out
    if special == "accounts" or (special and changes):
        return Need(frozenset({special}))
    # Who still owes a password is told who they are, and of nothing else.
    return Need(frozenset({"commands" if changes else "read"}), owing=request.url.path.endswith("/me"))


async def _desk(request: Request, _: Annotated[Any, Depends(BEARER)]) -> AsyncIterator[Desk]:
    async with open_desk(services_of(request), token_of(request), lang_of(request), need_of(request)) as desk:
        yield desk


AtDesk = Annotated[Desk, Depends(_desk, scope="function")]
"""A signed-in person's desk; its transaction ends before the answer is sent."""


async def sign_in(services: Services, credentials: Credentials, origin: Origin) -> dict[str, Any]:
    """A new access token.

    Raises `Problem`: 401 `bad_credentials`, for an unknown name, a wrong password and a locked account alike; `otp_required` where the
    password is right and a second factor is asked for, `otp_invalid`; 429 `too_many_sign_ins` where the address guessed too often.
    """
    now = services.now()
    async with services.database.transaction(WORKER) as conn:
        await _let_try(conn, origin, services)
        proof = await accounts.prove(
            conn, credentials.username, credentials.password, now, otp=credentials.otp, master=services.keys.master
        )  # fmt: skip
        answer = await _admitted(conn, services, proof, origin)
    if isinstance(answer, Denied):
        raise Problem(401, answer.code)
    return told(answer, services)


async def _let_try(conn: Connection, origin: Origin, services: Services) -> None:
    seconds = await throttle.wait(conn, origin.address, services.now())
    if seconds:
        raise Problem(429, "too_many_sign_ins", headers={"Retry-After": str(seconds)}, retry_after=seconds)


async def _admitted(conn: Connection, services: Services, proof: Proof | Denied, origin: Origin) -> SignedIn | Denied:
    """The session of who proved themselves; a refusal is kept as evidence and counted."""
    now = services.now()
    if isinstance(proof, Denied):
        if proof.code != "otp_required":
            await throttle.failed(conn, origin.address, now)
            await security_log.note(conn, proof.code, proof.username, origin)
        return proof
    directory = await services.directory.read(conn)
    owes = owed(services, directory, proof, now_otp=False)
    made = await sessions.open_session(conn, proof.username, now, owes=owes, origin=origin, proved=proof.second_factor)
    if proof.recovery_left is not None:
        used = RecoveryCodeUsed(since=legal_day(now), username=proof.username, left=proof.recovery_left)
        await accounts.note(conn, [used], by=_self(directory, proof, services), now=now, command_id=f"sign-in/{origin.correlation_id}")
    return made


def _self(directory: Directory, proof: Proof, services: Services) -> Actor:
    person = directory.person(proof.person)
    roles = person.roles_on(legal_day(services.now())) if person else ()
    role, office = roles[0] if roles else ("system", person.office if person else "system")
    return Actor(proof.person, role, office)


def owed(services: Services, directory: Directory, proof: Proof, *, now_otp: bool) -> tuple[Owed, ...]:
    """What comes before anything else: a password of one's own, a second factor where the role asks for it; `now_otp`: its code."""
    person = directory.person(proof.person)
    roles = [role for role, _ in person.roles_on(legal_day(services.now()))] if person else []
    asked = services.second_factor == "required" and needs_second_factor(roles)
    found: list[Owed] = []
    if proof.must_change:
        found.append("password")
    if now_otp and proof.second_factor:
        found.append("otp")
    elif asked and not proof.second_factor:
        found.append("second_factor")
    return tuple(found)


def told(signed_in: SignedIn, services: Services) -> dict[str, Any]:
    """A new session as it is answered; `owes` only where something comes first."""
    found = {
        "access_token": signed_in.token,
        "token_type": "bearer",
        "expires_in": int((signed_in.expires_at - services.now()).total_seconds()),
    }
    return found | ({"owes": list(signed_in.owes)} if signed_in.owes else {})


async def sign_out(services: Services, token: str) -> None:
    """End the session on the server."""
    async with services.database.transaction(token) as conn:
        await sessions.end_session(conn, token, services.now())
