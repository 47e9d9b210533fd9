"""Where streams stand, by their ids, whichever list shows them."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from domain.directory import CaseScope
from ledger.schema import case_list as cases
from ledger.schema import inquiries
from ledger.sql import Connection, Row, Statement
from readmodels.search import scope_of_row


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
