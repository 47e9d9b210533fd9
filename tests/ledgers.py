"""Ledgers of a test's own: a database beside the session's on the same engine, for what needs a whole ledger to walk or forge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ledger.store import Database
from ops.engines import Engines
from ops.home import Home
from ops.migration import migrate
from ops.postgres import SUPERUSER


@dataclass(frozen=True)
class Addresses:
    """A database, and its addresses by role."""

    name: str
    owner: str
    worker: str
    app: str


@contextmanager
def database_of_its_own(engines: Engines, like: str | None = None) -> Generator[Addresses]:
    """A new database, migrated, with its wall; gone afterwards. With `like` it is a copy of another one that nobody is connected to."""
    name = f"own_{uuid4().hex[:12]}"
    password = Home(engines.home).secret(f"postgres-{SUPERUSER}")
    mighty = make_conninfo(engines.owner_dsn, user=SUPERUSER, password=password, dbname="postgres")
    words = {"name": sql.Identifier(name), "like": sql.Identifier(like or "template1")}
    with psycopg.connect(mighty, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {like} OWNER owner").format(**words))
        conn.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**words))
        conn.execute(sql.SQL("GRANT CONNECT ON DATABASE {name} TO app, worker, reader, auditor").format(**words))
    found = Addresses(name, *(make_conninfo(dsn, dbname=name) for dsn in (engines.owner_dsn, engines.worker_dsn, engines.app_dsn)))
    try:
        if like is None:
            migrate(found.owner)
        yield found
    finally:
        with psycopg.connect(mighty, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**words))


@dataclass(frozen=True)
class Ledger:
    """A ledger of its own, opened: as the product's own processes, and as the tables' owner."""

    at: Addresses
    database: Database
    owner: Database


@asynccontextmanager
async def opened(at: Addresses) -> AsyncIterator[Ledger]:
    async with Database(at.app, worker=at.worker, size=4, name="own") as database, Database(at.owner, size=2, name="own-owner") as owner:
        yield Ledger(at, database, owner)


@asynccontextmanager
async def ledger_of_its_own(engines: Engines) -> AsyncIterator[Ledger]:
    with database_of_its_own(engines) as at:
        async with opened(at) as ledger:
            yield ledger
