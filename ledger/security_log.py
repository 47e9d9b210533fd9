"""Refused sign-ins and rights, kept as evidence: when, what, which account, from where; never a password, never a name that was guessed.

The table is append-only (triggers) and not chained. The ledger of reads holds each refusal too, by codes alone and chained, with the id
of its row here; the network address and the name of the account stay out of it, since nothing in a ledger can ever be taken out.
"""

from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from domain.reads import AccessRefused
from ledger import access
from ledger.access import NOBODY, Entry
from ledger.schema import accounts
from ledger.schema import security_refusals as table
from ledger.sessions import Origin
from ledger.sql import Connection, Row, Statement

_PERSON = sa.select(accounts.c.person).where(accounts.c.username == sa.bindparam("account")).scalar_subquery()
_NOTE = Statement(
    sa.insert(table)
    .values({c: sa.bindparam(c, type_=table.c[c].type) for c in ("id", "kind", "username", "address", "correlation_id")})
    .returning(table.c.at, _PERSON.label("person"))
)


async def note(conn: Connection, kind: str, username: str | None, origin: Origin, what: str = "sign_in") -> None:
    """Keep a refusal, in the product's own name; `kind` is the problem's code, `username` an account that exists, `what` was tried."""
    refusal, entry_id = uuid4(), str(uuid7())
    row = await (
        await _NOTE.run(
            conn, id=str(refusal), kind=kind, username=username, account=username, address=origin.address,
            correlation_id=origin.correlation_id,
        )
    ).fetchone()  # fmt: skip
    assert row is not None  # noqa: S101 -- an insert returns its row
    event = AccessRefused(what=what, code=kind, refusal=refusal)
    told = Entry(event, row["person"] or NOBODY, NOBODY, NOBODY, row["at"], entry_id, origin.correlation_id or entry_id)
    await access.append(conn, [told])


async def newest(conn: Connection, limit: int) -> list[Row]:
    """The newest refusals."""
    found: Any = sa.select(table).order_by(table.c.at.desc(), table.c.id).limit(limit)
    return await (await Statement(found).run(conn)).fetchall()
