"""The court bundle of a case: every record with its proof, the evidence files, the pages to read and the verifier, as one archive.

It goes as far as the last checkpoint: what is not sealed yet is not in it. The same checkpoint, anchors and erasures give the same bytes,
whoever asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

import texts
from api import case_reading, evidence, views
from api.desk import READING, Desk, open_desk
from api.problem import Problem, not_found, retry
from api.recording import Access, read_of
from api.services import Services
from documents import court as pages
from domain import access
from domain.case import CaseState
from ledger import archive, court, merkle, sealing, stamps, tiles
from ledger.archive import Entry, entry
from ledger.court import ATTACHED, Document, Grown
from ledger.directory import DirectoryCache
from ledger.events import CASE_LEDGER, Recorded, recorded_all, rows_of, stream_of
from ledger.keys import KeyRing
from ledger.note import Checkpoint, Note, format_vkeys
from ledger.personal import Erased, Restricted, keys_to_read, sealed_in, unseal_json
from ledger.schema import anchors
from ledger.signing_keys import public_keys
from ledger.sql import Connection, Row, Statement
from ledger.store import WORKER, Database
from ledger.tiles import LedgerGap
from readmodels import cases

type Json = dict[str, Any]

MEDIA_TYPE = "application/zip"
TIMESTAMP = "timestamp"
"""Kind of the anchors that have an answer beside them."""
_SOON = 60
"""Seconds in which new records are sealed."""
_ANCHORS = Statement(
    sa.select(anchors)
    .ext(pg.distinct_on(anchors.c.kind, anchors.c.place))
    .where(anchors.c.ledger == sa.bindparam("ledger"), anchors.c.size <= sa.bindparam("size", type_=sa.BigInteger))
    .order_by(anchors.c.kind, anchors.c.place, anchors.c.size.desc(), anchors.c.anchored_at)
)
"""Of each place the greatest checkpoint that was put there."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What bundles are made of."""

    database: Database
    directory: DirectoryCache
    keys: KeyRing
    keys_folder: Path
    anchors: Path
    """The anchor directory, where the answers of a time-stamp authority lie."""

    @classmethod
    def of(cls, services: Services) -> Sources:
        return cls(services.database, services.directory, services.keys, services.keys_folder, services.sealing.anchors)


@dataclass(frozen=True, slots=True)
class Bundle:
    """An archive ready to be sent: `content` gives its bytes as often as it is called."""

    name: str
    length: int
    manifest: str
    """SHA-256 of `manifest.json`, hex: by it two people tell whether they hold the same bundle."""
    versions: int
    later: int
    """Records of the case that no checkpoint seals yet, and that are not in it."""
    content: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class _Covered:
    """The case as far as a checkpoint seals it."""

    case: CaseState
    rows: Sequence[Row]
    later: int
    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class _Opened:
    """The same as people read it: the case and its events with their personal values, and under which key its files stand."""

    case: Json
    events: Sequence[Json]
    directory: pages.Directory
    key: bytes | Erased | None


async def coverage(desk: Desk, case_id: str) -> Json:
    """How far a bundle made now would go. Raises what `made` does but for the reason."""
    covered = await _covered(desk, case_id)
    return {
        "case_id": case_id,
        "versions": len(covered.rows),
        "later": covered.later,
        "size": covered.checkpoint.size,
        "sealed_at": views.moment(covered.checkpoint.time),
        "files": sum(row["type"] == ATTACHED for row in covered.rows),
    }


async def made(services: Services, token: str | None, lang: texts.Lang, case_id: str) -> Bundle:
    """The bundle, for the reason that the request gives. No transaction is open while it is drawn and sent.

    Raises `Problem`: 403 `forbidden` for who may not export the case, `access_reason_required`; 404; 409 `bundle_too_large`,
    `ledger_damaged`; 503 `case_not_sealed_yet` where no checkpoint covers the case.
    """
    sources = Sources.of(services)
    async with open_desk(services, token, lang, READING) as desk:
        covered = await _covered(desk, case_id)
        desk.for_a_reason()
        opened = await _open(desk.conn, sources, covered, desk.access)
    return await _packed(sources, covered, opened)


