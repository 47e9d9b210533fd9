"""Alembic's way to the database: as the owner, never as the application."""

import os

import psycopg
import sqlalchemy as sa
from alembic import context

from ledger.schema import metadata


def _dsn() -> str:
    dsn = context.config.attributes.get("dsn") or os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL")
    if not dsn:
        raise SystemExit("DATABASE_OWNER_URL is not set: migrations run as the owner of the tables")
    return dsn


engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(_dsn()), poolclass=sa.NullPool)
with engine.connect() as connection:
    # Two starts at once: the second waits, then finds nothing left to do.
    connection.execute(sa.text("SELECT pg_advisory_lock(hashtext('yuanshou-migrate'))"))
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
