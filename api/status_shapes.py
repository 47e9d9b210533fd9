"""What is asked and answered on the public page, and about the code it asks for, for the routes and the OpenAPI document."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.case_shapes import Shape
from domain.lifecycle import Stage
from domain.progress import Note, Step, What
from domain.status_codes import RenewalReason
from ledger.status_codes import CODE_MOST, NUMBER_MOST

type Json = dict[str, Any]


def _typed(most: int) -> Any:
    return StringConstraints(min_length=1, max_length=most, strip_whitespace=True, pattern=r"^[^\x00]*$")  # a NUL no database takes


class StatusQuestion(BaseModel):
    """A register number or case number, and the code. Width, spaces, brackets and letters' case make no difference."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, _typed(NUMBER_MOST)]
    code: Annotated[str, _typed(CODE_MOST)]


class Renewing(BaseModel):
    """Why a case's code is made anew; the one given before is worthless from then on."""

    model_config = ConfigDict(extra="forbid")

    reason: RenewalReason


class StatusNote(Shape):
    note: Note
    says: str


class StatusOwed(Shape):
    """Papers the centre waits for."""

    papers: list[str]
    by: date
    late: bool
    says: str


class StatusDate(Shape):
    """A day that concerns the applicant."""

    what: What
    on: date
    late: bool
    says: str


class StatusCentre(Shape):
    """Whom to call."""

    name: str
    phone: str | None
    address: str | None
    closes_at: str | None = Field(description="When it closes on a working day, `HH:MM`, where the directory knows.")


class Status(Shape):
    """How a case stands, for the person it is about: nobody's name, nothing personal. `says` are sentences in the caller's language."""

    number: str
    stage: Stage
    stage_says: str
    step: Step
    says: str
    notes: list[StatusNote]
    owed: StatusOwed | None
    dates: list[StatusDate] = Field(description="The nearest first.")
    centre: StatusCentre
    at: AwareDatetime


class StatusCode(Shape):
    """The code of a case's public page, as whoever stands before applicants may tell it."""

    case_id: UUID
    number: str
    code: str
    generation: int = Field(description="How often it was renewed.")
    page: str = Field(description="Address of the public page.")


BODIES: Mapping[str, tuple[type[BaseModel], Mapping[str, Any]]] = {
    "read_status": (StatusQuestion, {"number": "定城援登字〔2026〕第318号", "code": "7KQ-M4X-9TD"}),
    "renew_status_code": (Renewing, {"reason": "leaked"}),
}
STATUS: Json = {
    "number": "定城援登字〔2026〕第318号", "stage": "application", "stage_says": "申请和审查", "step": "papers_missing",
    "says": "您的申请材料还不齐全。中心已告知您需要补充哪些材料。",
    "notes": [{"note": "paused", "says": "补充材料或者核查期间，审查期限暂停计算。"}],
    "owed": {"papers": ["身份证复印件"], "by": "2026-12-09", "late": False, "says": "请在2026年12月9日前交齐下列材料。"},
    "dates": [], "centre": {"name": "安定县法律援助中心", "phone": "12348", "address": None, "closes_at": "17:30"},
    "at": "2026-11-24T10:31:07.412905+08:00",
}  # fmt: skip
CODE: Json = {
    "case_id": "01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b", "number": "定城援登字〔2026〕第318号", "code": "7KQ-M4X-9TD", "generation": 0,
    "page": "https://legal-aid.example.cn/status",
}  # fmt: skip
