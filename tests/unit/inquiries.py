"""Consultations and duty requests in the unit tests' world: the story of one told in commands, as `tests.unit.world` does of cases."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import pytest

from domain.case import CaseState, blank
from domain.command import Actor, Command, Event, Facts, Happened, Refusal, Series
from domain.consultation import ConsultationState
from domain.consultation.convert import ConvertToApplication, Known, filled_in
from domain.consultation.register import RegisterConsultation
from domain.decide import Decision, decide
from domain.directory import Directory
from domain.duty import DutyState
from domain.duty.request import ReceiveDutyRequest
from domain.duty.take_up import TakeUpRequest
from domain.stages.application import SubmitApplication
from domain.stream import Clock, StreamState
from domain.values import Applicant
from tests.unit.world import DIRECTORY, RULES, TODAY, actor, noon

VILLAGE = "V-ADX-LIUJIAWAN"
COUNTY = "C-ADX"
DUTY_OFFICE = "DL-ADX-CUSTODY"
STREAM_ID = "01890000-0000-7000-8000-00000000c001"
NEW_CASE = UUID("01890000-0000-7000-8000-00000000ca5e")
LIAISON, CLERK, COLLEAGUE = actor("shi.laifu"), actor("jia.fengqin"), actor("lu.ping")
SUPERVISOR, DUTY_LAWYER, DESK = actor("yan.shuhua"), actor("hou.jun"), actor("bai.ling")
ASKER = Applicant(name="刘桂英", phone="13900001111", categories=("migrant_worker",), subject_id=UUID(int=7))


class Stream:
    """One stream and all that happened to it. Commands are issued at noon of `on`, or at the moment `at`."""

    def __init__(self, state: StreamState, on: date = TODAY, directory: Directory = DIRECTORY) -> None:
        self.state: Any = state
        self.on, self.directory = on, directory
        self.history: list[Happened] = []
        self.drawn: dict[Series, int] = {}
        self.opened: dict[str, CaseState] = {}
        """The cases its commands opened."""

    def decided(self, command: Command, by: Actor, at: datetime | None = None, **changes: Any) -> Decision[Any]:
        moment = at or noon(self.on)
        about: dict[str, Any] = {
            "now": moment,
            "effective_on": moment.astimezone(RULES.zone).date(),
            "directory": self.directory,
            "rules": RULES,
            "command_id": f"00000000-0000-7000-8000-{self.state.version + 1:012d}",
            "others": {case_id: blank(case_id) for case_id in command.others()},
        }
        return decide(self.state, command, Facts(actor=by, **(about | changes)))

    def when(self, command: Command, by: Actor, at: datetime | None = None, **changes: Any) -> list[str]:
        """Issue the command; the types of the events of its own that it brought."""
        decision = self.decided(command, by, at, **changes).numbered(self._draw, self.directory)
        self.history.extend(decision.events)
        self.state = decision.case
        self.opened |= {other.case.case_id: other.case for other in decision.others}
        return [h.event.type for h in decision.events if not h.event.clock]

    def refused(self, code: str, command: Command, by: Actor, at: datetime | None = None, **changes: Any) -> Refusal:
        """The refusal the command meets, which must bear this code; nothing happens to the stream."""
        with pytest.raises(Refusal) as met:
            self.decided(command, by, at, **changes)
        assert met.value.code == code, met.value.detail
        return met.value

    def clock(self, limit: str) -> Clock:
        return next(c for c in self.state.clocks if c.limit == limit)

    def event(self, kind: type[Event]) -> Any:
        """The last event of that kind."""
        return next(h.event for h in reversed(self.history) if isinstance(h.event, kind))

    def _draw(self, series: Series) -> int:
        self.drawn[series] = self.drawn.get(series, 0) + 1
        return self.drawn[series]


def consultation(on: date = TODAY, by: Actor = LIAISON, directory: Directory = DIRECTORY, **changes: Any) -> Stream:
    """A consultation registered at the village that morning."""
    stream = Stream(ConsultationState(case_id=STREAM_ID), on, directory)
    stream.when(asked(on, **changes), by)
    return stream


def asked(on: date = TODAY, **changes: Any) -> RegisterConsultation:
    body: dict[str, Any] = {
        "office": VILLAGE, "channel": "outlet", "person": ASKER, "question": "工地拖欠八个月工资，怎么办？", "received_at": at(on, 9),
    }  # fmt: skip
    return RegisterConsultation(**(body | changes))


def duty_request(moment: datetime, by: Actor = DUTY_LAWYER, **changes: Any) -> Stream:
    """A request received at the detention centre's duty office at that moment and entered at once."""
    stream = Stream(DutyState(case_id=STREAM_ID), moment.date())
    body: dict[str, Any] = {"office": DUTY_OFFICE, "person": ASKER, "received_at": moment, "request": "申请法律援助辩护"}
    stream.when(ReceiveDutyRequest(**(body | changes)), by, moment)
    return stream


def converted(stream: Stream, **added: Any) -> ConvertToApplication:
    """The command as it is once it was taken in: filled in with what the consultation knows."""
    command = ConvertToApplication(centre=COUNTY, reserved=(NEW_CASE,), **added)
    state: ConsultationState = stream.state
    person = state.parties[0] if not state.anonymous else None
    opponents = state.parties[0 if state.anonymous else 1 :]
    known = Known(person, opponents, state.question, state.cause, state.channel, state.outlet, state.people)
    fields = filled_in(known, command, COUNTY, consultation_id=UUID(state.case_id))
    return command.model_copy(update={"carried": SubmitApplication.model_validate(fields)})


def taken_up(stream: Stream, **added: Any) -> TakeUpRequest:
    """The command as it is once it was taken in."""
    command = TakeUpRequest(reserved=(NEW_CASE,), **added)
    state: DutyState = stream.state
    known = Known(state.parties[0], (), state.request, None, "duty_office", None)
    fields = filled_in(known, command, command.centre or state.centre, duty_request_id=UUID(state.case_id))
    return command.model_copy(update={"carried": SubmitApplication.model_validate(fields)})


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), RULES.zone)
