"""The inline lists, by the kind of stream they show: one row a stream, written with the events it shows."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from domain.directory import CaseScope
from domain.stream import StreamState
from ledger.schema import case_list as cases
from ledger.schema import inquiries
from ledger.sql import Connection, Row, Statement
from readmodels import case_list
from readmodels import inquiries as inquiry_list
from readmodels.search import scope_of_row


class Inline(NamedTuple):
    """How a stream of a kind is listed: its row, and the statement that writes it."""

    row: Callable[[Any], dict[str, Any]]
    upsert: Statement


LISTS: Mapping[str, Inline] = {
    "case": Inline(case_list.rows_for, case_list.UPSERT),
    "consultation": Inline(inquiry_list.consultation_row, inquiry_list.UPSERT),
    "duty": Inline(inquiry_list.duty_row, inquiry_list.UPSERT),
}


async def keep(conn: Connection, state: StreamState) -> Mapping[str, Any]:
    """Write the stream's row as it stands, in the transaction that appends its events; the row."""
    listed = LISTS[state.kind]
    row = listed.row(state)
    await listed.upsert.run(conn, **row)
    return row


class Standing(NamedTuple):
    """Where a stream stands, and who is expected to act next: what a message about it is addressed by."""

    scope: CaseScope
    waiting_for: str | None


_CASES = Statement(sa.select(cases).where(cases.c.case_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(cases.c.case_id.type)))))
_INQUIRIES = Statement(
    sa.select(inquiries).where(inquiries.c.inquiry_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(inquiries.c.inquiry_id.type))))
)


async def standing(conn: Connection, ids: Collection[str]) -> dict[str, Standing]:
    """Cases, consultations and duty requests by their ids."""
    wanted = sorted(ids)
    found = {
        str(row["case_id"]): Standing(scope_of_row(row), row["waiting_for"])
        for row in await (await _CASES.run(conn, ids=wanted)).fetchall()
    }
    if len(found) < len(wanted):
        for row in await (await _INQUIRIES.run(conn, ids=wanted)).fetchall():
            scope = CaseScope(centre=row["centre"], outlet=row["outlet"], owner=row["owner"], state=row["state"])
            found[str(row["inquiry_id"])] = Standing(scope, row["waiting_for"])
    return found


_VERSIONS = Statement(
    sa.select(cases.c.case_id, cases.c.version).where(cases.c.case_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(cases.c.case_id.type))))
)


async def versions(conn: Connection, ids: Collection[str]) -> list[Row]:
    """The versions of those of the cases that the session may see."""
    return await (await _VERSIONS.run(conn, ids=sorted(ids))).fetchall() if ids else []
