"""How much stands at an office, is owed by a person or lies across a day: numbers alone, for whoever changes the directory.

They are counted in a transaction of the workers: a system administrator sees no case, yet must know that there are some.
"""

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa

from ledger.schema import case_list
from ledger.sql import Connection, Statement

_OFFICE = Statement(
    sa.text(
        "SELECT (SELECT count(*) FROM case_list WHERE stage <> 'ended' AND (centre = :office OR outlet = :office))::int AS cases,"
        " (SELECT count(*) FROM inquiries WHERE state IN ('open', 'received') AND (centre = :office OR outlet = :office))::int AS inquiries"
    )
)
_PERSON = Statement(
    sa.text(
        "SELECT (SELECT count(*) FROM case_list WHERE stage <> 'ended' AND owner = :person)::int AS cases_owned,"
        " (SELECT count(*) FROM case_list WHERE stage <> 'ended' AND lawyers && cast(:lawyers AS text[]))::int AS cases_handled,"
        " (SELECT count(*) FROM inquiries WHERE state IN ('open', 'received')"
        " AND (owner = :person OR handing_to = :person))::int AS inquiries"
    )
)
_ACROSS = Statement(
    sa.text(
        "SELECT count(*)::int AS cases FROM case_list WHERE stage <> 'ended' AND (:everywhere OR centre = ANY(cast(:centres AS text[])))"
        " AND EXISTS (SELECT FROM jsonb_array_elements(clocks) AS c WHERE (c->>'live')::boolean"
        " AND (c->>'started_on')::date <= cast(:day AS date) AND (c->>'due_on')::date >= cast(:day AS date))"
    )
)
_UNAPPROVED = Statement(sa.select(sa.func.count().label("cases")).where(case_list.c.state == "file_accepted"))


async def at_office(conn: Connection, office: str) -> dict[str, int]:
    """Open cases and inquiries of an office, as centre or as outlet."""
    return dict(await (await _OFFICE.run(conn, office=office)).fetchone() or {})


async def of_person(conn: Connection, person: str, lawyer: str | None) -> dict[str, int]:
    """What a person must hand over before leaving: cases owned, cases handled as a lawyer, inquiries."""
    return dict(await (await _PERSON.run(conn, person=person, lawyers=[lawyer] if lawyer else [])).fetchone() or {})


async def across(conn: Connection, day: date, centres: Collection[str] | None) -> int:
    """Open cases with a live time limit that runs across a day, of some centres or (None) of all."""
    row = await (await _ACROSS.run(conn, day=day, everywhere=centres is None, centres=list(centres or ()))).fetchone()
    return row["cases"] if row else 0


async def unapproved(conn: Connection) -> int:
    """Cases whose subsidy is still to be approved."""
    row = await (await _UNAPPROVED.run(conn)).fetchone()
    return row["cases"] if row else 0
