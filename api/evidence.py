"""Evidence files read piece by piece, in constant memory however large they are: measured first, then given out.

A piece is decrypted before the whole is known to be genuine (AES-GCM's tag stands at the end), so a file is read to its end and its tag
checked before any of it leaves the house; what leaves is summed up once more.
"""

from collections.abc import AsyncIterator
from hashlib import sha256
from uuid import UUID
from zlib import crc32

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM

from api.documents import bound
from ledger.archive import Entry
from ledger.schema import files
from ledger.sql import Statement
from ledger.store import WORKER, Database

_NONCE, _TAG = 12, 16
_PIECE = 1 << 20
_WHERE = (files.c.document_id == sa.bindparam("document"), files.c.case_id == sa.bindparam("case"))
_LENGTH = Statement(sa.select(sa.func.octet_length(files.c.content).label("length")).where(*_WHERE))
_PART = Statement(
    sa.select(
        sa.func.substring(
            files.c.content, sa.bindparam("first", type_=sa.Integer), sa.bindparam("count", type_=sa.Integer), type_=sa.LargeBinary
        ).label("part")
    ).where(*_WHERE)
)


class NoSuchFile(Exception):  # noqa: N818 -- a plain word
    """The file is not there, or does not open under its key."""


async def measured(database: Database, key: bytes, case_id: str, document_id: UUID, name: str) -> Entry:
    """The file as an entry of an archive. Raises `NoSuchFile`."""
    sha, crc, size = sha256(), 0, 0
    async for piece in _pieces(database, key, case_id, document_id):
        sha.update(piece)
        crc, size = crc32(piece, crc), size + len(piece)
    return Entry(name, size, sha.hexdigest(), crc, lambda: _pieces(database, key, case_id, document_id))


async def _pieces(database: Database, key: bytes, case_id: str, document_id: UUID) -> AsyncIterator[bytes]:
    """The plain bytes. Each piece is fetched in a transaction of its own: a slow reader holds no connection. Raises `NoSuchFile`."""
    async with database.transaction(WORKER) as conn:
        row = await (await _LENGTH.run(conn, document=str(document_id), case=case_id)).fetchone()
    if row is None or row["length"] < _NONCE + _TAG:
        raise NoSuchFile(str(document_id))

    async def part(offset: int, count: int) -> bytes:
        async with database.transaction(WORKER) as conn:
            found = await (await _PART.run(conn, document=str(document_id), case=case_id, first=offset + 1, count=count)).fetchone()
        if found is None:
            raise NoSuchFile(str(document_id))
        return bytes(found["part"])

    end = row["length"] - _TAG
    cipher = Cipher(AES256(key), GCM(await part(0, _NONCE))).decryptor()
    cipher.authenticate_additional_data(bound(case_id, document_id))
    for at in range(_NONCE, end, _PIECE):
        yield cipher.update(await part(at, min(_PIECE, end - at)))
    try:
        cipher.finalize_with_tag(await part(end, _TAG))
    except InvalidTag as fault:
        raise NoSuchFile(str(document_id)) from fault
