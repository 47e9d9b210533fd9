"""The shapes of the answers about the ledger of reads, for the OpenAPI document, with an example of each."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.case_shapes import Shape
from domain.reads import ReadChannel

_CASE = "01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b"
_SUBJECT = "01a20b63-8040-7d10-8e21-4a5b6c7d8e9f"


class ReadOfCase(Shape):
    case_id: UUID
    number: str | None = Field(description="Null where the caller does not reach it.")


class ReasonErased(Shape):
    """In the place of a reason, once all whom it was given for are erased."""

    erased: Literal[True]
    at: AwareDatetime


class AccessRecord(Shape):
    """An entry of the ledger `access`: personal data read, or somebody refused."""

    position: int
    at: AwareDatetime
    type: Literal["personal_data_read", "access_refused"]
    person: str = Field(description="Code of who read; `unknown` where nobody could be told.")
    name: str | None
    role: str
    office: str
    channel: ReadChannel | None
    what: list[str] = Field(description="What was opened; of a refusal, the route that was asked.")
    code: str | None = Field(description="Of a refusal: the problem that was told.")
    cases: list[ReadOfCase]
    subjects: list[UUID] | None = Field(description="Whose data; null for a supervisor, who is told of one case.")
    people: int = Field(description="How many people's data.")
    opened: int = Field(description="How many values.")
    reason: str | ReasonErased | None
    request_id: str


class CaseReader(Shape):
    """A person who read of a case, in one role."""

    person: str
    name: str | None
    role: str
    office: str
    times: int
    refused: int
    channels: list[ReadChannel]
    first_at: AwareDatetime
    last_at: AwareDatetime


RECORD: dict[str, Any] = {
    "position": 5121, "at": "2026-11-24T10:31:07.412905+08:00", "type": "personal_data_read", "person": "P-JIA-FENGQIN", "name": "贾凤琴",
    "role": "caseworker", "office": "C-ADX", "channel": "page", "what": ["case", "history"], "code": None,
    "cases": [{"case_id": _CASE, "number": "定城援登字〔2026〕第318号"}], "subjects": [_SUBJECT], "people": 1, "opened": 9,
    "reason": None, "request_id": "01a20b63-8043-7000-8000-000000000001",
}  # fmt: skip
READER: dict[str, Any] = {
    "person": "P-JIA-FENGQIN", "name": "贾凤琴", "role": "caseworker", "office": "C-ADX", "times": 14, "refused": 0,
    "channels": ["page", "print"], "first_at": "2026-11-24T10:31:07.412905+08:00", "last_at": "2026-11-24T16:02:41.000318+08:00",
}  # fmt: skip
