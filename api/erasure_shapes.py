"""What is asked and answered about a person's data, for the routes and the OpenAPI document."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.case_shapes import Shape
from api.person_shapes import KNOWN, PersonEntry
from domain.erasure import Ground, Refused, RestrictionGround
from domain.erasure.record import RequestState
from domain.erasure.retention import Why
from domain.values import Code, OwnText

type Json = dict[str, Any]

Reason = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True, pattern=r"^[^\x00]*$")]
"""Free text about the person: kept under the person's own key, erased with it."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Restricting(_Body):
    """Keep the data and read it with a reason only."""

    ground: RestrictionGround
    reason: Reason


class Freeing(_Body):
    reason: Reason


class AskingErasure(_Body):
    """Ask that all entries of the person be erased."""

    ground: Ground
    reason: Reason


class Approving(_Body):
    """`request` is the number of the request that was looked at."""

    request: Annotated[int, Field(ge=1)]


class RefusingErasure(_Body):
    request: Annotated[int, Field(ge=1)]
    ground: Literal["need_continues", "not_the_person"]
    reason: Reason


class RestrictionShown(Shape):
    ground: RestrictionGround
    since: date
    by: Code


class ErasureRequest(Shape):
    """A request that a person be erased. `request` is its number, `entries` how many linked entries it is about."""

    subject_id: UUID
    request: int
    entries: int
    state: RequestState
    ground: Ground
    asked_by: Code
    asked_on: date
    decided_by: Code | None
    decided_on: date | None
    refused_for: Refused | None
    destroyed_at: AwareDatetime | None
    finished_at: AwareDatetime | None


class FileKept(PersonEntry):
    """What the person is in, how long it is kept and what bars an erasure. `kept_until` null: it is open, or kept for ever."""

    kept_until: date | None
    years: int | None
    source: str | None
    confirmed: bool | None = Field(description="False: the period awaits confirmation; null while the file is open.")
    bars: list[Why]


class PersonData(Shape):
    """Where a person's data stands, and all that the caller sees them in; `elsewhere` counts files that the caller does not see."""

    subject_id: UUID
    name: OwnText | None
    state: Literal["live", "restricted", "shredded"]
    linked: list[UUID]
    restriction: RestrictionShown | None
    request: ErasureRequest | None
    shredded_at: AwareDatetime | None
    files: list[FileKept]
    elsewhere: int
    may: list[Literal["restrict", "free", "request", "decide", "export"]]


class ErasureChanged(Shape):
    """`request` is the request's number, where there is one."""

    subject_id: UUID
    state: Literal["live", "restricted", "open", "approved", "refused"]
    request: int | None = None


class HeldEvent(Shape):
    version: int
    type: str
    recorded_at: AwareDatetime
    values: dict[str, Any]


class HeldFile(Shape):
    """One case or inquiry: the person's entry in it, and of every event what of it is the person's, by JSON pointer."""

    case_id: UUID
    kind: Literal["case", "consultation", "duty"]
    number: str | None
    role: str
    kept_until: date | None
    entry: dict[str, Any]
    events: list[HeldEvent]


class DataDecision(Shape):
    """What was decided about the person's data, or that it was given out."""

    type: str
    since: date
    recorded_at: AwareDatetime
    by: Code
    data: dict[str, Any]


class DataRead(Shape):
    """Somebody read the person's data, among that of others perhaps."""

    at: AwareDatetime
    by: Code
    role: str
    what: list[str]
    channel: str


class PersonExport(Shape):
    """All that is held about a person, as far as the caller sees their files (个人信息保护法 art. 45)."""

    made_at: AwareDatetime
    made_by: Code
    subject_id: UUID
    linked: list[UUID]
    state: Literal["live", "restricted", "shredded"]
    files: list[HeldFile]
    elsewhere: int
    decisions: list[DataDecision]
    reads: list[DataRead] = Field(description="Who read of it, the newest first.")
    more_reads: bool = Field(description="There were more than are told here.")


_SUBJECT = KNOWN["subject_id"]
REQUEST: Json = {
    "subject_id": _SUBJECT, "request": 1, "entries": 1, "state": "open", "ground": "retention_over", "asked_by": "P-XUE-YONGSHENG",
    "asked_on": "2057-03-02", "decided_by": None, "decided_on": None, "refused_for": None, "destroyed_at": None, "finished_at": None,
}  # fmt: skip
DATA: Json = {
    "subject_id": _SUBJECT, "name": "欧阳某某", "state": "live", "linked": [], "restriction": None, "request": REQUEST, "shredded_at": None,
    "files": [
        KNOWN["entries"][0]
        | {
            "state": "archived", "kept_until": "2056-11-24", "years": 30, "source": "NAA8 6", "confirmed": False,
            "bars": [],
        }
    ],
    "elsewhere": 0, "may": ["decide", "export"],
}  # fmt: skip
EXPORT: Json = {
    "made_at": "2026-11-24T10:30:00+08:00", "made_by": "P-XUE-YONGSHENG", "subject_id": _SUBJECT, "linked": [], "state": "live",
    "files": [
        {
            "case_id": KNOWN["entries"][0]["case_id"], "kind": "case", "number": "鹿鸣援受[2026]1号", "role": "applicant",
            "kept_until": None, "entry": {"name": "欧阳某某"},
            "events": [
                {
                    "version": 1, "type": "application_submitted", "recorded_at": "2026-11-24T10:30:00+08:00",
                    "values": {"/applicant/name": "欧阳某某"},
                }
            ],
        }
    ],
    "elsewhere": 0, "decisions": [],
    "reads": [{"at": "2026-11-24T10:29:00+08:00", "by": "P-JIA-FENGQIN", "role": "caseworker", "what": ["case"], "channel": "page"}],
    "more_reads": False,
}  # fmt: skip
CHANGED: Mapping[str, Json] = {
    "restrict_person": {"subject_id": _SUBJECT, "state": "restricted"},
    "free_person": {"subject_id": _SUBJECT, "state": "live"},
    "request_erasure": {"subject_id": _SUBJECT, "state": "open", "request": 1},
    "approve_erasure": {"subject_id": _SUBJECT, "state": "approved", "request": 1},
    "refuse_erasure": {"subject_id": _SUBJECT, "state": "refused", "request": 1},
}
"""By operation: what an answer says."""
BODIES: Mapping[str, tuple[type[BaseModel], Json]] = {
    "restrict_person": (Restricting, {"ground": "retention_runs", "reason": "本人要求删除，案卷保管期限未满"}),
    "free_person": (Freeing, {"reason": "本人同意继续使用"}),
    "request_erasure": (AskingErasure, {"ground": "retention_over", "reason": "案卷保管期限届满，经鉴定无继续保存价值"}),
    "approve_erasure": (Approving, {"request": 1}),
    "refuse_erasure": (RefusingErasure, {"request": 1, "ground": "need_continues", "reason": "案卷列入市档案馆接收范围"}),
}
"""By operation: its body and an example."""
