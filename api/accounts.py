"""Accounts and roles, as the security administrator keeps them: each deed once however often it is sent, none of it for oneself."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from api import views
from api.deeds import Done, do_once
from api.desk import Desk
from api.problem import Problem, not_found
from domain.accounts import (
    AccountDisabled,
    AccountEnabled,
    AccountEvent,
    AccountUnlocked,
    OidcLinked,
    OidcUnlinked,
    PasswordSet,
    Reason,
    SecondFactorRemoved,
    Username,
    check_not_self,
    check_separation,
)
from domain.command import Actor, Refusal, Role
from domain.directory import Directory, DirectoryEvent, RoleEnded, RoleGranted
from domain.values import Code
from ledger import accounts, second_factor, security_log, sessions
from ledger import directory as directory_of
from ledger.sessions import Origin
from ledger.sql import Row
from ledger.store import WORKER

type Json = dict[str, Any]
type Act = Callable[[Actor, Directory, str], Awaitable[Json]]
"""Does a deed: who does it, the directory of this moment, the deed's id; gives what is kept of it, which holds no secret."""

KEEPER: Role = "security_administrator"
READERS: tuple[Role, ...] = (KEEPER, "auditor")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewAccount(Body):
    """An account for a person of the directory."""

    username: Username
    person: Code


class Why(Body):
    reason: Reason


