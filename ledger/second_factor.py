"""The second factor: codes of time (RFC 6238, 30 s, six digits) from an authenticator app, and recovery codes for a lost one.

The secret is kept encrypted under a master key, outside the database, and bound to its account. A code is good for its own step and the one
before and after (clocks differ), and once: neither it nor an older one is accepted again.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy.dialects.postgresql import insert

from ledger.keys import Keys
from ledger.personal import unwrap_secret, wrap_secret
from ledger.schema import second_factors
from ledger.sessions import digest
from ledger.sql import Connection, Row, Statement

STEP_SECONDS = 30
SKEW = (0, -1, 1)
"""Steps that a device's clock may be off, the likeliest first."""
RECOVERY_CODES = 10
ISSUER = "援手 Yuanshou"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

_T = second_factors.c
_ROW = Statement(sa.select(second_factors).where(_T.username == sa.bindparam("name")).with_for_update())
_LOOK = Statement(sa.select(second_factors).where(_T.username == sa.bindparam("name")))
_pending: dict[str, Any] = {name: sa.bindparam(name, type_=_T[name].type) for name in ("username", "pending")}
_BEGIN = Statement(
    insert(second_factors).values(_pending).on_conflict_do_update(index_elements=["username"], set_={"pending": _pending["pending"]})
)
_CONFIRM = Statement(
    sa.update(second_factors)
    .where(_T.username == sa.bindparam("name"))
    .values(
        secret=_T.pending,
        pending=None,
        last_step=sa.bindparam("step"),
        drift=sa.bindparam("off", type_=sa.SmallInteger),
        recovery=sa.bindparam("codes", type_=_T.recovery.type),
        enrolled_at=sa.bindparam("now", type_=_T.enrolled_at.type),
    )
)
_USED = Statement(
    sa.update(second_factors)
    .where(_T.username == sa.bindparam("name"))
    .values(last_step=sa.bindparam("step"), drift=sa.bindparam("off", type_=sa.SmallInteger))
)
_SPENT = Statement(
    sa.update(second_factors)
    .where(_T.username == sa.bindparam("name"))
    .values(recovery=sa.func.array_remove(_T.recovery, sa.bindparam("code", type_=sa.LargeBinary)))
)
_REMOVE = Statement(sa.delete(second_factors).where(_T.username == sa.bindparam("name")))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A code that was right. `drift`: steps of 30 s the device's clock was off; `recovery_left` where a recovery code was spent."""

    drift: int = 0
    recovery_left: int | None = None


def uri_of(secret: str, username: str) -> str:
    """What the app reads from the QR code."""
    return TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


async def row_of(conn: Connection, username: str) -> Row | None:
    """The account's factor, locked: codes sent at once are looked at one by one."""
    return await (await _ROW.run(conn, name=username)).fetchone()


async def look(conn: Connection, username: str) -> Row | None:
    """The account's factor as it is, not locked."""
    return await (await _LOOK.run(conn, name=username)).fetchone()


def enrolled(row: Row | None) -> bool:
    return row is not None and row["secret"] is not None


async def begin(conn: Connection, master: Keys, username: str) -> str:
    """A new secret (base32) to be shown once to the person; it counts for nothing until a code of it was sent."""
    secret = random_base32()
    await _BEGIN.run(conn, username=username, pending=wrap_secret(master, _place(username), secret.encode()))
    return secret


async def confirm(conn: Connection, master: Keys, username: str, code: str, now: datetime) -> tuple[str, ...] | None:
    """Put the secret that was begun in force; the recovery codes, told this once. None where the code is not of it."""
    row = await row_of(conn, username)
    if row is None or row["pending"] is None:
        return None
    found = _step(_opened(master, row, "pending"), code, now, after=0)
    if found is None:
        return None
    step, drift = found
    codes = tuple(f"{_word()}-{_word()}" for _ in range(RECOVERY_CODES))
    await _CONFIRM.run(conn, name=username, step=step, off=drift, codes=[digest(c) for c in codes], now=now)
    return codes


async def check(conn: Connection, master: Keys, row: Row, code: str, now: datetime) -> Accepted | None:
    """Whether a code is right, now and for the first time; `row` as `row_of` locked it."""
    given = code.strip().replace(" ", "").lower()
    if not given.isdecimal():
        return await _recovered(conn, row, given)
    found = _step(_opened(master, row, "secret"), given, now, after=row["last_step"])
    if found is None:
        return None
    step, drift = found
    await _USED.run(conn, name=row["username"], step=step, off=drift)
    return Accepted(drift=drift)


async def remove(conn: Connection, username: str) -> None:
    await _REMOVE.run(conn, name=username)


async def _recovered(conn: Connection, row: Row, given: str) -> Accepted | None:
    hashes = [bytes(code) for code in row["recovery"]]
    if digest(given) not in hashes:
        return None
    await _SPENT.run(conn, name=row["username"], code=digest(given))
    return Accepted(recovery_left=len(hashes) - 1)


def _step(secret: str, code: str, now: datetime, *, after: int) -> tuple[int, int] | None:
    """The step a code is of, later than `after`, and how far from now; None where it is of none that may be."""
    totp, current = TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    for off in SKEW:
        if current + off > after and hmac.compare_digest(totp.generate_otp(current + off), code):
            return current + off, off
    return None


def _opened(master: Keys, row: Row, column: str) -> str:
    return unwrap_secret(master, _place(row["username"]), bytes(row[column])).decode()


def _place(username: str) -> str:
    return f"totp/{username}"


def _word() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))
