"""Checkpoints and proofs over HTTP, for who watches over cases; and `yuanshou seal`."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ledger import merkle
from ledger.note import Checkpoint, Note
from ledger.signing_keys import public_keys
from notify.sealing import Sealing
from ops.sealing import Asked, seal
from tests.house import House
from tests.integration.desks import Desks, Someone


async def sealed(house: House) -> Checkpoint:
    """The house's cases sealed as they now stand."""
    run = await Sealing(house.database, house.settings.keys, house.settings.sealing, []).run()
    assert not run.refused
    return run.sealed["case"].checkpoint


@pytest.fixture(scope="module")
async def desks(house: House) -> Desks:
    await house.submit()
    return await Desks.open(house)


async def asked(desks: Desks, who: Someone, path: str, **params: Any) -> Any:
    async with desks.client() as client:
        answer = await client.get(path, params=params, headers=who.headers)
    return answer.text if answer.headers["content-type"].startswith("text/plain") else answer.json()


async def test_the_newest_checkpoint_is_a_note_signed_by_the_houses_key(house: House, desks: Desks) -> None:
    head = await sealed(house)
    auditor = await desks.signed_in("auditor")
    note = Note.parse(await asked(desks, auditor, "/ledger/checkpoint"))
    keys = [each.key for each in public_keys(house.settings.keys)]
    assert note.signers(keys)
    assert Checkpoint.parse(note.text).size >= head.size
    assert Checkpoint.parse(note.text).origin == head.origin


async def test_a_position_is_proven_under_the_newest_checkpoint_and_under_an_earlier_one(house: House, desks: Desks) -> None:
    before = await sealed(house)
    await house.submit()
    after = await sealed(house)
    supervisor = await desks.signed_in("supervisor")
    for size, head in ((None, after), (before.size, before)):
        more = {} if size is None else {"size": size}
        found = await asked(desks, supervisor, "/ledger/proof/1", **more)
        proven = Checkpoint.parse(Note.parse(found["checkpoint"]).text)
        assert proven.size == found["size"] >= head.size
        assert base64.b64decode(found["root"]) == proven.root
        leaf = merkle.leaf_hash(bytes.fromhex(found["chain_hash"]))
        assert leaf.hex() == found["leaf_hash"]
        path = [base64.b64decode(part) for part in found["proof"]]
        assert merkle.included(leaf, 0, found["size"], proven.root, path)


async def test_growth_is_proven_between_two_sizes(house: House, desks: Desks) -> None:
    before = await sealed(house)
    await house.submit()
    after = await sealed(house)
    officer = await desks.signed_in("bureau_officer")
    found = await asked(desks, officer, "/ledger/consistency", **{"from": before.size, "to": after.size})
    roots = [base64.b64decode(found[name]) for name in ("from_root", "to_root")]
    assert roots == [before.root, after.root]
    assert merkle.consistent(before.size, after.size, *roots, [base64.b64decode(part) for part in found["proof"]])


async def test_what_cannot_be_proven_says_why(house: House, desks: Desks) -> None:
    head = await sealed(house)
    auditor = await desks.signed_in("auditor")
    beyond = await asked(desks, auditor, f"/ledger/proof/{head.size + 1_000_000}")
    assert (beyond["status"], beyond["code"]) == (409, "not_sealed_yet")
    assert (await asked(desks, auditor, "/ledger/proof/1", size=10**12))["code"] == "checkpoint_not_found"
    unknown = await asked(desks, auditor, "/ledger/checkpoint", ledger="another")
    assert (unknown["code"], unknown["errors"][0]["parameter"]) == ("invalid", "ledger")
    backward = await asked(desks, auditor, "/ledger/consistency", **{"from": 2, "to": 1})
    assert (backward["code"], backward["errors"][0]["parameter"]) == ("invalid", "from")
    later = await asked(desks, auditor, "/ledger/consistency", **{"from": 1, "to": 10**12})
    assert later["code"] == "not_sealed_yet"


async def test_who_only_works_on_cases_is_told_nothing(desks: Desks) -> None:
    caseworker = await desks.signed_in("caseworker")
    for path, params in (("checkpoint", {}), ("proof/1", {}), ("consistency", {"from": 1, "to": 1})):
        assert (await asked(desks, caseworker, f"/ledger/{path}", **params))["code"] == "forbidden", path


async def test_sealing_by_hand_says_what_it_did_and_changes_keys(house: House) -> None:
    await house.submit()
    done = await seal(house.settings, Asked())
    (case,) = (each for each in done["sealed"] if each["ledger"] == "case")
    assert done["refused"] == []
    assert Checkpoint.parse(Note.parse(case["note"]).text).size == case["size"]

    before = [each.key for each in public_keys(house.settings.keys)]
    after = await seal(house.settings, Asked(rotate=True))
    keys = [each.key for each in public_keys(house.settings.keys)]
    assert keys[:-1] == before
    (case,) = (each for each in after["sealed"] if each["ledger"] == "case")
    assert Note.parse(case["note"]).signers(keys) == keys[-2:]
