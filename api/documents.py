"""Evidence files: stored once, encrypted under the applicant's key, found again by the case that carries them."""

import hashlib
import os
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.dialects import postgresql as pg

from api import case_reading, views
from api.commands import Store
from api.desk import Desk
from api.problem import Problem, not_found
from domain import access
from domain.case import CaseState
from ledger.events import stream_of
from ledger.personal import Erased, Sealer, SealFault, SubjectErased
from ledger.schema import files
from ledger.sql import Connection, Statement
from readmodels import cases

_NONCE = 12
_COLUMNS = {c.name: sa.bindparam(c.name, type_=c.type) for c in files.c if c.name != "created_at"}
_INSERT = Statement(sa.insert(files).values(_COLUMNS))
_KEEP = Statement(pg.insert(files).values(_COLUMNS).on_conflict_do_nothing(index_elements=["document_id"]))


def bound(case_id: str, document_id: UUID) -> bytes:
    """What a file's cipher text is bound to: carried to another case or id it does not open."""
    return f"yuanshou-file-v1\0{stream_of(case_id)}\0{document_id}".encode()


def attachment(title: str, media_type: str, content: bytes) -> dict[str, Any]:
    """The body of `attach_document` for a file."""
    return {
        "title": title,
        "digest": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "media_type": media_type,
    }


def storing(media_type: str, content: bytes) -> Store:
    """What writes the file in the transaction that takes its command in, under the command's id."""

    async def store(conn: Connection, case: CaseState, sealer: Sealer, command_id: UUID) -> None:
        await store_file(conn, case, sealer, command_id, media_type=media_type, content=content)

    return store


async def store_file(conn: Connection, case: CaseState, sealer: Sealer, document_id: UUID, *, media_type: str, content: bytes) -> None:
    """Write a file's row, its content encrypted (AES-256-GCM) under the applicant's key and bound to its case and id.

    Raises `SubjectErased` where the applicant was erased, `SealFault` where they never had a key.
    """
    key = sealer.keys.get(str(sealer.applicant))
    if isinstance(key, Erased):
        raise SubjectErased("the applicant was erased")
    if not isinstance(key, bytes):
        raise SealFault("the applicant has no live key")
    await _INSERT.run(conn, **_row(case, key, document_id, media_type, content))


async def keep_first(conn: Connection, case: CaseState, key: bytes, document_id: UUID, *, media_type: str, content: bytes) -> None:
    """Write a file's row unless one stands there: what was kept first stays, whoever draws it again."""
    await _KEEP.run(conn, **_row(case, key, document_id, media_type, content))


def _row(case: CaseState, key: bytes, document_id: UUID, media_type: str, content: bytes) -> dict[str, Any]:
    nonce = os.urandom(_NONCE)
    return {
        "document_id": str(document_id),
        "case_id": case.case_id,
        "digest": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "media_type": media_type,
        "content": nonce + AESGCM(key).encrypt(nonce, content, bound(case.case_id, document_id)),
        "centre": case.centre,
        "unit": case.assignment.unit if case.assignment else None,
        "outlet": case.outlet,
    }


async def listed(desk: Desk, case_id: str) -> dict[str, Any]:
    """The case's documents: title, digest, size, media type. Raises `Problem` 404."""
    case = await case_reading.visible(desk, case_id)
    _may_read(desk, case)
    items = await desk.reveal(case_id, [views.plain(d) for d in case.documents], what="documents")
    return {"items": items, "next_cursor": None}


async def content(desk: Desk, case_id: str, document_id: UUID) -> tuple[bytes, str]:
    """A document's bytes and media type. Raises `Problem` 404, also for a file whose command was refused; 410 once erased."""
    case = await case_reading.visible(desk, case_id)
    _may_read(desk, case)
    attached = any(d.document_id == document_id for d in case.documents)
    row = await cases.file_row(desk.conn, case_id, str(document_id)) if attached else None
    if row is None:
        raise not_found("document_not_found")
    key = await key_of(desk, case)
    desk.access.opened("document", subjects=[str(case.applicant.subject_id)], cases=[case_id], count=1)
    return opened(key, case_id, document_id, bytes(row["content"])), row["media_type"]


async def key_of(desk: Desk, case: CaseState) -> bytes:
    """The applicant's key, under which the case's files stand.

    Raises `Problem`: 410 once erased, 403 `access_reason_required` where the applicant's data is restricted and no reason was given.
    """
    subject = str(case.applicant.subject_id)
    key = (await desk.keys_of_one([subject])).get(subject)
    if isinstance(key, Erased):
        raise Problem(410, "document_erased")
    if not isinstance(key, bytes):
        raise SealFault("the applicant has no key")
    return key


def opened(key: bytes, case_id: str, document_id: UUID, box: bytes) -> bytes:
    """A file's bytes out of its row's content. Raises `SealFault` where it does not open."""
    try:
        return AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], bound(case_id, document_id))
    except InvalidTag as fault:
        raise SealFault("the file does not open under its applicant's key") from fault


def _may_read(desk: Desk, case: CaseState) -> None:
    if "documents" in access.withheld(desk.principal, desk.scope_of(case), desk.directory):
        raise Problem(403, "forbidden", withheld=["documents"])
