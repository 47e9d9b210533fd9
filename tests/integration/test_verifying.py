"""An auditor has the ledgers verified: asked for over HTTP, carried out by the worker, its outcome kept with who asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.verify.claims import Trouble
from tests.house import House
from tests.integration.desks import Desks, Someone, code_of
from tests.poll import until
from tests.sealed import altered, seal, verifying

type Json = dict[str, Any]


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house, home=house.settings.keys.parent, sealing=house.settings.sealing)


async def overview(desks: Desks, who: Someone) -> Json:
    answer = await desks.ask(who, "GET", "/audit")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def verified(desks: Desks, who: Someone) -> Json:
    """What a verification asked for now by that person comes to; another test's may run first."""
    while True:
        asked = await desks.ask(who, "POST", "/audit/verifications", {})
        assert asked.status_code == 202, asked.text

        async def ended() -> Json | None:
            found = await overview(desks, who)
            return None if found["running"] else found["verified"]

        outcome = await until(ended)
        assert outcome is not None
        if outcome["asked_by"] == who.person:
            return outcome


async def test_an_auditor_has_the_ledgers_verified_and_is_named_with_the_outcome(desks: Desks) -> None:
    house = desks.house
    who = await desks.signed_in("auditor")
    await house.submit()
    size = await seal(house)
    async with verifying(house):
        outcome = await verified(desks, who)
    assert (outcome["asked_by"], outcome["trouble"]) == (who.person, None)
    assert outcome["ledgers"]["case"]["events"] >= size
    kept = json.loads((house.settings.keys.parent / "verified.json").read_text(encoding="utf-8"))
    assert {"at", "exit", "ledgers", "findings"} <= kept.keys()
    assert (await overview(desks, who))["earlier"][0]["asked_by"] == who.person


async def test_what_was_altered_is_told_with_its_class_and_place(desks: Desks) -> None:
    house = desks.house
    who, case_id = await desks.signed_in("auditor"), await house.accepted()
    await seal(house)
    async with verifying(house), altered(house, case_id, 2, office="C-NOWHERE"):
        outcome = await verified(desks, who)
    assert outcome["exit"] == 1
    found = {(f["class"], f["place"]) for f in outcome["findings"]}
    assert any(kind == "row_changed" and case_id in place for kind, place in found), found


async def test_one_runs_at_a_time_and_one_that_cannot_run_says_so(desks: Desks) -> None:
    async def refuses(_: object) -> Json:
        raise Trouble("the keys cannot be read")

    house, who, other = desks.house, await desks.signed_in("auditor"), await desks.signed_in("auditor")
    first = (await desks.ask(who, "POST", "/audit/verifications", {})).json()
    second = (await desks.ask(other, "POST", "/audit/verifications", {})).json()
    assert second["verification_id"] == first["verification_id"]
    async with verifying(house, refuses):
        await verified(desks, who)
    earlier = (await overview(desks, other))["earlier"]
    assert next(each["exit"] for each in earlier if each["asked_by"] == who.person) == 2


async def test_only_auditors_ask_and_only_who_watches_over_cases_looks(desks: Desks) -> None:
    supervisor, clerk = await desks.signed_in("supervisor"), await desks.signed_in("receptionist")
    assert code_of(await desks.ask(supervisor, "POST", "/audit/verifications", {})) == (403, "forbidden")
    assert (await overview(desks, supervisor))["may_verify"] is False
    assert code_of(await desks.ask(clerk, "GET", "/audit")) == (403, "forbidden")


async def test_checkpoints_are_listed_the_greatest_first_and_one_by_its_size(desks: Desks) -> None:
    house, who = desks.house, await desks.signed_in("supervisor")
    sizes: list[int] = []
    for _ in range(2):
        await house.submit()
        sizes.append(await seal(house))
    page = (await desks.ask(who, "GET", "/audit/checkpoints?limit=1")).json()
    following = (await desks.ask(who, "GET", f"/audit/checkpoints?limit=1&cursor={page['next_cursor']}")).json()
    assert page["items"][0]["size"] > following["items"][0]["size"]
    [one] = (await desks.ask(who, "GET", f"/audit/checkpoints?size={sizes[0]}")).json()["items"]
    assert (one["size"], one["signature"]) == (sizes[0], "holds")
    assert code_of(await desks.ask(who, "GET", "/audit/checkpoints?ledger=cases")) == (404, "ledger_not_found")
    state = next(each for each in (await overview(desks, who))["ledgers"] if each["ledger"] == "case")
    assert state["checkpoint"]["size"] >= sizes[1]
    assert ("directory", False) in [(a["kind"], a["outside"]) for a in state["anchors"]]
