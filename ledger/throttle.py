"""How often a network may fail to sign in, and look at the public page: counted in the database, for every process alike.

Failed sign-ins stand under the address itself; looks under a word of their own (`look <network>`, `number <mark>`), each look, right or
wrong, before it is answered, so that nobody guesses faster by asking many times at once.
"""

import ipaddress
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ledger.schema import sign_in_throttle as throttle
from ledger.sql import Connection, Statement

FAILURES = 30
"""Failed sign-ins of one address within the window: an office behind one address mistypes less."""
WINDOW = timedelta(minutes=10)


class Limit(NamedTuple):
    """Looks within `WINDOW` of their first."""

    word: str
    most: int


BY_NETWORK, BY_NUMBER = Limit("look", 60), Limit("number", 10)
"""A village's only connection, or a centre's own screen, looks for many people; a number is somebody's own. At ten guesses in ten minutes a
code of 40 bits stands for more than a million years."""
_IPV6_NETWORK = 64

_NOW = sa.bindparam("now", type_=throttle.c.since.type)
_OVER = throttle.c.since <= sa.bindparam("begins", type_=throttle.c.since.type)
_READ = Statement(sa.select(throttle).where(throttle.c.address == sa.bindparam("at")))
_COUNTED = Statement(
    insert(throttle)
    .values(address=sa.bindparam("at"), failures=1, since=_NOW)
    .on_conflict_do_update(
        index_elements=["address"],
        set_={"failures": sa.case((_OVER, 1), else_=throttle.c.failures + 1), "since": sa.case((_OVER, _NOW), else_=throttle.c.since)},
    )
    .returning(throttle.c.failures, throttle.c.since)
)
_OLD = (
    sa.select(throttle.c.address)
    .where(sa.or_(*(throttle.c.address.startswith(f"{limit.word} ") for limit in (BY_NETWORK, BY_NUMBER))), _OVER)
    .limit(100)
    .with_for_update(skip_locked=True)
)
_FORGET = Statement(sa.delete(throttle).where(throttle.c.address.in_(_OLD)))
"""Looks whose window is over; rows that somebody counts in at this moment are passed by, so nobody waits for anybody's."""


async def wait(conn: Connection, address: str | None, now: datetime) -> int:
    """Seconds until the address may try again; 0 where it may now. Who has no address (a program in the house) never waits."""
    row = await (await _READ.run(conn, at=address)).fetchone() if address else None
    if row is None or row["failures"] < FAILURES or now >= row["since"] + WINDOW:
        return 0
    return max(1, int((row["since"] + WINDOW - now).total_seconds()))


async def failed(conn: Connection, address: str | None, now: datetime) -> None:
    """Count a failure."""
    if address:
        await _COUNTED.run(conn, at=address, now=now, begins=now - WINDOW)


async def look(conn: Connection, limit: Limit, whose: str, now: datetime) -> int:
    """Count a look; seconds until the next may be, 0 where this one may. Commit it whatever comes of the look."""
    row = await (await _COUNTED.run(conn, at=f"{limit.word} {whose}", now=now, begins=now - WINDOW)).fetchone()
    if row is None or row["failures"] <= limit.most:
        return 0
    return max(1, int((row["since"] + WINDOW - now).total_seconds()))


async def forget(conn: Connection, now: datetime) -> None:
    """Drop counts of looks that count no more. Before the first `look` of a transaction."""
    await _FORGET.run(conn, begins=now - WINDOW)


def network_of(address: str | None) -> str:
    """Whose looks count together: an IPv4 address, the network of an IPv6 one (whoever has one has all of it), `here` for who has none."""
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "here"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ipaddress.ip_network((known, _IPV6_NETWORK), strict=False))
