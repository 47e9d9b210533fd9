"""What the routes of deadlines answer, for the OpenAPI document, with an example of each."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.answers import CASE_ID, Answers
from api.case_shapes import Clock, Shape
from domain.clocks.forecast import Basis
from domain.clocks.tasks import TaskKind
from domain.lifecycle import Stage, State
from domain.values import Code
from readmodels.promise import GroupBy

type Json = dict[str, Any]


class StretchOfCase(Shape):
    """Legal days in which the case stood in one state and waited for one side."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    days: int
    state: State
    waiting_for: str | None = Field(description="A role, `applicant`, or null.")
    owner: Code | None
    owner_name: str | None


class EventOfClock(Shape):
    type: str
    version: int
    position: int
    recorded_at: AwareDatetime
    effective_on: date
    actor: Code
    actor_name: str | None


class RungOfClock(EventOfClock):
    late: bool


class ChangeOfDate(EventOfClock):
    """A date set or changed. `because` is the event that brought it, or what moved it."""

    due_on: date | None
    before: date | None
    because: str | None
    because_version: int | None
    chain_hash: str
    asked_to: date | None = Field(default=None, description="With `extension_*`: the day that was asked for.")
    reason: str | None = Field(default=None, description="With `extension_*`: why.")


class ClockExplained(Clock):
    started_on: date
    due_on: date
    first_due_on: date
    late_days: int
    stretches: list[StretchOfCase]
    changes: list[ChangeOfDate]
    rungs: list[RungOfClock]


class Lateness(Shape):
    """Each of a case's limits with what made its date."""

    case_id: UUID
    register_number: str | None
    case_number: str | None
    stage: Stage | None
    state: State | None
    owner: Code | None
    centre: Code
    version: int
    today: date
    clocks: list[ClockExplained]


class Task(Shape):
    """A missed limit that a person has to answer, or a question for more time: the system decides nothing."""

    case_id: UUID
    register_number: str | None
    case_number: str | None
    centre: Code
    owner: Code | None
    limit: str
    clock: str
    due_on: date
    late_days: int
    task: TaskKind | Literal["extension_asked"]
    commands: list[str] = Field(description="Those by which it may be answered.")
    asked_to: date | None = Field(default=None, description="With `extension_asked`: the day that is asked for.")
    asked_by: Code | None = None
    asked_by_name: str | None = None


class DayLoad(Shape):
    """How many open limits end on a day."""

    day: date
    workday: bool
    clocks: int
    limits: dict[str, int]


def lateness(answers: Answers) -> Json:
    """A missed limit."""
    event = {
        "version": 2, "position": 812, "recorded_at": "2026-11-18T09:00:00+08:00", "effective_on": "2026-11-18", "actor": "P-HAN",
        "actor_name": "韩梅",
    }  # fmt: skip
    change = {"type": "clock_started", **event, "due_on": "2026-11-25", "before": None, "because": "application_submitted"}
    clock = answers.case_view()["clocks"][0] | {
        "started_on": "2026-11-18", "due_on": "2026-11-25", "first_due_on": "2026-11-25", "late_days": 0,
        "stretches": [
            {
                "from": "2026-11-18", "to": "2026-11-24", "days": 7, "state": "received", "waiting_for": "caseworker", "owner": "P-HAN",
                "owner_name": "韩梅",
            }
        ],
        "pauses": [], "changes": [change | {"because_version": 1, "chain_hash": "9f" * 32}], "rungs": [],
    }  # fmt: skip
    return {
        "case_id": CASE_ID, "register_number": "定援申〔2026〕第12号", "case_number": None, "stage": "application", "state": "received",
        "owner": "P-HAN", "centre": "C-CITY", "version": 2, "today": "2026-11-24", "clocks": [clock],
    }  # fmt: skip


TASK: Json = {
    "case_id": CASE_ID, "register_number": "定援申〔2026〕第12号", "case_number": None, "centre": "C-CITY", "owner": "P-HAN",
    "limit": "supply_papers", "clock": "supply_papers/5", "due_on": "2026-11-20", "late_days": 4, "task": "deem_withdrawn_task",
    "commands": ["deem_withdrawn", "supply_papers"],
}  # fmt: skip
LOAD: Json = {"day": "2026-11-25", "workday": True, "clocks": 3, "limits": {"examine_application": 2, "assign_unit": 1}}


