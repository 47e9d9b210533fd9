"""Time stamps of RFC 3161 over checkpoints: a third party says that it saw these very bytes at that time.

They need the extra `timestamps` (the library `rfc3161-client`). Where it is not installed nothing is stamped and nothing is checked, and
whoever verifies is told so; `openssl ts -verify` checks them without anything of ours (`docs/ledger.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ledger.durable import sync_folder, write_draft
from ledger.note import Checkpoint, Note

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FOLDER = "timestamps"
"""Below a ledger's folder of the anchor directory."""
_NOTE = re.compile(r"(\d{20})-\d{8}T\d{12}Z\.note", re.ASCII)


class StampFault(Exception):  # noqa: N818 -- a verdict
    """The answer is no time stamp over these bytes by an authority that is believed; says why, in a few words."""


class Stamped(NamedTuple):
    """What was stamped, and where the answer lies."""

    size: int
    note: Path
    token: Path


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("rfc3161_client") is not None


def roots_of(file: Path) -> tuple[Certificate, ...]:
    """The certificates of a PEM file: those that are believed, and any between them and the authority. Raises OSError, ValueError."""
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 -- every process of a verification would carry it

    return tuple(load_pem_x509_certificates(file.read_bytes()))


def request_over(data: bytes) -> tuple[bytes, int]:
    """A request (DER) to stamp SHA-256 of the data, and the number that only its answer repeats."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415 -- an extra

    asked = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    return asked.as_bytes(), asked.nonce or 0


def moment_of(answer: bytes, data: bytes, roots: tuple[Certificate, ...], nonce: int | None = None) -> datetime:
    """When the data was stamped, by an answer (DER) that holds under the roots. Raises `StampFault`."""
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response  # noqa: PLC0415 -- an extra

    if not roots:
        raise StampFault("no root certificate is known")
    builder = VerifierBuilder(roots=list(roots), nonce=nonce)
    try:
        told = decode_timestamp_response(answer)
        builder.build().verify_message(told, data)
    except (VerificationError, ValueError) as fault:
        raise StampFault(str(fault).splitlines()[0] if str(fault) else type(fault).__name__) from fault
    return told.tst_info.gen_time


def place_of(folder: Path, ledger: str, note: Note) -> Stamped:
    """Where a checkpoint's note lies as it was stamped, and the answer beside it; `folder` is the anchor directory."""
    checkpoint = Checkpoint.parse(note.text)
    path = folder / ledger / FOLDER / f"{checkpoint.size:020d}-{checkpoint.time:%Y%m%dT%H%M%S%fZ}.note"
    return Stamped(checkpoint.size, path, path.with_suffix(".tsr"))


def keep(folder: Path, ledger: str, note: Note, answer: bytes) -> None:
    """Put both on the disk, the answer first: a note that lies there has one. Raises OSError."""
    place = place_of(folder, ledger, note)
    place.note.parent.mkdir(parents=True, exist_ok=True)
    for path, content in ((place.token, answer), (place.note, str(note).encode())):
        draft = write_draft(path, content)
        draft.chmod(0o644)  # for whoever wants to check
        draft.replace(path)
    sync_folder(place.note.parent)


def kept(folder: Path, ledger: str) -> Iterator[Stamped]:
    """What lies there, the smallest first. Raises OSError."""
    there = folder / ledger / FOLDER
    if not there.is_dir():
        return
    for path in sorted(there.iterdir()):
        if found := _NOTE.fullmatch(path.name):
            yield Stamped(int(found[1]), path, path.with_suffix(".tsr"))
