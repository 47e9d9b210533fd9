"""Local accounts: argon2id passwords with lock-out, a second factor where one is enrolled; each change an event of the account's stream.

An account names a person of the directory. Failures and locks are rows, so what proves somebody answers `Denied` instead of raising:
the transaction that counts a failure must commit.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from domain.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, AccountCreated, AccountEvent
from domain.command import Actor, Refusal
from ledger import registers, second_factor
from ledger.keys import Keys
from ledger.schema import accounts, oidc_links, second_factors
from ledger.sessions import Kind, SignedIn, open_session
from ledger.sql import Connection, Row, Statement

FAILURES = 5
"""Wrong passwords or codes in a row that lock an account."""
LOCKED_FOR = timedelta(minutes=15)
HOUSE = Actor("system", "system", "system")
"""Who acts where the product itself does, before there is anybody who could: the worked example, the first administrator."""
_ZONE = ZoneInfo("Asia/Shanghai")
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id with the least cost that OWASP's password storage sheet recommends (19 MiB, two passes)."""
_NOBODYS_HASH = _HASHER.hash(secrets.token_urlsafe(32))
"""What an unknown name's password is held against, so that the answer takes as long as a known one's."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An account that was proven. `recovery_left` where a recovery code was spent for it."""

    username: str
    person: str
    must_change: bool
    second_factor: bool
    recovery_left: int | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """Why nobody is let in; `username` is the account's, where there is one by the name given."""

    code: Literal["bad_credentials", "otp_required", "otp_invalid"]
    username: str | None = None


def name_of(username: str) -> str:
    """The name as it is kept: the same in any case and between spaces."""
    return username.strip().casefold()


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password[:LONGEST_PASSWORD]) and len(password) <= LONGEST_PASSWORD
    except VerificationError:
        return False


async def fits(password_hash: str, password: str) -> bool:
    return await asyncio.to_thread(_fits, password_hash, password)


def _bound(*names: str) -> dict[str, Any]:
    return {name: sa.bindparam(name, type_=accounts.c[name].type) for name in names}


_NAMED = accounts.c.username == sa.bindparam("name")
_COUNTED = accounts.c.failures + 1 >= FAILURES
_CREATE = Statement(sa.insert(accounts).values(_bound("username", "person", "password_hash", "language", "created_at", "must_change")))
_LOCK = Statement(sa.select(accounts).where(_NAMED).with_for_update())
_FAILED = Statement(
    sa.update(accounts)
    .where(_NAMED)
    .values(
        failures=sa.case((_COUNTED, 0), else_=accounts.c.failures + 1),
        locked_until=sa.case((_COUNTED, sa.bindparam("until", type_=accounts.c.locked_until.type)), else_=None),
    )
)
_SUCCEEDED = Statement(
    sa.update(accounts)
    .where(_NAMED)
    .values(failures=0, locked_until=None, last_sign_in_at=sa.bindparam("now", type_=accounts.c.last_sign_in_at.type))
)
_PASSWORD = Statement(
    sa.update(accounts).where(_NAMED).values(_bound("password_hash", "must_change") | {"failures": 0, "locked_until": None})
)
_BARRED = Statement(sa.update(accounts).where(_NAMED).values(_bound("disabled")))
_UNLOCK = Statement(sa.update(accounts).where(_NAMED).values(failures=0, locked_until=None))
_LANGUAGE = Statement(sa.update(accounts).where(_NAMED).values(language=sa.bindparam("tag")))
_ALL = Statement(
    sa.select(accounts, second_factors.c.enrolled_at, second_factors.c.drift, oidc_links.c.issuer, oidc_links.c.subject)
    .join_from(accounts, second_factors, isouter=True)
    .join(oidc_links, oidc_links.c.username == accounts.c.username, isouter=True)
    .order_by(accounts.c.username)
)
_LINKED = Statement(
    sa.select(accounts)
    .join_from(accounts, oidc_links)
    .where(oidc_links.c.issuer == sa.bindparam("issuer"), oidc_links.c.subject == sa.bindparam("subject"))
    .with_for_update(of=accounts)
)
_LINK = Statement(sa.insert(oidc_links).values({c: sa.bindparam(c) for c in ("issuer", "subject", "username")}))
_UNLINK = Statement(
    sa.delete(oidc_links).where(oidc_links.c.username == sa.bindparam("name")).returning(oidc_links.c.issuer, oidc_links.c.subject)
)


async def create_account(
    conn: Connection,
    username: str,
    person: str,
    password: str,
    now: datetime,
    *,
    language: str = "zh-CN",
    first: bool = False,
    by: Actor = HOUSE,
    command_id: str = "account-created",
) -> None:
    """A new account, and the event that says so; `first`: its password is for one sign-in.

    Raises `Refusal` `password_length` (422) and `psycopg.errors.UniqueViolation` where the name is taken.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refusal("password_length", status=422, pointer="/password", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)
    name, password_hash = name_of(username), await hashed(password)
    await _CREATE.run(
        conn, username=name, person=person, password_hash=password_hash, language=language, created_at=now, must_change=first
    )  # fmt: skip
    await note(conn, [AccountCreated(since=legal_day(now), username=name, person=person)], by=by, now=now, command_id=command_id)


async def note(conn: Connection, events: Sequence[AccountEvent], *, by: Actor, now: datetime, command_id: str) -> None:
    """Append what happened to the account's stream."""
    await registers.append(conn, events, actor=by, now=now, command_id=command_id)


