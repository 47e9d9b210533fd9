"""One statement that writes many rows."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ledger.sql import Statement


def many(table: sa.Table, *names: str) -> Statement:
    """One statement that writes many rows: a bound array a column, JSON as text. A row that is there stays as it is."""
    columns = [table.c[name] for name in names]
    arrays = [sa.bindparam(c.name, type_=sa.ARRAY(sa.Text)) for c in columns]
    given = sa.func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    chosen = sa.select(*(sa.cast(given.c[c.name], c.type) for c in columns))
    return Statement(insert(table).from_select(list(names), chosen).on_conflict_do_nothing())
