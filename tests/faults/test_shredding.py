"""Whoever carries out an erasure dies at each of its steps: nothing is destroyed unfenced, and the next start or run completes it, once."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from activities.shred import Shredder
from ledger.shredlist import ShredList
from ops.home import ROOT
from tests.faults.harness import System
from tests.integration.erasing import Erasing, erasing
from tests.periods import over
from workers.shredlist import apply_shred_list

POINTS = ("shred_fenced", "shred_before_commit", "shred_destroyed", "shred_files_emptied", "shred_before_record", "shred_recorded")
"""In the order of the steps."""


async def _once(system: System, listed: ShredList, *points: str) -> int:
    """Carry out what is approved in a process of its own; its exit status."""
    env = {**system.engines.environment(), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "tests.faults.shred_once", str(listed.path), *points]
    process = await asyncio.create_subprocess_exec(*argv, env=env, cwd=ROOT)
    return await process.wait()


async def _complete(at: Erasing, case_id: str, subject: str) -> None:
    """The laws of an erasure that is complete."""
    assert (await at.key_of(subject))["wrapped"] is None
    assert subject in at.listed.read()
    assert (await at.told(subject)).count("person_shredded") == 1
    told = await at.api.get("approver", f"/persons/{subject}")
    assert (told["state"], told["request"]["state"]) == ("shredded", "done")
    assert (await at.api.get("caseworker", f"/cases/{case_id}"))["applicant"]["name"]["erased"] is True
    async with at.house.database.transaction("worker") as conn:
        files = await (await conn.execute("SELECT length(content) AS n FROM files WHERE case_id = %s", (case_id,))).fetchall()
    assert files
    assert all(row["n"] == 0 for row in files)


@pytest.mark.parametrize("point", POINTS)
async def test_killed_in_the_middle_it_completes(system: System, tmp_path: Path, point: str) -> None:
    async with erasing(system.house, tmp_path) as at:
        case_id, subject = await at.ended()
        sent = await at.api.ask(
            "caseworker", "POST", f"/cases/{case_id}/documents", files={"file": ("x.txt", b"x", "text/plain")},
            headers={"Idempotency-Key": f"file-{point}"},
        )  # fmt: skip
        assert sent.status_code == 201, sent.text
        await at.approved(subject)

        assert await _once(system, at.listed, point) == -signal.SIGKILL

        held = await at.key_of(subject)
        assert held["wrapped"] is not None or subject in at.listed.read(), "destroyed without a fence"
        assert (held["wrapped"] is None) == (POINTS.index(point) >= POINTS.index("shred_destroyed"))
        if POINTS.index(point) % 2:  # a process starts before anybody goes on
            await apply_shred_list(system.house.database, at.listed.path)
            assert subject not in at.listed.read() or (await at.key_of(subject))["wrapped"] is None
        for _ in range(2):
            await at.shredder.carry_out()
            await _complete(at, case_id, subject)


async def test_a_list_that_cannot_be_written_destroys_nothing(system: System, tmp_path: Path) -> None:
    async with erasing(system.house, tmp_path) as at:
        _, subject = await at.ended()
        await at.approved(subject)
        nowhere = Shredder(system.house.database, over, ShredList(tmp_path / "no-folder" / "shredded"))
        with pytest.raises(FileNotFoundError):
            await nowhere.carry_out()
        assert (await at.key_of(subject))["wrapped"] is not None
        await at.shredder.carry_out()
        assert (await at.key_of(subject))["wrapped"] is None
