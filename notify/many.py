"""Many rows by one statement."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ledger.sql import Connection, Statement


def many(table: sa.Table, *names: str) -> Statement:
    """One statement that writes many rows: a bound array a column, JSON as text. A row that is there stays as it is."""
    columns = [table.c[name] for name in names]
    arrays = [sa.bindparam(c.name, type_=sa.ARRAY(sa.Text)) for c in columns]
    given = sa.func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    chosen = sa.select(*(sa.cast(given.c[c.name], c.type) for c in columns))
    return Statement(insert(table).from_select(list(names), chosen).on_conflict_do_nothing())


async def write_many(conn: Connection, statement: Statement, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows by a statement of `many` with these names; nothing where there are none."""
    if rows:
        await statement.run(conn, **{name: [_text(row[name]) for row in rows] for name in names})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value, ensure_ascii=False)
