"""Signing in through a provider. What belongs to a sign-in under way travels sealed with the browser: nothing of it is kept here."""

import base64
import json
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth import origin_of, owed, services_of, told
from api.problem import Problem, not_found, retry
from api.provider import Identity, NotIdentified, Provider, ProviderAway
from api.services import Services
from ledger import accounts, security_log, sessions, throttle
from ledger.accounts import Proof
from ledger.keys import KeyFault
from ledger.personal import SealFault, unwrap_secret, wrap_secret
from ledger.sessions import Origin
from ledger.store import WORKER

_PLACE = "oidc-flow"
LASTS = timedelta(minutes=10)
"""How long somebody may take at the provider's."""


class Returned(BaseModel):
    """What came back with the browser: `flow` as it was given out, and what the provider added to its address."""

    model_config = ConfigDict(extra="forbid")

    flow: str = Field(min_length=1, max_length=2000)
    state: str = Field(min_length=1, max_length=200)
    code: str | None = Field(default=None, max_length=2000)
    error: str | None = Field(default=None, max_length=200)


def _provider(services: Services) -> Provider:
    if services.provider is None:
        raise not_found("oidc_not_configured")
    return services.provider


async def begin(request: Request) -> dict[str, Any]:
    """Where the browser goes, and the `flow` that it must bring back. Raises `Problem` 404 `oidc_not_configured`, 503 `oidc_away`."""
    services = services_of(request)
    provider = _provider(services)
    try:
        started = await provider.start()
    except ProviderAway as fault:
        raise retry(503, "oidc_away", 30) from fault
    until = (services.now() + LASTS).timestamp()
    held = json.dumps({"state": started.state, "nonce": started.nonce, "verifier": started.verifier, "until": until})
    flow = base64.urlsafe_b64encode(wrap_secret(services.keys.master, _PLACE, held.encode())).decode()
    return {"authorization_url": started.url, "flow": flow, "expires_in": int(LASTS.total_seconds())}


async def finish(request: Request, returned: Returned) -> dict[str, Any]:
    """A new access token for the account that the provider's person is linked to.

    Raises `Problem`: 401 `oidc_state_mismatch`, `oidc_denied`, `oidc_unknown_subject`; 429; 503 `oidc_away`.
    """
    services, origin = services_of(request), origin_of(request)
    provider = _provider(services)
    async with services.database.transaction(WORKER) as conn:
        if seconds := await throttle.wait(conn, origin.address, services.now()):
            raise Problem(429, "too_many_sign_ins", headers={"Retry-After": str(seconds)}, retry_after=seconds)
    held = _opened(services, returned)
    if held is None:
        raise await _refused(services, origin, "oidc_state_mismatch")
    if returned.error or not returned.code:
        raise await _refused(services, origin, "oidc_denied")
    try:
        who = await provider.identify(returned.code, verifier=held["verifier"], nonce=held["nonce"], now=services.now())
    except ProviderAway as fault:
        raise retry(503, "oidc_away", 30) from fault
    except NotIdentified as fault:
        raise await _refused(services, origin, "oidc_denied") from fault
    return await _admitted(services, origin, who)


def _opened(services: Services, returned: Returned) -> dict[str, Any] | None:
    """The sign-in under way, if it is this browser's, began here and not too long ago."""
    try:
        held = json.loads(unwrap_secret(services.keys.master, _PLACE, base64.urlsafe_b64decode(returned.flow)))
    except (ValueError, SealFault, KeyFault):
        return None
    fresh = held["until"] > services.now().timestamp()
    return held if fresh and compare_digest(held["state"].encode(), returned.state.encode()) else None


async def _refused(services: Services, origin: Origin, code: str, username: str | None = None) -> Problem:
    async with services.database.transaction(WORKER) as conn:
        await throttle.failed(conn, origin.address, services.now())
        await security_log.note(conn, code, username, origin)
    return Problem(401, code)


async def _admitted(services: Services, origin: Origin, who: Identity) -> dict[str, Any]:
    """The session. The provider answers for the password; where it asked for no second factor, ours is still owed."""
    now = services.now()
    async with services.database.transaction(WORKER) as conn:
        row = await accounts.linked(conn, who.issuer, who.subject)
        if row is not None and not row["disabled"]:
            directory = await services.directory.read(conn)
            has_factor = await accounts.has_second_factor(conn, row["username"])
            proof = Proof(row["username"], row["person"], must_change=False, second_factor=has_factor)
            owes = () if who.second_factor else owed(services, directory, proof, now_otp=True)
            await accounts.signed_in(conn, row["username"], now)
            proved = who.second_factor and has_factor
            return told(await sessions.open_session(conn, row["username"], now, owes=owes, origin=origin, proved=proved), services)
    raise await _refused(services, origin, "oidc_unknown_subject", row["username"] if row else None)
