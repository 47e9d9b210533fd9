"""A person's own way of signing in: password, second factor, sessions, tokens for programs.

What may be guessed here (the old password, a code) is counted in a transaction of its own, which commits whatever the answer is.
"""

import io
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import segno
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api import views
from api.desk import Desk
from api.problem import Problem, not_found
from domain.accounts import (
    AccessTokenIssued,
    AccessTokenRevoked,
    AccountEvent,
    PasswordSet,
    RecoveryCodeUsed,
    SecondFactorEnrolled,
    TokenScope,
    check_password,
)
from domain.command import Actor, Refusal
from ledger import accounts, second_factor, security_log, sessions, throttle
from ledger.accounts import Proof
from ledger.sessions import Origin, Session
from ledger.sql import Row
from ledger.store import WORKER

type Json = dict[str, Any]
LONGEST_DAYS = 366
_Secret = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
_Code = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPassword(Body):
    """The password in force and the one to come."""

    old: _Secret
    new: _Secret


class FactorBegun(Body):
    """The password again; and, where a second factor is in force that is to be replaced, a code of it."""

    password: _Secret
    otp: _Code | None = None


class FactorCode(Body):
    code: _Code


class NewToken(Body):
    """A personal access token: what it is for, what it may be used for, for how many days."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    scopes: Annotated[list[TokenScope], Field(min_length=1, max_length=5)]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90


def _session(desk: Desk) -> Session:
    assert desk.session is not None  # noqa: S101 -- a desk that was opened by a token has one
    return desk.session


def _actor(desk: Desk) -> Actor:
    roles = desk.principal.roles
    person = desk.directory.person(desk.principal.person)
    role, office = roles[0] if roles else ("system", person.office if person else "system")
    return Actor(desk.principal.person, role, office)


async def _note(desk: Desk, *events: AccountEvent) -> None:
    await accounts.note(desk.conn, events, by=_actor(desk), now=desk.now, command_id=f"own/{_session(desk).session_id}")


def _since(desk: Desk) -> Any:
    return {"since": accounts.legal_day(desk.now), "username": desk.principal.username}


async def account(desk: Desk) -> Json:
    """How the person signs in."""
    factor = await second_factor.look(desk.conn, desk.principal.username)
    on = factor is not None and second_factor.enrolled(factor)
    return {
        "username": desk.principal.username,
        "owes": list(_session(desk).owes),
        "second_factor": {
            "enrolled_at": views.moment(factor["enrolled_at"]),
            "recovery_left": len(factor["recovery"]),
            "clock_drift_seconds": factor["drift"] * second_factor.STEP_SECONDS,
            "sitting_until": views.moment(sitting.until) if (sitting := _session(desk).sitting) and sitting.open else None,
        }
        if on and factor
        else None,
    }


async def open_sessions(desk: Desk) -> list[Json]:
    """The person's open sessions and tokens, the newest first; `current` is the one that asks."""
    rows = await sessions.sessions_of(desk.conn, desk.principal.username, desk.now)
    return [_listed(row, current=str(row["session_id"]) == _session(desk).session_id) for row in rows]


def _listed(row: Row, *, current: bool) -> Json:
    return {
        "id": str(row["session_id"]),
        "kind": row["kind"],
        "current": current,
        "label": row["label"],
        "scopes": row["scopes"],
        "created_at": views.moment(row["created_at"]),
        "seen_at": views.moment(row["seen_at"]),
        "expires_at": views.moment(row["expires_at"]),
        "address": row["address"],
        "agent": row["agent"],
    }


async def end_session(desk: Desk, session_id: UUID) -> None:
    """End one of the person's sessions, or revoke a token. Raises `Problem` 404."""
    kind = await sessions.end_one(desk.conn, desk.principal.username, str(session_id), desk.now)
    if kind is None:
        raise not_found("session_not_found")
    if kind == "token":
        await _note(desk, AccessTokenRevoked(**_since(desk), token_id=session_id))


async def end_others(desk: Desk) -> None:
    """Sign out everywhere else; tokens for programs stay."""
    await sessions.end_all(
        desk.conn, desk.now, username=desk.principal.username, but=_session(desk).session_id, tokens=False
    )  # fmt: skip


async def change_password(desk: Desk, body: NewPassword) -> None:
    """Put a new password in force; every other session and token of the account ends.

    Raises `Refusal` 422 for a password that breaks the rules, is the old one, or where the old one is wrong.
    """
    check_password(body.new, username=desk.principal.username, pointer="/new")
    await _prove(desk, body.old, pointer="/old")
    if body.new == body.old:
        raise Refusal("password_unchanged", status=422, pointer="/new")
    mine = _session(desk)
    # The account's row before the sessions and the ledger, as everywhere.
    await accounts.set_password(desk.conn, desk.principal.username, body.new, first=False)
    await sessions.end_all(desk.conn, desk.now, username=desk.principal.username, but=mine.session_id)
    await sessions.paid(desk.conn, mine.session_id, "password")
    await _note(desk, PasswordSet(**_since(desk), own=True))