async def made_at_console(sources: Sources, case_id: str, access: Access) -> Bundle:
    """The same bytes for whoever has the machine's console, who reads everything; what is opened is said to `access`, for its reason.

    Raises what `made` does, but for 403.
    """
    if access.reason is None:
        raise Problem(403, "access_reason_required")
    async with sources.database.transaction(WORKER) as conn:
        case = await cases.current(conn, case_id)
        if case is None:
            raise not_found("case_not_found")
        covered = await _sealed_part(conn, case)
        opened = await _open(conn, sources, covered, access)
    return await _packed(sources, covered, opened)


async def _packed(sources: Sources, covered: _Covered, opened: _Opened) -> Bundle:
    case_id = covered.case.case_id
    keys = public_keys(sources.keys_folder)
    if not keys:
        raise retry(503, "case_not_sealed_yet", _SOON)
    try:
        proofs, anchored = await _proofs(sources, covered)
        stamped = await asyncio.to_thread(_stamps, sources, anchored)
    except LedgerGap as fault:
        raise Problem(409, "ledger_damaged", position=fault.position) from fault
    documents, files = await _evidence(sources, covered, opened)
    told = pages.Told(opened.case, opened.events, opened.directory, _sealed(covered, anchored), _listed(opened, documents))
    drawn = await asyncio.to_thread(lambda: {**pages.pages(told), "history.pdf": pages.pdf(told)})
    inside = [
        *(entry(name, drawn[name]) for name in ("README.html", "history.html", "history.pdf", "art8.html")),
        entry("events.jsonl", court.events(covered.rows)),
        entry("proofs.json", proofs),
        entry("checkpoint.note", str(covered.note).encode()),
        entry("keys.vkeys", format_vkeys(keys).encode()),
        *(entry(name, note.encode()) for name, note in anchored.items()),
        *(entry(name, answer) for name, answer in stamped.items()),
        entry("verify.py", court.VERIFIER.read_bytes()),
        *files.values(),
    ]
    manifest = court.manifest(stream_of(case_id), len(covered.rows), covered.checkpoint, documents, inside)
    entries = [manifest, *inside]
    try:
        length = archive.length(entries)
    except archive.TooLarge as fault:
        raise Problem(409, "bundle_too_large", limit_bytes=archive.LIMIT) from fault
    return Bundle(f"{case_id}.zip", length, manifest.sha256, len(covered.rows), covered.later, lambda: archive.write(entries))


async def _covered(desk: Desk, case_id: str) -> _Covered:
    case = await case_reading.visible(desk, case_id)
    if not access.may_export(desk.principal, desk.scope_of(case), desk.directory):
        raise Problem(403, "forbidden")
    return await _sealed_part(desk.conn, case)


async def _sealed_part(conn: Connection, case: CaseState) -> _Covered:
    row = await sealing.newest(conn, CASE_LEDGER)
    rows = await rows_of(conn, stream_of(case.case_id))
    covered = [r for r in rows if row is not None and r["position"] <= row["size"]]
    if row is None or not covered:
        raise retry(503, "case_not_sealed_yet", _SOON)
    note = Note.parse(row["note"])
    return _Covered(case, covered, len(rows) - len(covered), note, Checkpoint.parse(note.text))


async def _open(conn: Connection, sources: Sources, covered: _Covered, access: Access) -> _Opened:
    """What is opened is said to `access`, which has a reason. The names are those of the directory when the last record was made."""
    recorded: list[Recorded] = recorded_all(covered.rows)
    case_id = covered.case.case_id
    stood = cases.folded(case_id, recorded)
    directory = await sources.directory.as_of(conn, recorded[-1].recorded_at)
    shown = views.case_view(stood)
    told = {
        "case": {name: shown[name] for name in _SHOWN},
        "events": [views.event_view(case_id, r, directory) for r in recorded],
    }
    subject, sealed = str(stood.applicant.subject_id), sealed_in(told)
    held = await keys_to_read(conn, sources.keys.master, {*sealed, subject}, restricted=True)
    keys = {each: key for each, key in held.items() if not isinstance(key, Restricted)}
    access.via("export")
    access.read("court_bundle", [read_of(case_id, sealed, keys)])
    key = keys.get(subject)
    if isinstance(key, bytes):  # the files, which are opened as they are sent
        files = sum(row["type"] == ATTACHED for row in covered.rows)
        access.opened("court_bundle", subjects=[subject], cases=[case_id], count=files)
    opened: Json = unseal_json(told, keys, stream_of(case_id))
    return _Opened(opened["case"], opened["events"], directory, key)


