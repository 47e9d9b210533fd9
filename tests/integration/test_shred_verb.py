"""`yuanshou shred`: what waits, what it completes, and what it says of a list and a database that disagree."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ledger.store import WORKER
from ops.home import ROOT
from tests.house import House
from tests.integration.erasing import Erasing, erasing


@pytest.fixture(scope="module")
async def at(house: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Erasing]:
    async with erasing(house, tmp_path_factory.mktemp("verb")) as made:
        yield made


async def shred(at: Erasing, *options: str) -> tuple[int, dict[str, Any]]:
    """The verb's exit status and report."""
    engines = at.house.engines
    env = {**os.environ, **engines.environment(), "DATABASE_OWNER_URL": engines.owner_dsn, "YUANSHOU_SHRED_LIST": str(at.listed.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.cli", "shred", "--json", *options, env=env, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return process.returncode or 0, json.loads(out)


async def test_what_is_approved_is_told_and_what_the_files_forbid_is_not_done(at: Erasing) -> None:
    _, subject = await at.ended()
    await at.approved(subject)
    status, told = await shred(at)
    assert status == 1
    assert [each["state"] for each in told["waiting"] if each["subject_id"] == subject] == ["approved"]
    # The verb goes by the rules in force: this file ended today, so its period is not over.
    status, told = await shred(at, "--complete")
    assert (status, told["forbidden"], told["completed"]) == (1, 1, 0)
    assert (await at.key_of(subject))["wrapped"] is not None
    assert (await at.told(subject))[-1] == "shred_refused"


async def test_what_was_fenced_is_completed_whatever_the_files_say(at: Erasing) -> None:
    _, subject = await at.ended()
    await at.approved(subject)
    at.listed.add([subject], at.services.now())  # a crash left it so
    status, told = await shred(at)
    assert (status, told["brought_back"]) == (1, [subject])
    _, told = await shred(at, "--complete", "--sweep")
    assert (told["completed"], told["brought_back"], told["swept"]) == (1, [], True)
    assert (await at.key_of(subject))["wrapped"] is None


async def test_a_list_that_was_changed_is_named(at: Erasing) -> None:
    at.listed.add(["01890000-0000-7000-8000-0000000000a1"], at.services.now())
    whole = at.listed.path.read_bytes()
    at.listed.path.write_bytes(whole + b"x" * 64 + b"\n")
    env = {**os.environ, **at.house.engines.environment(), "YUANSHOU_SHRED_LIST": str(at.listed.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.cli", "shred", env=env, cwd=ROOT, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    at.listed.path.write_bytes(whole)
    assert process.returncode == 1
    assert "is no line of the list" in said.decode()
    async with at.house.database.transaction(WORKER) as conn:
        assert await (await conn.execute("SELECT 1 FROM erasures LIMIT 1")).fetchone() is not None
