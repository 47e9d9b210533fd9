"""A witness: shown that a ledger only grew, it cosigns. The protocol is C2SP tlog-witness; another office runs it on a machine of its own.

It holds for each origin the last checkpoint that it cosigned, in a file, on the disk before the cosignature is given away, and never
cosigns one that does not extend it. The statuses of its answers are the protocol's.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ledger import merkle
from ledger.durable import replace_file
from ledger.note import COSIGNATURE, Head, Note, NoteFault, Vkey, cosign

_log = structlog.get_logger(__name__)
_MOST_BYTES = 65_536
_MOST_HASHES = 63
_SIZE = "text/x.tlog.size"


class Answer(NamedTuple):
    """A status, a body and its media type."""

    status: int
    body: str = ""
    media_type: str = "text/plain; charset=utf-8"


class _Malformed(Exception):  # noqa: N818 -- answered with 400
    """The request is not written as the protocol asks."""


class Witness:
    """`logs` are the keys of those it watches: a log's origin is its key's name, or one step below it. `now`: seconds since 1970."""

    def __init__(self, folder: Path, name: str, key: Ed25519PrivateKey, logs: Sequence[Vkey], now: Callable[[], int]) -> None:
        self._folder, self._key, self._logs, self._now = folder, key, tuple(logs), now
        self.vkey = Vkey(name, key.public_key().public_bytes_raw(), COSIGNATURE)
        self._turn = asyncio.Lock()

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/add-checkpoint", self._add_checkpoint, methods=["POST"])])

    async def _add_checkpoint(self, request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                return PlainTextResponse("too long\n", status_code=413)
        answer = await self.add(body)
        return Response(answer.body, status_code=answer.status, headers={"Content-Type": answer.media_type})

    async def add(self, body: bytes) -> Answer:
        """Cosign what the request holds, or say why not."""
        try:
            old, path, note = _read(body)
            head = Head.parse(note.text)
        except (_Malformed, NoteFault) as fault:
            return Answer(400, f"{fault}\n")
        keys = [key for key in self._logs if head.origin == key.name or head.origin.rpartition("/")[0] == key.name]
        if not keys:
            return Answer(404, "this origin is not watched\n")
        try:
            signed = note.signers(keys)
        except NoteFault:
            signed = []
        if not signed:
            return Answer(403, "no key of this origin signed it\n")
        if old > head.size:
            return Answer(400, "the old size is beyond the checkpoint\n")
        async with self._turn:  # to look and to put down is one step: another request may be on its way
            return self._cosigned(old, path, note, head)

    def _cosigned(self, old: int, path: Sequence[bytes], note: Note, head: Head) -> Answer:
        place = self._place(head.origin)
        last = Head.parse(Note.parse(place.read_bytes()).text) if place.exists() else None
        known = last.size if last else 0
        if old != known:
            return Answer(409, f"{known}\n", _SIZE)
        if last and old == head.size and last.root != head.root:
            _log.error("two histories at one size", origin=head.origin, size=head.size, root=head.root.hex(), before=last.root.hex())
            return Answer(409, f"{known}\n", _SIZE)
        if not merkle.consistent(known, head.size, last.root if last else merkle.EMPTY_ROOT, head.root, path):
            _log.error(
                "a checkpoint does not extend the one before", origin=head.origin, size=head.size, root=head.root.hex(), before=known
            )
            return Answer(422, "the proof does not hold\n")
        signature = cosign(note.text, self.vkey.name, self._key, self._now())
        replace_file(place, str(note.signed(signature)))
        return Answer(200, str(signature))

    def _place(self, origin: str) -> Path:
        return self._folder / f"{sha256(origin.encode()).hexdigest()}.note"


def _read(body: bytes) -> tuple[int, list[bytes], Note]:
    """Old size, proof and checkpoint of a request. Raises `_Malformed`, `NoteFault`."""
    lines, gap, note = body.partition(b"\n\n")
    first, *rest = lines.split(b"\n")
    size = first.removeprefix(b"old ")
    if not gap or size == first or not size.isdigit() or str(int(size)).encode() != size or len(size) > 19:
        raise _Malformed("the request begins with the line old <size> and has an empty line before the checkpoint")
    if len(rest) > _MOST_HASHES:
        raise _Malformed(f"a proof has at most {_MOST_HASHES} lines")
    try:
        return int(size), [base64.b64decode(line, validate=True) for line in rest], Note.parse(note)
    except binascii.Error as fault:
        raise _Malformed("a line of the proof is not base64") from fault