class OidcLink(Body):
    """Whom the account is at the provider of this installation."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class NewRole(Body):
    """A role at an office, from a day on (today where absent) and until a day where it is not for good."""

    person: Code
    role: Role
    office: Code
    since: date | None = None
    until: date | None = None


class RoleEnd(Body):
    """The day from which the role is no longer held, today where absent."""

    person: Code
    role: Role
    office: Code
    since: date | None = None


def _keeper(desk: Desk, directory: Directory) -> Actor:
    """The person as security administrator. Raises `Problem` 403."""
    person = directory.person(desk.principal.person)
    held = person.roles_on(desk.today) if person else ()
    office = next((office for role, office in held if role == KEEPER), None)
    if office is None:
        raise Problem(403, "forbidden")
    return Actor(desk.principal.person, KEEPER, office)


async def _deed(desk: Desk, key: str, name: str, body: BaseModel, act: Act, **about: str) -> Done:
    """Do a deed as the security administrator. What is refused for the sake of the separation of powers is kept as evidence."""
    _keeper(desk, desk.directory)

    async def guarded(deed_id: str) -> Json:
        await accounts.administer(desk.conn)
        # Another administrator may have been quicker, and have ended just this one's rights.
        directory = await desk.services.directory.read(desk.conn)
        own = await accounts.locked_row(desk.conn, desk.principal.username)
        if own is None or own["disabled"]:
            raise Problem(401, "authentication_required")
        return await act(_keeper(desk, directory), directory, deed_id)

    try:
        return await do_once(desk, key, name, body.model_dump(mode="json", exclude_none=True) | about, guarded)
    except Refusal as refusal:
        if refusal.code in ("cannot_grant_to_self", "separation_of_administrators"):
            async with desk.services.database.transaction(WORKER) as conn:
                await security_log.note(conn, refusal.code, desk.principal.username, Origin(), "accounts")
        raise


def _may_read(desk: Desk) -> None:
    if not desk.has_role(*READERS):
        raise Problem(403, "forbidden")


async def listed(desk: Desk) -> list[Json]:
    """Every account, with the roles its person holds today. Raises `Problem` 403."""
    _may_read(desk)
    return [_account(desk, row) for row in await accounts.every(desk.conn)]


def _account(desk: Desk, row: Row) -> Json:
    person = desk.directory.person(row["person"])
    locked = row["locked_until"] if row["locked_until"] and row["locked_until"] > desk.now else None
    return {
        "username": row["username"],
        "person": row["person"],
        "name": person.name if person else None,
        "office": person.office if person else None,
        "roles": [{"role": role, "office": office} for role, office in (person.roles_on(desk.today) if person else ())],
        "disabled": row["disabled"],
        "locked_until": views.moment(locked),
        "must_change": row["must_change"],
        "second_factor": row["enrolled_at"] is not None,
        "clock_drift_seconds": (row["drift"] or 0) * second_factor.STEP_SECONDS,
        "oidc_subject": row["subject"],
        "created_at": views.moment(row["created_at"]),
        "last_sign_in_at": views.moment(row["last_sign_in_at"]),
    }


async def refusals(desk: Desk, limit: int) -> list[Json]:
    """The newest refused sign-ins and rights. Raises `Problem` 403."""
    _may_read(desk)
    rows = await security_log.newest(desk.conn, limit)
    shown = ("kind", "username", "address", "correlation_id")
    return [{"id": str(row["id"]), "at": views.moment(row["at"]), **{name: row[name] for name in shown}} for row in rows]


async def create(desk: Desk, key: str, body: NewAccount) -> tuple[Json, Done]:
    """A new account, and the first password, told this once: who repeats the deed learns of the account, not of the password."""
    first = secrets.token_urlsafe(12)

    async def act(actor: Actor, directory: Directory, deed: str) -> Json:
        check_not_self(actor.id, body.person)
        if directory.person(body.person) is None:
            raise Refusal("unknown_person", status=422, pointer="/person", person=body.person)
        if await accounts.locked_row(desk.conn, body.username) is not None:
            raise Refusal("username_taken", pointer="/username")
        await accounts.create_account(desk.conn, body.username, body.person, first, desk.now, first=True, by=actor, command_id=deed)
        return {"username": body.username, "person": body.person}

    done = await _deed(desk, key, "create_account", body, act)
    return done.outcome | {"first_password": None if done.replayed else first}, done


async def reset_password(desk: Desk, key: str, username: str) -> tuple[Json, Done]:
    """A new first password in place of one that was forgotten; every session of the account ends."""
    first = secrets.token_urlsafe(12)

    async def act(actor: Actor, _: Directory, deed: str) -> Json:
        row = await _others(desk, actor, username)
        await accounts.set_password(desk.conn, row["username"], first, first=True)
        await _end(desk, row)
        return await _noted(desk, actor, deed, PasswordSet(since=desk.today, username=row["username"], own=False))

    done = await _deed(desk, key, "reset_password", Body(), act, username=username)
    return done.outcome | {"first_password": None if done.replayed else first}, done


async def set_disabled(desk: Desk, key: str, username: str, body: Why, *, disabled: bool) -> Done:
    """Close an account, with all its sessions, or open it again."""

    async def act(actor: Actor, _: Directory, deed: str) -> Json:
        row = await _others(desk, actor, username)
        if row["disabled"] == disabled:
            raise Refusal("account_disabled" if disabled else "account_not_disabled")
        await accounts.set_disabled(desk.conn, row["username"], disabled=disabled)
        if disabled:
            await _end(desk, row)
        kind = AccountDisabled if disabled else AccountEnabled
        return await _noted(desk, actor, deed, kind(since=desk.today, username=row["username"], reason=body.reason))

    return await _deed(desk, key, "disable_account" if disabled else "enable_account", body, act, username=username)


async def unlock(desk: Desk, key: str, username: str, body: Why) -> Done:
    """Take off a lock before its time."""

    async def act(actor: Actor, _: Directory, deed: str) -> Json:
        row = await _others(desk, actor, username)
        await accounts.unlock(desk.conn, row["username"])
        return await _noted(desk, actor, deed, AccountUnlocked(since=desk.today, username=row["username"], reason=body.reason))

    return await _deed(desk, key, "unlock_account", body, act, username=username)


async def remove_second_factor(desk: Desk, key: str, username: str, body: Why) -> Done:
    """For who lost device and recovery codes; every session of the account ends."""

    async def act(actor: Actor, _: Directory, deed: str) -> Json:
        row = await _others(desk, actor, username)
        if not await accounts.has_second_factor(desk.conn, row["username"]):
            raise Refusal("no_second_factor")
        await second_factor.remove(desk.conn, row["username"])
        await _end(desk, row)
        return await _noted(desk, actor, deed, SecondFactorRemoved(since=desk.today, username=row["username"], reason=body.reason))

    return await _deed(desk, key, "remove_second_factor", body, act, username=username)


async def link_oidc(desk: Desk, key: str, username: str, body: OidcLink) -> Done:
    """Let a person of the provider sign in as this account, in place of whoever did before."""
    provider = desk.services.provider
    if provider is None:
        raise not_found("oidc_not_configured")

    async def act(actor: Actor, _: Directory, deed: str) -> Json:
        row = await _others(desk, actor, username)
        name: str = row["username"]
        other = await accounts.linked(desk.conn, provider.issuer, body.subject)
        if other is not None and other["username"] != name:
            raise Refusal("oidc_subject_taken", pointer="/subject")
        before = [
            OidcUnlinked(since=desk.today, username=name, issuer=old["issuer"], subject=old["subject"])
            for old in await accounts.unlink(desk.conn, name)
        ]
        await accounts.link(desk.conn, name, provider.issuer, body.subject)
        linked = OidcLinked(since=desk.today, username=name, issuer=provider.issuer, subject=body.subject)
        return await _noted(desk, actor, deed, *before, linked)

    return await _deed(desk, key, "link_oidc", body, act, username=username)


async def grant_role(desk: Desk, key: str, body: NewRole) -> Done:
    """Give a role. Refuses one for oneself, and a second administrator's role for one person."""
    since = body.since or desk.today

    async def act(actor: Actor, directory: Directory, deed: str) -> Json:
        check_not_self(actor.id, body.person)
        _check_days(desk, since, body.until)
        if body.role == "system":
            raise Refusal("role_not_given", status=422, pointer="/role")
        check_separation(directory, body.person, body.role, since, body.until)
        _check_known(directory, body)
        granted = RoleGranted(since=since, person=body.person, role=body.role, office=body.office, until=body.until)
        return await _in_directory(desk, actor, deed, granted)

    return await _deed(desk, key, "grant_role", body, act)


