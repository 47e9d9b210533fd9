"""Refused sign-ins and rights, kept as evidence: when, what, which account, from where; never a password, never a name that was guessed.

The table is append-only (triggers) and not chained; the ledger `access` of `docs/ledger.md` is to take it in.
"""

from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from ledger.schema import security_refusals as table
from ledger.sessions import Origin
from ledger.sql import Connection, Row, Statement

_NOTE = Statement(
    sa.insert(table).values({c: sa.bindparam(c, type_=table.c[c].type) for c in ("id", "kind", "username", "address", "correlation_id")})
)


async def note(conn: Connection, kind: str, username: str | None, origin: Origin) -> None:
    """Keep a refusal; `kind` is the problem's code, `username` an account that exists."""
    await _NOTE.run(
        conn, id=str(uuid4()), kind=kind, username=username, address=origin.address, correlation_id=origin.correlation_id
    )  # fmt: skip


async def newest(conn: Connection, limit: int) -> list[Row]:
    """The newest refusals."""
    found: Any = sa.select(table).order_by(table.c.at.desc(), table.c.id).limit(limit)
    return await (await Statement(found).run(conn)).fetchall()
