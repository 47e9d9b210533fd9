"""The cases that one person's trouble went through, as one story: from the first application to the enforcement."""

from collections.abc import Callable

from domain.case import CaseState
from ledger.sql import Connection
from readmodels import cases

MOST = 50
"""Cases looked at; a story longer than that is told from the case asked about."""


async def of(conn: Connection, case: CaseState, shown: Callable[[CaseState], bool]) -> list[CaseState]:
    """The case with those it continues and those that continue it, so far as they are `shown`, in the order they were opened."""
    found = {case.case_id: case}
    ahead = [case]
    while ahead and len(found) < MOST:
        here = ahead.pop()
        near = [str(here.continues.case_id)] if here.continues else []
        for case_id in (*near, *(str(c.case_id) for c in here.continued)):
            if case_id in found or (other := await cases.current(conn, case_id)) is None or not shown(other):
                continue
            found[case_id] = other
            ahead.append(other)
    return sorted(found.values(), key=lambda c: (c.opened_on is None, c.opened_on, c.case_id))
