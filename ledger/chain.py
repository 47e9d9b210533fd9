"""What is hashed, byte by byte (`docs/ledger.md`). A change here is a new `alg`, never an edit."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import rfc8785

ALG = "sha256-v1"
GENESIS = bytes(32)
CHAINED = (
    "alg", "ledger", "position", "stream", "version", "type", "schema_version", "recorded_at", "decided_at", "effective_on", "actor",
    "on_behalf_of", "role", "office", "command_id", "correlation_id", "causation", "digest",
)  # fmt: skip
"""The columns under the chain hash, in order: every one but `body` (there through its digest) and `chain_hash` itself."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def canonical(data: Mapping[str, Any]) -> bytes:
    """RFC 8785 canonical JSON. Raises ValueError on a float: numbers in the ledger are integers or strings."""
    _no_floats(data)
    return rfc8785.dumps(dict(data))


def digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def chain_hash(row: Mapping[str, Any], previous: bytes) -> bytes:
    """SHA-256 over the domain tag, every chained column and the stream's previous chain hash (32 zero bytes for version 1)."""
    sha = hashlib.sha256(b"yuanshou-event-v1")
    for column in CHAINED:
        sha.update(_field(row[column]))
    sha.update(_field(previous))
    return sha.digest()


def _field(value: Any) -> bytes:
    kind, data = _encode(value)
    return kind + len(data).to_bytes(8) + data


def _encode(value: Any) -> tuple[bytes, bytes]:
    match value:
        case None:
            return b"n", b""
        case bool():
            raise TypeError("no column of an event is a boolean")
        case int():
            return b"i", str(value).encode("ascii")
        case str():
            return b"s", value.encode()
        case datetime():
            return b"t", str((value - _EPOCH) // timedelta(microseconds=1)).encode("ascii")
        case date():
            return b"d", value.isoformat().encode("ascii")
        case bytes():
            return b"b", value
        case _:
            raise TypeError(f"no encoding for {type(value).__name__}")


def _no_floats(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("a float has no place in the ledger")  # noqa: TRY004 -- the value is at fault, not the caller's type
    if isinstance(value, Mapping):
        for item in value.values():  # pyright: ignore[reportUnknownVariableType]
            _no_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            _no_floats(item)