class PromiseLine(Shape):
    """Clocks that ended, or fell due and are open, in the period. `share` is met / (met + met_late + missed), null where there is none."""

    key: str = Field(description="Code of the office, limit, or month as 2026-03; empty in the total and for clocks of no office.")
    met: int
    met_late: int
    missed: int = Field(description="Not met, their moment passed.")
    cancelled: int
    lapsed: int
    share: float | None
    median_days: float | None = Field(description="From start to end, without the days paused.")
    p90_days: float | None
    median_calendar_days: float | None
    p90_calendar_days: float | None


class ServicePromise(Shape):
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    group_by: GroupBy
    items: list[PromiseLine]
    total: PromiseLine


_PROMISE_LINE: Json = {
    "key": "examine_application", "met": 18, "met_late": 1, "missed": 1, "cancelled": 0, "lapsed": 0, "share": 0.9,
    "median_days": 4.0, "p90_days": 6.2, "median_calendar_days": 5.0, "p90_calendar_days": 11.0,
}  # fmt: skip
PROMISE: Json = {
    "from": "2026-01-01", "to": "2026-03-31", "group_by": "limit", "items": [_PROMISE_LINE], "total": _PROMISE_LINE | {"key": ""},
}  # fmt: skip


class ClockAhead(Shape):
    """A limit that runs and falls due in the days ahead, with the chance that it is missed."""

    case_id: UUID
    kind: Literal["case", "consultation", "duty"]
    register_number: str | None = Field(description="Of a case; the number of a consultation or duty request.")
    case_number: str | None
    centre: Code | None
    owner: Code | None
    waiting_for: str | None = Field(description="A role, `owner`, `applicant`, or null.")
    limit: str
    clock: str
    started_on: date
    due_on: date
    workdays_left: int = Field(description="Working days of the centre's calendar after today, the last day among them.")
    age_days: int = Field(description="Calendar days since the start without days of pauses.")
    due_age_days: int = Field(description="The same on the last day.")
    chance: float | None = Field(
        description="Of earlier limits still open at this age, the share that stayed open past the last day; null: too few to tell."
    )
    comparable: int | None = Field(description="Earlier limits that were still open at this age.")
    basis: Basis | None = Field(description="Whose: the centre's, or, where it has too few, of all within the caller's reach.")


class MissesAhead(Shape):
    key: str = Field(description="Code of the centre or limit; empty in the total and for clocks of no centre.")
    clocks: int
    told: int = Field(description="Of them those with a chance; of the others too little is known.")
    expected: float = Field(description="The sum of the chances: so many misses at the present pace.")


class Forecast(Shape):
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    since: date = Field(description="The pace is that of limits started since then.")
    enough: int = Field(description="Of fewer comparable limits no chance is told.")
    items: list[ClockAhead] = Field(description="The likeliest first, then those of which too little is known.")
    offices: list[MissesAhead]
    limits: list[MissesAhead]
    total: MissesAhead


FORECAST: Json = {
    "from": "2026-11-24", "to": "2026-12-01", "since": "2025-11-24", "enough": 20,
    "items": [
        {
            "case_id": CASE_ID, "kind": "case", "register_number": "定援申〔2026〕第12号", "case_number": None, "centre": "C-CITY",
            "owner": "P-HAN", "waiting_for": "caseworker", "limit": "examine_application", "clock": "examine_application/1",
            "started_on": "2026-11-18", "due_on": "2026-11-25", "workdays_left": 1, "age_days": 6, "due_age_days": 7, "chance": 0.4167,
            "comparable": 24, "basis": "office",
        }
    ],
    "offices": [{"key": "C-CITY", "clocks": 1, "told": 1, "expected": 0.42}],
    "limits": [{"key": "examine_application", "clocks": 1, "told": 1, "expected": 0.42}],
    "total": {"key": "", "clocks": 1, "told": 1, "expected": 0.42},
}  # fmt: skip
