"""What the routes of the audit answer, for the OpenAPI document, with an example of each."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.answers import CASE_ID
from api.case_shapes import Shape
from domain.values import Code

type Json = dict[str, Any]


class StoredEvent(Shape):
    """An event with every column under its chain hash (docs/ledger.md), moments in UTC to the microsecond."""

    alg: str
    ledger: str
    position: int
    stream: str
    version: int
    type: str
    schema_version: int
    recorded_at: str = Field(description="UTC with six digits of microseconds, as it was hashed.")
    decided_at: str
    effective_on: date
    actor: str
    on_behalf_of: str | None
    role: str
    office: str
    command_id: str
    correlation_id: str
    causation: str | None
    digest: str = Field(description="SHA-256 of the body, hex.")
    body: str | None = Field(description="The exact bytes, base64; null where the caller may not read them.")
    withheld: Literal["not_shown", "unreadable"] | None = Field(description="Why there is no body.")
    chain_hash: str = Field(description="Hex.")


class Growth(Shape):
    """That a tree begins with a smaller one (RFC 9162, 2.1.4)."""

    smaller: int = Field(alias="from")
    greater: int = Field(alias="to")
    proof: list[str] = Field(description="Hashes, base64.")


class CaseProof(Shape):
    """A case's events as stored, and what proves them.

    `proof` holds, level by level from the leaves and from the left, the hash of each neighbour that follows from no event given: with the
    events up to `size` it makes the root in the checkpoint.
    """

    case_id: UUID
    ledger: str
    stream: str
    events: list[StoredEvent]
    size: int = Field(description="How many events the checkpoint covers.")
    proof: list[str] = Field(description="Hashes, base64.")
    consistency: Growth | None = Field(description="With `seen`: that the checkpoint's tree begins with that one.")
    checkpoint: str | None = Field(description="The signed note (C2SP tlog-checkpoint); null while there is none.")
    vkeys: list[str] = Field(description="The public keys (C2SP), oldest first.")


class CheckpointState(Shape):
    """A checkpoint. `signature`: whether a key of this installation signed it."""

    size: int
    root: str
    signed_at: AwareDatetime
    age_seconds: int
    note: str
    signed_by: list[str]
    signature: Literal["holds", "unknown_key", "broken"]


class AnchorState(Shape):
    """The last anchor of a kind and place."""

    kind: str
    place: str
    outside: bool = Field(description="Whether it lies elsewhere than the installation's own files.")
    size: int
    anchored_at: AwareDatetime
    age_seconds: int
    late: bool = Field(description="Older than the policy allows.")
    witnesses: list[str] = Field(description="Whose cosignatures stand under it.")


class LedgerState(Shape):
    ledger: str
    events: int
    unsealed: int = Field(description="Events after the last checkpoint.")
    unsealed_since: AwareDatetime | None
    late: bool = Field(description="They have waited longer than the policy allows.")
    checkpoint: CheckpointState | None
    anchors: list[AnchorState]


class PublicKey(Shape):
    vkey: str
    since: AwareDatetime


class SealingPolicy(Shape):
    checkpoint_seconds: float
    anchor_seconds: float


class Asked(Shape):
    asked_by: Code | None
    asked_by_name: str | None
    asked_at: AwareDatetime | None


class VerificationResult(Asked):
    """What a verification found. `exit`: 0 clean, 1 tampering, 2 could not run, 3 clean but an anchor is too old."""

    at: AwareDatetime
    age_seconds: int
    exit: int
    seconds: float | None
    ledgers: dict[str, Any]
    findings: list[dict[str, Any]] = Field(
        description="`{ledger, position, class, detail, said, place, nearest_good}`, the first 200; `said` is `detail` as `{key, values}`."
    )
    findings_in_all: int
    notes: list[dict[str, Any]] = Field(description="What is worth knowing and no tampering, as findings.")
    trouble: str | None = Field(description="Why it could not run.")


class VerificationRunning(Asked):
    """One that was asked for; `done` of `total` events are verified."""

    verification_id: UUID
    begun_at: AwareDatetime | None
    done: int
    total: int | None


class VerificationEnded(Asked):
    exit: int
    finished_at: AwareDatetime
    events: int | None


class AuditState(Shape):
    ledgers: list[LedgerState]
    keys: list[PublicKey]
    policy: SealingPolicy
    verified: VerificationResult | None = Field(description="The last one, whoever had it made and wherever.")
    verified_unreadable: bool = Field(description="A result is kept that cannot be read.")
    running: VerificationRunning | None
    earlier: list[VerificationEnded]
    may_verify: bool


_NOTE = (
    "yuanshou/3f0c8a527d1b4e3e/case\n812\nbNA8cOnhBPmUoSqVgzqLBCkGoT8Vw0zEDYDH7fVJNV0=\nalg sha256-v1\ntime 2026-11-24T01:59:30.000000Z\n\n"
    "— yuanshou/3f0c8a527d1b4e3e q7cFxA==\n"
)
_KEY = "yuanshou/3f0c8a527d1b4e3e+abb705c4+AVq0v0U0b1rT8aWjv3xHq0C3m1tJ3b0r2j7m3cS1k8nN"
CASE_PROOF: Json = {
    "case_id": CASE_ID, "ledger": "case", "stream": f"case/{CASE_ID}", "size": 812,
    "events": [
        {
            "alg": "sha256-v1", "ledger": "case", "position": 790, "stream": f"case/{CASE_ID}", "version": 1,
            "type": "application_submitted", "schema_version": 1, "recorded_at": "2026-11-24T01:00:00.000123Z",
            "decided_at": "2026-11-24T01:00:00.000000Z", "effective_on": "2026-11-24", "actor": "P-BAI-LING", "on_behalf_of": None,
            "role": "receptionist", "office": "C-CITY", "command_id": "01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b",
            "correlation_id": "corr-1", "causation": None, "digest": "9f" * 32, "body": "e30=", "withheld": None, "chain_hash": "1c" * 32,
        }
    ],
    "proof": ["bNA8cOnhBPmUoSqVgzqLBCkGoT8Vw0zEDYDH7fVJNV0="],
    "consistency": {"from": 700, "to": 812, "proof": ["bNA8cOnhBPmUoSqVgzqLBCkGoT8Vw0zEDYDH7fVJNV0="]},
    "checkpoint": _NOTE, "vkeys": [_KEY],
}  # fmt: skip
CHECKPOINT: Json = {
    "size": 812, "root": "6c" * 32, "signed_at": "2026-11-24T09:59:30+08:00", "age_seconds": 30, "note": _NOTE,
    "signed_by": ["yuanshou/3f0c8a527d1b4e3e abb705c4"], "signature": "holds",
}  # fmt: skip
_ASKED: Json = {"asked_by": "P-BAI-LING", "asked_by_name": "白玲", "asked_at": "2026-11-24T09:50:00+08:00"}
AUDIT: Json = {
    "ledgers": [
        {
            "ledger": "case", "events": 815, "unsealed": 3, "unsealed_since": "2026-11-24T09:59:40+08:00", "late": False,
            "checkpoint": CHECKPOINT,
            "anchors": [
                {
                    "kind": "witness", "place": "https://witness.example.cn", "outside": True, "size": 812,
                    "anchored_at": "2026-11-24T09:59:31+08:00", "age_seconds": 29, "late": False,
                    "witnesses": ["witness.example.cn 0a1b2c3d"],
                }
            ],
        }
    ],
    "keys": [{"vkey": _KEY, "since": "2026-01-01T08:00:00+08:00"}],
    "policy": {"checkpoint_seconds": 300, "anchor_seconds": 93_600},
    "verified": {
        "at": "2026-11-24T09:52:00+08:00", "age_seconds": 480, "exit": 1, "seconds": 0.4,
        "ledgers": {"case": {"events": 815, "size": 812, "root": "6c" * 32}},
        "findings": [
            {"ledger": "case", "position": 796, "class": "body_changed", "detail": "…", "place": "files", "nearest_good": 780}
        ],
        "findings_in_all": 1, "notes": [], "trouble": None, **_ASKED,
    },
    "verified_unreadable": False,
    "running": None,
    "earlier": [{"exit": 1, "finished_at": "2026-11-24T09:52:00+08:00", "events": 815, **_ASKED}],
    "may_verify": True,
}  # fmt: skip
RUNNING: Json = {"verification_id": CASE_ID, "done": 400, "total": 815, "begun_at": "2026-11-24T09:50:00+08:00", **_ASKED}
