"""What the routes of histories answer, for the OpenAPI document, with an example of each."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.answers import CASE_ID, Answers
from api.case_shapes import Shape
from domain.lifecycle import Stage, State
from domain.values import Code
from readmodels.skipped import Kind
from readmodels.stages import GroupBy

type Json = dict[str, Any]


class ActingPerson(Shape):
    id: Code
    name: str | None
    role: str


class ActorOfCase(Shape):
    """A person in a role who acted on the case. `types` are the kinds of event they brought."""

    actor: ActingPerson
    office: Code
    on_behalf_of: Code | None
    events: int
    types: list[str]
    first_at: AwareDatetime
    last_at: AwareDatetime


class RefusedCommand(Shape):
    """A command that was asked for and refused; what it would have changed is not kept."""

    command_id: str
    case_id: UUID
    register_number: str | None
    case_number: str | None
    command: str
    received_at: AwareDatetime
    decided_at: AwareDatetime | None
    actor: ActingPerson
    on_behalf_of: Code | None
    office: Code
    code: str = Field(description="Of the problem that was answered.")
    status: int


class StageLine(Shape):
    """Days that cases spent in a stage they left in the period. `key` is what is grouped by; empty by stage alone."""

    stage: Stage
    key: str
    cases: int
    median_days: float | None
    p90_days: float | None


class DaysByStage(Shape):
    first: date = Field(alias="from")
    to: date
    group_by: GroupBy
    items: list[StageLine]
    open: dict[str, int] = Field(description="Cases that stand in each stage now.")


class StateOfMap(Shape):
    """A state that cases came to in the period; days of the stays that have ended; `types` are the events that brought them."""

    stage: Stage
    state: State
    visits: int
    cases: int
    open: int = Field(description="Of the visits: the case stands in it still.")
    median_days: float | None
    p90_days: float | None
    types: list[str]


class MoveOfMap(Shape):
    """A move from one state (null: the case was opened) to another, with the days from coming to the one to coming to the other."""

    start: State | None
    end: State
    moves: int
    cases: int
    median_days: float | None
    p90_days: float | None
    types: list[str]


class ProcessMap(Shape):
    first: date = Field(alias="from")
    to: date
    states: list[StateOfMap]
    moves: list[MoveOfMap]


class SkippedCount(Shape):
    kind: Kind
    step: str
    found: int
    open: int


class SkippedStep(Shape):
    """A step passed over or a limit broken.

    `step` is a state (`state`), a check's event (`check`), where the papers stand (`papers`), what one person did who was to be two
    (`two_persons`), or a limit (`limit`). `type` is the event that went on without it, the event that the same person had brought before,
    or how the limit ended.
    """

    kind: Kind
    step: str
    case_id: UUID
    register_number: str | None
    case_number: str | None
    centre: Code
    state: State
    owner: Code | None
    on: date
    version: int | None
    type: str
    made_good_on: date | None
    late_days: int | None = Field(description="Of a limit; null of a step.")


class SkippedSteps(Shape):
    first: date = Field(alias="from")
    to: date
    counts: list[SkippedCount]
    items: list[SkippedStep]
    next_cursor: str | None


_PERIOD: Json = {"from": "2026-01-01", "to": "2026-11-24"}
ExampleName = Literal["case_actors", "days_by_stage", "process_map", "skipped_steps", "refused_commands"]


def example(name: ExampleName, answers: Answers) -> Json:
    """What the route of that name answers; lists as one item."""
    del answers
    return _EXAMPLES[name]


_EXAMPLES: dict[ExampleName, Json] = {
    "case_actors": {
        "actor": {"id": "P-WANG-MIN", "name": "王敏", "role": "caseworker"},
        "office": "C-CITY",
        "on_behalf_of": None,
        "events": 6,
        "types": ["conflict_checked", "decision_recommended", "hardship_assessed"],
        "first_at": "2026-11-02T09:12:00+08:00",
        "last_at": "2026-11-20T15:40:00+08:00",
    },
    "refused_commands": {
        "command_id": "01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b",
        "case_id": CASE_ID,
        "register_number": "定城援登字〔2026〕第318号",
        "case_number": None,
        "command": "grant_aid",
        "received_at": "2026-11-20T15:40:00+08:00",
        "decided_at": "2026-11-20T15:40:00+08:00",
        "actor": {"id": "P-CHEN-WEIDONG", "name": "陈卫东", "role": "approver"},
        "on_behalf_of": None,
        "office": "C-CITY",
        "code": "recommendation_missing",
        "status": 409,
    },
    "days_by_stage": {
        **_PERIOD,
        "group_by": "office",
        "items": [{"stage": "application", "key": "C-CITY", "cases": 212, "median_days": 4.0, "p90_days": 7.0}],
        "open": {"application": 14, "assignment": 3, "representation": 88, "closure": 21},
    },
    "process_map": {
        **_PERIOD,
        "states": [
            {"stage": "application", "state": "received", "visits": 240, "cases": 212, "open": 5, "median_days": 2.0, "p90_days": 5.0}
            | {"types": ["application_submitted", "papers_supplied"]}
        ],
        "moves": [
            {"start": "received", "end": "examined", "moves": 180, "cases": 180, "median_days": 2.0, "p90_days": 4.0}
            | {"types": ["decision_recommended"]}
        ],
    },
    "skipped_steps": {
        **_PERIOD,
        "counts": [{"kind": "check", "step": "conflict_checked", "found": 9, "open": 2}],
        "items": [
            {
                "kind": "check",
                "step": "conflict_checked",
                "case_id": CASE_ID,
                "register_number": "定城援登字〔2026〕第318号",
                "case_number": None,
                "centre": "C-CITY",
                "state": "awaiting_assignment",
                "owner": "P-WANG-MIN",
                "on": "2026-11-20",
                "version": 2,
                "type": "accepted_first",
                "made_good_on": None,
                "late_days": None,
            }
        ],
        "next_cursor": None,
    },
}
