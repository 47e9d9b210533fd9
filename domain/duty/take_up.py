"""The centre takes up a forwarded request: it becomes an application with nothing typed twice.

As with a consultation, one command writes to both: `request_taken_up` here, `application_submitted` there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from domain.command import INNER, Actor, Command, Event, Facts, Refusal, Reserved, Stamp
from domain.consultation.convert import Added
from domain.consultation.state import RECEIVERS
from domain.directory import Directory
from domain.duty.state import DutyState, State
from domain.stages.application import SubmitApplication
from domain.values import Code


class TakeUpRequest(Added, Command):
    """Open the case of this request, at the centre it was forwarded to unless another is named."""

    stream = "duty"
    room = "duty"
    states = frozenset[State]({"forwarded", "taken_up"})
    to = ("taken_up",)
    roles = RECEIVERS
    emits = ("request_taken_up",)

    centre: Code | None = None
    reserved: Reserved = ()
    """The id of the case."""
    carried: Annotated[SubmitApplication | None, INNER] = None

    @classmethod
    def open_to(cls, case: DutyState, actor: Actor, directory: Directory, on: date) -> bool:
        return case.application is None

    def opens(self) -> int:
        return 1

    def others(self) -> tuple[str, ...]:
        return tuple(map(str, self.reserved))

    def decide(self, case: DutyState, facts: Facts) -> tuple[Event, ...]:
        if case.application is not None:
            raise Refusal("already_converted", case_id=case.application)
        return (RequestTakenUp(into=self.reserved[0], centre=self.centre or case.centre),)

    def spread(self, case: DutyState, facts: Facts) -> Mapping[str, Sequence[Event]]:
        if self.carried is None:
            raise Refusal("carried_over_changed")
        case_id = str(self.reserved[0])
        return {case_id: self.carried.decide(facts.others[case_id], facts)}


class RequestTakenUp(Event):
    """`into` is the case the request became."""

    into: UUID
    centre: Code

    def apply(self, case: DutyState, at: Stamp) -> DutyState:
        return case.but(state="taken_up", application=self.into)
