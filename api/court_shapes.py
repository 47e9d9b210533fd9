"""What the routes of the court bundle answer."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.answers import CASE_ID
from api.case_shapes import Shape


class Coverage(Shape):
    case_id: UUID
    versions: int = Field(description="Records of the case that the last checkpoint seals: 1 to this one.")
    later: int = Field(description="Records since; they are not in a bundle made now.")
    size: int = Field(description="Records of the whole ledger that the checkpoint seals.")
    sealed_at: AwareDatetime
    files: int = Field(description="Evidence files that these records attach.")


COVERAGE: dict[str, Any] = {
    "case_id": CASE_ID,
    "versions": 21,
    "later": 0,
    "size": 18_402,
    "sealed_at": "2026-11-24T10:00:00.512000+08:00",
    "files": 2,
}
