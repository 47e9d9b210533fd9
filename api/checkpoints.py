"""Checkpoints and proofs as they are handed out: hashes and signatures over the whole ledger, nothing of a case.

Who may watch over cases may ask for them. They are read in the product's own name: a tree is made of every event, also of those that the
caller does not reach.
"""

import base64
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from api.desk import Desk
from api.list_reading import ACROSS_ROLES
from api.problem import Problem, not_found
from ledger import merkle, sealing, tiles
from ledger.schema import events
from ledger.sql import Connection, Row, Statement
from ledger.tiles import LedgerGap

type Json = dict[str, Any]

_CHAIN_HASH = Statement(
    sa.select(events.c.chain_hash).where(
        events.c.ledger == sa.bindparam("ledger"), events.c.position == sa.bindparam("position", type_=sa.BigInteger)
    )
)


async def note(desk: Desk, ledger: str) -> str:
    """The ledger's newest checkpoint. Raises `Problem`: 403 `forbidden`, 404 `checkpoint_not_found`."""
    _admit(desk)
    async with desk.in_own_name() as conn:
        return (await _checkpoint(conn, ledger, None))["note"]


async def inclusion(desk: Desk, ledger: str, position: int, size: int | None) -> Json:
    """The proof that an event stands under a checkpoint: the newest, or that of a size.

    Raises `Problem`: 403 `forbidden`, 404 `checkpoint_not_found`, 409 `not_sealed_yet`, `ledger_damaged`.
    """
    _admit(desk)
    async with desk.in_own_name() as conn:
        checkpoint = await _checkpoint(conn, ledger, size)
        covered: int = checkpoint["size"]
        if position > covered:
            raise Problem(409, "not_sealed_yet", position=position, size=covered)
        row = await (await _CHAIN_HASH.run(conn, ledger=ledger, position=position)).fetchone()
        if row is None:
            raise Problem(409, "ledger_damaged", position=position)
        try:
            proof = await tiles.inclusion(conn, ledger, position, covered)
        except LedgerGap as fault:
            raise Problem(409, "ledger_damaged", position=fault.position) from fault
    chain_hash = bytes(row["chain_hash"])
    return {
        "ledger": ledger,
        "position": position,
        "size": covered,
        "chain_hash": chain_hash.hex(),
        "leaf_hash": merkle.leaf_hash(chain_hash).hex(),
        "proof": _base64(proof),
        "root": base64.b64encode(bytes(checkpoint["root"])).decode(),
        "checkpoint": checkpoint["note"],
    }


async def consistency(desk: Desk, ledger: str, first: int, last: int) -> Json:
    """The proof that a ledger only grew from one size to another.

    Raises `Problem`: 403 `forbidden`, 404 `checkpoint_not_found`, 409 `not_sealed_yet`, `ledger_damaged`, 422 `invalid`.
    """
    _admit(desk)
    if first > last:
        raise Problem(422, "invalid", errors=[{"parameter": "from", "in": "query", "code": "too_large"}])
    async with desk.in_own_name() as conn:
        covered: int = (await _checkpoint(conn, ledger, None))["size"]
        if last > covered:
            raise Problem(409, "not_sealed_yet", position=last, size=covered)
        try:
            proof = await tiles.consistency(conn, ledger, first, last)
            roots = [await tiles.root(conn, ledger, size) for size in (first, last)]
        except LedgerGap as fault:
            raise Problem(409, "ledger_damaged", position=fault.position) from fault
    before, after = _base64(roots)
    return {"ledger": ledger, "from": first, "to": last, "proof": _base64(proof), "from_root": before, "to_root": after}


def _admit(desk: Desk) -> None:
    if not desk.has_role(*ACROSS_ROLES):
        raise Problem(403, "forbidden")


async def _checkpoint(conn: Connection, ledger: str, size: int | None) -> Row:
    found = await (sealing.newest(conn, ledger) if size is None else sealing.stored_at(conn, ledger, size))
    if found is None:
        raise not_found("checkpoint_not_found")
    return found


def _base64(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]