async def end_role(desk: Desk, key: str, body: RoleEnd) -> Done:
    """Take a role back; where it ends at once the person's sessions end with it."""
    since = body.since or desk.today

    async def act(actor: Actor, directory: Directory, deed: str) -> Json:
        check_not_self(actor.id, body.person)
        _check_days(desk, since, None)
        _check_known(directory, body)
        person = directory.person(body.person)
        held = person and any(
            (g.role, g.office) == (body.role, body.office) and (g.until is None or g.until >= since) for g in person.grants
        )
        if not held:
            raise Refusal("role_not_held", person=body.person, role=body.role, office=body.office)
        if since <= desk.today:
            await sessions.end_all(desk.conn, desk.now, person=body.person)
        return await _in_directory(desk, actor, deed, RoleEnded(since=since, person=body.person, role=body.role, office=body.office))

    return await _deed(desk, key, "end_role", body, act)


def _check_known(directory: Directory, body: NewRole | RoleEnd) -> None:
    if directory.person(body.person) is None:
        raise Refusal("unknown_person", status=422, pointer="/person", person=body.person)
    if directory.office(body.office) is None:
        raise Refusal("unknown_office", status=422, pointer="/office", office=body.office)


def _check_days(desk: Desk, since: date, until: date | None) -> None:
    """Rights are neither given nor taken for days gone by: what was done in them stands."""
    if since < desk.today:
        raise Refusal("since_in_past", status=422, pointer="/since")
    if until is not None and until < since:
        raise Refusal("until_before_since", status=422, pointer="/until")


async def _others(desk: Desk, actor: Actor, username: str) -> Row:
    """Another person's account, its row locked. Raises `Problem` 404, `Refusal` 403 for one's own."""
    row = await accounts.locked_row(desk.conn, username)
    if row is None:
        raise not_found("account_not_found")
    check_not_self(actor.id, row["person"])
    return row


async def _end(desk: Desk, row: Row) -> None:
    await sessions.end_all(desk.conn, desk.now, username=row["username"])


async def _noted(desk: Desk, actor: Actor, deed: str, *events: AccountEvent) -> Json:
    await accounts.note(desk.conn, events, by=actor, now=desk.now, command_id=deed)
    return {"username": events[0].username}


async def _in_directory(desk: Desk, actor: Actor, deed: str, change: DirectoryEvent) -> Json:
    """Append a change that was looked at under the administrators' lock: nobody else gives or ends roles meanwhile."""
    await directory_of.enter(desk.conn, desk.services.directory, [change], actor=actor, now=desk.now, command_id=deed)
    return change.model_dump(mode="json", exclude_none=True)