_SHOWN = ("case_id", "register_number", "case_number", "centre", "applicant", "co_applicants", "opponents")


async def _proofs(sources: Sources, covered: _Covered) -> tuple[bytes, Mapping[str, str]]:
    """`proofs.json`, and the notes that were put elsewhere, by their names in the bundle."""
    size = covered.checkpoint.size
    async with sources.database.transaction(WORKER) as conn:
        places = await (await _ANCHORS.run(conn, ledger=CASE_LEDGER, size=size)).fetchall()
        sizes = sorted({row["size"] for row in places} - {size})
        growth = [Grown(first, size, await tiles.consistency(conn, CASE_LEDGER, first, size)) for first in sizes]
        inclusion = await _inclusion(conn, [row["position"] for row in covered.rows], size)
    # Numbered: what a place is called need not be a file's name.
    named = {f"anchors/{n}-{row['kind']}-{row['size']}.note": str(row["receipt"]) for n, row in enumerate(places, start=1)}
    return court.proofs(CASE_LEDGER, size, inclusion, growth), named


def _stamps(sources: Sources, anchored: Mapping[str, str]) -> dict[str, bytes]:
    """The answers of a time-stamp authority to those of the notes that it stamped, by their names in the bundle."""
    found: dict[str, bytes] = {}
    for name, text in anchored.items():
        token = stamps.place_of(sources.anchors, CASE_LEDGER, Note.parse(text)).token
        if f"-{TIMESTAMP}-" in name and token.is_file():
            found[f"{stamps.FOLDER}/{name.removeprefix('anchors/').removesuffix('.note')}.tsr"] = token.read_bytes()
    return found


async def _inclusion(conn: Connection, positions: Sequence[int], size: int) -> dict[int, list[bytes]]:
    """The proof of each position; what the proofs share is read once."""
    plans = {position: merkle.inclusion_plan(position - 1, size) for position in positions}
    nodes = {node for plan in plans.values() for node in merkle.needed(plan)}
    hashes = await tiles.hashes(conn, CASE_LEDGER, nodes)
    return {position: merkle.proof(plan, hashes) for position, plan in plans.items()}


async def _evidence(sources: Sources, covered: _Covered, opened: _Opened) -> tuple[list[Document], dict[str, Entry]]:
    """What the case's events attached: each file by its id, or why it is not there."""
    documents: list[Document] = []
    found: dict[str, Entry] = {}
    for event in opened.events:
        if event["type"] != ATTACHED:
            continue
        data: Json = event["data"]
        document_id = str(data["document_id"])
        name = court.file_name(document_id, str(data["media_type"]))
        if isinstance(opened.key, Erased):
            documents.append(Document(document_id, "erased", None))
            continue
        if (file := await _file(sources.database, covered.case.case_id, document_id, name, opened.key)) is None:
            documents.append(Document(document_id, "missing", None))
            continue
        documents.append(Document(document_id, "present", name))
        found[document_id] = file
    return documents, found


async def _file(database: Database, case_id: str, document_id: str, name: str, key: bytes | None) -> Entry | None:
    """The file; None where it is not there or does not open: the bundle says so, and whoever verifies it finds that."""
    if key is None:
        return None
    try:
        return await evidence.measured(database, key, case_id, UUID(document_id), name)
    except evidence.NoSuchFile:
        return None


def _sealed(covered: _Covered, anchored: Mapping[str, str]) -> pages.Sealed:
    head = covered.checkpoint
    return pages.Sealed(head.origin, head.size, head.root.hex(), head.time, len(anchored))


def _listed(opened: _Opened, documents: Sequence[Document]) -> list[Json]:
    """The evidence files for the page: by the title they were attached under, with the digest that was recorded."""
    data = {str(e["data"]["document_id"]): e["data"] for e in opened.events if e["type"] == ATTACHED}
    told = [(d, data[d.document_id]) for d in documents]
    return [{"title": said["title"], "name": d.name, "state": d.state, "sha256": said["digest"]} for d, said in told]
