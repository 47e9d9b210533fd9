"""Read models made anew from the ledger and held against it, in a ledger of the test's own."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from ledger.store import WORKER, Database
from ops import wall
from ops.cli import app
from ops.engines import Engines
from readmodels import passing
from readmodels import rebuild as rebuilding
from readmodels.course import Change
from readmodels.models import INLINE, MODELS
from readmodels.rebuild import AnotherRebuild, Unreadable, check, compare, rebuild
from readmodels.rows import Difference, normal
from tests.house import House
from tests.ledgers import Ledger, ledger_of_its_own
from tests.poll import until
from tests.scenarios import SHANGHAI, scenarios
from tests.scenarios import walk as take
from tests.unit.inquiries import consultation
from tests.walks import appends, case_id, dice, put, walk, write
from workflows import faultpoints

CASES = 25
NAMES = [model.name for model in INLINE]


@pytest.fixture(scope="module")
async def own(engines: Engines) -> AsyncIterator[Ledger]:
    """A ledger with random walks of cases and a consultation in it."""
    chance = dice(7)
    async with ledger_of_its_own(engines) as ledger:
        for n in range(CASES):
            await write(ledger.database, f"case/{case_id(n)}", walk(chance).history)
        await write(ledger.database, f"consultation/{case_id(900)}", consultation().history)
        yield ledger


async def forge(own: Ledger, statement: str, *given: object) -> int:
    """Change a read model behind the product's back; how many rows."""
    async with own.owner.transaction(WORKER) as conn:
        return (await conn.execute(statement.encode(), given)).rowcount


async def found(own: Ledger, *names: str) -> list[Difference]:
    return [each async for each in compare(own.at.worker, names or NAMES)]


async def dump(own: Ledger) -> dict[str, list[dict[str, Any]]]:
    """Every column of every inline model, each value in its normal form."""
    tables: dict[str, list[dict[str, Any]]] = {}
    async with own.owner.transaction(WORKER) as conn:
        for model in INLINE:
            keys = ", ".join(model.key)
            rows = await (await conn.execute(f"SELECT * FROM {model.name} ORDER BY {keys}".encode())).fetchall()  # noqa: S608
            tables[model.name] = [normal(row) for row in rows]
    return tables


async def test_what_commands_recorded_stands_in_every_list_as_the_ledger_says(house: House) -> None:
    """The recorder's own way, through the API's commands and a worker."""
    today = datetime.now(SHANGHAI).date()
    mine = {await house.urgent()}
    for scenario in scenarios(today, house.centre)[:3]:
        mine.add((await take(scenario, today, house.walking()))["case_id"])
    differences = [each async for each in compare(house.engines.worker_dsn)]
    assert [each for each in differences if mine & set(each.key)] == []


async def test_what_was_written_with_the_events_is_what_a_rebuild_makes_of_them(own: Ledger) -> None:
    before = await dump(own)
    report = await check(own.at.owner, NAMES)
    assert report.same
    assert report.streams == CASES + 1
    assert {tally.model: tally.rows for tally in report.tallies} == {name: len(rows) for name, rows in before.items()}
    assert all(before[name] for name in ("case_list", "clock_list", "handlings", "cases", "case_people", "inquiries"))
    assert await found(own) == []
    again = await rebuild(own.at.owner, NAMES)
    assert (again.written, again.same) == (False, True)
    assert await dump(own) == before


