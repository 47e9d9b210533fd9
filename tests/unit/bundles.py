"""Court bundles of a small made-up ledger, whole ones and edited ones; an edited one is packed again by a forger who knows the form."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import archive, chain, court, merkle
from ledger.archive import Entry, entry
from ledger.note import COSIGNATURE, Checkpoint, Dated, Note, Vkey, cosign, format_vkeys, sign

type Json = dict[str, Any]
type Files = dict[str, bytes]

LEDGER = "case"
STREAM = "case/019b0000-0000-7000-8000-000000000001"
OTHER = "case/019b0000-0000-7000-8000-000000000002"
NAME = "yuanshou/0011223344556677"
WITNESS = "witness.example/one"
KEY, OLD_KEY, WITNESS_KEY, FORGERS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3, 4))
MINE = (2, 5, 6, 11, 17, 18)
"""Positions of the case's records in a ledger of `SIZE`."""
SIZE, ANCHORED, LARGER = 21, 13, 40
DOCUMENTS = ("019b0000-0000-7000-8000-0000000000a1", "019b0000-0000-7000-8000-0000000000a2")
CONTENTS = {DOCUMENTS[0]: b"%PDF-1.7 a paper", DOCUMENTS[1]: b""}
START = datetime(2026, 3, 1, 1, 2, 3, 4, UTC)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def vkey(key: Ed25519PrivateKey, name: str = NAME, alg: int = 1) -> Vkey:
    return Vkey(name, key.public_key().public_bytes_raw(), alg)


def keys_file(*keys: Ed25519PrivateKey) -> bytes:
    return format_vkeys([Dated(vkey(key), NOW) for key in keys]).encode()


WITNESS_LINE = f"{vkey(WITNESS_KEY, WITNESS, COSIGNATURE)}\n".encode()


def body(n: int) -> tuple[str, Json]:
    match n:
        case 11:
            file = CONTENTS[DOCUMENTS[0]]
            document = DOCUMENTS[0]
        case 17:
            file = CONTENTS[DOCUMENTS[1]]
            document = DOCUMENTS[1]
        case _:
            return "note_added", {"text": {"box": f"b{n}", "subject": "019b0000-0000-7000-8000-0000000000ff"}, "visible_to": "centre"}
    return "document_attached", {
        "document_id": document, "digest": sha256(file).hexdigest(), "size": len(file), "media_type": "application/pdf",
        "title": {"box": "t"},
    }  # fmt: skip


def ledger(size: int = LARGER) -> list[Json]:
    """The rows of a whole ledger by position; those of `MINE` are the case's, `OTHER` has the rest."""
    versions = {STREAM: 0, OTHER: 0}
    heads = {STREAM: bytes(32), OTHER: bytes(32)}
    rows: list[Json] = []
    for position in range(1, size + 1):
        stream = STREAM if position in MINE else OTHER
        versions[stream] += 1
        kind, data = body(position)
        stored = chain.canonical(data)
        row: Json = {
            "alg": "sha256-v1", "ledger": LEDGER, "position": position, "stream": stream, "version": versions[stream], "type": kind,
            "schema_version": 1, "recorded_at": START + timedelta(minutes=position), "decided_at": START + timedelta(seconds=position),
            "effective_on": date(2026, 3, 1), "actor": "P-1", "on_behalf_of": "P-2" if position == 5 else None, "role": "caseworker",
            "office": "C-1", "command_id": f"c-{position}", "correlation_id": f"r-{position}", "causation": None, "body": stored,
            "digest": chain.digest(stored),
        }  # fmt: skip
        row["chain_hash"] = heads[stream] = chain.chain_hash(row, heads[stream])
        rows.append(row)
    return rows


ROWS = ledger()
LEAVES = [merkle.leaf_hash(row["chain_hash"]) for row in ROWS]


def root(size: int, leaves: Sequence[bytes] = LEAVES) -> bytes:
    frontier = merkle.Frontier()
    frontier.extend(leaves[:size])
    return frontier.root()


def hash_of(node: merkle.Node) -> bytes:
    return merkle.whole(LEAVES[node.index << node.level : (node.index + 1) << node.level])


def proof_of(plan: merkle.Plan) -> list[bytes]:
    return merkle.proof(plan, {node: hash_of(node) for node in merkle.needed(plan)})


def growth(first: int, second: int) -> court.Grown:
    return court.Grown(first, second, proof_of(merkle.consistency_plan(first, second)))


