"""Local accounts and sessions: argon2id passwords with lock-out, opaque tokens that are kept as hashes only.

An account names a person of the directory; what that person may do comes from there, on every request anew. Failures and
locks are rows, so these functions answer None instead of raising: the transaction that counts a failure must commit.
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from domain.access import Principal
from domain.command import Refusal
from domain.directory import Directory
from ledger.schema import accounts, sessions
from ledger.sql import Connection, Cursor, Statement

FAILURES = 5
"""Wrong passwords in a row that lock an account."""
LOCKED_FOR = timedelta(minutes=15)
LIFETIME = timedelta(hours=8)
"""Of a session, bearer or cookie: a working day."""
SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 1024
_ZONE = ZoneInfo("Asia/Shanghai")
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id with the least cost that OWASP's password storage sheet recommends (19 MiB, two passes)."""
_NOBODYS_HASH = _HASHER.hash(secrets.token_urlsafe(32))
"""What an unknown name's password is held against, so that the answer takes as long as a known one's."""

Kind = Literal["bearer", "cookie"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. The token is told this once; the ledger keeps its SHA-256."""

    token: str
    expires_at: datetime
    username: str

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is open, and whose it is."""

    principal: Principal
    kind: Kind
    expires_at: datetime
    csrf_hash: bytes | None

    def accepts_csrf(self, sent: str) -> bool:
        """Whether a change sent by the browser carries this session's token; a bearer session has none and needs none."""
        return self.csrf_hash is None or hmac.compare_digest(_digest(sent), self.csrf_hash)


def csrf_of(token: str) -> str:
    """The token a page's forms carry, made from the session's own so that a page can be drawn from the cookie alone."""
    return hmac.new(token.encode(), b"yuanshou-csrf-v1", hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _name(username: str) -> str:
    return username.strip().casefold()


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password[:_LONGEST_PASSWORD]) and len(password) <= _LONGEST_PASSWORD
    except VerificationError:
        return False


_CREATE = Statement(
    sa.insert(accounts).values(
        {c: sa.bindparam(c, type_=accounts.c[c].type) for c in ("username", "person", "password_hash", "language", "created_at")}
    )
)
_LOCK = Statement(
    sa.select(accounts.c.password_hash, accounts.c.locked_until, accounts.c.disabled)
    .where(accounts.c.username == sa.bindparam("name"))
    .with_for_update()
)
_FAILED = Statement(
    sa.update(accounts)
    .where(accounts.c.username == sa.bindparam("name"))
    .values(
        failures=sa.case((accounts.c.failures + 1 >= FAILURES, 0), else_=accounts.c.failures + 1),
        locked_until=sa.case((accounts.c.failures + 1 >= FAILURES, sa.bindparam("until", type_=accounts.c.locked_until.type)), else_=None),
    )
)
_SUCCEEDED = Statement(sa.update(accounts).where(accounts.c.username == sa.bindparam("name")).values(failures=0, locked_until=None))
_OPEN = Statement(
    sa.insert(sessions).values(
        {c: sa.bindparam(c, type_=sessions.c[c].type) for c in ("token_hash", "username", "kind", "csrf_hash", "created_at", "expires_at")}
    )
)
_READ = Statement(
    sa.select(accounts.c.username, accounts.c.person, accounts.c.language, sessions.c.kind, sessions.c.expires_at, sessions.c.csrf_hash)
    .join_from(sessions, accounts)
    .where(
        sessions.c.token_hash == sa.bindparam("token"),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > sa.bindparam("now", type_=sessions.c.expires_at.type),
        accounts.c.disabled.is_(False),
    )
)
_END = Statement(
    sa.update(sessions)
    .where(sessions.c.token_hash == sa.bindparam("token"), sessions.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("now", type_=sessions.c.ended_at.type))
)
_LANGUAGE = Statement(sa.update(accounts).where(accounts.c.username == sa.bindparam("name")).values(language=sa.bindparam("tag")))


async def create_account(conn: Connection, username: str, person: str, password: str, now: datetime, *, language: str = "zh-CN") -> None:
    """Raises `Refusal` `password_length` (422) and `psycopg.errors.UniqueViolation` where the name is taken."""
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise Refusal("password_length", status=422, pointer="/password", least=SHORTEST_PASSWORD, most=_LONGEST_PASSWORD)
    password_hash = await asyncio.to_thread(_HASHER.hash, password)
    await _CREATE.run(conn, username=_name(username), person=person, password_hash=password_hash, language=language, created_at=now)


async def sign_in(conn: Connection, username: str, password: str, now: datetime, *, kind: Kind = "bearer") -> SignedIn | None:
    """A new session, or None: unknown name, wrong password, disabled or locked account, all alike and after the same work.

    Five wrong passwords in a row lock the account for 15 minutes; a locked one does not even tell whether the password fits.
    To be called in a transaction, which must commit: the account's row is locked for its length, so that guesses made at
    once are counted one by one.
    """
    name = _name(username)
    row = await (await _LOCK.run(conn, name=name)).fetchone()
    locked = row is not None and row["locked_until"] is not None and row["locked_until"] > now
    barred = row is None or row["disabled"] or locked
    fits = await asyncio.to_thread(_fits, _NOBODYS_HASH if row is None or barred else row["password_hash"], password)
    if barred or not fits:
        if not locked:
            await _FAILED.run(conn, name=name, until=now + LOCKED_FOR)
        return None
    await _SUCCEEDED.run(conn, name=name)
    signed_in = SignedIn(secrets.token_urlsafe(32), now + LIFETIME, name)
    await _OPEN.run(
        conn,
        token_hash=_digest(signed_in.token),
        username=name,
        kind=kind,
        csrf_hash=_digest(signed_in.csrf) if kind == "cookie" else None,
        created_at=now,
        expires_at=signed_in.expires_at,
    )
    return signed_in


async def ask_session(conn: Connection, token: str, now: datetime) -> Cursor:
    """Ask for the open session of a token; pass the answer to `session_from`."""
    return await _READ.run(conn, token=_digest(token), now=now)


async def session_from(asked: Cursor, now: datetime, directory: Directory) -> Session | None:
    """The session asked for, with its person's roles of the day; None when it ended or its person is no longer there."""
    row = await asked.fetchone()
    person = directory.person(row["person"]) if row else None
    if row is None or person is None:
        return None
    principal = Principal(
        username=row["username"],
        person=person.code,
        roles=person.roles_on(now.astimezone(_ZONE).date()),
        lawyer=person.lawyer,
        unit=person.unit,
        language=row["language"],
    )
    return Session(principal, row["kind"], row["expires_at"], row["csrf_hash"] and bytes(row["csrf_hash"]))


async def session_of(conn: Connection, token: str, now: datetime, directory: Directory) -> Session | None:
    """The open session of a token in one step."""
    return await session_from(await ask_session(conn, token, now), now, directory)


async def end_session(conn: Connection, token: str, now: datetime) -> None:
    """Sign out: the token is worthless from now on, also where it was copied."""
    await _END.run(conn, token=_digest(token), now=now)


async def set_language(conn: Connection, username: str, language: str) -> None:
    """The language in which the person is answered; a tag of the catalogues."""
    await _LANGUAGE.run(conn, name=_name(username), tag=language)
