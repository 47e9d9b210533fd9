"""Every time limit of every case and inquiry, one row a clock, written with the events that touch it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.access import scope_of
from domain.clocks.due import paused_days
from domain.stream import Clock, StreamState
from ledger.schema import clock_list
from ledger.sql import Connection, Statement
from readmodels.course import Change, Course
from readmodels.rota import ZONE

_insert = insert(clock_list).values({c.name: sa.bindparam(c.name, type_=c.type) for c in clock_list.c})
_UPSERT = Statement(
    _insert.on_conflict_do_update(
        index_elements=["case_id", "clock_id"],
        set_={c.name: _insert.excluded[c.name] for c in clock_list.c if not c.primary_key},
    )
)


def rows_of(state: StreamState) -> dict[str, dict[str, Any]]:
    """A stream's rows by the ids of its clocks."""
    unit = scope_of(state).unit
    return {clock.id: _row(state, clock, unit) for clock in state.clocks}


def _row(state: StreamState, clock: Clock, unit: str | None) -> dict[str, Any]:
    # Moments may come back from the ledger in UTC, where an early morning is still the day before.
    open_since = [pause.from_at.astimezone(ZONE).date() for pause in clock.pauses if pause.to_at is None]
    over = ((pause.from_at.astimezone(ZONE), pause.to_at.astimezone(ZONE)) for pause in clock.pauses if pause.to_at is not None)
    return {
        "case_id": state.case_id,
        "clock_id": clock.id,
        "kind": state.kind,
        "limit_id": clock.limit,
        "state": clock.state,
        "live": clock.live,
        "unit": clock.unit,
        "started_on": clock.started_on,
        "started_at": clock.started_at,
        "due_on": clock.due_on,
        "due_at": clock.due_at,
        "first_due_on": clock.first_due_on,
        "moves": clock.moves,
        "ended_on": clock.ended_on,
        "paused_since": min(open_since, default=None),
        "paused_days": paused_days(over),
        "on_miss": clock.on_miss,
        "confirmed": clock.confirmed,
        "provisional": bool(clock.counted.get("provisional")),
        "centre": state.centre,
        "outlet": state.outlet,
        "unit_code": unit,
        "owner": state.owner,
        "asked_on": clock.question and clock.question.asked_on,
        "asked_by": clock.question and clock.question.by,
        "asked_to": clock.question and clock.question.due_on,
    }


async def keep(conn: Connection, change: Change) -> None:
    """Write the rows that changed, in the transaction that appends the events."""
    known = rows_of(change.before)
    for clock_id, row in rows_of(change.after).items():
        if known.get(clock_id) != row:
            await _UPSERT.run(conn, **row)


def rows(course: Course) -> list[dict[str, Any]]:
    """The rows of all clocks the stream ever had."""
    return list(rows_of(course[-1].after).values())
