"""The shapes of the answers about signing in, accounts and rights, for the OpenAPI document; held to the answers by the same tests."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.case_shapes import Shape
from domain.accounts import TokenScope
from domain.command import Role
from domain.values import Code


class OidcBegun(Shape):
    """Where the browser goes; `flow` comes back with what the provider adds to its address."""

    authorization_url: str
    flow: str
    expires_in: int = Field(description="Seconds.")


class SecondFactorState(Shape):
    enrolled_at: AwareDatetime
    recovery_left: int = Field(description="Recovery codes not yet spent.")
    clock_drift_seconds: int = Field(description="How far the device's clock was off at the last code.")
    sitting_until: AwareDatetime | None = Field(
        description="Until when this session decides as an approver without a further code (`POST /me/second-factor/prove`)."
    )


class MyAccount(Shape):
    """How the person signs in; `owes` is what comes before anything else."""

    username: str
    owes: list[Literal["password", "second_factor", "otp"]]
    second_factor: SecondFactorState | None


class OpenSession(Shape):
    """A session, or with `kind` token a personal access token."""

    id: UUID
    kind: Literal["bearer", "cookie", "token"]
    current: bool = Field(description="It is the one that asks.")
    label: str | None
    scopes: list[TokenScope] | None
    created_at: AwareDatetime
    seen_at: AwareDatetime
    expires_at: AwareDatetime
    address: str | None
    agent: str | None


class FactorSecret(Shape):
    """The secret of a second factor that is being set up, told this once."""

    secret: str
    otpauth_uri: str
    qr_svg: str


class RecoveryCodes(Shape):
    recovery_codes: list[str]


class TokenIssued(Shape):
    """A personal access token, told this once."""

    token: str
    id: UUID
    label: str
    scopes: list[TokenScope]
    expires_at: AwareDatetime


class Absent(Shape):
    person: Code
    since: date
    until: date
    deputy: Code


class RoleAt(Shape):
    role: Role
    office: Code


class Account(Shape):
    username: str
    person: Code
    name: str | None
    office: Code | None
    roles: list[RoleAt] = Field(description="Held today.")
    disabled: bool
    locked_until: AwareDatetime | None
    must_change: bool = Field(description="The password is a first one, to be changed at the next sign-in.")
    second_factor: bool
    clock_drift_seconds: int
    oidc_subject: str | None
    created_at: AwareDatetime
    last_sign_in_at: AwareDatetime | None


class AccountOpened(Shape):
    """`first_password` is told this once: null where the deed was repeated."""

    username: str
    person: Code
    first_password: str | None


class PasswordGiven(Shape):
    username: str
    first_password: str | None


class AccountChanged(Shape):
    username: str


class RoleChanged(Shape):
    """The event as the directory holds it."""

    since: date
    person: Code
    role: Role
    office: Code
    until: date | None = None


class SecurityRefusal(Shape):
    """A sign-in or a right that was refused; `username` only where there is such an account."""

    id: UUID
    at: AwareDatetime
    kind: str
    username: str | None
    address: str | None
    correlation_id: str | None
