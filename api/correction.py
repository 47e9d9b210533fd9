"""A correction of a personal field is personal itself: its value is sealed for the person and field it corrects."""

import json
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from domain.command import EVENTS
from domain.stages.correction import CorrectRecord
from domain.values import Applicant, personal_marks
from ledger import events
from ledger.personal import Sealer, seal
from ledger.schema import events as table
from ledger.sql import Connection, Statement

_EVENT = Statement(
    sa.select(table.c.type, table.c.body).where(
        table.c.ledger == events.CASE_LEDGER,
        table.c.position == sa.bindparam("position", type_=sa.BigInteger),
        table.c.stream == sa.bindparam("stream"),
    )
)


async def seal_correction(conn: Connection, case_id: str, command: CorrectRecord, sealer: Sealer) -> CorrectRecord:
    """The correction with its value sealed where the field it names is personal; one that names no event is left to the rules."""
    row = await (await _EVENT.run(conn, position=command.position, stream=events.stream_of(case_id))).fetchone()
    if row is None or row["type"] not in EVENTS or not isinstance(command.value, str):
        return command
    steps = [step.replace("~1", "/").replace("~0", "~") for step in command.field.split("/")[1:]]
    subject = _subject(row["type"], json.loads(bytes(row["body"])), steps, sealer)
    key = sealer.keys.get(str(subject)) if subject else None
    if subject is None or not isinstance(key, bytes):
        return command
    name = next(step for step in reversed(steps) if not step.isdecimal())
    return command.model_copy(update={"value": seal(key, subject, sealer.stream, name, command.value)})


def _subject(event_type: str, body: dict[str, Any], steps: list[str], sealer: Sealer) -> UUID | None:
    """Whose field it is: that of the value standing there, of the party it would belong to, or the applicant's own."""
    here: Any = body
    person: str | None = None
    for step in steps:
        if isinstance(here, dict):
            held = cast("dict[str, Any]", here)
            if "subject_id" in held and step in personal_marks(Applicant):
                person = held["subject_id"]
            here = held.get(step)
        elif isinstance(here, list) and step.isdecimal():
            items = cast("list[Any]", here)
            here = items[int(step)] if int(step) < len(items) else None
    if isinstance(here, dict) and cast("dict[str, Any]", here).keys() == {"subject", "box"}:
        return UUID(cast("dict[str, str]", here)["subject"])
    if person is not None:
        return UUID(person)
    return sealer.applicant if steps[0] in personal_marks(EVENTS[event_type]) else None
