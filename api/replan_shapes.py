"""What the routes of re-planning answer, for the OpenAPI document, with an example of each."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.answers import CASE_ID
from api.case_shapes import Shape
from api.directory import ChangeOfDirectory
from domain.values import Code

type Json = dict[str, Any]


class MovedClocks(Shape):
    """How many clocks of a centre and limit get another date; alike dates where only the reminders move."""

    centre: Code
    limit: str
    old: date
    new: date
    clocks: int


class MovedClock(Shape):
    limit: str
    old: date
    new: date
    clock: str | None = None


class CaseToMove(Shape):
    case_id: UUID
    kind: Literal["case", "consultation", "duty"]
    number: str | None
    centre: Code
    moves: list[MovedClock]


class ReplanPreview(Shape):
    """What a change would do to the dates of open cases."""

    looked_at: int = Field(description="Cases and inquiries with a live time limit.")
    cases: int
    clocks: int
    moves: list[MovedClocks]
    listed: list[CaseToMove] = Field(description="For a supervisor: cases in reach, 200 at most.")
    more: bool = Field(description="There are more than are listed.")


class Replan(Shape):
    """A change of calendar or rules, and how far the open cases have been planned anew."""

    ref: str
    change: str
    concerns: str = Field(description="The entry that changed, such as a day.")
    since: date
    asked_by: Code
    asked_at: AwareDatetime
    state: Literal["waiting", "walking", "following", "done"]
    looked_at: int
    touched: int
    done: int
    finished_at: AwareDatetime | None


class ReplannedCase(Shape):
    case_id: UUID
    kind: Literal["case", "consultation", "duty"]
    moves: list[MovedClock]
    done_at: AwareDatetime | None


class ReplanWithCases(Replan):
    cases: list[ReplannedCase] = Field(description="Those in the caller's reach.")
    next_cursor: str | None


REPLAN: Json = {
    "ref": "calendar/41", "change": "calendar_day_set", "concerns": "2026-12-25", "since": "2026-12-01", "asked_by": "P-XU-HUI",
    "asked_at": "2026-12-01T09:00:00+08:00", "state": "done", "looked_at": 812, "touched": 12, "done": 12,
    "finished_at": "2026-12-01T09:01:00+08:00",
}  # fmt: skip
_MOVE: Json = {"limit": "examine_application", "old": "2026-12-25", "new": "2026-12-28"}
WITH_CASES: Json = REPLAN | {
    "cases": [
        {"case_id": CASE_ID, "kind": "case", "moves": [_MOVE | {"clock": "examine_application/1"}], "done_at": "2026-12-01T09:00:30+08:00"}
    ],
    "next_cursor": None,
}
PREVIEW: Json = {
    "looked_at": 812, "cases": 12, "clocks": 12, "moves": [{"centre": "C-CITY", **_MOVE, "clocks": 12}],
    "listed": [{"case_id": CASE_ID, "kind": "case", "number": "定援申〔2026〕第12号", "centre": "C-CITY", "moves": [_MOVE]}], "more": False,
}  # fmt: skip
BODIES = {
    "preview_replan": (
        ChangeOfDirectory,
        {
            "change": "calendar_day_set", "since": "2026-12-01",
            "data": {"day": "2026-12-25", "kept": "off", "name": "全市停电检修", "source": "市政府通知"},
        },
    )
}  # fmt: skip
