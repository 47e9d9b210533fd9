"""What the routes of assignment, rota, queue and reassignment take and answer, for the routes and for the OpenAPI document."""

from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from api.case_shapes import Shape
from api.shapes import ListRow
from domain.matching import Candidate
from domain.reassignment import MOST_MOVES, Move, MoveKind
from domain.reassignment import Words as Reason
from domain.rota import MOST_SHIFTS, Month, RotaKind, Shift, Slot, Words
from domain.values import Code, Model


class PlanAsked(Model):
    """A month of an office's rota to be planned. `people` are those who stand on it; absent, whoever holds a role for it there."""

    office: Code
    rota: RotaKind
    month: Month
    start: time = time(9)
    end: time = time(17)
    days: Literal["working", "every"] = "working"
    people: tuple[Code, ...] = ()


class PublishAsked(Model):
    office: Code
    rota: RotaKind
    month: Month
    shifts: Annotated[tuple[Shift, ...], Field(min_length=1, max_length=MOST_SHIFTS)]


class SwapAsked(Model):
    """One's own shift `give` to a colleague, in exchange for theirs `take` where that is named."""

    office: Code
    rota: RotaKind
    to: Code
    give: Slot
    take: Slot | None = None
    reason: Words


class SwapAnswered(Model):
    office: Code


class CoverAsked(Model):
    """Another person on a shift at once, because who has it cannot."""

    office: Code
    rota: RotaKind
    day: date
    start: time
    person: Code
    reason: Words


class PreviewAsked(Model):
    """Cases and who would take each over."""

    reason: Reason
    moves: Annotated[tuple[Move, ...], Field(min_length=1, max_length=MOST_MOVES)]


class ReassignAsked(PreviewAsked):
    """Cases, of one leaver or chosen from a list, and who takes each over. Sent again with its key, it goes on where it stopped."""

    leaver: Code | None = None


class UndoAsked(Model):
    reason: Reason


class RankedCandidate(Candidate):
    """A lawyer of the panel seen from the case, with the names of lawyer and unit."""

    model_config = ConfigDict(defer_build=True)

    name: str | None
    unit_name: str | None


class Ranked(Shape):
    """The panel, best first."""

    items: list[RankedCandidate]
    panel: int = Field(description="How many the panel holds.")
    free: int = Field(description="How many pass every gate.")
    advice: str | None = Field(description="Where nobody passes: the gate that keeps most away, which says what to do.")


class UnassignedCase(ListRow):
    candidates: list[RankedCandidate] = Field(description="The best of them.")
    advice: str | None


class Taken(Shape):
    """The case taken from the queue; null where none fits."""

    case: ListRow | None
    steps: list[str] = Field(description="Commands by which the caller may bring it on.")
    until: AwareDatetime | None = Field(description="The claim ends by then, by an act on the case, or by letting it go.")
    waiting: int = Field(description="How many cases wait for somebody like the caller, the one taken among them.")


class LetGo(Shape):
    case_id: str
    claimed: bool


class Workload(Shape):
    """Open cases of a person or a lawyer."""

    code: Code
    kind: Literal["person", "lawyer"]
    name: str | None
    office: Code | None = Field(description="A person's office; a lawyer's unit.")
    on_leave: bool
    max_load: int | None
    open: int
    by_stage: dict[str, int]
    due_this_week: int
    missed: int


class RotaShift(Shape):
    rota: RotaKind
    day: date
    start: time
    end: time
    person: Code
    name: str | None


class RotaSwap(Shape):
    swap: Code
    rota: RotaKind
    by: Code
    to: Code
    give: Slot
    take: Slot | None
    reason: str
    state: Literal["open", "done", "refused", "void"]
    mine: bool = Field(description="The caller is the one asked.")
    own: bool = Field(description="The caller proposed it.")


class ShiftCount(Shape):
    rota: RotaKind | None = None
    person: Code
    name: str | None
    shifts: int


class RotaMonth(Shape):
    office: Code
    month: str
    shifts: list[RotaShift]
    swaps: list[RotaSwap]
    fairness: list[ShiftCount] = Field(description="Shifts of each in the year up to the month's end.")
    may_plan: bool


class PlannedShift(Shape):
    day: date
    start: time
    end: time
    person: Code
    name: str | None


class RotaPlan(Shape):
    """A month as it might be published."""

    office: Code
    month: str
    rota: RotaKind
    shifts: list[PlannedShift]
    gaps: list[date] = Field(description="Days nobody can take.")
    counts: list[ShiftCount]


