"""Changes that belong to no case and need no workflow: to the directory, accounts, rotas. Each is done once however often it is sent."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

import sqlalchemy as sa
from fastapi.responses import JSONResponse
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from api.desk import Desk
from api.problem import Problem
from api.typed import check_numbers
from ledger import chain
from ledger.keys import body_hmac
from ledger.schema import deeds
from ledger.sql import Statement

_BEGIN = Statement(
    insert(deeds)
    .values(
        {c: sa.bindparam(c, type_=deeds.c[c].type) for c in ("principal", "idempotency_key", "deed_id", "name", "body_hmac", "hmac_key")}
    )
    .on_conflict_do_nothing()
    .returning(deeds.c.deed_id)
)
_KNOWN = Statement(sa.select(deeds).where(deeds.c.principal == sa.bindparam("p"), deeds.c.idempotency_key == sa.bindparam("k")))
_DONE = Statement(
    sa.update(deeds)
    .where(deeds.c.principal == sa.bindparam("p"), deeds.c.idempotency_key == sa.bindparam("k"))
    .values(outcome=sa.bindparam("result", type_=deeds.c.outcome.type), done_at=sa.func.clock_timestamp())
)


@dataclass(frozen=True, slots=True)
class Done:
    """What a deed was answered with; `replayed` where its key had been used for the same deed before."""

    outcome: dict[str, Any]
    replayed: bool


def answered(done: Done, outcome: Mapping[str, Any] | None = None, status: int = 200) -> JSONResponse:
    """The HTTP answer to a deed: its outcome, or what is told of it this once, and whether it was a repeat."""
    headers = {"Idempotent-Replay": "true"} if done.replayed else {}
    return JSONResponse(done.outcome if outcome is None else outcome, status_code=status, headers=headers)


async def do_once(desk: Desk, key: str, name: str, body: Mapping[str, Any], act: Callable[[str], Awaitable[dict[str, Any]]]) -> Done:
    """Do a deed in the desk's transaction, or answer what it was answered with before.

    `act` is given the deed's id (the `command_id` of the events it appends) and gives the outcome, JSON without anything personal. Of
    two requests at once with one key the second waits for the first. What `act` raises undoes everything: a refused deed may be sent
    again with its key. Raises `Problem` 409 `idempotency_conflict` where the key was used for something else.
    """
    check_numbers(body)
    canonical = chain.canonical({"deed": name, "body": body})
    keys, principal = desk.services.keys.inbox, desk.principal.username
    deed_id = str(uuid7())
    begun = await _BEGIN.run(
        desk.conn,
        principal=principal, idempotency_key=key, deed_id=deed_id, name=name,
        body_hmac=body_hmac(keys, canonical), hmac_key=keys.current,
    )  # fmt: skip
    if await begun.fetchone() is None:
        known = await (await _KNOWN.run(desk.conn, p=principal, k=key)).fetchone()
        if known is None or not compare_digest(bytes(known["body_hmac"]), body_hmac(keys, canonical, known["hmac_key"])):
            raise Problem(409, "idempotency_conflict")
        return Done(known["outcome"], replayed=True)
    outcome = await act(deed_id)
    await _DONE.run(desk.conn, p=principal, k=key, result=outcome)
    return Done(outcome, replayed=False)
