"""The API dies between opening somebody's data and recording it, and between recording it and answering: nobody was shown anything."""

import asyncio

import httpx
import pytest

from domain.command import Role
from tests.faults.harness import System
from tests.house import session_of

READER: Role = "approver"


async def _read(system: System, case_id: str) -> httpx.Response | None:
    headers = {"Authorization": f"Bearer {session_of(system.house.who(READER))}"}
    async with httpx.AsyncClient(base_url=system.address(), timeout=60) as client:
        try:
            return await client.get(f"/api/v1/cases/{case_id}", headers=headers)
        except httpx.TransportError:
            return None


async def _recorded(system: System, case_id: str) -> int:
    rows = await system.rows("SELECT type FROM access_reads WHERE cases && ARRAY[%s]::uuid[] AND what = ARRAY['case']", case_id)
    return len(rows)


@pytest.mark.parametrize(("point", "left"), [("access_before_commit", 0), ("access_after_commit", 1)])
async def test_a_read_is_answered_after_it_is_recorded_whenever_the_api_dies(system: System, point: str, left: int) -> None:
    case_id = await system.submitted()

    system.arm(point, "api")
    reading = asyncio.create_task(_read(system, case_id))
    await system.struck("api")
    assert await reading is None
    assert await _recorded(system, case_id) == left
    await system.ready()

    answer = await _read(system, case_id)
    assert answer is not None
    assert answer.status_code == 200
    assert await _recorded(system, case_id) == left + 1
    rows = await system.rows("SELECT count(*) AS n, max(position) AS last FROM events WHERE ledger = 'access'")
    assert rows[0]["n"] == rows[0]["last"]
