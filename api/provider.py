"""An OpenID Connect provider through which people may sign in: authorization code with PKCE, state and nonce.

OpenID Connect Core 1.0, RFC 7636.

What it answers is who somebody is over there (`sub`); who that is here, the accounts' links say. It opens no account.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_PATIENCE_SECONDS = 10.0
_CLOCKS_DIFFER_SECONDS = 60
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk", "sms", "fpt", "face"})
"""Ways of proving oneself (RFC 8176) that count beside a password."""


class ProviderAway(Exception):  # noqa: N818 -- what the caller is told
    """The provider does not answer, or not as a provider does."""


class NotIdentified(Exception):  # noqa: N818 -- what the caller is told
    """The provider does not say who this is: the code is spent or another's, or its word does not hold."""


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in under way: where the browser goes, and what must come back with it."""

    url: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who it is over there; `second_factor`: they proved themselves by more than a password."""

    issuer: str
    subject: str
    second_factor: bool


class Provider:
    """The provider of an installation, found by its issuer's discovery document, which is asked for once."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None, redirect_uri: str) -> None:
        self.issuer = issuer.rstrip("/")
        self._client_id, self._client_secret, self._redirect_uri = client_id, client_secret, redirect_uri
        self._metadata: Mapping[str, Any] = {}

    async def start(self) -> Started:
        """A new sign-in. Raises `ProviderAway`."""
        metadata = await self._discovered()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        async with self._client() as client:
            made = client.create_authorization_url(metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier)
        return Started(str(made[0]), state, nonce, verifier)

    async def identify(self, code: str, *, verifier: str, nonce: str, now: datetime) -> Identity:
        """Who the code stands for. Raises `ProviderAway`, `NotIdentified`."""
        metadata = await self._discovered()
        try:
            async with self._client() as client:
                token: Any = await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier)
            keys = KeySet.import_key_set(await self._fetched(metadata["jwks_uri"]))
            claims = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS).claims
            self._rules(nonce, now).validate(claims)
        except httpx.HTTPError as fault:
            raise ProviderAway from fault
        except (AuthlibBaseError, JoseError, KeyError, ValueError) as fault:
            raise NotIdentified from fault
        return Identity(self.issuer, str(claims["sub"]), not _SECOND_FACTORS.isdisjoint(claims.get("amr") or ()))

    def _rules(self, nonce: str, now: datetime) -> jwt.JWTClaimsRegistry:
        needed: Any = {"essential": True}
        return jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_CLOCKS_DIFFER_SECONDS,
            iss=needed | {"value": self.issuer},
            aud=needed | {"value": self._client_id},
            sub=needed,
            exp=needed,
            nonce=needed | {"value": nonce},
        )

    def _client(self) -> Any:
        """The library tells its types to nobody."""
        return AsyncOAuth2Client(
            client_id=self._client_id,
            client_secret=self._client_secret,
            token_endpoint_auth_method="client_secret_basic" if self._client_secret else "none",
            scope="openid",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=_PATIENCE_SECONDS,
        )

    async def _discovered(self) -> Mapping[str, Any]:
        if not self._metadata:
            found = await self._fetched(f"{self.issuer}/.well-known/openid-configuration")
            if (
                str(found.get("issuer", "")).rstrip("/") != self.issuer
                or not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= found.keys()
            ):
                raise ProviderAway
            self._metadata = found
        return self._metadata

    async def _fetched(self, address: str) -> Any:
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS) as client:
                response = await client.get(address)
                return response.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as fault:
            raise ProviderAway from fault
