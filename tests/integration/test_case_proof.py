"""A case's proof over HTTP: checked here by the product's own functions, altered behind its back, and shown to whom it may be shown."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ledger import chain, merkle
from ledger.note import Checkpoint, Note, Vkey
from ledger.shared_proof import shared_root
from tests.house import House
from tests.integration.desks import Desks, code_of
from tests.sealed import altered, seal

type Json = dict[str, Any]


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house, home=house.settings.keys.parent, sealing=house.settings.sealing)


def holds(proof: Json) -> bool:
    """Whether the events shown as whole are those under the checkpoint."""
    note = Note.parse(proof["checkpoint"])
    head = Checkpoint.parse(note.text)
    assert note.signers([Vkey.parse(key) for key in proof["vkeys"]])
    leaves = {e["position"] - 1: merkle.leaf_hash(bytes.fromhex(e["chain_hash"])) for e in proof["events"] if e["position"] <= head.size}
    digests = all(e["body"] is None or chain.digest(base64.b64decode(e["body"])).hex() == e["digest"] for e in proof["events"])
    return digests and shared_root(leaves, head.size, [base64.b64decode(part) for part in proof["proof"]]) == head.root


async def test_the_proof_holds_grows_and_is_short(desks: Desks) -> None:
    house = desks.house
    who, case_id = await desks.signed_in("auditor"), await house.accepted()
    before = await seal(house)
    await house.do("caseworker", "add_note", case_id, text="later")
    size = await seal(house)

    proof = (await desks.ask(who, "GET", f"/cases/{case_id}/proof?seen={before}")).json()
    assert holds(proof)
    assert proof["size"] >= size > before
    assert [e["version"] for e in proof["events"]] == list(range(1, len(proof["events"]) + 1))
    assert sum(map(len, proof["proof"])) <= 1536 * len(proof["events"])
    growth = proof["consistency"]
    assert (growth["from"], growth["to"]) == (before, proof["size"])
    old = (await desks.ask(who, "GET", f"/ledger/consistency?ledger=case&from={before}&to={proof['size']}")).json()
    path = [base64.b64decode(part) for part in growth["proof"]]
    assert merkle.consistent(before, proof["size"], base64.b64decode(old["from_root"]), base64.b64decode(old["to_root"]), path)

    newest = (await desks.ask(who, "GET", f"/cases/{case_id}/proof?seen={proof['size']}")).json()
    assert newest["consistency"] is None or newest["size"] > proof["size"]


async def test_an_event_altered_behind_its_back_no_longer_holds(desks: Desks) -> None:
    house = desks.house
    who, case_id = await desks.signed_in("auditor"), await house.accepted()
    await seal(house)
    async with altered(house, case_id, 1, body=b'{"type": "altered"'):
        proof = (await desks.ask(who, "GET", f"/cases/{case_id}/proof")).json()
        assert proof["events"][0]["withheld"] == "unreadable"
    async with altered(house, case_id, 2, chain_hash=bytes(32)):
        assert not holds((await desks.ask(who, "GET", f"/cases/{case_id}/proof")).json())
    assert holds((await desks.ask(who, "GET", f"/cases/{case_id}/proof")).json())


async def test_content_that_is_not_shown_is_not_in_the_proof_either(desks: Desks) -> None:
    house = desks.house
    case_id = await house.submit()
    await house.do("caseworker", "add_note", case_id, text="只供中心", visible_to="centre")
    await seal(house)
    liaison = await desks.signed_in("finance_officer", office=house.centre)
    assert code_of(await desks.ask(liaison, "GET", f"/cases/{case_id}/proof")) == (404, "case_not_found")
    desk_clerk = await desks.signed_in("receptionist", office=house.centre)
    shown = (await desks.ask(desk_clerk, "GET", f"/cases/{case_id}/events")).json()["items"]
    proof = (await desks.ask(desk_clerk, "GET", f"/cases/{case_id}/proof")).json()
    assert [e["body"] is None for e in proof["events"]] == ["data" not in e for e in shown]
    assert holds(proof)


async def test_nobody_reads_a_proof_of_a_case_that_is_not_theirs(desks: Desks) -> None:
    case_id = await desks.house.submit()
    stranger = await desks.signed_in("system_administrator")
    assert code_of(await desks.ask(stranger, "GET", f"/cases/{case_id}/proof")) == (404, "case_not_found")
