"""What a verification may find, by name: stable codes, for programs and for the page on what to do."""

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ledger.verify.said import Said

CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "body_changed": "the body is not the one whose digest stands beside it",
        "row_changed": "a column of the row, or the event before it in its stream, was changed: the chain hash is another",
        "unknown_alg": "the row names a way of hashing that there is not",
        "event_missing": "positions have no event: it was deleted, or moved away",
        "case_missing": "a case has no event left",
        "tail_missing": "the ledger, or a stream of it, ends before what was sealed or counted",
        "reordered": "the event was sealed at another position",
        "moved": "the event was recorded in another stream or ledger",
        "duplicate": "a position or a version stands twice",
        "version_gap": "the event before it in its stream is not there",
        "clock_back": "it says it was recorded before the event in front of it",
        "backdated": "it says it was recorded before a checkpoint that does not hold it",
        "rewritten": "the events hash well, but they are not those that were signed",
        "older_backup": "the database ends before what was given away: an older copy was put back, or its end and its checkpoints deleted",
        "two_histories": "two signed checkpoints of one size have different roots",
        "checkpoint_forged": "a checkpoint, or a signature under it, was altered",
        "checkpoint_missing": "a checkpoint that was given away is no longer among the stored ones",
        "unknown_key": "a checkpoint that none of the known keys signed",
        "wrong_key": "a checkpoint signed by a key that was not in force at its time",
        "stamp_bad": "a time stamp over a checkpoint is missing, or does not hold under the certificates that are believed",
        "tile_changed": "a stored tile of the tree is missing, or holds other hashes than the events have",
        "unknown_ledger": "rows of a ledger that there is not",
        "not_canonical": "the body is no canonical JSON of objects, lists, texts, integers and booleans",
        "cipher_moved": "a personal value does not open under its subject's key at its place",
        "key_changed": "a person's wrapped key was altered or is another's",
        "key_back": "the key of a person who was erased is there again",
        "file_changed": "a file's content is not the one that was recorded",
        "file_missing": "a file that was recorded is not there",
        "snapshot_changed": "a stream's snapshot is not the fold of its events",
        "read_model_changed": "a read model does not say what the events say",
        "schema_drift": "a trigger, right, policy or role of the database is not as it should be",
    }
)
"""Every class of finding: tampering, whoever did it. The exit status is 1."""

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "unknown_type": "an event of a type or shape that this program does not know: a newer one wrote it; its hashes hold",
        "memory_lost": "the signer's memory is not there, though checkpoints were signed",
        "memory_behind": "the signer's memory is older than the newest stored checkpoint, with which it agrees",
        "stamps_unchecked": "time stamps were not looked at: the extra `timestamps` or the authority's certificate is not there",
        "not_anchored": "events are not covered by any anchor yet, longer than the policy allows",
    }
)
"""What is worth knowing and no tampering."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold. `code` is one of `CLASSES`, or of `NOTES` where it is a note."""

    code: str
    detail: str
    ledger: str = ""
    """Empty for what is of no ledger: the database's schema, a file, a read model."""
    position: int | None = None
    place: str = ""
    """What else tells where: `case/<id> version 3`, a table's key, a checkpoint's place."""
    nearest_good: int | None = None
    """Size of the greatest checkpoint before the position that holds; None where there is none."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "ledger": self.ledger,
            "position": self.position,
            "class": self.code,
            "detail": self.detail,
            "place": self.place,
            "nearest_good": self.nearest_good,
            **({"said": self.detail.as_dict()} if isinstance(self.detail, Said) else {}),
        }


@dataclass(slots=True)
class LedgerResult:
    """What one ledger came to."""

    ledger: str
    events: int = 0
    """Events there are: the last position."""
    hashed: int = 0
    """Events that were read and hashed again in this run."""
    size: int = 0
    """The greatest checkpoint that holds."""
    root: bytes | None = None
    checkpoints: int = 0
    """Signed claims on the tree that were looked at: stored checkpoints, anchors, the signer's memory."""
    anchored: int = 0
    """The greatest size that an anchor holds."""
    anchored_at: datetime | None = None
    """When that was signed."""
    unanchored_since: datetime | None = None
    """When the oldest event that no anchor covers was recorded; None where all are covered."""
    kinds: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    """Types and schema versions there are, each with its first position."""
    findings: list[Finding] = field(default_factory=list[Finding])
    notes: list[Finding] = field(default_factory=list[Finding])
    more: int = 0
    """Findings beyond those listed."""
    good: array[int] = field(default_factory=lambda: array("q"))
    """Sizes of checkpoints that hold, rising."""


def nearest(good: Sequence[int], position: int | None) -> int | None:
    """The greatest of the rising sizes that lies before the position."""
    if position is None:
        return None
    at = bisect_left(good, position)
    return good[at - 1] if at else None


def placed(finding: Finding, good: Sequence[int]) -> Finding:
    """The finding with the nearest good checkpoint beside it."""
    return replace(finding, nearest_good=nearest(good, finding.position))
