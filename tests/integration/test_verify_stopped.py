"""A verification that is ended half-way is no verdict: its status says so, and what was kept of the last one stands."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.verify.run import KEPT_FILE
from ops.home import ROOT
from tests.house import House
from tests.poll import until
from tests.sealed import superuser


@pytest.mark.parametrize("stopped_by", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_with_2_and_leaves_no_half_result(house: House, tmp_path: Path, stopped_by: signal.Signals) -> None:
    home = house.settings.keys.parent
    kept = home / KEPT_FILE
    before = kept.read_bytes() if kept.exists() else None
    engines = house.engines
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "YUANSHOU_HOME": str(home), "DATABASE_URL": engines.app_dsn,
        "DATABASE_WORKER_URL": engines.worker_dsn,
    }  # fmt: skip
    async with await superuser(house) as watching, await superuser(house) as conn, conn.transaction():
        await conn.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        out, err = tmp_path / "out", tmp_path / "err"
        with out.open("wb") as told, err.open("wb") as said:
            program = subprocess.Popen(  # noqa: ASYNC220 -- it is to be ended while it runs
                ["env", "--default-signal=INT", sys.executable, "-m", "ops.cli", "verify", "--json"], env=env, stdout=told, stderr=said
            )

        async def waits() -> bool:
            asked = await watching.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'yuanshou-verify' AND wait_event_type = 'Lock'"
            )
            row = await asked.fetchone()
            return bool(row and row[0])

        try:
            await until(waits)
            program.send_signal(stopped_by)
            assert await asyncio.to_thread(program.wait, 30) == 2
        finally:
            program.kill()
            program.wait()
    assert out.read_bytes() == b""
    assert b"broken off" in err.read_bytes()
    assert (kept.read_bytes() if kept.exists() else None) == before
