"""Who may read a case through its wall, and until when: what row-level security asks for break-glass."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.case import CaseState
from domain.stages.glass import GlassBroken
from ledger.schema import broken_glass
from ledger.sql import Connection, Statement
from readmodels.course import Change, Course

_PUT = Statement(
    insert(broken_glass)
    .values({c.name: sa.bindparam(c.name, type_=c.type) for c in broken_glass.c})
    .on_conflict_do_update(index_elements=["case_id", "person"], set_={"until": sa.bindparam("until", type_=broken_glass.c.until.type)})
)


async def keep(conn: Connection, change: Change) -> None:
    """Write what the events changed about who reads through the wall, in the transaction that appends them."""
    for happened in change.events:
        if isinstance(happened.event, GlassBroken):
            await _PUT.run(conn, case_id=change.after.case_id, person=happened.event.person, until=happened.event.until)


def rows(course: Course) -> list[dict[str, Any]]:
    """Everybody who broke the glass of the case, with the end of it."""
    case = course[-1].after
    if not isinstance(case, CaseState):
        return []
    return [{"case_id": case.case_id, "person": each.person, "until": each.until} for each in case.glass]
