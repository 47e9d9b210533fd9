"""`yuanshou export bundle`: the case's page gives the same bytes, and the ledger of reads knows of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.accounts import HOUSE
from ledger.store import WORKER
from ops.home import ROOT
from tests.house import House
from tests.integration.desks import Desks
from tests.integration.test_court import verified
from tests.sealed import altered, seal

WHY = "某某人民法院来函调取（2026）第2号"


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house, home=house.settings.keys.parent, sealing=house.settings.sealing)


async def exported(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    """The verb as a person types it, against the house's database and files."""
    engines = house.engines
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "YUANSHOU_HOME": str(house.settings.keys.parent), "DATABASE_URL": engines.app_dsn,
        "DATABASE_WORKER_URL": engines.worker_dsn, "YUANSHOU_ANCHOR_DIR": str(house.settings.sealing.anchors),
    }  # fmt: skip
    command = [sys.executable, "-m", "ops.cli", "export", "bundle", *words]
    return await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True, check=False, timeout=120)


async def test_the_console_writes_the_pages_bundle_and_is_recorded_first(desks: Desks, tmp_path: Path) -> None:
    house = desks.house
    case_id = await house.accepted()
    await seal(house)
    out = tmp_path / "case.zip"
    ended = await exported(house, case_id, str(out), "--reason", WHY, "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    auditor = await desks.signed_in("auditor")
    answer = await desks.ask(auditor, "GET", f"/cases/{case_id}/court-bundle", **{"X-Access-Reason": "a court asks"})
    assert out.read_bytes() == answer.content
    assert out.stat().st_mode & 0o777 == 0o600
    assert told["manifest"] == answer.headers["Bundle-Manifest"]
    assert verified(answer.content, tmp_path, "--key", str(house.settings.keys / "checkpoint.vkeys"))[0] == 0
    async with house.database.transaction(WORKER) as conn:
        found = await conn.execute(
            "SELECT channel, reason IS NOT NULL AS reasoned FROM access_reads WHERE person = %s AND %s::uuid = ANY (cases::uuid[])"
            " AND 'court_bundle' = ANY (what)",
            (HOUSE.id, case_id),
        )
        rows = await found.fetchall()
    assert [(row["channel"], row["reasoned"]) for row in rows] == [("export", True)]


async def test_what_cannot_be_written_leaves_no_file_and_says_why(desks: Desks, tmp_path: Path) -> None:
    house = desks.house
    case_id = await house.accepted()
    await seal(house)
    out = tmp_path / "case.zip"
    assert (await exported(house, case_id, str(out))).returncode == 2, "a reason is asked for"
    unknown = await exported(house, str(uuid4()), str(out), "--reason", WHY)
    assert unknown.returncode == 1
    assert "case" in unknown.stderr
    async with altered(house, case_id, 2, body=b"{"):
        broken = await exported(house, case_id, str(out), "--reason", WHY)
    assert broken.returncode == 1
    assert "yuanshou verify" in broken.stderr
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
