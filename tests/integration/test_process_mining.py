"""What `yuanshou export` writes, and that a process miner reads it: pm4py, in an environment of its own, for it is AGPL."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from api.exporting import WRITERS
from api.history_filters import Asked
from ledger.store import WORKER
from ops.exporting import Written, write
from ops.home import ROOT
from readmodels.history import EventQuery
from tests.house import House


async def written(house: House, form: str, out: Path, upto: int | None = None) -> Written:
    """The export of the whole city, by the verb's own function, in another thread's loop as the terminal has it."""
    kind = next(each for each in WRITERS if each == form)
    return await asyncio.to_thread(write, house.engines.worker_dsn, house.settings.keys, kind, Asked(EventQuery(upto=upto), None), out)


def alone(out: Path) -> bool:
    """Whether nothing stands beside the file."""
    return list(out.parent.iterdir()) == [out]


async def types_upto(house: House, upto: int) -> Counter[str]:
    """How many events of each type cases have up to a position."""
    async with house.database.transaction(WORKER) as conn:
        rows = await (
            await conn.execute(
                "SELECT type, count(*) AS n FROM events WHERE ledger = 'case' AND stream LIKE 'case/%%' AND position <= %s GROUP BY type",
                (upto,),
            )
        ).fetchall()
    return Counter({row["type"]: row["n"] for row in rows})


@pytest.mark.parametrize("form", list(WRITERS))
async def test_the_file_is_put_there_whole_and_made_again_the_same(house: House, form: str, tmp_path: Path) -> None:
    await house.accepted()
    out = tmp_path / "made"
    first = await written(house, form, out)
    content = out.read_bytes()
    assert first.size == len(content) > 0
    await house.submit()
    again = await written(house, form, out, first.upto)
    assert (again.upto, out.read_bytes()) == (first.upto, content)
    assert alone(out)


async def test_where_it_is_broken_off_what_stood_there_stands(house: House, tmp_path: Path) -> None:
    out = tmp_path / "made"
    out.write_bytes(b"earlier")
    nowhere = house.engines.worker_dsn.replace("worker:", "nobody:")
    with pytest.raises((psycopg.OperationalError, TimeoutError)):
        await asyncio.to_thread(write, nowhere, house.settings.keys, "csv", Asked(EventQuery(), None), out)
    assert out.read_bytes() == b"earlier"
    assert alone(out)


@pytest.mark.skipif(not os.environ.get("CI"), reason="fetches pm4py and what it needs: in continuous integration")
async def test_pm4py_finds_every_event(house: House, tmp_path: Path) -> None:
    await house.accepted()
    files = {form: tmp_path / f"log.{WRITERS[form].ending}" for form in ("xes", "ocel2", "ocel2-sqlite")}
    upto = (await written(house, "xes", files["xes"])).upto
    for form in ("ocel2", "ocel2-sqlite"):
        await written(house, form, files[form], upto)
    command = [sys.executable, str(ROOT / "scripts" / "process_mining.py"), *map(str, files.values())]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: ASYNC221 -- nothing else to do
    assert answer.returncode == 0, answer.stderr[-2000:]
    told = {Path(name).suffix: found for name, found in json.loads(answer.stdout.splitlines()[-1]).items()}
    wanted = await types_upto(house, upto)
    assert {found["events"] for found in told.values()} == {wanted.total()}
    assert told[".json"] == told[".sqlite"]
    # Each event but a case's first follows another of its case.
    assert told[".xes"]["follows"] == told[".xes"]["events"] - told[".xes"]["cases"]
