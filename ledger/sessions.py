"""Sessions: opaque tokens that are kept as hashes only, of people who signed in and of programs to which they gave a token.

A session says who asks; what that person may do comes from the directory, on every request anew.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from domain.access import Principal
from domain.directory import Directory
from ledger.schema import accounts, second_factors, sessions
from ledger.sql import Connection, Cursor, Row, Statement

LIFETIME = timedelta(hours=8)
"""Of a session, bearer or cookie: a working day."""
IDLE = timedelta(hours=2)
"""After so long without a request a session is over, also for the database (`wall/functions.sql`); a personal access token knows no such
limit."""
SITTING = timedelta(minutes=30)
"""How long a decision may follow on a one-time code, or on the decision before it. An approver who works through the desk gives one code;
a browser left alone over a meal, or carried off, decides nothing."""
LONGEST_TOKEN = timedelta(days=366)
TOKEN_PREFIX = "yst_"  # noqa: S105 -- what a token begins with, so that one left in a file is recognised
_SEEN_EVERY = timedelta(minutes=1)
_ZONE = ZoneInfo("Asia/Shanghai")

Kind = Literal["bearer", "cookie", "token"]
Owed = Literal["password", "second_factor", "otp"]
"""What a session owes before it may do anything else: a password of one's own, a second factor to be set up, a code of it."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. The token is told this once; the ledger keeps its SHA-256."""

    token: str
    expires_at: datetime
    username: str
    owes: tuple[Owed, ...] = ()

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in comes from: the network address and what the browser or program calls itself."""

    address: str | None = None
    agent: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sitting:
    """Of a session whose account has a second factor: until when it decides without a further code; None where none was given in it."""

    until: datetime | None
    now: datetime

    @property
    def open(self) -> bool:
        return self.until is not None and self.now < self.until


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is open, and whose it is. `scopes` limit a personal access token; None: everything the person may."""

    principal: Principal
    kind: Kind
    expires_at: datetime
    csrf_hash: bytes | None
    session_id: str = ""
    scopes: frozenset[str] | None = None
    owes: tuple[Owed, ...] = ()
    sitting: Sitting | None = None
    """None where no code is asked for: the account has no second factor."""
    stale: bool = False
    """Whether it is time to note that it was seen."""

    def accepts_csrf(self, sent: str) -> bool:
        """Whether a change sent by the browser carries this session's token; a bearer session has none and needs none."""
        return self.csrf_hash is None or hmac.compare_digest(digest(sent), self.csrf_hash)


def csrf_of(token: str) -> str:
    """The token a page's forms carry, made from the session's own so that a page can be drawn from the cookie alone."""
    return hmac.new(token.encode(), b"yuanshou-csrf-v1", hashlib.sha256).hexdigest()


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _bound(*names: str) -> dict[str, sa.BindParameter[Any]]:
    return {name: sa.bindparam(name, type_=sessions.c[name].type) for name in names}


_NOW = sa.bindparam("now", type_=sessions.c.expires_at.type)
_WRITTEN = (
    *("token_hash", "username", "kind", "csrf_hash", "created_at", "seen_at", "expires_at"),
    *("scopes", "label", "owes", "address", "agent", "sat_at"),
)
_OPEN = Statement(sa.insert(sessions).values(_bound(*_WRITTEN)).returning(sessions.c.session_id))
_READ = Statement(
    sa.select(sessions, accounts.c.person, accounts.c.language, second_factors.c.secret.is_not(None).label("has_factor"))
    .join_from(sessions, accounts)
    .join(second_factors, second_factors.c.username == accounts.c.username, isouter=True)
    .where(
        sessions.c.token_hash == sa.bindparam("token"),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > _NOW,
        sa.or_(sessions.c.kind == "token", sessions.c.seen_at > sa.bindparam("idle", type_=sessions.c.seen_at.type)),
        accounts.c.disabled.is_(False),
    )
)
_SEEN = Statement(
    sa.update(sessions)
    .where(
        sessions.c.token_hash
        == sa.select(sessions.c.token_hash)
        .where(sessions.c.token_hash == sa.bindparam("token"), sessions.c.seen_at < _NOW)
        .with_for_update(skip_locked=True)  # of two requests at once one notes it, and the other does not wait
        .scalar_subquery()
    )
    .values(seen_at=_NOW)
)
_END = Statement(
    sa.update(sessions).where(sessions.c.token_hash == sa.bindparam("token"), sessions.c.ended_at.is_(None)).values(ended_at=_NOW)
)
_END_ONE = Statement(
    sa.update(sessions)
    .where(
        sessions.c.session_id == sa.bindparam("id", type_=sessions.c.session_id.type),
        sessions.c.username == sa.bindparam("name"),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > _NOW,
    )
    .values(ended_at=_NOW)
    .returning(sessions.c.kind)
)
_END_ALL = Statement(
    sa.update(sessions)
    .where(
        sessions.c.username == accounts.c.username,
        sa.or_(accounts.c.username == sa.bindparam("name", type_=sa.Text), accounts.c.person == sa.bindparam("person", type_=sa.Text)),
        sessions.c.ended_at.is_(None),
        sessions.c.session_id.is_distinct_from(sa.bindparam("but", type_=sessions.c.session_id.type)),
        sa.or_(sessions.c.kind != "token", sa.bindparam("tokens", type_=sa.Boolean)),
    )
    .values(ended_at=_NOW)
)
_OF_ACCOUNT = Statement(
    sa.select(sessions)
    .where(
        sessions.c.username == sa.bindparam("name"),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > _NOW,
        sa.or_(sessions.c.kind == "token", sessions.c.seen_at > sa.bindparam("idle", type_=sessions.c.seen_at.type)),
    )
    .order_by(sessions.c.created_at.desc(), sessions.c.session_id)
)
_PAID = Statement(
    sa.update(sessions)
    .where(sessions.c.session_id == sa.bindparam("id", type_=sessions.c.session_id.type))
    .values(owes=sa.func.array_remove(sessions.c.owes, sa.bindparam("what", type_=sa.Text)))
)


