"""A snapshot is a cache of the fold: one of another shape, or of another version than the ledger, is not trusted."""

from typing import Any

import pytest

from domain.case import CaseState
from domain.consultation import ConsultationState
from domain.duty import DutyState
from ledger import streams
from ledger.store import WORKER
from readmodels import cases
from readmodels.rebuild import compare
from tests.house import House


async def kept(house: House, case_id: str) -> dict[str, Any]:
    async with house.owner.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT * FROM cases WHERE case_id = %s", (case_id,))).fetchone()
    assert row is not None
    return row


async def forge(house: House, case_id: str, changes: str) -> None:
    async with house.owner.transaction(WORKER) as conn:
        await conn.execute(f"UPDATE cases SET {changes} WHERE case_id = %s".encode(), (case_id,))  # noqa: S608


async def wrong(house: House, case_id: str) -> list[str]:
    return [each.column async for each in compare(house.engines.worker_dsn, ["cases"]) if each.key[0] == case_id]


AHEAD = "version = version + 1, snapshot = jsonb_set(snapshot, '{version}', to_jsonb(version + 1))"
BEHIND = "version = version - 1, snapshot = jsonb_set(snapshot, '{version}', to_jsonb(version - 1))"


async def test_one_of_an_older_shape_is_folded_anew_and_told_as_it_is_kept(house: House) -> None:
    case_id = await house.accepted()
    before = await kept(house, case_id)
    await forge(house, case_id, "schema = schema - 1, snapshot = snapshot - 'parties' || '{\"state\": \"archived\"}'")
    async with house.database.transaction(WORKER) as conn:
        case = await cases.current(conn, case_id)
    assert case is not None
    assert case == CaseState.model_validate(before["snapshot"])
    assert "schema" in await wrong(house, case_id)
    await house.do("caseworker", "add_note", case_id, text="此后照常")
    after = await kept(house, case_id)
    assert (after["schema"], after["snapshot"]["state"]) == (CaseState.schema_version, before["snapshot"]["state"])
    assert await wrong(house, case_id) == []


@pytest.mark.parametrize("forged", [AHEAD, BEHIND], ids=["ahead of the ledger", "behind it"])
async def test_one_of_another_version_than_the_ledger_is_folded_anew_by_the_next_command(house: House, forged: str) -> None:
    case_id = await house.accepted()
    before = await kept(house, case_id)
    await forge(house, case_id, forged)
    assert "version" in await wrong(house, case_id)
    answer = await house.do("caseworker", "add_note", case_id, text="此后照常")
    assert answer.body["version"] == before["version"] + 1
    assert (await kept(house, case_id))["version"] == before["version"] + 1
    assert await wrong(house, case_id) == []


@pytest.mark.parametrize("kind", [CaseState, ConsultationState, DutyState])
@pytest.mark.parametrize(
    "changes",
    [{"schema": 0}, {"schema": 99}, {"snapshot": None}, {"version": 5}],
    ids=["an older shape", "a later shape", "none", "another version than its row"],
)
def test_what_is_not_of_todays_shape_and_the_rows_version_is_no_snapshot(kind: Any, changes: dict[str, Any]) -> None:
    office = {"office": "C-1"} if "office" in kind.model_fields else {}
    state = kind(case_id="01890000-0000-7000-8000-000000000001", version=4, centre="C-1", **office)
    row = {"kind": kind.kind, "version": 4, "schema": kind.schema_version, "snapshot": state.model_dump(mode="json", exclude_none=True)}
    assert streams.snapshot_of(row) == state
    assert streams.snapshot_of(row | changes) is None
