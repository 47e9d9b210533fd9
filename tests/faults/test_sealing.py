"""Whatever dies wherever a ledger is being sealed: the next run signs the same history, and everything signed is stored and anchored."""

from __future__ import annotations

import asyncio

import pytest

from ledger import merkle
from ledger.note import Checkpoint, Note
from ledger.signing_keys import public_keys
from tests.faults.harness import System
from workflows import contract

CELLS = (
    ("seal_signed", "worker"),
    ("seal_stored", "worker"),
    ("seal_anchored", "worker"),
    ("seal_tiled", "postgres"),
    ("seal_signed", "postgres"),
)
"""Where a real death differs from an exception; every point is passed through by one in `tests/integration/test_sealing.py`."""


@pytest.mark.parametrize(("point", "victim"), CELLS)
async def test_whatever_dies_while_sealing_one_history_is_signed(system: System, point: str, victim: str) -> None:
    await system.submitted()
    await system.run_duty("seal")
    await system.submitted()
    system.arm(point, victim)

    struck = asyncio.create_task(system.run_duty("seal"))
    await system.struck(victim)
    system.revive()
    await system.ready()
    await system.run_duty("seal")  # as the schedule does again; the run that was struck may take up its work beside it

    await sealed_whole(system)
    struck.cancel()
    await asyncio.gather(struck, return_exceptions=True)


async def sealed_whole(system: System) -> None:
    """Every checkpoint is signed by the home's key and is the root of the events up to its size; the last one covers them all, is what the
    signer remembers, and lies in the directory.
    """
    keys = [each.key for each in public_keys(system.home.keys)]
    stored = await system.rows("SELECT size, root, note FROM checkpoints WHERE ledger = 'case' ORDER BY size")
    heads = {row["size"]: row for row in stored}
    tree = merkle.Frontier()
    for event in await system.rows("SELECT position, chain_hash FROM events WHERE ledger = 'case' ORDER BY position"):
        tree.append(merkle.leaf_hash(event["chain_hash"]))
        if row := heads.get(event["position"]):
            note = Note.parse(row["note"])
            assert note.signers(keys) == keys
            assert Checkpoint.parse(note.text).root == row["root"] == tree.root()
    assert max(heads) == tree.size
    signed = (system.home.path / "signer" / "case.note").read_text("utf-8")
    assert Checkpoint.parse(Note.parse(signed).text).size == tree.size
    for size in heads:
        assert (system.home.path / "anchors" / "case" / f"{size:020d}.note").exists(), size


async def test_sealing_goes_on_by_the_minute(system: System) -> None:
    described = await system.house.client.get_schedule_handle(contract.SEAL_SCHEDULE).describe()
    assert [each.every for each in described.schedule.spec.intervals] == [contract.SEAL_EVERY]
    assert contract.SEAL_EVERY.total_seconds() < 60
