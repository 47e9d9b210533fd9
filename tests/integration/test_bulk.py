"""Cases chosen from a list and handed on: looked at before, carried out one by one, given back after."""

from typing import Any
from uuid import uuid4

import pytest

from tests.house import House
from tests.integration.desks import Desks, Someone, code_of

REASON = "均衡案件数量"


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture
async def chief(desks: Desks, house: House) -> Someone:
    return await desks.signed_in("approver", office=house.centre)


@pytest.fixture
async def worker(desks: Desks, house: House) -> Someone:
    return await desks.someone("caseworker", office=house.centre)


def transfer(case_id: str, to: str) -> dict[str, Any]:
    return {"case_id": case_id, "kind": "transfer", "to": to}


async def batch_of(desks: Desks, who: Someone, *moves: dict[str, Any]) -> dict[str, Any]:
    answer = await desks.ask(who, "POST", "/reassignments", {"reason": REASON, "moves": list(moves)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def owner(desks: Desks, who: Someone, case_id: str) -> str:
    return (await desks.ask(who, "GET", f"/cases/{case_id}")).json()["owner"]


async def test_a_preview_says_what_would_happen_and_writes_nothing(desks: Desks, house: House, chief: Someone, worker: Someone) -> None:
    good, same, elsewhere = await house.submit(), await house.submit(), str(uuid4())
    before = house.who("receptionist").person
    await batch_of(desks, chief, transfer(same, worker.person))
    moves = [
        transfer(good, worker.person),
        transfer(same, worker.person),
        transfer(good, "P-NOBODY"),
        transfer(good, before),
        transfer(elsewhere, worker.person),
        {"case_id": good, "kind": "replacement"},
    ]
    told = (await desks.ask(chief, "POST", "/reassignments/preview", {"reason": REASON, "moves": moves})).json()
    assert [item["code"] for item in told["items"]] == [
        None, "already_owner", "unknown_person", "already_owner", "case_not_found", "role_not_allowed",
    ]  # fmt: skip
    assert (told["will"], told["refused"]) == (1, 5)
    first = told["items"][0]
    assert (first["held_by"], first["to"], first["case"]["case_id"]) == (before, worker.person, good)
    assert told["items"][4]["case"] is None
    assert "caseworker_transferred" not in await house.types(good)


async def test_a_preview_is_for_who_hands_on(desks: Desks, house: House) -> None:
    desk = await desks.signed_in("receptionist", office=house.centre)
    asked = {"reason": REASON, "moves": [transfer(str(uuid4()), "P-X")]}
    assert code_of(await desks.ask(desk, "POST", "/reassignments/preview", asked)) == (403, "forbidden")


async def test_what_was_moved_goes_back_but_what_moved_on_stays(desks: Desks, house: House, chief: Someone, worker: Someone) -> None:
    back, onward = await house.submit(), await house.submit()
    first = await batch_of(desks, chief, transfer(back, worker.person), transfer(onward, worker.person))
    assert (first["done"], first["undoable"]) == (2, 0), "the desk's receptionist had them, who handles no case"
    nothing = await desks.ask(chief, "POST", f"/reassignments/{first['batch']}/undo", {"reason": "误选"})
    assert code_of(nothing) == (409, "nothing_to_undo")
    before, worker = worker.person, await desks.someone("caseworker", office=house.centre)
    batch = await batch_of(desks, chief, transfer(back, worker.person), transfer(onward, worker.person))
    assert (batch["done"], batch["undoable"], {m["held_by"] for m in batch["moves"]}) == (2, 2, {before})
    third = await desks.someone("caseworker", office=house.centre)
    await batch_of(desks, chief, transfer(onward, third.person))

    undone = (await desks.ask(chief, "POST", f"/reassignments/{batch['batch']}/undo", {"reason": "误选"})).json()
    assert (undone["undoes"], undone["done"], [m["case_id"] for m in undone["moves"]]) == (batch["batch"], 1, [back])
    assert await owner(desks, chief, back) == before
    assert await owner(desks, chief, onward) == third.person
    assert (await house.types(back)).count("caseworker_transferred") == 3

    again = await desks.ask(chief, "POST", f"/reassignments/{batch['batch']}/undo", {"reason": "误选"})
    assert code_of(again) == (409, "nothing_to_undo")
    other = await desks.signed_in("approver", office=house.centre)
    hidden = await desks.ask(other, "POST", f"/reassignments/{batch['batch']}/undo", {"reason": "误选"})
    assert code_of(hidden) == (404, "batch_not_found")
