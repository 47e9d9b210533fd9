"""Limits, reminder ladders and business hours by day: what the administrator sets over the rows of `time-limits.yaml`.

They are entered for a day and never taken away; `domain.clocks.terms` lays them over the rules. Which limits there are, and what starts
and stops each, is no matter of the directory: a number, a unit, a source, a ladder, a confirmation is.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from domain.clocks.limits import read_step
from domain.directory.changes import DirectoryEvent, Draft
from domain.directory.entries import Function, Name
from domain.values import Code, Model

Number = Annotated[int, Field(ge=1, le=3660)]
LimitId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z_]*$")]


class LimitSet(DirectoryEvent):
    """A limit's row from a day on. A row of the same day is corrected: clocks that run under it are then planned anew.

    What is not said stays as in the row before it; `n` is one number, or one by the kind of the starting event.
    """

    kind = "limits"
    code: LimitId
    """The limit."""
    n: Number | dict[LimitId, Number] | None = None
    unit: Literal["calendar_day", "working_day", "hour"] | None = None
    ladder: LimitId | None = None
    extendable: Annotated[int, Field(ge=0, le=3660)] | None = None
    """By how many days in all it may be extended, in its own unit; 0: no longer at all. Never for what the law or a court sets."""
    source: Name
    confirmed: bool = False
    """Whether the number was confirmed with the justice bureau; if not, every date counted by it says so."""

    @field_validator("n")
    @classmethod
    def _is_a_number(cls, n: int | dict[str, int] | None) -> int | dict[str, int] | None:
        if n == {}:
            raise PydanticCustomError("no_number", "a number for at least one kind")
        return n

    def apply(self, draft: Draft) -> None:
        draft.terms.append(self)


class LimitConfirmed(DirectoryEvent):
    """The justice bureau confirmed the number of the row that holds from `row_from`; the mark goes from running clocks too."""

    kind = "limits"
    code: LimitId
    row_from: date
    source: Name
    """By which answer of the bureau."""

    def apply(self, draft: Draft) -> None:
        draft.terms.append(self)


class LadderStep(Model):
    """One step in the words of `time-limits.yaml`: when it is reached, and the functions it reaches."""

    at: Annotated[str, Field(max_length=40)]
    to: Annotated[tuple[Function, ...], Field(min_length=1, max_length=9)]

    @field_validator("at")
    @classmethod
    def _can_be_read(cls, at: str) -> str:
        try:
            read_step(1, {"at": at, "to": ()})
        except ValueError as fault:
            raise PydanticCustomError("not_a_step", 'such as "-50%", "-1 working_day 09:00", "due day 09:00", "missed"') from fault
        return at


class LadderSet(DirectoryEvent):
    """The reminders of a limit (or of a named ladder), for an office and those below it or for all, of plans made from a day on."""

    kind = "ladders"
    code: LimitId
    """The limit, or the ladder's name; what is set for a limit goes before what is set for the ladder it climbs."""
    office: Code | None = None
    steps: Annotated[tuple[LadderStep, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _tells_of_a_miss(self) -> LadderSet:
        if not any(step.at == "missed" for step in self.steps):
            raise PydanticCustomError("no_missed_step", "a ladder has a step for the limit missed")
        if len({step.at for step in self.steps}) < len(self.steps):
            raise PydanticCustomError("step_twice", "each step stands once")
        return self

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.office)
        draft.terms.append(self)


class HoursSet(DirectoryEvent):
    """When an office closes, for it and those below it (or for all), on last days from `since` on (CC 203).

    `closes_at` holds for every day but those of `weekdays` (1 Monday to 7 Sunday); None: the last day ends at 24:00. Only limits about
    what is handed in at the office end with its business (`handed_in` in `time-limits.yaml`).
    """

    kind = "hours"
    office: Code | None = None
    closes_at: time | None = None
    weekdays: dict[Annotated[int, Field(ge=1, le=7)], time] = Field(default_factory=dict[int, time])
    source: Name

    @model_validator(mode="after")
    def _is_local(self) -> HoursSet:
        said = (self.closes_at, *self.weekdays.values())
        if any(hour is not None and (hour.tzinfo is not None or hour.second or hour.microsecond) for hour in said):
            raise PydanticCustomError("not_an_hour", "hours and minutes of the office's own clock")
        return self

    @property
    def code(self) -> str:
        return self.office or "*"

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.office)
        draft.terms.append(self)


Term = LimitSet | LimitConfirmed | LadderSet | HoursSet

__all__ = ["HoursSet", "LadderSet", "LadderStep", "LimitConfirmed", "LimitSet", "Term"]
