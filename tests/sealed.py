"""A house's ledger sealed as its schedule would, and an event altered behind everybody's back as the database's administrator could."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from activities.verify import Verifier, Verify
from ledger.signer import SealRefused
from notify.anchors.directory import Directory
from notify.sealing import Sealing
from ops.home import Home
from ops.postgres import SUPERUSER
from tests.house import House
from tests.poll import until
from workers.app import sandbox
from workers.verifying import stay_verifying, verification, verify_worker


async def seal(house: House) -> int:
    """Seal the ledgers with the house's own keys and put the heads into its directory; how many events of cases are under the tree."""
    settings = house.settings.sealing
    sealing = Sealing(house.database, house.settings.keys, settings, [Directory(settings.anchors, settings.anchors_outside)])
    sizes: list[int] = []

    async def sealed() -> bool:
        try:
            run = await sealing.run()
        except SealRefused as fault:
            if fault.code != "two_signers":  # another test seals at this moment
                raise
            return False
        assert not run.refused
        sizes.append(run.sealed["case"].checkpoint.size)
        return True

    await until(sealed)
    return sizes[-1]


@asynccontextmanager
async def verifying(house: House, verify: Verify | None = None) -> AsyncGenerator[None]:
    """While it is open, what auditors ask for is carried out: by the product's own verification, or by another."""
    async with verify_worker(house.client, Verifier(house.database, verify or verification(house.settings)), sandbox()):
        duty = asyncio.create_task(stay_verifying(house.database, house.client))
        try:
            yield
        finally:
            duty.cancel()
            with suppress(asyncio.CancelledError):
                await duty


@asynccontextmanager
async def altered(house: House, case_id: str, version: int, /, **columns: Any) -> AsyncGenerator[None]:
    """While it is open, an event of the case says something else; its triggers do not see it."""
    async with await superuser(house) as conn:
        names = sql.SQL(", ").join(map(sql.Identifier, ("position", *columns)))
        asked = sql.SQL("SELECT {} FROM events WHERE stream = %s AND version = %s").format(names)
        found = await (await conn.execute(asked, (f"case/{case_id}", version))).fetchone()
        assert found is not None
        position, *before = found
        assert before != list(columns.values()), "nothing would be altered"
        await _put(conn, position, columns)
        try:
            yield
        finally:
            await _put(conn, position, dict(zip(columns, before, strict=True)))


async def superuser(house: House) -> psycopg.AsyncConnection[Any]:
    """A connection as whoever administers the database, past triggers and policies."""
    address = make_conninfo(house.engines.owner_dsn, user=SUPERUSER, password=Home(house.engines.home).secret(f"postgres-{SUPERUSER}"))
    conn = await psycopg.AsyncConnection.connect(address, autocommit=True)
    await conn.execute("SET session_replication_role = replica")
    return conn


async def _put(conn: psycopg.AsyncConnection[Any], position: int, columns: dict[str, Any]) -> None:
    names = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns)
    change = sql.SQL("UPDATE events SET {} WHERE ledger = 'case' AND position = %s").format(names)
    assert (await conn.execute(change, (*columns.values(), position))).rowcount == 1
