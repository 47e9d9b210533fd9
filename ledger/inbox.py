"""The inbox: every command received, once a principal and key, with its outcome for ever.

A repeated key finds its row; whether it is the same command is told by the HMAC of the canonical body. A refusal is an
outcome too. The body is cleared when the outcome is known: what it brought stands in the ledger.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from hmac import compare_digest
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ledger.schema import inbox
from ledger.sql import Connection, Cursor, Row, Statement

BUNDLE = "bundle"
"""The command of a row that holds several: `{"commands": [{"command_id", "command", "actor", "body"}]}`, recorded all or none."""
NOTICE = "yuanshou_outcome"
"""The channel on which a command's id is announced when its outcome is committed."""
OUTBOX_NOTICE = "yuanshou_outbox"
"""The channel on which it is announced that there is something to be told; PostgreSQL tells it once a transaction."""


class IdempotencyConflict(Exception):  # noqa: N818 -- the contract's word
    """The key was used before with another body."""


@dataclass(frozen=True, slots=True)
class Received:
    """A command as it enters. `body` has its personal fields sealed; `tokens` is what its people are found by."""

    command_id: str
    principal: str
    idempotency_key: str
    body_hmac: bytes
    hmac_key: str
    case_id: str
    command: str
    body: Mapping[str, Any]
    actor: Mapping[str, Any]
    correlation_id: str
    effective_on: date | None = None
    on_behalf_of: str | None = None
    if_match: int | None = None
    tokens: Mapping[str, Any] | None = None
    centre: str | None = None
    unit: str | None = None
    outlet: str | None = None
    kind: str = "case"
    """Of the stream it is for, whose id is `case_id`."""


_INSERT = Statement(
    insert(inbox)
    .values({c: sa.bindparam(c, type_=inbox.c[c].type) for c in Received.__slots__})
    .on_conflict_do_nothing(index_elements=["principal", "idempotency_key"])
    .returning(inbox.c.command_id)
)
_KNOWN = Statement(
    sa.select(inbox).where(inbox.c.principal == sa.bindparam("p"), inbox.c.idempotency_key == sa.bindparam("k")),
)
_BY_ID = Statement(sa.select(inbox).where(inbox.c.command_id == sa.bindparam("id")))
_SETTLE = Statement(
    sa.update(inbox)
    .where(inbox.c.command_id == sa.bindparam("id"), inbox.c.outcome.is_(None))
    .values(
        outcome=sa.bindparam("result", type_=inbox.c.outcome.type),
        decided_at=sa.func.clock_timestamp(),
        body=sa.null(),
        tokens=sa.null(),
    )
)


async def receive(conn: Connection, command: Received, hmac_under: Callable[[str], bytes]) -> Row | None:
    """Take a command in: None when it is new, the row of the earlier one when its key is known with the same body.

    `hmac_under` gives the body's HMAC under an earlier key's id, should the key have been rotated in between.
    Raises `IdempotencyConflict` when the key is known with another body.
    """
    values = {name: getattr(command, name) for name in Received.__slots__}
    if await (await _INSERT.run(conn, **values)).fetchone():
        return None
    known = await (await _KNOWN.run(conn, p=command.principal, k=command.idempotency_key)).fetchone()
    assert known is not None  # noqa: S101 -- rows of the inbox are never deleted
    if not compare_digest(bytes(known["body_hmac"]), hmac_under(known["hmac_key"])):
        raise IdempotencyConflict
    return known


async def ask_known(conn: Connection, principal: str, key: str) -> Cursor:
    """Ask for the row of an earlier command with this key; the answer is fetched later, together with others."""
    return await _KNOWN.run(conn, p=principal, k=key)


async def ask(conn: Connection, command_id: str) -> Cursor:
    """Ask for a command's row; in a pipeline the answer is fetched later, together with others."""
    return await _BY_ID.run(conn, id=command_id)


async def row(conn: Connection, command_id: str) -> Row | None:
    return await (await ask(conn, command_id)).fetchone()


async def settle(conn: Connection, command_id: str, outcome: Mapping[str, Any]) -> None:
    """Write the outcome, clear the body, announce the id when the transaction commits."""
    await _SETTLE.run(conn, id=command_id, result=dict(outcome))
    await conn.execute("SELECT pg_notify(%s, %s)", (NOTICE, command_id))
