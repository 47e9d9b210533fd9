"""Connections and transactions. Every transaction of the product goes through `Database.transaction`."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Self, cast
from weakref import WeakKeyDictionary

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from ledger.sql import Connection

WORKER = "worker"
"""The session name of what the product does in its own name. It opens no door: the database role `worker` does (`ledger/wall`)."""


_TRUSTED_SECONDS = 2.0
"""A connection used this lately is taken as it is: looking costs a round trip, and a dead one shows at its first statement."""


class _Check:
    """The pool's look at a connection before it is given out."""

    def __init__(self) -> None:
        self._used: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    async def __call__(self, conn: Connection) -> None:
        now = time.monotonic()
        if now - self._used.get(conn, 0.0) > _TRUSTED_SECONDS:
            await AsyncConnectionPool.check_connection(conn)  # pyright: ignore[reportArgumentType] -- whatever its rows are
        self._used[conn] = now


class Database:
    """Connections to the ledger's PostgreSQL: one pool for what people do, one for what the product does in its own name.

    `worker` is the address with the role `worker`; where it is absent or the same, one pool serves both.
    """

    def __init__(self, dsn: str, *, worker: str | None = None, size: int = 10, name: str = "yuanshou") -> None:
        self.dsn = dsn
        self._pool = _pool(dsn, size, name)
        self._own = _pool(worker, size, name) if worker and worker != dsn else self._pool

    async def __aenter__(self) -> Self:
        await self._pool.open()
        await self._own.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()
        await self._own.close()

    @asynccontextmanager
    async def transaction(self, session: str, *, pipeline: bool = False, keyed: bool = False) -> AsyncGenerator[Connection]:
        """One transaction at READ COMMITTED with `app.session` set to the caller's session for its length; `WORKER`'s as the role `worker`.

        With `pipeline`, statements travel together until a result is fetched; an error then shows at that fetch. `keyed`: every statement
        looks its rows up by their key, so one plan serves all values and none is made anew.
        Raises `psycopg.OperationalError` or `psycopg_pool.PoolTimeout` when the database is away.
        """
        pool = self._own if session == WORKER else self._pool
        async with pool.connection() as conn:
            if not pipeline:
                async with conn.transaction():
                    await _enter(conn, session, keyed=keyed)
                    yield conn
                return
            # By hand: the driver's own transaction would open pipelines of its own in this one and wait at each of their ends.
            try:
                async with conn.pipeline():
                    await conn.execute("BEGIN")
                    await _enter(conn, session, keyed=keyed)
                    yield conn
                    await conn.execute("COMMIT")
            except BaseException:
                with suppress(psycopg.OperationalError):  # the line is down: the pool drops it, and the server its transaction
                    await conn.rollback()
                raise

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A connection outside any transaction, for LISTEN and probes."""
        async with self._pool.connection() as conn:
            yield conn


async def clock(conn: Connection) -> datetime:
    """The ledger's time (docs/decisions/0012)."""
    row = await (await conn.execute("SELECT clock_timestamp() AS now")).fetchone()
    assert row is not None  # noqa: S101 -- a clock answers
    return row["now"]


def _pool(dsn: str, size: int, name: str) -> AsyncConnectionPool[Connection]:
    pool = AsyncConnectionPool(
        dsn,
        min_size=1,
        max_size=size,
        open=False,
        timeout=5,
        kwargs={"row_factory": dict_row, "autocommit": True, "prepare_threshold": 0, "application_name": name},
        check=_Check(),
    )
    return cast("AsyncConnectionPool[Connection]", pool)  # the row factory makes it so, which its type cannot tell


async def _enter(conn: Connection, session: str, *, keyed: bool) -> None:
    """Set what holds for the transaction, in one statement."""
    local = {"app.session": session}
    if keyed:
        local["plan_cache_mode"] = "force_generic_plan"
    asked = ", ".join(["set_config(%s, %s, true)"] * len(local))
    await conn.execute(f"SELECT {asked}".encode(), [word for pair in local.items() for word in pair])
