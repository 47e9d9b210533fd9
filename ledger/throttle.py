"""How often a network address may fail to sign in before it has to wait: counted in the database, so that it holds for every process."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ledger.schema import sign_in_throttle as throttle
from ledger.sql import Connection, Statement

FAILURES = 30
"""Failed sign-ins of one address within the window: an office behind one address mistypes less."""
WINDOW = timedelta(minutes=10)

_NOW = sa.bindparam("now", type_=throttle.c.since.type)
_OVER = throttle.c.since <= sa.bindparam("begins", type_=throttle.c.since.type)
_READ = Statement(sa.select(throttle).where(throttle.c.address == sa.bindparam("at")))
_FAILED = Statement(
    insert(throttle)
    .values(address=sa.bindparam("at"), failures=1, since=_NOW)
    .on_conflict_do_update(
        index_elements=["address"],
        set_={"failures": sa.case((_OVER, 1), else_=throttle.c.failures + 1), "since": sa.case((_OVER, _NOW), else_=throttle.c.since)},
    )
)


async def wait(conn: Connection, address: str | None, now: datetime) -> int:
    """Seconds until the address may try again; 0 where it may now. Who has no address (a program in the house) never waits."""
    row = await (await _READ.run(conn, at=address)).fetchone() if address else None
    if row is None or row["failures"] < FAILURES or now >= row["since"] + WINDOW:
        return 0
    return max(1, int((row["since"] + WINDOW - now).total_seconds()))


async def failed(conn: Connection, address: str | None, now: datetime) -> None:
    """Count a failure."""
    if address:
        await _FAILED.run(conn, at=address, now=now, begins=now - WINDOW)
