"""One case out of the ledger: as it stands, as it stood, and the evidence files it carries."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import cast

import sqlalchemy as sa

from domain.case import CaseState, blank
from domain.stream import evolve, fold
from ledger import streams
from ledger.events import Recorded, load_history
from ledger.schema import cases, files
from ledger.sql import Connection, Row, Statement

_CASE = Statement(sa.select(cases.c.version, cases.c.kind, cases.c.schema, cases.c.snapshot).where(cases.c.case_id == sa.bindparam("case")))
_FILE = Statement(sa.select(files).where(files.c.document_id == sa.bindparam("document"), files.c.case_id == sa.bindparam("case")))


async def current(conn: Connection, case_id: str) -> CaseState | None:
    """The case as it stands: the snapshot kept with its row, or folded anew where that is of another shape."""
    row = await (await _CASE.run(conn, case=case_id)).fetchone()
    if row is None or row["version"] == 0 or row["kind"] != CaseState.kind:
        return None
    return cast("CaseState", await streams.load(conn, case_id, row))


def folded(case_id: str, history: list[Recorded]) -> CaseState:
    """The fold of a history: nothing but the events decides how a case stood."""
    return fold((r.happened for r in history), blank(case_id))


def at_versions(case_id: str, history: list[Recorded], versions: Collection[int]) -> dict[int, CaseState]:
    """The case as it stood after each of these versions, by one fold; those the history does not reach are not there. 0 is always."""
    state = blank(case_id)
    stood = {0: state}
    for recorded in history:
        state = evolve(state, recorded.happened)
        if recorded.at.version in versions:
            stood[recorded.at.version] = state
    return stood


async def history_as_of(
    conn: Connection, case_id: str, *, version: int | None = None, recorded: datetime | None = None, legal: date | None = None
) -> list[Recorded]:
    """The first `version` events; or those recorded by a moment and of a legal day and before, whichever is asked."""
    history = await (load_history(conn, case_id, upto=version) if version is not None else load_history(conn, case_id))
    return part_of(history, recorded=recorded, legal=legal)


def part_of(history: list[Recorded], *, recorded: datetime | None = None, legal: date | None = None) -> list[Recorded]:
    """Of a history the events that were recorded by a moment, and those of a legal day and before; asked for both, those that are both."""
    tests: list[Callable[[Recorded], bool]] = []
    if recorded is not None:
        tests.append(lambda r: r.recorded_at <= recorded)
    if legal is not None:
        tests.append(lambda r: r.at.effective_on <= legal)
    return [r for r in history if all(test(r) for test in tests)]


async def file_row(conn: Connection, case_id: str, document_id: str) -> Row | None:
    return await (await _FILE.run(conn, case=case_id, document=document_id)).fetchone()