ONE_MORE = (
    "INSERT INTO clock_list SELECT case_id, 'decide/999', kind, limit_id, state, live, unit, started_on, started_at, due_on, due_at,"
    " first_due_on, moves, ended_on, paused_since, paused_days, on_miss, confirmed, provisional, centre, outlet, unit_code, owner,"
    " asked_on, asked_by, asked_to FROM clock_list WHERE case_id = %s LIMIT 1"
)
FORGERIES = {
    "an edited column": ("UPDATE case_list SET state = 'archived' WHERE case_id = %s", 1, "case_list", "state"),
    "an edited place in a snapshot": (
        "UPDATE cases SET snapshot = jsonb_set(snapshot, '{parties,0,name}', '\"x\"') WHERE case_id = %s",
        1, "cases", "snapshot/parties/0/name",
    ),
    "a snapshot of another version": ("UPDATE cases SET version = version + 1 WHERE case_id = %s", 1, "cases", "version"),
    "a snapshot that says nothing": ("UPDATE cases SET snapshot = NULL WHERE case_id = %s", 1, "cases", "snapshot"),
    "a deleted row": ("DELETE FROM case_list WHERE case_id = %s", 1, "case_list", ""),
    "a deleted lock": ("DELETE FROM cases WHERE case_id = %s", 1, "cases", ""),
    "deleted people": ("DELETE FROM case_people WHERE party_id = 0 AND case_id = %s", 1, "case_people", ""),
    "one row too many": (
        ONE_MORE, 1, "clock_list", "",
    ),
    "a stranger's case": (
        "INSERT INTO broken_glass SELECT gen_random_uuid(), 'P-X', now() FROM case_list WHERE case_id = %s", 1, "broken_glass", "",
    ),
    "a kind that it is not": ("UPDATE case_people SET kind = 'duty' WHERE party_id = 0 AND case_id = %s", 2, "case_people", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forgery_is_found_and_named_and_put_right(own: Ledger, name: str) -> None:
    statement, count, model, column = FORGERIES[name]
    before = await dump(own)
    assert await forge(own, statement, case_id(3)) == 1
    differences = await found(own)
    assert [(each.model, each.column) for each in differences] == [(model, column)] * count
    assert name == "a stranger's case" or differences[0].key[0] == case_id(3)
    assert not (await check(own.at.owner, [model])).same
    report = await rebuild(own.at.owner, NAMES)
    assert (report.written, report.same) == (True, True)
    after = await dump(own)
    for row in (*before["cases"], *after["cases"]):
        for mark in ("armed_version", "changed_at"):
            row.pop(mark)
    assert after == before


async def test_a_lock_made_anew_has_its_workflow_woken(own: Ledger) -> None:
    await forge(own, "UPDATE cases SET armed_version = version")
    await forge(own, "DELETE FROM cases WHERE case_id = %s", case_id(5))
    await rebuild(own.at.owner, ["cases"])
    async with own.owner.transaction(WORKER) as conn:
        rows = await (await conn.execute("SELECT case_id FROM cases WHERE armed_version < version AND kind = 'case'")).fetchall()
    assert [str(row["case_id"]) for row in rows] == [case_id(5)]


async def test_emptied_models_are_whole_again_and_the_database_is_as_the_migrations_left_it(own: Ledger) -> None:
    before = await dump(own)
    for table in ("case_list", "inquiries", "clock_list", "handlings", "case_people"):
        await forge(own, f"DELETE FROM {table}")  # noqa: S608
    assert (await rebuild(own.at.owner, NAMES)).same
    after = await dump(own)
    assert {name: after[name] for name in NAMES if name != "cases"} == {name: before[name] for name in NAMES if name != "cases"}
    with psycopg.connect(own.at.owner) as conn:
        assert list(wall.drift(conn)) == []
        assert wall.strangers(conn) == []


async def test_processes_that_look_find_what_one_finds(own: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "FEW", 0)
    alone, together = await check(own.at.worker), await check(own.at.worker, processes=2)
    assert [(t.model, t.rows, t.live, t.rebuilt) for t in alone.tallies] == [(t.model, t.rows, t.live, t.rebuilt) for t in together.tallies]
    assert (alone.events, alone.streams) == (together.events, together.streams)


async def test_the_digest_tells_one_row_from_another(own: Ledger) -> None:
    before = await check(own.at.owner, ["case_list"])
    await forge(own, "UPDATE case_list SET owner = 'P-SOMEBODY' WHERE case_id = %s", case_id(1))
    after = await check(own.at.owner, ["case_list"])
    await rebuild(own.at.owner, ["case_list"])
    assert before.tallies[0].live != after.tallies[0].live
    assert before.tallies[0].rebuilt == after.tallies[0].rebuilt == before.tallies[0].live


@pytest.fixture
def unhooked() -> Iterator[None]:
    """Whatever hook the test installs is gone after it."""
    yield
    faultpoints.install(faultpoints._nothing)


async def test_commands_go_on_meanwhile_and_nothing_of_them_is_lost(own: Ledger, unhooked: None) -> None:
    """What is appended after the look and before the swap, to a forged case, to a sound one and to a new one, stands afterwards."""
    chance = dice(11)
    late = {case_id(n): list(appends(f"case/{case_id(n)}", walk(chance, 20).history)) for n in (300, 301, 302)}
    for name in (case_id(300), case_id(301)):
        async with own.database.transaction(WORKER) as conn:
            await put(conn, late[name].pop(0))
    await forge(own, "UPDATE case_list SET owner = 'P-FORGED' WHERE case_id = %s", case_id(300))
    await forge(own, "UPDATE clock_list SET owner = 'P-FORGED' WHERE case_id = %s", case_id(300))
    loop = asyncio.get_running_loop()
    writing: list[asyncio.Task[None]] = []

    async def go_on(database: Database, name: str, changes: list[Change]) -> None:
        assert changes, name
        for change in changes:
            async with database.transaction(WORKER) as conn:
                await put(conn, change)

    async def nearly_all() -> None:
        async with Database(own.at.app, worker=own.at.worker, size=1, name="meanwhile") as database:
            for name, changes in late.items():
                await go_on(database, name, changes[:-2])

    def reached(point: str) -> None:
        if point == "rebuild_built" and not writing:
            # Nearly all of it stands before the rebuild goes on, the rest comes while it does.
            meanwhile = Thread(target=asyncio.run, args=(nearly_all(),))
            meanwhile.start()
            meanwhile.join()
            writing.extend(loop.create_task(go_on(own.database, name, changes[-2:])) for name, changes in late.items())

    faultpoints.install(reached)
    report = await rebuild(own.at.owner, NAMES)
    assert writing, "nothing was written meanwhile"
    await asyncio.gather(*writing)
    assert report.written
    assert await found(own) == []


async def test_readers_see_the_old_rows_or_the_new_ones_and_never_fewer(own: Ledger) -> None:
    await forge(own, "UPDATE case_list SET owner = 'P-FORGED'")
    seen: list[tuple[int, int]] = []
    done = asyncio.Event()

    async def look() -> None:
        while not done.is_set():
            async with own.database.transaction(WORKER) as conn:
                row = await (
                    await conn.execute("SELECT count(*) AS n, count(*) FILTER (WHERE owner = 'P-FORGED') AS forged FROM case_list")
                ).fetchone()
            assert row is not None
            seen.append((row["n"], row["forged"]))

    looking = asyncio.create_task(look())
    await until(lambda: _at_least(seen, 1))
    await rebuild(own.at.owner, ["case_list"])
    mark = len(seen)
    await until(lambda: _at_least(seen, mark + 2))
    done.set()
    await looking
    total = seen[0][0]
    assert {n for n, _ in seen} == {total}
    assert {forged for _, forged in seen} == {total, 0}


async def _at_least(seen: list[Any], count: int) -> bool:
    return len(seen) >= count


async def test_who_gives_up_leaves_everything_as_it_was(own: Ledger, unhooked: None) -> None:
    await forge(own, "UPDATE case_list SET owner = 'P-FORGED'")
    forged = await dump(own)
    task: list[asyncio.Task[Any]] = []
    faultpoints.install(lambda point: task[0].cancel() and None if point == "rebuild_locked" else None)
    task.append(asyncio.create_task(rebuild(own.at.owner, ["case_list"])))
    with suppress(asyncio.CancelledError):
        await task[0]
    assert task[0].cancelled()
    assert await dump(own) == forged
    faultpoints.install(faultpoints._nothing)
    assert (await rebuild(own.at.owner, ["case_list"])).same


async def test_of_two_at_once_the_second_is_told(own: Ledger) -> None:
    with psycopg.connect(own.at.owner) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [rebuilding.REBUILD_LOCK])
        with pytest.raises(AnotherRebuild):
            await rebuild(own.at.owner, ["case_list"])


class TestTheVerb:
    def said(self, own: Ledger, tmp_path: Path, *words: str) -> Result:
        env = {"YUANSHOU_HOME": str(tmp_path), "DATABASE_URL": own.at.app, "DATABASE_OWNER_URL": own.at.owner}
        return CliRunner().invoke(app, ["rebuild", *words], env=env)

    def test_it_checks_puts_right_and_says_so(self, own: Ledger, tmp_path: Path) -> None:
        with psycopg.connect(own.at.owner) as conn:
            conn.execute("UPDATE case_list SET owner = 'P-FORGED' WHERE case_id = %s", [case_id(3)])
        checked = self.said(own, tmp_path, "case_list", "--check", "--json")
        told = json.loads(checked.stdout)
        assert (checked.exit_code, told["same"], told["written"]) == (1, False, False)
        assert [(m["model"], m["differing_streams"]) for m in told["models"]] == [("case_list", 1)]
        made = self.said(own, tmp_path, "case_list")
        assert made.exit_code == 0
        assert "case_list" in made.stdout
        assert "as the ledger says" in made.stdout
        assert "search_tokens" in made.stdout
        again = json.loads(self.said(own, tmp_path, "--check", "--json", *NAMES).stdout)
        assert (again["same"], len(again["models"])) == (True, len(NAMES))

    def test_it_explains_itself(self, own: Ledger, tmp_path: Path) -> None:
        assert "Exit status" in self.said(own, tmp_path, "--help").stdout

    def test_a_model_that_there_is_not_is_no_model(self, own: Ledger, tmp_path: Path) -> None:
        assert self.said(own, tmp_path, "nonsense").exit_code == 2

    def test_before_the_first_start_there_is_nothing_to_rebuild(self, tmp_path: Path) -> None:
        nothing = {"DATABASE_URL": None, "DATABASE_OWNER_URL": None, "YUANSHOU_HOME": str(tmp_path)}
        assert CliRunner().invoke(app, ["rebuild"], env=nothing).exit_code == 2


async def test_an_event_that_cannot_be_read_is_told_where_it_stands_and_stops_a_rebuild(engines: Engines) -> None:
    async with ledger_of_its_own(engines) as ledger:
        await write(ledger.database, f"case/{case_id(1)}", walk(dice(3)).history)
        await write(ledger.database, f"case/{case_id(2)}", walk(dice(4)).history)
        async with ledger.owner.transaction(WORKER) as conn:
            await conn.execute("ALTER TABLE events DISABLE TRIGGER USER")
            row = await (
                await conn.execute(
                    "UPDATE events SET type = 'from_the_future' WHERE stream = %s AND version = 2 RETURNING position",
                    (f"case/{case_id(1)}",),
                )
            ).fetchone()
        assert row is not None
        differences = await found(ledger)
        assert [(d.model, d.key, d.column, d.live) for d in differences] == [
            ("events", (f"case/{case_id(1)}",), "position", row["position"])
        ]
        assert "from_the_future v1" in differences[0].rebuilt
        with pytest.raises(Unreadable, match=f"position {row['position']}"):
            await rebuild(ledger.at.owner, list(MODELS))