async def _prove(desk: Desk, password: str, *, pointer: str) -> None:
    """Raises `Refusal` 422 where the password is not the person's, counting it as a guess; a locked account is answered alike."""
    async with desk.services.database.transaction(WORKER) as conn:
        row = await accounts.locked_row(conn, desk.principal.username)
        locked = row is None or (row["locked_until"] is not None and row["locked_until"] > desk.now)
        right = row is not None and not locked and await accounts.fits(row["password_hash"], password)
        if not right and not locked:
            await accounts.failed(conn, desk.principal.username, desk.now)
            await security_log.note(conn, "password_wrong", desk.principal.username, Origin())
    if not right:
        raise Refusal("password_wrong", status=422, pointer=pointer)


async def begin_factor(desk: Desk, body: FactorBegun) -> Json:
    """A new secret for an authenticator app, told this once: as text, as `otpauth` address, as QR code (SVG).

    It counts for nothing until `confirm_factor`; one in force stays so until then. Raises `Refusal` 422.
    """
    name = desk.principal.username
    await _prove(desk, body.password, pointer="/password")
    if await accounts.has_second_factor(desk.conn, name):
        await _prove_code(desk, body.otp or "", pointer="/otp")
    secret = await second_factor.begin(desk.conn, desk.services.keys.master, name)
    uri = second_factor.uri_of(secret, name)
    return {"secret": secret, "otpauth_uri": uri, "qr_svg": _qr(uri)}


def _qr(text: str) -> str:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=5, border=4, xmldecl=False, svgns=True)
    return out.getvalue().decode()


async def confirm_factor(desk: Desk, body: FactorCode) -> Json:
    """Put the new second factor in force by a code of it; the recovery codes, told this once. Every other session ends.

    Raises `Refusal` 422 `otp_wrong`.
    """
    name, mine = desk.principal.username, _session(desk)
    codes = await second_factor.confirm(desk.conn, desk.services.keys.master, name, body.code, desk.now)
    if codes is None:
        raise Refusal("otp_wrong", status=422, pointer="/code")
    await sessions.end_all(desk.conn, desk.now, username=name, but=mine.session_id, tokens=False)
    await sessions.paid(desk.conn, mine.session_id, "second_factor")
    await sessions.sits(desk.conn, mine.session_id, desk.now)
    await _note(desk, SecondFactorEnrolled(**_since(desk)))
    return {"recovery_codes": list(codes)}


async def prove_factor(desk: Desk, body: FactorCode, origin: Origin) -> None:
    """Give a code: the one a session still owes (who signed in through a provider that asked for none), or one that begins a sitting.

    Guesses are counted as at the door, by account and by network address. Raises `Refusal` 422 `otp_wrong`; `Problem` 429
    `too_many_sign_ins`.
    """
    async with desk.services.database.transaction(WORKER) as conn:
        if seconds := await throttle.wait(conn, origin.address, desk.now):
            raise Problem(429, "too_many_sign_ins", headers={"Retry-After": str(seconds)}, retry_after=seconds)
    await _prove_code(desk, body.code, pointer="/code", origin=origin)
    await sessions.paid(desk.conn, _session(desk).session_id, "otp")
    await sessions.sits(desk.conn, _session(desk).session_id, desk.now)


async def _prove_code(desk: Desk, code: str, *, pointer: str, origin: Origin | None = None) -> None:
    came = origin or Origin()
    async with desk.services.database.transaction(WORKER) as conn:
        row = await accounts.locked_row(conn, desk.principal.username)
        locked = row is None or (row["locked_until"] is not None and row["locked_until"] > desk.now)
        proof = None
        if row is not None and not locked:
            proof = await accounts.prove_factor(conn, row, desk.now, otp=code, master=desk.services.keys.master)
        if not isinstance(proof, Proof):
            await throttle.failed(conn, came.address, desk.now)
            await security_log.note(conn, "otp_invalid", desk.principal.username, came)
    if not isinstance(proof, Proof):
        raise Refusal("otp_wrong", status=422, pointer=pointer)
    if proof.recovery_left is not None:
        await _note(desk, RecoveryCodeUsed(**_since(desk), left=proof.recovery_left))


async def issue_token(desk: Desk, body: NewToken) -> Json:
    """A token for programs, told this once. Not while the session itself still owes something. Raises `Problem` 403."""
    owes = _session(desk).owes
    if owes:
        raise Problem(403, "second_factor_required" if "second_factor" in owes else "password_change_required")
    scopes = sorted(set(body.scopes))
    expires_at = desk.now + timedelta(days=body.days)
    token, token_id = await sessions.issue_token(
        desk.conn, desk.principal.username, desk.now, label=body.label, scopes=scopes, expires_at=expires_at
    )  # fmt: skip
    await _note(
        desk, AccessTokenIssued(**_since(desk), token_id=UUID(token_id), label=body.label, scopes=tuple(scopes), expires_at=expires_at)
    )  # fmt: skip
    return {"token": token, "id": token_id, "label": body.label, "scopes": scopes, "expires_at": views.moment(expires_at)}
