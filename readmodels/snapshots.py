"""Snapshots: how each stream stands, kept with the row that is locked for it; a cache of the fold, with its version and shape."""

from typing import Any

import sqlalchemy as sa

from domain.access import scope_of
from domain.clocks import plan as alarms_of
from ledger.schema import cases
from ledger.sql import Connection, Statement
from readmodels.course import Change, Course

KEPT = ("version", "snapshot", "schema", "centre", "unit", "outlet", "next_rung_at")
"""Columns that the ledger decides. `armed_version` says what Temporal has seen and `changed_at` when, which the ledger does not tell."""

_KEEP = Statement(
    sa.update(cases)
    .where(cases.c.case_id == sa.bindparam("case_id"))
    .values(
        version=sa.bindparam("version"),
        snapshot=sa.cast(sa.bindparam("snapshot", type_=sa.Text), cases.c.snapshot.type),
        schema=sa.bindparam("schema", type_=sa.Integer),
        centre=sa.bindparam("centre"),
        unit=sa.bindparam("unit"),
        outlet=sa.bindparam("outlet"),
        next_rung_at=sa.bindparam("next_rung_at", type_=cases.c.next_rung_at.type),
        changed_at=sa.func.clock_timestamp(),
    )
)


async def keep(conn: Connection, change: Change) -> None:
    """Write the snapshot, in the transaction that appends the events; the row is there and locked."""
    state = change.after
    where = scope_of(state)
    await _KEEP.run(
        conn,
        case_id=state.case_id,
        version=state.version,
        snapshot=state.model_dump_json(exclude_none=True),
        schema=state.schema_version,
        centre=where.centre,
        unit=where.unit,
        outlet=where.outlet,
        next_rung_at=min((alarm.at for alarm in alarms_of(state)), default=None),
    )


def rows(course: Course) -> list[dict[str, Any]]:
    """The stream's row."""
    state = course[-1].after
    where = scope_of(state)
    return [{
        "case_id": state.case_id,
        "kind": state.kind,
        "version": state.version,
        "snapshot": state.model_dump(mode="json", exclude_none=True),
        "schema": state.schema_version,
        "centre": where.centre,
        "unit": where.unit,
        "outlet": where.outlet,
        "next_rung_at": min((alarm.at for alarm in alarms_of(state)), default=None),
    }]  # fmt: skip