def text_of(size: int, root_: bytes | None = None, origin: str = f"{NAME}/{LEDGER}") -> str:
    return Checkpoint(origin, size, root_ or root(size), NOW).text


def note(size: int, *keys: Ed25519PrivateKey, root_: bytes | None = None, origin: str = f"{NAME}/{LEDGER}") -> str:
    text = text_of(size, root_, origin)
    return str(Note(text, tuple(sign(text, NAME, key) for key in keys or (KEY,))))


def witnessed(size: int, witness: Ed25519PrivateKey = WITNESS_KEY) -> str:
    text = text_of(size)
    cosigned = cosign(text, WITNESS, WITNESS_KEY, 1_772_409_600)
    if witness is not WITNESS_KEY:
        cosigned = cosigned._replace(data=cosigned.data[:8] + witness.sign(b"another"))
    return str(Note(text, (sign(text, NAME, KEY), cosigned)))


def stored(*positions: int) -> list[Json]:
    """Copies of rows, to be edited."""
    return [dict(ROWS[p - 1]) for p in positions or MINE]


def page(rows: Sequence[Json]) -> bytes:
    return "".join(f'<tr data-digest="{row["digest"].hex()}"><td>{row["version"]}</td></tr>\n' for row in rows).encode()


@dataclass
class Made:
    """A bundle in the making. `edit` changes files before the manifest sums them up, `lie` changes the manifest's own words."""

    rows: list[Json] = field(default_factory=stored)
    checkpoint: str = field(default_factory=lambda: note(SIZE))
    keys: bytes = field(default_factory=lambda: keys_file(KEY))
    anchors: dict[str, str] = field(default_factory=dict[str, str])
    grown: list[court.Grown] = field(default_factory=lambda: [growth(ANCHORED, SIZE)])
    positions: Sequence[int] = MINE
    contents: Mapping[str, bytes | None] = field(default_factory=lambda: dict(CONTENTS))
    """Evidence by document; None: erased."""
    edit: Callable[[Files], None] = lambda _: None
    lie: Callable[[Json], None] = lambda _: None

    def files(self) -> Files:
        size = SIZE
        inclusion = {p: proof_of(merkle.inclusion_plan(p - 1, size)) for p in self.positions}
        found = {
            "README.html": b"<p>read me</p>",
            "history.html": page(self.rows),
            "history.pdf": b"%PDF-1.7",
            "art8.html": b"<p>art 8</p>",
            "events.jsonl": court.events(self.rows),
            "proofs.json": court.proofs(LEDGER, size, inclusion, self.grown),
            "checkpoint.note": self.checkpoint.encode(),
            "keys.vkeys": self.keys,
            **{name: text.encode() for name, text in self.anchors.items()},
            "verify.py": b"# the verifier",
        }
        return found | {f"files/{document}.pdf": data for document, data in self.contents.items() if data is not None}

    def entries(self) -> list[Entry]:
        files = self.files()
        self.edit(files)
        inside = [entry(name, data) for name, data in files.items()]
        documents = [
            court.Document(document, "erased" if data is None else "present", None if data is None else f"files/{document}.pdf")
            for document, data in self.contents.items()
        ]
        manifest = court.manifest(STREAM, len(self.rows), Checkpoint(f"{NAME}/{LEDGER}", SIZE, root(SIZE), NOW), documents, inside)
        said = json.loads(read(manifest))
        self.lie(said)
        return [entry("manifest.json", chain.canonical(said)), *inside]

    def bytes(self) -> bytes:
        return packed(self.entries())


async def _joined(pieces: Any) -> bytes:
    return b"".join([piece async for piece in pieces])


def read(held: Entry) -> bytes:
    return asyncio.run(_joined(held.pieces()))


def packed(entries: Sequence[Entry]) -> bytes:
    return asyncio.run(_joined(archive.write(entries)))


def lines(raw: bytes) -> list[Json]:
    return [json.loads(line) for line in raw.splitlines()]


def written(rows: Sequence[Json]) -> bytes:
    return b"".join(chain.canonical(row) + b"\n" for row in rows)


def rechained(rows: Sequence[Json]) -> list[Json]:
    """Rows whose digests and chain were worked out anew, as who rewrites history would."""
    head = bytes(32)
    found: list[Json] = []
    for row in rows:
        fresh = row | {"digest": chain.digest(row["body"])}
        fresh["chain_hash"] = head = chain.chain_hash(fresh, head)
        found.append(fresh)
    return found


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
