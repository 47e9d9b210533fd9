"""A database of a test's own on the session's engines: for what seals, alters or fills a whole ledger."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg

from bench.ledgers import superuser
from ops.engines import Engines
from ops.home import Home
from ops.migration import migrate


@dataclass(frozen=True)
class OwnDatabase:
    """Its addresses by role; `superuser`'s is held by no trigger's owner and no policy."""

    superuser: str
    owner: str
    app: str
    worker: str


@contextmanager
def own_database(engines: Engines) -> Generator[OwnDatabase]:
    """Made, migrated, its wall put up; gone afterwards."""
    name = f"own_{uuid4().hex[:12]}"

    def at(dsn: str) -> str:
        return f"{dsn.rpartition('/')[0]}/{name}"

    mighty = superuser(Home(engines.home), engines.owner_dsn)
    with psycopg.connect(mighty, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER owner".encode())
        connection.execute(f"GRANT CONNECT ON DATABASE {name} TO app, worker, reader, auditor".encode())
    migrate(at(engines.owner_dsn))
    try:
        yield OwnDatabase(at(mighty), at(engines.owner_dsn), at(engines.app_dsn), at(engines.worker_dsn))
    finally:
        with psycopg.connect(mighty, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