_SAT = Statement(
    sa.update(sessions)
    .where(
        sessions.c.token_hash == sa.bindparam("token"),
        sessions.c.sat_at < sa.bindparam("before", type_=sessions.c.sat_at.type),  # of a sitting that is open, and not at every click
    )
    .values(sat_at=_NOW)
)
_SITS = Statement(
    sa.update(sessions).where(sessions.c.session_id == sa.bindparam("id", type_=sessions.c.session_id.type)).values(sat_at=_NOW)
)


async def open_session(
    conn: Connection,
    username: str,
    now: datetime,
    *,
    kind: Kind = "bearer",
    owes: Iterable[Owed] = (),
    origin: Origin | None = None,
    proved: bool = False,
) -> SignedIn:
    """A new session of an account that proved itself, under a token nobody has had before; `proved`: by a second factor too."""
    came = origin or Origin()
    owed = tuple(owes)
    signed_in = SignedIn(secrets.token_urlsafe(32), now + LIFETIME, username, owed)
    await _OPEN.run(
        conn,
        token_hash=digest(signed_in.token),
        username=username,
        kind=kind,
        csrf_hash=digest(signed_in.csrf) if kind == "cookie" else None,
        created_at=now,
        seen_at=now,
        expires_at=signed_in.expires_at,
        owes=list(owed),
        address=came.address,
        agent=(came.agent or "")[:200] or None,
        sat_at=now if proved else None,
    )
    return signed_in


async def issue_token(
    conn: Connection, username: str, now: datetime, *, label: str, scopes: Iterable[str], expires_at: datetime
) -> tuple[str, str]:
    """A personal access token, told this once, and the id under which it is listed and revoked."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    made = await _OPEN.run(
        conn,
        token_hash=digest(token),
        username=username,
        kind="token",
        created_at=now,
        seen_at=now,
        expires_at=expires_at,
        scopes=sorted(scopes),
        label=label,
        owes=[],
    )
    row = await made.fetchone()
    assert row is not None  # noqa: S101 -- an insert gives its row
    return token, str(row["session_id"])


async def ask_session(conn: Connection, token: str, now: datetime) -> Cursor:
    """Ask for the open session of a token; pass the answer to `session_from`."""
    return await _READ.run(conn, token=digest(token), now=now, idle=now - IDLE)


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
    return Session(
        principal=principal,
        kind=row["kind"],
        expires_at=row["expires_at"],
        csrf_hash=row["csrf_hash"] and bytes(row["csrf_hash"]),
        session_id=str(row["session_id"]),
        scopes=None if row["scopes"] is None else frozenset(row["scopes"]),
        owes=tuple(row["owes"]),
        sitting=Sitting(row["sat_at"] and row["sat_at"] + SITTING, now) if row["has_factor"] else None,
        stale=row["seen_at"] <= now - _SEEN_EVERY,
    )


async def session_of(conn: Connection, token: str, now: datetime, directory: Directory) -> Session | None:
    """The open session of a token in one step."""
    return await session_from(await ask_session(conn, token, now), now, directory)


async def seen(conn: Connection, token: str, now: datetime) -> None:
    """Note that the session is in use; its idle limit counts from here."""
    await _SEEN.run(conn, token=digest(token), now=now)


async def end_session(conn: Connection, token: str, now: datetime) -> None:
    """Sign out: the token is worthless from now on, also where it was copied."""
    await _END.run(conn, token=digest(token), now=now)


async def end_one(conn: Connection, username: str, session_id: str, now: datetime) -> Kind | None:
    """End one of the account's open sessions, or revoke a token; what it was, None where the account has no such session."""
    row = await (await _END_ONE.run(conn, id=session_id, name=username, now=now)).fetchone()
    return row["kind"] if row else None


async def end_all(
    conn: Connection, now: datetime, *, username: str | None = None, person: str | None = None, but: str | None = None, tokens: bool = True
) -> None:
    """End every session of an account, or of a person's accounts, and with `tokens` what was given to programs; but for one."""
    await _END_ALL.run(conn, name=username, person=person, but=but, tokens=tokens, now=now)


async def sessions_of(conn: Connection, username: str, now: datetime) -> list[Row]:
    """The account's open sessions and tokens, the newest first."""
    return await (await _OF_ACCOUNT.run(conn, name=username, now=now, idle=now - IDLE)).fetchall()


async def paid(conn: Connection, session_id: str, what: Owed) -> None:
    """The session no longer owes it."""
    await _PAID.run(conn, id=session_id, what=what)


async def sits(conn: Connection, session_id: str, now: datetime) -> None:
    """A code was given in the session: a sitting begins."""
    await _SITS.run(conn, id=session_id, now=now)


async def decided(conn: Connection, token: str, now: datetime) -> None:
    """A decision was made in the session's open sitting, which goes on from here."""
    await _SAT.run(conn, token=digest(token), now=now, before=now - _SEEN_EVERY)
