"""A message for one person's inbox."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ledger.schema import messages
from ledger.sql import Connection, Statement

_FIELDS = ("id", "person", "case_id", "kind", "data", "centre", "unit", "outlet")
_MESSAGE = Statement(
    insert(messages)
    .values({name: sa.bindparam(name, type_=messages.c[name].type) for name in _FIELDS})
    .on_conflict_do_nothing(index_elements=["id"])
)


async def post(
    conn: Connection,
    *,
    id: str,
    person: str,
    kind: str,
    data: Mapping[str, Any],
    case_id: str | None = None,
    centre: str | None = None,
    unit: str | None = None,
    outlet: str | None = None,
) -> None:
    """Write one message, once: an id is made from facts (what it tells of, and the person), so a repeat is the same message."""
    await _MESSAGE.run(conn, id=id, person=person, case_id=case_id, kind=kind, data=dict(data), centre=centre, unit=unit, outlet=outlet)
