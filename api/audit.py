"""The audit of the ledgers: how they are sealed and anchored, how the last verification ended, and asking for one."""

from datetime import datetime
from typing import Any

from api import views
from api.deeds import Done, do_once
from api.desk import Desk
from api.list_reading import ACROSS_ROLES, reading_cursor
from api.problem import Problem, not_found
from ledger import tiles, verifications
from ledger.events import LEDGERS
from ledger.note import Note, NoteFault, Vkey
from ledger.signing_keys import public_keys
from ledger.sql import Row
from readmodels import audit

type Json = dict[str, Any]
MAY_VERIFY = "auditor"
IN_THE_DIRECTORY = ("directory", "timestamp")
"""The kind of anchor that is a folder: on another machine where the installation was told of one."""
EARLIER = 10
"""Verifications listed."""
FINDINGS = 200
"""Of those of a verification so many are told; `findings_in_all` counts them."""


async def overview(desk: Desk) -> Json:
    """How each ledger stands, its keys, the last verification and one that runs. Raises `Problem` 403 for who may not read histories."""
    _reader(desk)
    keys, policy = public_keys(desk.services.keys_folder), desk.services.sealing
    return {
        "ledgers": [await _ledger(desk, ledger, [key for key, _ in keys]) for ledger in LEDGERS],
        "keys": [{"vkey": str(key), "since": views.moment(since)} for key, since in keys],
        "policy": {
            "checkpoint_seconds": policy.checkpoint_max_age.total_seconds(),
            "anchor_seconds": policy.anchor_max_age.total_seconds(),
        },
        **await _verified(desk),
        "may_verify": desk.has_role(MAY_VERIFY),
    }


async def _ledger(desk: Desk, ledger: str, keys: list[Vkey]) -> Json:
    async with desk.in_own_name() as conn:  # how many there are, and when: of no case
        end = (await tiles.end(conn, ledger)).position
        last = (await audit.sealed(conn, ledger, limit=1)).rows
        size: int = last[0]["size"] if last else 0
        waiting = await audit.recorded_at(conn, ledger, size + 1) if end > size else None
        anchored = await audit.last_anchors(conn, ledger)
    return {
        "ledger": ledger,
        "events": end,
        "unsealed": end - size,
        "unsealed_since": views.moment(waiting),
        "late": waiting is not None and desk.now - waiting > desk.services.sealing.checkpoint_max_age,
        "checkpoint": _checkpoint(last[0], keys, desk.now) if last else None,
        "anchors": [_anchor(desk, row, keys) for row in anchored],
    }


def _checkpoint(row: Row, keys: list[Vkey], now: datetime) -> Json:
    return {
        "size": row["size"],
        "root": bytes(row["root"]).hex(),
        "signed_at": views.moment(row["signed_at"]),
        "age_seconds": _age(row["signed_at"], now),
        "note": row["note"],
    } | _signatures(row["note"], keys)


def _signatures(note: str, keys: list[Vkey]) -> Json:
    """Who signed a note, as `name hash`; `signature` is whether a known key did: `holds`, `unknown_key`, `broken`."""
    try:
        parsed = Note.parse(note)
    except NoteFault:
        return {"signed_by": [], "signature": "broken"}
    names = [f"{line.name} {line.key_hash.hex()}" for line in parsed.signatures]
    try:
        ours = parsed.signers(keys)
    except NoteFault:
        return {"signed_by": names, "signature": "broken"}
    return {"signed_by": names, "signature": "holds" if ours else "unknown_key"}


def _anchor(desk: Desk, row: Row, keys: list[Vkey]) -> Json:
    own = {f"{key.name} {key.hash.hex()}" for key in keys}
    policy = desk.services.sealing
    return {
        "kind": row["kind"],
        "place": row["place"],
        "outside": row["kind"] not in IN_THE_DIRECTORY or policy.anchors_outside,
        "size": row["size"],
        "anchored_at": views.moment(row["anchored_at"]),
        "age_seconds": _age(row["anchored_at"], desk.now),
        "late": desk.now - row["anchored_at"] > policy.anchor_max_age,
        "witnesses": [name for name in _signatures(row["receipt"], keys)["signed_by"] if name not in own],
    }


def _age(moment: datetime, now: datetime) -> int:
    return max(0, int((now - moment).total_seconds()))


async def _verified(desk: Desk) -> Json:
    """The last verification, whoever had it made and wherever, those before it, and the one that runs."""
    running, last = await verifications.running(desk.conn), await verifications.last(desk.conn)
    earlier = await verifications.earlier(desk.conn, EARLIER)
    unreadable, kept = False, None
    try:
        kept = verifications.kept(desk.services.home)
    except ValueError:
        unreadable = True
    told = _result(desk, last["result"]) | _asked(desk, last) if last else None
    if kept and (told is None or datetime.fromisoformat(kept["at"]) > datetime.fromisoformat(told["at"])):
        told = _result(desk, kept) | {"asked_by": None, "asked_by_name": None, "asked_at": None}
    return {
        "verified": told,
        "verified_unreadable": unreadable,
        "running": _running(desk, running) if running else None,
        "earlier": [
            _asked(desk, row) | {"exit": row["exit"], "finished_at": views.moment(row["finished_at"]), "events": row["total"]}
            for row in earlier
        ],
    }


def _result(desk: Desk, kept: Json) -> Json:
    at = datetime.fromisoformat(kept["at"])
    return {
        "at": views.moment(at),
        "age_seconds": _age(at, desk.now),
        "exit": kept["exit"],
        "seconds": kept.get("seconds"),
        "ledgers": kept["ledgers"],
        "findings": kept["findings"][:FINDINGS],
        "findings_in_all": len(kept["findings"]),
        "notes": kept.get("notes", [])[:FINDINGS],
        "trouble": kept.get("trouble"),
    }


def _asked(desk: Desk, row: Row) -> Json:
    person = desk.directory.person(row["asked_by"])
    return {"asked_by": row["asked_by"], "asked_by_name": person.name if person else None, "asked_at": views.moment(row["asked_at"])}


def _running(desk: Desk, row: Row) -> Json:
    told = {"verification_id": str(row["verification_id"]), "done": row["done"], "total": row["total"]}
    return told | _asked(desk, row) | {"begun_at": views.moment(row["begun_at"])}


async def checkpoints(desk: Desk, ledger: str, *, size: int | None, cursor: str | None, limit: int) -> Json:
    """A ledger's checkpoints, the greatest first, or the one of a size. Raises `Problem` 403, 404 `ledger_not_found`."""
    _reader(desk)
    if ledger not in LEDGERS:
        raise not_found("ledger_not_found", ledger=ledger)
    keys = [key for key, _ in public_keys(desk.services.keys_folder)]
    with reading_cursor():
        page = await audit.sealed(desk.conn, ledger, size=size, cursor=cursor, limit=limit)
    return {"items": [_checkpoint(row, keys, desk.now) for row in page.rows], "next_cursor": page.next_cursor}


async def verify(desk: Desk, key: str) -> Done:
    """Ask for a verification of all ledgers in the caller's name; the one that runs already where there is one. Raises `Problem` 403."""
    if not desk.has_role(MAY_VERIFY):
        raise Problem(403, "forbidden")

    async def act(deed_id: str) -> Json:
        return _running(desk, await verifications.ask(desk.conn, deed_id, desk.principal.person))

    return await do_once(desk, key, "begin_verification", {}, act)


def _reader(desk: Desk) -> None:
    if not desk.has_role(*ACROSS_ROLES):
        raise Problem(403, "forbidden")