class RotaChanged(Shape):
    """What was recorded in the office's rota."""

    office: Code
    version: int
    type: str
    swap: Code | None = None


class LeaverCase(ListRow):
    may: bool = Field(description="Whether the caller may move it.")
    to: Code | None = None
    why: Literal["fewest_open", "nobody_free"] | None = None
    load: int | None = None


class LeaverShift(Shape):
    office: Code
    rota: RotaKind
    day: date
    start: time
    end: time
    person: Code


class LeaverInquiry(Shape):
    inquiry_id: str
    kind: str
    number: str | None
    state: str
    owner: Code | None
    handing_to: Code | None
    due_at: AwareDatetime | None
    due_limit: str | None


class LeaverLoad(Shape):
    """Everything somebody has in hand."""

    leaver: Code
    name: str | None
    transfers: list[LeaverCase] = Field(description="Cases they own, each with who would take it.")
    replacements: list[LeaverCase] = Field(description="Cases they handle as a lawyer: a replacement is asked for, another person decides.")
    shifts: list[LeaverShift]
    inquiries: list[LeaverInquiry]


class MovePreviewed(Shape):
    """What a move would do; `code` says why it would be refused."""

    case_id: str
    kind: MoveKind
    held_by: Code | None = Field(description="Who has it: the caseworker, or the lawyer where one is to be replaced.")
    to: Code | None
    code: str | None = Field(description="The problem's code; null where it would be carried out.")
    detail: str | None = Field(description="The problem's sentence.")
    case: ListRow | None = Field(description="Null where the caller may not see it.")


class ReassignmentPreview(Shape):
    items: list[MovePreviewed]
    will: int
    refused: int


class MoveTold(Shape):
    case_id: str
    number: str | None = Field(description="Null where the caller does not see the case any more.")
    kind: MoveKind
    to: Code | None
    held_by: Code | None = Field(description="Who owned the case when the batch was begun.")
    state: Literal["waiting", "done", "refused"]
    code: str | None = Field(description="Why it was refused.")
    undoable: bool = Field(description="It was transferred, and stands there still.")


class NotTried(Shape):
    case_id: str
    code: str


class Batch(Shape):
    """How far the moving came."""

    batch: Code
    leaver: Code | None
    undoes: Code | None = Field(description="The batch whose cases go back.")
    reason: str
    moves: list[MoveTold]
    waiting: int
    done: int
    refused: int
    undoable: int
    failed: list[NotTried] = Field(
        default_factory=list["NotTried"], description="Cases that could not be tried now, with the problem's code."
    )


BODIES: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "plan_rota": (PlanAsked, {"office": "C-CITY", "rota": "hotline", "month": "2026-12"}),
    "publish_rota": (
        PublishAsked,
        {
            "office": "C-CITY", "rota": "hotline", "month": "2026-12",
            "shifts": [{"day": "2026-12-01", "start": "09:00:00", "end": "17:00:00", "person": "P-LIN-XIAOMEI"}],
        },
    ),
    "propose_swap": (
        SwapAsked,
        {
            "office": "C-CITY", "rota": "hotline", "to": "P-WANG-MIN", "give": {"day": "2026-12-01", "start": "09:00:00"},
            "reason": "当日开庭",
        },
    ),
    "answer_swap": (SwapAnswered, {"office": "C-CITY"}),
    "cover_shift": (
        CoverAsked,
        {"office": "C-CITY", "rota": "hotline", "day": "2026-12-01", "start": "09:00:00", "person": "P-WANG-MIN", "reason": "突发疾病"},
    ),
    "reassign": (
        ReassignAsked,
        {
            "leaver": "P-WANG-MIN", "reason": "调离岗位",
            "moves": [{"case_id": "019ac2b4-5e00-7000-8000-000000000001", "kind": "transfer", "to": "P-LIN-XIAOMEI"}],
        },
    ),
    "preview_reassignment": (
        PreviewAsked,
        {
            "reason": "均衡案件数量",
            "moves": [{"case_id": "019ac2b4-5e00-7000-8000-000000000001", "kind": "transfer", "to": "P-LIN-XIAOMEI"}],
        },
    ),
    "undo_reassignment": (UndoAsked, {"reason": "误选案件"}),
}  # fmt: skip
"""Bodies by operation, each with an example."""
