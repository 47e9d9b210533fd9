"""Example answers about consultations and duty requests, made as the API makes its own: the example commands, decided by the rules.

Nothing of it is recorded. The people are a few of the worked example's.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from api import inquiry_views, views
from api.answers import CASE_ID, NOW, Answers, recorded_of
from api.carrying import carried_over
from api.examples import EXAMPLES
from domain.case import blank
from domain.command import COMMANDS, Actor, Command, Facts
from domain.consultation import ConsultationState
from domain.consultation.convert import ConvertToApplication
from domain.decide import decide
from domain.duty import DutyState
from domain.duty.shifts import Shift
from domain.stream import StreamState
from ledger.events import Recorded
from readmodels.inquiries import consultation_row, duty_row

type Json = dict[str, Any]

INQUIRY_ID = "01a20b63-8042-7d4e-8c11-5b6f7a8c9d0e"
_DESK = Actor("P-BAI-LING", "receptionist", "C-ADX")
_SHIFT = Shift("01a20b63-8043-7000-8000-000000000001", "DL-ADX-CUSTODY", "P-HOU-JUN", datetime(2026, 11, 24, 8, 30, tzinfo=views.ZONE))


def _told[S: StreamState](answers: Answers, state: S, *commands: Command) -> tuple[S, list[Recorded], list[Json]]:
    """The stream after the commands, its history, and the answers about cases they opened."""
    history: list[Recorded] = []
    opened: list[Json] = []
    for n, command in enumerate(commands, start=1):
        facts = Facts(
            now=NOW, effective_on=NOW.date(), actor=_DESK, directory=answers.directory, rules=answers.rules,
            command_id=f"01a20b63-8042-7000-8000-{n:012d}", others={case_id: blank(case_id) for case_id in command.others()},
        )  # fmt: skip
        decision = decide(state, command, facts).numbered(lambda _: 57, answers.directory)
        history += recorded_of(decision, n, history)
        opened += [views.case_answer(each.case, recorded_of(each, n, []), answers.directory) for each in decision.others]
        state = decision.case
    return state, history, opened


def _example(command: str) -> Command:
    return COMMANDS[command].model_validate(EXAMPLES[command])


def _consultation(answers: Answers) -> tuple[ConsultationState, list[Recorded], list[Json]]:
    return _told(answers, ConsultationState(case_id=INQUIRY_ID), _example("register_consultation"), _example("give_advice"))


def _duty(answers: Answers) -> tuple[DutyState, list[Recorded], list[Json]]:
    return _told(answers, DutyState(case_id=INQUIRY_ID), _example("receive_duty_request"))


def _one(answers: Answers, state: ConsultationState | DutyState, history: list[Recorded]) -> Json:
    events = [inquiry_views.event(state.kind, state.case_id, recorded, answers.directory) for recorded in history]
    return inquiry_views.view(state, NOW) | {"events": events}


def consultation(answers: Answers) -> Json:
    state, history, _ = _consultation(answers)
    return _one(answers, state, history)


def consultation_row_of(answers: Answers) -> Json:
    return _shown(consultation_row(_consultation(answers)[0]))


def registered(answers: Answers) -> Json:
    """What registering was answered with."""
    state, history, _ = _told(answers, ConsultationState(case_id=INQUIRY_ID), _example("register_consultation"))
    return inquiry_views.answer(state, history, answers.directory)


def converted(answers: Answers) -> Json:
    """What the step into an application was answered with."""
    known, _, _ = _consultation(answers)
    body = ConvertToApplication.model_validate({**EXAMPLES["convert_to_application"], "reserved": [UUID(CASE_ID)]})
    state, history, opened = _told(answers, known, carried_over(body, known, {}))
    return inquiry_views.answer(state, history, answers.directory) | {"case": opened[0]}


def duty_request(answers: Answers) -> Json:
    state, history, _ = _duty(answers)
    return _one(answers, state, history)


def duty_row_of(answers: Answers) -> Json:
    return _shown(duty_row(_duty(answers)[0]))


def received(answers: Answers) -> Json:
    """What receiving a request was answered with."""
    state, history, _ = _duty(answers)
    return inquiry_views.answer(state, history, answers.directory)


def shift(_: Answers) -> Json:
    return inquiry_views.shift(_SHIFT, [])


def log(answers: Answers) -> Json:
    """A morning's log of a duty office."""
    return {
        "office": _SHIFT.office, "from": "2026-11-24T00:00:00+08:00", "to": "2026-11-25T00:00:00+08:00",
        "shifts": [inquiry_views.shift(_SHIFT, [duty_row_of(answers)])], "unattended": [],
    }  # fmt: skip


def _shown(row: Json) -> Json:
    return inquiry_views.row(row)
