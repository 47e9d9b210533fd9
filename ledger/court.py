"""What a court bundle says of a case, in the bytes that `docs/proof-format.md` fixes: events as stored, proofs, the manifest. Pure."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ledger import chain
from ledger.archive import Entry, entry
from ledger.note import Checkpoint

FORMAT = "yuanshou-court-bundle-v1"
VERIFIER = Path(__file__).parents[1] / "verifier" / "verify.py"
ATTACHED = "document_attached"
"""The type of event that brings an evidence file: its body holds `document_id`, `digest`, `size`, `media_type`."""
_ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "text/plain": ".txt",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
    "application/msword": ".doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}

State = Literal["present", "erased", "missing"]


class Document(NamedTuple):
    """An evidence file as an event attached it; `name` in the bundle where it is there."""

    document_id: str
    state: State
    name: str | None


class Grown(NamedTuple):
    """That the checkpoint of `second` events only added to that of `first`."""

    first: int
    second: int
    path: Sequence[bytes]


def file_name(document_id: str, media_type: str) -> str:
    """A file's name in the bundle: a title may name people, the id does not."""
    return f"files/{document_id}{_ENDINGS.get(media_type, '.bin')}"


def events(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """`events.jsonl`: every column as stored, one event a line."""
    return b"".join(chain.canonical(_columns(row)) + b"\n" for row in rows)


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: _column(row[name]) for name in (*chain.CHAINED, "chain_hash")}
    return told | {"body": base64.b64encode(bytes(row["body"])).decode()}


def _column(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            return value


def proofs(ledger: str, size: int, inclusion: Mapping[int, Sequence[bytes]], growth: Iterable[Grown]) -> bytes:
    """`proofs.json`: of each position that it is in the tree of that size, and from which earlier checkpoints the tree grew."""
    return chain.canonical({
        "ledger": ledger,
        "size": size,
        "inclusion": [{"position": position, "proof": _path(path)} for position, path in inclusion.items()],
        "consistency": [{"from": g.first, "to": g.second, "proof": _path(g.path)} for g in growth],
    })  # fmt: skip


def _path(path: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(part).decode() for part in path]


def manifest(stream: str, versions: int, checkpoint: Checkpoint, documents: Iterable[Document], files: Iterable[Entry]) -> Entry:
    """`manifest.json`, the first file: what the bundle is, what it holds, and what each file is."""
    said = {
        "format": FORMAT,
        "ledger": checkpoint.ledger,
        "stream": stream,
        "version": versions,
        "checkpoint": {"origin": checkpoint.origin, "size": checkpoint.size, "root": base64.b64encode(checkpoint.root).decode()},
        "documents": [d._asdict() for d in documents],
        "files": [{"name": f.name, "size": f.size, "sha256": f.sha256} for f in files],
    }
    return entry("manifest.json", chain.canonical(said))
