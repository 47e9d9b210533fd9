"""When a person's data may be erased, who decides it, and what became of it: pure rules over a person's own stream and their files."""

from domain.erasure.events import (
    DataExported,
    Ground,
    PersonShredded,
    Refused,
    RestrictionGround,
    RestrictionLifted,
    RestrictionSet,
    ShredApproved,
    ShredRefused,
    ShredRequested,
)
from domain.erasure.record import ErasureRecord, Request, fold_record
from domain.erasure.retention import Bar, Kept, Retention, bars_of

__all__ = [
    "Bar",
    "DataExported",
    "ErasureRecord",
    "Ground",
    "Kept",
    "PersonShredded",
    "Refused",
    "Request",
    "RestrictionGround",
    "RestrictionLifted",
    "RestrictionSet",
    "Retention",
    "ShredApproved",
    "ShredRefused",
    "ShredRequested",
    "bars_of",
    "fold_record",
]
