"""Who stands behind a case's wall: told that it exists and no more; breaking the glass opens it for reading, for two hours, and tells."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.stages.glass import LASTS
from ledger.store import WORKER
from notify.deliver import deliver_open
from tests.house import House
from tests.integration.desks import Desks, Someone, code_of

REASON = "承办人突发疾病，明日开庭"


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture
async def walled(desks: Desks, house: House) -> tuple[Someone, str]:
    """A caseworker of the case's centre who is recused, and the case."""
    who = await desks.signed_in("caseworker", office=house.centre)
    case_id = await house.submit()
    await house.do("caseworker", "declare_recusal", case_id, person=who.person, ground="kin")
    desks.now = datetime.now(UTC)
    return who, case_id


async def broken(desks: Desks, who: Someone, case_id: str, reason: str = REASON) -> httpx.Response:
    return await desks.ask(who, "POST", f"/cases/{case_id}/commands/break_glass", {"reason": reason})


READS = ("", "/events", "/clocks", "/allowed-commands", "/chain", "/documents", "/papers", "/diff?from=0&to=1")


async def test_the_walled_off_are_told_that_it_exists_and_others_are_not(desks: Desks, walled: tuple[Someone, str]) -> None:
    who, case_id = walled
    for path in READS:
        answer = await desks.ask(who, "GET", f"/cases/{case_id}{path}")
        assert code_of(answer) == (403, "walled_off"), path
    told = (await desks.ask(who, "GET", f"/cases/{case_id}")).json()
    assert told["register_number"]
    assert told["state"] == "received"
    assert "欧阳" not in str(told)
    stranger = await desks.signed_in("caseworker", office="C-CITY")
    assert code_of(await desks.ask(stranger, "GET", f"/cases/{case_id}")) == (404, "case_not_found")
    assert code_of(await desks.ask(stranger, "GET", f"/cases/{uuid4()}")) == (404, "case_not_found")


async def test_no_list_shows_it_to_them(desks: Desks, walled: tuple[Someone, str]) -> None:
    who, case_id = walled
    assert case_id not in (await desks.ask(who, "GET", "/cases?limit=200")).text
    assert (await broken(desks, who, case_id)).status_code == 200
    assert case_id not in (await desks.ask(who, "GET", "/cases?limit=200")).text


async def test_with_a_reason_they_read_it_for_two_hours_and_do_nothing(desks: Desks, walled: tuple[Someone, str]) -> None:
    who, case_id = walled
    answer = await broken(desks, who, case_id)
    assert answer.status_code == 200, answer.text
    for path in READS:
        assert (await desks.ask(who, "GET", f"/cases/{case_id}{path}")).status_code == 200, path
    shown = (await desks.ask(who, "GET", f"/cases/{case_id}")).json()
    assert datetime.fromisoformat(shown["glass_until"]) - desks.now < LASTS + timedelta(minutes=1)
    assert shown["applicant"]["name"] == "欧阳·𠮷某"
    assert (await desks.ask(who, "GET", f"/cases/{case_id}/allowed-commands")).json()["items"] == []
    note = await desks.ask(who, "POST", f"/cases/{case_id}/commands/add_note", {"text": "x"})
    assert code_of(note) == (403, "walled_off")
    bundle = {"commands": [{"command": "break_glass", "body": {"reason": "x"}}, {"command": "add_note", "body": {"text": "x"}}]}
    assert code_of(await desks.ask(who, "POST", f"/cases/{case_id}/bundles", bundle)) == (403, "walled_off")
    desks.later(LASTS + timedelta(minutes=1))
    who.token = (await desks.sign_in(who)).json()["access_token"]
    assert code_of(await desks.ask(who, "GET", f"/cases/{case_id}")) == (403, "walled_off")


async def test_it_is_recorded_with_its_reason_and_a_supervisor_is_told(desks: Desks, walled: tuple[Someone, str], house: House) -> None:
    who, case_id = walled
    await broken(desks, who, case_id)
    assert (await house.types(case_id))[-1] == "glass_broken"
    watching = await desks.ask(await _supervisor(desks, house), "GET", f"/cases/{case_id}/events")
    event = next(e for e in watching.json()["items"] if e["type"] == "glass_broken")
    assert (event["data"]["person"], event["data"]["reason"]) == (who.person, REASON)
    while await deliver_open(house.database, house.notices(desks.now.date())):
        pass
    async with house.database.transaction(WORKER) as conn:
        rows: list[dict[str, Any]] = await (
            await conn.execute("SELECT person, data FROM messages WHERE case_id = %s AND kind = 'glass_broken'", (case_id,))
        ).fetchall()
    assert rows
    assert who.person not in {row["person"] for row in rows}
    assert all(row["data"]["person"] == who.person for row in rows)


async def _supervisor(desks: Desks, house: House) -> Someone:
    return await desks.signed_in("supervisor", office=house.centre)


async def test_it_is_broken_once_at_a_time_with_a_reason_and_only_from_behind_the_wall(
    desks: Desks, walled: tuple[Someone, str], house: House
) -> None:
    who, case_id = walled
    assert (await broken(desks, who, case_id, "")).status_code == 422
    assert (await broken(desks, who, case_id)).status_code == 200
    assert code_of(await broken(desks, who, case_id)) == (409, "glass_broken_already")
    insider = await desks.signed_in("caseworker", office=house.centre)
    assert code_of(await broken(desks, insider, case_id)) == (409, "not_walled_off")
    stranger = await desks.signed_in("caseworker", office="C-CITY")
    assert code_of(await broken(desks, stranger, case_id)) == (404, "case_not_found")
    for role in ("system_administrator", "security_administrator"):
        administrator = await desks.signed_in(role, office=house.centre)  # pyright: ignore[reportArgumentType]
        assert code_of(await broken(desks, administrator, case_id)) == (404, "case_not_found")


async def test_it_is_offered_to_nobody_in_front_of_the_wall(desks: Desks, walled: tuple[Someone, str], house: House) -> None:
    _, case_id = walled
    insider = await desks.signed_in("caseworker", office=house.centre)
    offered = (await desks.ask(insider, "GET", f"/cases/{case_id}/allowed-commands")).json()["items"]
    assert "break_glass" not in {each["name"] for each in offered}


async def test_a_wall_of_ones_own_broken_by_one_opens_nothing_to_another(desks: Desks, walled: tuple[Someone, str], house: House) -> None:
    who, case_id = walled
    other = await desks.signed_in("caseworker", office=house.centre)
    await house.do("caseworker", "declare_recusal", case_id, person=other.person, ground="kin")
    assert (await broken(desks, who, case_id)).status_code == 200
    assert code_of(await desks.ask(other, "GET", f"/cases/{case_id}")) == (403, "walled_off")
