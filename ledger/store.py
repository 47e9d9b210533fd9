"""Connections and transactions. Every transaction of the product goes through `Database.transaction`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self, cast

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from ledger.sql import Connection

WORKER = "worker"
"""The session name of the workers' own transactions."""


class Database:
    """A pool of connections to the ledger's PostgreSQL."""

    def __init__(self, dsn: str, *, size: int = 10, name: str = "yuanshou") -> None:
        self.dsn = dsn
        pool = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=size,
            open=False,
            timeout=5,
            kwargs={"row_factory": dict_row, "autocommit": True, "prepare_threshold": 0, "application_name": name},
            check=AsyncConnectionPool.check_connection,
        )
        self._pool = cast("AsyncConnectionPool[Connection]", pool)  # the row factory makes it so, which its type cannot tell

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self, session: str, *, pipeline: bool = False) -> AsyncGenerator[Connection]:
        """One transaction at READ COMMITTED with `app.session` set to the caller's session for its length.

        With `pipeline`, statements travel together until a result is fetched; an error then shows at that fetch.
        Raises `psycopg.OperationalError` or `psycopg_pool.PoolTimeout` when the database is away.
        """
        async with self._pool.connection() as conn:
            if pipeline:
                async with conn.pipeline(), conn.transaction():
                    await _enter(conn, session)
                    yield conn
            else:
                async with conn.transaction():
                    await _enter(conn, session)
                    yield conn

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A connection outside any transaction, for LISTEN and probes."""
        async with self._pool.connection() as conn:
            yield conn


async def _enter(conn: Connection, session: str) -> None:
    await conn.execute("SELECT set_config('app.session', %s, true)", (session,))
