"""Accounts as a register: what happens to each is an event of `account/<username>`; and the rules that hold before it may happen.

Secrets (hashes, keys of second factors) are no events: they stand in tables that are overwritten. 网络安全法 art. 21; 个人信息保护法
art. 51.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from domain.command import Refusal, Role
from domain.directory import Directory, Grant
from domain.registers import RegisterEvent
from domain.values import Code

Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@-]{1,63}$")]
"""A name to sign in by, as it is kept: lower case, without spaces."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
"""Why a security administrator did something to an account: of the office's business, nothing personal of an applicant."""
TokenScope = Literal["read", "commands", "directory", "accounts", "calendar"]
"""What a personal access token may be used for: reading; changing cases and one's own work; the directory; accounts and roles."""

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 1024
ADMINISTRATORS: frozenset[Role] = frozenset({"system_administrator", "security_administrator", "auditor"})
"""三员分离: who runs the system, who gives rights and who looks at both are three people."""
SECOND_FACTOR_ROLES: frozenset[Role] = frozenset({*ADMINISTRATORS, "approver"})
"""Who needs a second factor where the installation asks for it."""
_COMMON = frozenset({
    "123456789012", "1234567890123", "111111111111", "000000000000", "password1234", "password12345", "passw0rd1234", "password123456",
    "qwertyuiop12", "qwertyuiop123", "qwerty123456", "qwer1234qwer", "1qaz2wsx3edc", "1q2w3e4r5t6y", "q1w2e3r4t5y6", "abc123456789",
    "abcd12345678", "a123456789012", "aa1234567890", "woaini1314520", "woaini520520", "5201314520131", "admin1234567", "admin12345678",
    "administrator", "administrator1", "changeme1234", "letmein12345", "iloveyou1234", "welcome12345", "yuanshou1234", "falvyuanzhu1",
    "falvyuanzhu123", "12348falvyuanzhu",
})  # fmt: skip
"""Passwords of the allowed length that guessers try first."""


class AccountEvent(RegisterEvent):
    """What happened to an account."""

    username: str

    @property
    def stream(self) -> str:
        return f"account/{self.username}"


class AccountCreated(AccountEvent):
    """A person of the directory may sign in under this name."""

    person: Code


class PasswordSet(AccountEvent):
    """`own`: by the person, who had to know the one before; otherwise a first password, to be changed at the next sign-in."""

    own: bool


class AccountDisabled(AccountEvent):
    reason: Reason


class AccountEnabled(AccountEvent):
    reason: Reason


class AccountUnlocked(AccountEvent):
    """The lock after too many wrong guesses was taken off before its time."""

    reason: Reason


class SecondFactorEnrolled(AccountEvent):
    pass


class SecondFactorRemoved(AccountEvent):
    """By the security administrator: the device is lost, and the recovery codes with it."""

    reason: Reason


class RecoveryCodeUsed(AccountEvent):
    """One of the codes for a lost device was spent; `left` are not."""

    left: int


class OidcLinked(AccountEvent):
    """The person signs in through the provider `issuer`, which knows them as `subject`."""

    issuer: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class OidcUnlinked(AccountEvent):
    issuer: str
    subject: str


class AccessTokenIssued(AccountEvent):
    token_id: UUID
    label: str
    scopes: tuple[TokenScope, ...]
    expires_at: datetime


class AccessTokenRevoked(AccountEvent):
    token_id: UUID


def check_password(password: str, *, username: str, pointer: str = "/password") -> None:
    """Refuse (422) a password that is too short, says the account's name, or is among the first that are guessed."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refusal("password_length", status=422, pointer=pointer, least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)
    folded = password.casefold()
    if len(username) > 3 and username.casefold() in folded:
        raise Refusal("password_names_account", status=422, pointer=pointer)
    if folded in _COMMON or len(set(folded)) < 4:
        raise Refusal("password_too_common", status=422, pointer=pointer)


def check_not_self(actor: str, person: str) -> None:
    """Refuse (403) an administrator who gives to themselves: a right, or a way to sign in."""
    if actor == person:
        raise Refusal("cannot_grant_to_self", status=403)


def check_separation(directory: Directory, person: str, role: Role, since: date, until: date | None) -> None:
    """Refuse (409) a second administrator's role for one person on any of the same days."""
    if role not in ADMINISTRATORS:
        return
    held = directory.person(person)
    other = next((g for g in (held.grants if held else ()) if g.role in ADMINISTRATORS - {role} and _overlap(g, since, until)), None)
    if other is not None:
        raise Refusal("separation_of_administrators", role=role, held=other.role)


def _overlap(grant: Grant, since: date, until: date | None) -> bool:
    return (grant.until is None or grant.until >= max(since, grant.since)) and (until is None or grant.since <= until)


def needs_second_factor(roles: Iterable[str]) -> bool:
    """Whether one of the roles is one for which a password is not enough."""
    return not SECOND_FACTOR_ROLES.isdisjoint(roles)
