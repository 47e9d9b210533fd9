"""What the routes of the ledgers' proofs answer, for the OpenAPI document, with an example of each."""

from typing import Any, Literal

from pydantic import Field

from api.case_shapes import Shape

type Json = dict[str, Any]
type LedgerName = Literal["case", "access"]

_HEX = r"^[0-9a-f]{64}$"
_BASE64 = r"^[A-Za-z0-9+/]{43}=$"
_ROOT = "XcnaeacGWamtVZy3Ae3posurneNvJPlgzznvN09Y0k8="
_OTHER = "Yq3NCsK4s0Sf5qzNMUKH5h7c0V0yQ4y3YxkR8F2q1yI="
CHECKPOINT = (
    f"yuanshou/9f86d081884c7d65/case\n20852\n{_ROOT}\nalg sha256-v1\ntime 2026-11-24T02:00:00.000000Z\n\n"
    "— yuanshou/9f86d081884c7d65 kJPywiqnNxhxfCAcO3xaL8rwwZFd/V4/unT5OUXBdTfsHQmP+d7QdfJBqpi4KqLchXiEg4O8rs5xmVim+Cyj+siR/gs=\n"
)


class InclusionProof(Shape):
    """That an event stands in the ledger as a checkpoint signed it (RFC 9162, 2.1.3): hash the leaf up along the proof to the root."""

    ledger: LedgerName
    position: int = Field(ge=1, description="The event's; its leaf's index is one less.")
    size: int = Field(ge=1, description="How many events the checkpoint covers.")
    chain_hash: str = Field(pattern=_HEX, description="The event's, in hex.")
    leaf_hash: str = Field(pattern=_HEX, description="SHA-256 of a zero byte and the chain hash, in hex.")
    proof: list[str] = Field(description="Hashes in base64, from the leaf upwards.")
    root: str = Field(pattern=_BASE64)
    checkpoint: str = Field(description="The signed note, to be verified first.")


class ConsistencyProof(Shape):
    """That the ledger at one size begins with the ledger at another (RFC 9162, 2.1.4)."""

    ledger: LedgerName
    from_: int = Field(alias="from", ge=1)
    to: int = Field(ge=1)
    proof: list[str] = Field(description="Hashes in base64.")
    from_root: str = Field(pattern=_BASE64)
    to_root: str = Field(pattern=_BASE64)


INCLUSION: Json = {
    "ledger": "case",
    "position": 20_851,
    "size": 20_852,
    "chain_hash": "9f" * 32,
    "leaf_hash": "3b" * 32,
    "proof": [_OTHER],
    "root": _ROOT,
    "checkpoint": CHECKPOINT,
}
CONSISTENCY: Json = {"ledger": "case", "from": 20_800, "to": 20_852, "proof": [_OTHER], "from_root": _OTHER, "to_root": _ROOT}
