"""A case's history as stored with the proof of it, for whoever wants to verify it without believing this server."""

import base64
from typing import Any

import structlog

from api.case_reading import visible
from api.desk import Desk
from domain import access
from domain.case import CaseState
from domain.command import Event
from ledger import merkle, sealing, tiles
from ledger.chain import CHAINED
from ledger.events import CASE_LEDGER, UnknownEventType, UnreadableEvent, recorded, rows_of, stream_of
from ledger.note import moment_text
from ledger.shared_proof import shared_plan
from ledger.signing_keys import public_keys
from ledger.sql import Connection, Row
from ledger.tiles import LedgerGap

type Json = dict[str, Any]
_log = structlog.get_logger(__name__)
_MOMENTS = frozenset({"recorded_at", "decided_at"})


async def case_proof(desk: Desk, case_id: str, seen: int | None) -> Json:
    """Every event with the columns that were hashed and its exact body, and one proof that they stand in the last checkpoint's tree.

    A body that the caller may not read is null, its digest stands. With `seen`, the size of a checkpoint that the caller knows, comes the
    proof that the last one grew out of it. Raises `Problem` 404, 403 `walled_off`.
    """
    now = await visible(desk, case_id)
    rows = await rows_of(desk.conn, stream_of(case_id))
    async with desk.in_own_name() as conn:  # hashes of the whole ledger, which tell nothing of other cases
        sealed = await sealing.newest(conn, CASE_LEDGER)
        size: int = sealed["size"] if sealed else 0
        positions = [row["position"] for row in rows if row["position"] <= size]
        proof = await _shared(conn, positions, size)
        growth = await _growth(conn, seen, size)
    return {
        "case_id": case_id,
        "ledger": CASE_LEDGER,
        "stream": stream_of(case_id),
        "events": [_as_stored(desk, now, row) for row in rows],
        "size": size,
        "proof": proof,
        "consistency": growth,
        "checkpoint": sealed["note"] if sealed else None,
        "vkeys": [str(key) for key, _ in public_keys(desk.services.keys_folder)],
    }


async def _shared(conn: Connection, positions: list[int], size: int) -> list[str]:
    """The hashes that, with the events', make the checkpoint's root; none where the ledger has a hole: no root follows from them then."""
    plan = shared_plan([position - 1 for position in positions], size)
    try:
        hashes = await tiles.hashes(conn, CASE_LEDGER, merkle.needed(plan))
    except LedgerGap as gap:
        _log.error("the ledger has a hole, no proof can be made", ledger=gap.ledger, position=gap.position)
        return []
    return [base64.b64encode(each).decode() for each in merkle.proof(plan, hashes)]


async def _growth(conn: Connection, seen: int | None, size: int) -> Json | None:
    """The proof that the tree of `size` begins with that of `seen`; none where it does not reach so far, or has a hole."""
    if seen is None or not 0 < seen < size:
        return None
    try:
        proof = await tiles.consistency(conn, CASE_LEDGER, seen, size)
    except LedgerGap as gap:
        _log.error("the ledger has a hole, its growth cannot be proven", ledger=gap.ledger, position=gap.position)
        return None
    return {"from": seen, "to": size, "proof": [base64.b64encode(each).decode() for each in proof]}


def _as_stored(desk: Desk, now: CaseState, row: Row) -> Json:
    """A row's chained columns, its body as the exact bytes where the caller may read it, and its chain hash."""
    columns: Json = {name: _plain(name, row[name]) for name in CHAINED}
    body, withheld = base64.b64encode(bytes(row["body"])).decode(), None
    try:
        event: Event = recorded(row).event
    except (UnreadableEvent, UnknownEventType):
        body, withheld = None, "unreadable"  # nobody can tell then who may read it
    else:
        if not access.shows_event(desk.principal, desk.scope_of(now), desk.directory, event, row["actor"]):
            body, withheld = None, "not_shown"
    return columns | {"body": body, "withheld": withheld, "chain_hash": bytes(row["chain_hash"]).hex()}


def _plain(name: str, value: Any) -> Any:
    if name in _MOMENTS:
        return moment_text(value)
    if name == "effective_on":
        return value.isoformat()
    return bytes(value).hex() if name == "digest" else value
