"""The database's shape: Alembic's migrations and then the wall, as the owner."""

import os

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from ops import wall
from ops.home import ROOT
from ops.process import EngineError


def _config(dsn: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["dsn"] = dsn
    return config


def owner_address(app: str) -> str:
    """The owner's address where `DATABASE_URL` replaces the embedded engine: `DATABASE_OWNER_URL`, else the same."""
    return os.environ.get("DATABASE_OWNER_URL") or app


def migrate(dsn: str) -> bool:
    """Bring the database to the newest revision and put up the wall, whose absence or drift it answers; twice does nothing.

    `dsn` is the owner's. Raises EngineError if it does not answer.
    """
    try:
        command.upgrade(_config(dsn), "head")
    except OperationalError as fault:
        raise EngineError(f"the database cannot be migrated: {fault.orig}") from fault
    with psycopg.connect(dsn) as connection:
        # As the migrations do: of two starts at once the second waits, then finds nothing left to do.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('yuanshou-migrate'))")
        return wall.build(connection)


def pending(dsn: str) -> list[str]:
    """The revisions that the database lacks, oldest first."""
    scripts = ScriptDirectory.from_config(_config(dsn))
    engine = create_engine(make_url(dsn).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    missing = scripts.iterate_revisions(tuple(scripts.get_heads()), current or "base")
    return [script.revision for script in missing][::-1]