def legal_day(now: datetime) -> date:
    """The day in Asia/Shanghai."""
    return now.astimezone(_ZONE).date()


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_HASHER.hash, password)


async def prove(
    conn: Connection, username: str, password: str, now: datetime, *, otp: str | None = None, master: Keys | None = None
) -> Proof | Denied:
    """Whether name, password and, where one is enrolled, the second factor's code are right.

    An unknown name, a wrong password, a disabled and a locked account are answered alike and after the same work. Five wrong passwords or
    codes in a row lock the account for 15 minutes; a locked one does not even tell whether the password fits. To be called in a
    transaction, which must commit: the account's row is locked for its length, so that guesses made at once are counted one by one.
    """
    name = name_of(username)
    row = await locked_row(conn, name)
    locked = row is not None and row["locked_until"] is not None and row["locked_until"] > now
    barred = row is None or row["disabled"] or locked
    right = await fits(_NOBODYS_HASH if row is None or barred else row["password_hash"], password)
    if row is None or barred or not right:
        if not locked:
            await failed(conn, name, now)
        return Denied("bad_credentials", name if row else None)
    return await prove_factor(conn, row, now, otp=otp, master=master)


async def prove_factor(conn: Connection, row: Row, now: datetime, *, otp: str | None, master: Keys | None) -> Proof | Denied:
    """The rest of a proof, for an account (`row`, locked) whose password was right: the code of its second factor."""
    name: str = row["username"]
    factor = await second_factor.row_of(conn, name)
    accepted = second_factor.Accepted()
    if factor is not None and second_factor.enrolled(factor):
        if not otp or master is None:
            return Denied("otp_required", name)
        found = await second_factor.check(conn, master, factor, otp, now)
        if found is None:
            await failed(conn, name, now)
            return Denied("otp_invalid", name)
        accepted = found
    await _SUCCEEDED.run(conn, name=name, now=now)
    return Proof(name, row["person"], row["must_change"], second_factor.enrolled(factor), accepted.recovery_left)


async def sign_in(
    conn: Connection,
    username: str,
    password: str,
    now: datetime,
    *,
    kind: Kind = "bearer",
    otp: str | None = None,
    master: Keys | None = None,
) -> SignedIn | None:
    """A new session for who proves to be the account's, or None; as `prove` in all else."""
    proof = await prove(conn, username, password, now, otp=otp, master=master)
    return await open_session(conn, proof.username, now, kind=kind) if isinstance(proof, Proof) else None


async def administer(conn: Connection) -> None:
    """Let one administrator at a time change accounts and roles: whoever comes second reads what the first one did.

    Taken before any account's row, any session and the ledger's lock, in this order.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(hashtext('yuanshou-accounts'))")


async def locked_row(conn: Connection, username: str) -> Row | None:
    """The account's row, locked to the end of the transaction."""
    return await (await _LOCK.run(conn, name=name_of(username))).fetchone()


async def failed(conn: Connection, username: str, now: datetime) -> None:
    """Count a wrong password or code."""
    await _FAILED.run(conn, name=username, until=now + LOCKED_FOR)


async def signed_in(conn: Connection, username: str, now: datetime) -> None:
    """Somebody proved to be the account's: earlier failures count no more."""
    await _SUCCEEDED.run(conn, name=username, now=now)


async def set_password(conn: Connection, username: str, password: str, *, first: bool) -> None:
    """Put a password in force, which also takes off a lock; its rules were looked at before (`domain.accounts.check_password`)."""
    await _PASSWORD.run(conn, name=username, password_hash=await hashed(password), must_change=first)


async def set_disabled(conn: Connection, username: str, *, disabled: bool) -> None:
    await _BARRED.run(conn, name=username, disabled=disabled)


async def unlock(conn: Connection, username: str) -> None:
    await _UNLOCK.run(conn, name=username)


async def link(conn: Connection, username: str, issuer: str, subject: str) -> None:
    """Raises `psycopg.errors.UniqueViolation` where either of them has a link already."""
    await _LINK.run(conn, issuer=issuer, subject=subject, username=username)


async def unlink(conn: Connection, username: str) -> list[Row]:
    """Take off the account's links; those there were."""
    return await (await _UNLINK.run(conn, name=username)).fetchall()


async def linked(conn: Connection, issuer: str, subject: str) -> Row | None:
    """The account that a provider's person signs in to, locked."""
    return await (await _LINKED.run(conn, issuer=issuer, subject=subject)).fetchone()


async def has_second_factor(conn: Connection, username: str) -> bool:
    return second_factor.enrolled(await second_factor.look(conn, username))


async def every(conn: Connection) -> list[Row]:
    """All accounts by name, with their second factor's day and their link; the hash is not to leave this house."""
    return await (await _ALL.run(conn)).fetchall()


async def set_language(conn: Connection, username: str, language: str) -> None:
    """The language in which the person is answered; a tag of the catalogues."""
    await _LANGUAGE.run(conn, name=name_of(username), tag=language)
