"""Sealing on a real database: the tree of what is there, and every way in which the signer must say no."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest

from bench import ledgers
from ledger import anchored, merkle, sealing, tiles
from ledger.note import Checkpoint, Note, moment_text
from ledger.sealing import Sealed, Sealer
from ledger.signer import SealRefused, Signer
from ledger.signing_keys import SigningKeys
from ledger.store import WORKER, Database
from ops import sealed as standing
from ops.engines import Engines
from tests.integration.own_database import OwnDatabase, own_database

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class Died(Exception):  # noqa: N818 -- what a process does
    """The process died at the point."""


@pytest.fixture(scope="module")
def own(engines: Engines) -> Iterator[OwnDatabase]:
    with own_database(engines) as made:
        yield made


@pytest.fixture(scope="module")
async def database(own: OwnDatabase) -> AsyncIterator[Database]:
    async with Database(own.app, worker=own.worker, size=4, name="seal-test") as opened:
        yield opened


@dataclass
class Bench:
    """A ledger of a test's own in the module's database, with a signer of its own."""

    own: OwnDatabase
    database: Database
    home: Path
    ledger: str = field(default_factory=lambda: f"t{uuid4().hex[:12]}")
    dies_at: str | None = None

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys.open(self.home / "keys", NOW, signed_before=False)

    @property
    def signer(self) -> Signer:
        return Signer(self.home / "signer", self.keys)

    def _point(self, name: str) -> None:
        if name == self.dies_at:
            raise Died(name)

    async def seal(self, **more: Any) -> Sealed:
        signer = self.signer
        async with signer.held():
            found = await Sealer(self.database, signer, self._point).seal(self.ledger, **more)
        assert found is not None
        return found

    async def refused(self, **more: Any) -> SealRefused:
        """Why nothing is signed; that nothing was is looked at too."""
        before, memory = await self.stored(), self.memory()
        with pytest.raises(SealRefused) as caught:
            await self.seal(**more)
        assert await self.stored() == before
        assert self.memory() == memory
        return caught.value

    def memory(self) -> str | None:
        path = self.home / "signer" / f"{self.ledger}.note"
        return path.read_text(encoding="utf-8") if path.exists() else None

    def forget(self) -> None:
        (self.home / "signer" / f"{self.ledger}.note").unlink()

    def add(self, count: int, seed: int = 0) -> int:
        return ledgers.fill(self.own.superuser, count, ledger=self.ledger, seed=seed)

    def as_administrator(self, statement: LiteralString, *values: Any) -> None:
        """What whoever owns the database can do: without triggers."""
        with psycopg.connect(self.own.superuser) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement, values)

    def back_to(self, position: int) -> None:
        """As a backup of an earlier moment has it: events, tiles and checkpoints up to there alone."""
        self.as_administrator("DELETE FROM events WHERE ledger = %s AND position > %s", self.ledger, position)
        self.as_administrator("DELETE FROM checkpoints WHERE ledger = %s AND size > %s", self.ledger, position)
        self.as_administrator("DELETE FROM tiles WHERE ledger = %s AND (n + 1) * 256 ^ (level + 1) > %s", self.ledger, position)

    async def leaves(self, upto: int) -> list[bytes]:
        """From the events themselves, past every tile."""
        async with self.database.transaction(WORKER) as conn:
            return await tiles.leaves(conn, self.ledger, 0, upto)

    async def stored(self) -> list[tuple[int, str]]:
        async with self.database.transaction(WORKER) as conn:
            rows = await (
                await conn.execute("SELECT size, note FROM checkpoints WHERE ledger = %s ORDER BY size", (self.ledger,))
            ).fetchall()
        return [(row["size"], row["note"]) for row in rows]


@pytest.fixture
def bench(own: OwnDatabase, database: Database, tmp_path: Path) -> Bench:
    return Bench(own, database, tmp_path)


def root_of(leaves: list[bytes]) -> bytes:
    tree = merkle.Frontier()
    tree.extend(leaves)
    return tree.root()


async def test_the_head_of_a_large_ledger_is_the_root_over_its_events_and_every_proof_holds(bench: Bench) -> None:
    end = bench.add(66_000)
    first = await bench.seal()
    leaves = await bench.leaves(end)
    assert (first.checkpoint.size, first.checkpoint.root, first.new) == (end, root_of(leaves), True)

    bench.add(700)
    second = await bench.seal()
    leaves = await bench.leaves(end + 700)
    assert second.checkpoint.root == root_of(leaves)

    async with bench.database.transaction(WORKER) as conn:
        for position in (1, 2, 256, 257, 40_000, 65_536, 65_537, 66_048, 66_560, 66_561, 66_700):
            path = await tiles.inclusion(conn, bench.ledger, position, 66_700)
            assert merkle.included(leaves[position - 1], position - 1, 66_700, second.checkpoint.root, path), position
        for position in (1, 66_000):  # under the checkpoint before, though tiles have been added since
            path = await tiles.inclusion(conn, bench.ledger, position, 66_000)
            assert merkle.included(leaves[position - 1], position - 1, 66_000, first.checkpoint.root, path), position
        for size in (1, 255, 256, 4_097, 65_535, 65_536, 66_000, 66_700):
            path = await tiles.consistency(conn, bench.ledger, size, 66_700)
            assert merkle.consistent(size, 66_700, root_of(leaves[:size]), second.checkpoint.root, path), size


async def test_tiles_are_what_the_events_make_and_nobody_makes_them_twice(bench: Bench) -> None:
    bench.add(1_500)
    await bench.seal()
    assert await tiles.fill(bench.database, bench.ledger, 1_500) == 0
    leaves = await bench.leaves(1_500)
    async with bench.database.transaction(WORKER) as conn:
        rows = await (await conn.execute("SELECT * FROM tiles WHERE ledger = %s ORDER BY level, n", (bench.ledger,))).fetchall()
    assert [(row["level"], row["n"]) for row in rows] == [(0, n) for n in range(5)]
    for row in rows:
        assert bytes(row["hashes"]) == b"".join(leaves[row["n"] * 256 : row["n"] * 256 + 256])
        assert bytes(row["root"]) == root_of(leaves[row["n"] * 256 : row["n"] * 256 + 256])


async def test_an_empty_ledger_is_left_alone(bench: Bench) -> None:
    async with bench.signer.held():
        assert await Sealer(bench.database, bench.signer, lambda _: None).seal(bench.ledger) is None
    assert bench.memory() is None


async def test_a_head_that_stays_is_signed_again_by_the_hour_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.add(30)
    first = await bench.seal()
    assert (await bench.seal()).new is False
    assert bench.memory() == str(first.note)
    monkeypatch.setattr(sealing, "IDLE", timedelta(0))
    again = await bench.seal()
    assert again.new
    assert again.checkpoint.root == first.checkpoint.root
    assert again.checkpoint.time > first.checkpoint.time
    assert await bench.stored() == [(30, str(first.note))]


async def test_time_does_not_run_backward_in_checkpoints(bench: Bench) -> None:
    bench.add(30)
    ahead = datetime.now(UTC) + timedelta(hours=3)
    leaves = await bench.leaves(30)
    async with bench.signer.held():
        bench.signer.sign(Checkpoint(bench.keys.origin(bench.ledger), 30, root_of(leaves), ahead), [])
    bench.add(5)
    assert moment_text((await bench.seal()).checkpoint.time) == moment_text(ahead)


class TestRefusals:
    async def test_a_database_restored_from_yesterday_is_not_sealed(self, bench: Bench) -> None:
        bench.add(600)
        await bench.seal()
        bench.add(300)
        await bench.seal()
        bench.back_to(600)
        fault = await bench.refused()
        assert (fault.code, fault.told) == ("memory_ahead", {"signed": 900, "ledger_end": 600})

    async def test_nor_once_it_has_grown_past_what_was_signed(self, bench: Bench) -> None:
        bench.add(600)
        await bench.seal()
        bench.add(300)
        await bench.seal()
        bench.back_to(600)
        bench.add(400, seed=1)
        fault = await bench.refused()
        assert (fault.code, fault.told) == ("inconsistent", {"signed": 900, "ledger_end": 1_000})

    async def test_nor_at_the_very_size_that_was_signed(self, bench: Bench) -> None:
        bench.add(600)
        await bench.seal()
        bench.add(300)
        first = await bench.seal()
        bench.back_to(600)
        bench.add(300, seed=1)
        fault = await bench.refused()
        assert (fault.code, fault.told) == ("inconsistent", {"signed": 900, "ledger_end": 900})
        assert bench.memory() == str(first.note)

    async def test_a_row_altered_at_the_edge_shows_at_the_next_checkpoint(self, bench: Bench) -> None:
        bench.add(600)
        await bench.seal()
        bench.as_administrator("UPDATE events SET chain_hash = digest WHERE ledger = %s AND position = 590", bench.ledger)
        bench.add(10)
        assert (await bench.refused()).code == "inconsistent"

    async def test_an_event_that_is_gone_is_named(self, bench: Bench) -> None:
        bench.add(600)
        bench.as_administrator("DELETE FROM events WHERE ledger = %s AND position = 321", bench.ledger)
        fault = await bench.refused()
        assert (fault.code, fault.told) == ("ledger_gap", {"position": 321})

    async def test_a_tile_that_is_gone_is_named_by_its_first_position(self, bench: Bench) -> None:
        bench.add(1_100)
        await bench.seal()
        bench.as_administrator("DELETE FROM tiles WHERE ledger = %s AND n = 1", bench.ledger)
        bench.add(300)
        fault = await bench.refused()
        assert (fault.code, fault.told) == ("ledger_gap", {"position": 257})

    async def test_a_checkpoint_of_strangers_is_not_built_upon(self, bench: Bench, tmp_path: Path) -> None:
        bench.add(30)
        stranger = SigningKeys.open(tmp_path / "stranger", NOW, signed_before=False)
        text = Checkpoint(stranger.origin(bench.ledger), 30, root_of(await bench.leaves(30)), NOW).text
        bench.as_administrator(
            "INSERT INTO checkpoints VALUES (%s, 30, %s, %s, now())",
            bench.ledger,
            Checkpoint.parse(text).root,
            str(stranger.sign(text, NOW, None)),
        )
        fault = await bench.refused()
        assert (fault.code, fault.told) == ("foreign_checkpoint", {"size": 30})


class TestMemory:
    async def test_a_lost_one_is_not_taken_for_a_first_start(self, bench: Bench) -> None:
        bench.add(30)
        await bench.seal()
        bench.forget()
        fault = await bench.refused()
        assert (fault.code, fault.told) == ("memory_lost", {"signed": 30})

    async def test_nor_where_only_a_file_outside_tells_of_it(self, bench: Bench) -> None:
        bench.add(600)
        kept = (await bench.seal()).note
        bench.as_administrator("DELETE FROM checkpoints WHERE ledger = %s", bench.ledger)
        bench.forget()
        assert (await bench.refused(elsewhere=[kept])).code == "memory_lost"

    async def test_it_is_taken_up_again_when_told_to_and_the_ledger_agrees(self, bench: Bench) -> None:
        bench.add(30)
        first = await bench.seal()
        bench.forget()
        bench.add(5)
        after = await bench.seal(adopt=True)
        assert after.checkpoint.size == 35
        assert await bench.stored() == [(30, str(first.note)), (35, str(after.note))]

    async def test_it_is_not_where_the_ledger_is_another(self, bench: Bench) -> None:
        bench.add(600)
        kept = (await bench.seal()).note
        bench.back_to(500)
        bench.as_administrator("DELETE FROM checkpoints WHERE ledger = %s", bench.ledger)
        bench.add(200, seed=1)
        bench.forget()
        fault = await bench.refused(elsewhere=[kept], adopt=True)
        assert (fault.code, fault.told) == ("inconsistent", {"signed": 600})

    async def test_an_old_one_catches_up_with_what_its_own_keys_signed(self, bench: Bench) -> None:
        bench.add(30)
        old = (await bench.seal()).note
        bench.add(30)
        await bench.seal()
        (bench.home / "signer" / f"{bench.ledger}.note").write_text(str(old), encoding="utf-8")
        bench.add(30)
        assert (await bench.seal()).checkpoint.size == 90
        assert [size for size, _ in await bench.stored()] == [30, 60, 90]

    async def test_an_old_one_does_not_catch_up_with_a_ledger_that_left_it(self, bench: Bench) -> None:
        """Everything put back to an earlier day, but for what lies elsewhere: more was signed than there is."""
        bench.add(30)
        old = (await bench.seal()).note
        bench.add(30)
        kept = (await bench.seal()).note
        bench.back_to(30)
        (bench.home / "signer" / f"{bench.ledger}.note").write_text(str(old), encoding="utf-8")
        fault = await bench.refused(elsewhere=[kept])
        assert (fault.code, fault.told) == ("memory_ahead", {"signed": 60, "ledger_end": 30})


class TestDying:
    @pytest.mark.parametrize("point", ["seal_tiles", "seal_tiled", "seal_signed", "seal_stored"])
    async def test_the_next_run_goes_on_wherever_the_last_one_ended(self, bench: Bench, point: str) -> None:
        bench.add(300)
        await bench.seal()
        bench.add(300)
        bench.dies_at = point
        with pytest.raises(Died):
            await bench.seal()
        bench.dies_at = None
        bench.add(10)

        after = await bench.seal()

        assert (after.checkpoint.size, after.checkpoint.root) == (610, root_of(await bench.leaves(610)))
        signed = [300, 600, 610] if point in ("seal_signed", "seal_stored") else [300, 610]
        assert [size for size, _ in await bench.stored()] == signed

    async def test_what_was_signed_and_not_stored_is_stored_as_it_was(self, bench: Bench) -> None:
        bench.add(30)
        bench.dies_at = "seal_signed"
        with pytest.raises(Died):
            await bench.seal()
        assert await bench.stored() == []
        bench.dies_at = None
        assert (await bench.seal()).new is False
        assert await bench.stored() == [(30, bench.memory())]


class TestTables:
    @pytest.mark.parametrize("table", ["tiles", "checkpoints", "anchors"])
    @pytest.mark.parametrize(
        "statement", ["UPDATE {} SET ledger = ledger", "DELETE FROM {}", "TRUNCATE {}"], ids=["update", "delete", "truncate"]
    )
    async def test_what_stands_there_stays(self, bench: Bench, table: str, statement: str) -> None:
        bench.add(300)
        sealed = await bench.seal()
        async with bench.database.transaction(WORKER) as conn:
            await anchored.put_down(conn, "directory", "test", bench.ledger, sealed.note)
        for dsn in (bench.own.superuser, bench.own.worker):  # by the triggers, and by the grants before them
            with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.format(table).encode())

    async def test_people_write_none_of_it(self, bench: Bench) -> None:
        with psycopg.connect(bench.own.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO checkpoints VALUES ('case', 1, sha256(''), 'forged', now())")


class TestAges:
    async def test_they_say_how_long_events_wait_and_how_old_the_last_anchor_is(self, bench: Bench) -> None:
        bench.add(30)
        sealed = await bench.seal()
        async with bench.database.transaction(WORKER) as conn:
            (whole,) = await anchored.ages(conn, (bench.ledger,), ["directory"])
            await anchored.put_down(conn, "directory", "named", bench.ledger, sealed.note)
        assert (whole.position, whole.size, whole.waiting) == (30, 30, None)
        assert whole.anchored is not None  # counted from the first checkpoint: nothing was put outside yet
        bench.add(5)
        async with bench.database.transaction(WORKER) as conn:
            (behind,) = await anchored.ages(conn, (bench.ledger,), ["directory"])
            (elsewhere,) = await anchored.ages(conn, (bench.ledger,), ["witness"])
        assert behind.waiting is not None
        assert behind.waiting > timedelta(days=300)  # the made events are of 2020
        assert behind.anchored is not None
        assert elsewhere.anchored is not None
        assert behind.anchored < elsewhere.anchored

    async def test_the_doctor_sees_a_memory_that_is_gone(self, bench: Bench) -> None:
        bench.add(30)
        await bench.seal()
        name = f"{bench.ledger} 30"
        assert name not in standing.unremembered(bench.own.worker, bench.home / "signer")
        bench.forget()
        assert name in standing.unremembered(bench.own.worker, bench.home / "signer")


async def test_a_signed_note_reads_as_it_was_stored(bench: Bench) -> None:
    bench.add(30)
    sealed = await bench.seal()
    assert Note.parse((await bench.stored())[0][1]) == sealed.note
