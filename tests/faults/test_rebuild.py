"""A rebuild that dies, as by SIGKILL, at each of its named points leaves the old rows or the new ones and nothing else."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from ledger.store import WORKER
from ops.engines import Engines
from ops.home import ROOT
from readmodels.rebuild import rebuild
from tests.faults.rebuilder import POINTS
from tests.ledgers import Ledger, ledger_of_its_own
from tests.poll import until
from tests.walks import case_id, dice, walk, write


@pytest.fixture(scope="module")
async def own(engines: Engines) -> AsyncIterator[Ledger]:
    async with ledger_of_its_own(engines) as ledger:
        chance = dice(7)
        for n in range(10):
            await write(ledger.database, f"case/{case_id(n)}", walk(chance).history)
        yield ledger


async def rows(own: Ledger) -> list[dict[str, Any]]:
    async with own.owner.transaction(WORKER) as conn:
        return await (await conn.execute("SELECT * FROM case_list ORDER BY case_id")).fetchall()


@pytest.mark.parametrize("point", POINTS)
async def test_whoever_is_killed_on_the_way_leaves_the_old_rows_or_the_new_ones(own: Ledger, point: str) -> None:
    sound = await rows(own)
    async with own.owner.transaction(WORKER) as conn:
        await conn.execute("UPDATE case_list SET owner = 'P-FORGED'")
    forged = await rows(own)
    argv = [sys.executable, "-m", "tests.faults.rebuilder", point]
    env = os.environ | {"PYTHONPATH": str(ROOT), "REBUILD_DSN": own.at.owner}
    ended = await asyncio.to_thread(subprocess.run, argv, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    await until(lambda: _gone(own))
    assert await rows(own) == (sound if point == "rebuild_done" else forged)
    with psycopg.connect(own.at.owner) as conn:
        assert conn.execute("SELECT relname FROM pg_class WHERE relname LIKE '%\\_\\_new' OR relname LIKE 'aside%'").fetchall() == []
    assert (await rebuild(own.at.owner, ["case_list"])).same
    assert await rows(own) == sound


async def _gone(own: Ledger) -> bool:
    """Whether PostgreSQL has noticed that whoever rebuilt is dead."""
    async with own.owner.transaction(WORKER) as conn:
        row = await (
            await conn.execute(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name IN ('yuanshou-rebuild', 'yuanshou-look')"
            )
        ).fetchone()
    return row is not None and row["n"] == 0
