"""Papers on their way: each drawn once, whoever asks meanwhile; and who may read one."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from api import papers
from api.desk import Desk
from api.prints import Prints
from domain import access
from domain.access import Principal
from domain.command import Role
from domain.stages.papers import IssueDocument
from ledger.events import Recorded
from tests.unit.test_application import TERMINATED
from tests.unit.world import CENTRE, DIRECTORY, Case, given

PAPER = UUID(int=7)


async def test_a_paper_is_drawn_once_for_all_who_ask_meanwhile() -> None:
    prints, go, drawn = Prints(), asyncio.Event(), list[str]()

    async def draw() -> bytes:
        drawn.append("begun")
        await go.wait()
        return b"paper"

    first, second = prints.start(PAPER, 3, draw), prints.start(PAPER, 3, draw)
    assert first is second is prints.of(PAPER)
    go.set()
    assert await asyncio.gather(first.task, second.task) == [b"paper", b"paper"]
    assert drawn == ["begun"]
    assert prints.of(PAPER) is None


async def test_a_drawing_that_failed_is_begun_anew_by_the_next_who_asks() -> None:
    prints = Prints()

    async def fails() -> bytes:
        raise RuntimeError("no ink")

    async def works() -> bytes:
        return b"paper"

    with pytest.raises(RuntimeError, match="no ink"):
        await prints.start(PAPER, 1, fails).task
    await asyncio.sleep(0)  # the drawing's end is told in the loop's next turn
    assert await prints.start(PAPER, 1, works).task == b"paper"


def recorded(case: Case) -> list[Recorded]:
    return [Recorded(h.at.version, h.at.decided_at, "", None, b"", b"", h.at, h.event) for h in case.history]


def may_read(case: Case, role: Role) -> bool:
    who = Principal("x", "P-X", ((role, CENTRE),))
    desk = Desk(cast("Any", None), cast("Any", None), who, DIRECTORY, datetime.now(UTC), "zh-CN")
    return papers._may_read(desk, case.state, case.state.issued[-1], recorded(case))


def test_a_paper_is_read_by_those_who_see_the_event_it_carries() -> None:
    case = given(*TERMINATED, IssueDocument(template="termination_decision"))
    assert may_read(case, "caseworker")
    assert may_read(case, "receptionist")
    settled = Case()
    settled.history, settled.state = case.history, case.state.but(state="subsidy_approved")
    finance = Principal("x", "P-X", (("finance_officer", CENTRE),))
    assert access.may_see(finance, access.scope_of(settled.state), DIRECTORY)
    assert not may_read(settled, "finance_officer")
