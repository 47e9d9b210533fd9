"""A correction of a personal field is personal itself: its value is sealed for the person and field it corrects."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from jsonpointer import JsonPointer, JsonPointerException
from pydantic import ValidationError

from api.problem import Problem
from domain.command import EVENTS, Event
from domain.stages.correction import CorrectRecord, personal_target
from domain.values import Party, Sealed
from ledger import events
from ledger.personal import Sealer, SealFault, seal
from ledger.schema import events as table
from ledger.sql import Connection, Statement

_EVENT = Statement(
    sa.select(table.c.ledger, table.c.position, table.c.type, table.c.schema_version, table.c.body).where(
        table.c.ledger == events.CASE_LEDGER,
        table.c.position == sa.bindparam("position", type_=sa.BigInteger),
        table.c.stream == sa.bindparam("stream"),
    )
)


_SEARCHED = ("name", "id_number", "phone")


class Correction(NamedTuple):
    """A correction as it enters the inbox, and what its person is from now on found by."""

    command: CorrectRecord
    found_by: Party | None = None


def _check_in_clear(event: Event, field: str, value: str) -> None:
    """Raise `Problem` 422 for a value the field could not have held: sealed, nobody can tell any more."""
    said = event.model_dump(mode="json", exclude_none=True)
    try:
        JsonPointer(field).set(said, value)
        type(event).model_validate(said)
    except (JsonPointerException, LookupError, TypeError, ValidationError) as fault:
        raise Problem(422, "correction_invalid", errors=[{"pointer": "/value", "code": "correction_invalid"}], field=field) from fault


async def seal_correction(conn: Connection, case_id: str, command: CorrectRecord, sealer: Sealer) -> Correction:
    """The correction with its value sealed where the field it names is personal; one that names no event is left to the rules.

    Raises `Problem` 422 for a value that came sealed: only the product seals.
    """
    if isinstance(command.value, Sealed):
        raise Problem(422, "invalid", errors=[{"pointer": "/value", "code": "not_a_text"}])
    row = await (await _EVENT.run(conn, position=command.position, stream=events.stream_of(case_id))).fetchone()
    if row is None or row["type"] not in EVENTS or not isinstance(command.value, str):
        return Correction(command)
    event = events.event_of(row)
    target = personal_target(event, command.field)
    if target is None:
        return Correction(command)
    _check_in_clear(event, command.field, command.value)
    subject = target.party.subject_id if target.mark.own and target.party is not None else sealer.applicant
    key = sealer.keys.get(str(subject))
    if subject is None or not isinstance(key, bytes):
        raise SealFault(f"the subject of {target.name} has no live key")
    sealed = command.model_copy(update={"value": seal(key, subject, sealer.stream, target.name, command.value)})
    if target.party is None or target.name not in _SEARCHED:
        return Correction(sealed)
    found: dict[str, Any] = {"name": "", "subject_id": subject, target.name: command.value}
    return Correction(sealed, Party.model_construct(None, **found))
