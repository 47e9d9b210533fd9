"""A ledger of more than one piece: looked at by two processes, or from a checkpoint that was kept elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from bench.ledgers import fill
from ledger.merkle import Frontier, leaf_hash
from ledger.note import Checkpoint
from ledger.settings import SealingSettings
from ledger.signing_keys import SigningKeys
from ledger.store import Database
from ledger.verify.claims import Trouble
from ledger.verify.run import Outcome, Request, verify
from ledger.verify.trunk import PIECE
from ops.engines import Engines
from tests.integration.attacked import sealing
from tests.integration.own_database import OwnDatabase, own_database

FIRST, END = PIECE + 300, PIECE + 700
"""Sizes that were sealed."""


@dataclass(frozen=True)
class Large:
    database: OwnDatabase
    home: Path

    def verify(self, jobs: int = 1, since: int | None = None) -> Outcome:
        kept = self.home / "anchors" / "case" / f"{since:020d}.note" if since else None
        request = Request.of(self.database.worker, self.home, SealingSettings(self.home / "signer", self.home / "anchors"))
        return verify(replace(request, jobs=jobs, since=kept, only=("case",)))

    def sealed_before(self, size: int) -> None:
        """A checkpoint and its anchor as they would have been made when the ledger had that size."""
        keys, tree = SigningKeys.read(self.home / "keys"), Frontier()
        assert keys is not None
        with psycopg.connect(self.database.superuser) as connection:
            rows = connection.execute("SELECT chain_hash, recorded_at FROM events ORDER BY position LIMIT %s", [size]).fetchall()
            tree.extend(leaf_hash(bytes(row[0])) for row in rows)
            head = Checkpoint(keys.origin("case"), size, tree.root(), rows[-1][1])
            note = str(keys.sign(head.text, head.time, None))
            connection.execute("INSERT INTO checkpoints VALUES ('case', %s, %s, %s, %s)", [size, head.root, note, head.time])
        (self.home / "anchors" / "case" / f"{size:020d}.note").write_text(note)

    def attack(self, *statements: LiteralString, at: int | None = None) -> None:
        """As a superuser whom no trigger hears; `%s` is the position."""
        with psycopg.connect(self.database.superuser) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement, [at] if "%s" in statement else None)


@pytest.fixture(scope="module")
async def standing(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Large]:
    home = tmp_path_factory.mktemp("large") / "home"
    with own_database(engines) as own:
        async with Database(own.worker, size=2, name="large") as database:
            fill(own.superuser, END)
            await sealing(database, home).run()
        large = Large(own, home)
        large.sealed_before(FIRST)
        large.attack("CREATE SCHEMA kept", "CREATE TABLE kept.tiles AS TABLE tiles")
        large.attack("CREATE TABLE kept.events AS TABLE events WITH NO DATA")
        large.attack("INSERT INTO kept.events SELECT * FROM events WHERE position > %s", at=PIECE - 100)
        yield large


@pytest.fixture
def large(standing: Large) -> Iterator[Large]:
    yield standing
    standing.attack("DELETE FROM tiles", "INSERT INTO tiles TABLE kept.tiles")
    standing.attack("DELETE FROM events WHERE position > %s", "INSERT INTO events TABLE kept.events", at=PIECE - 100)


def found(outcome: Outcome) -> set[tuple[str, int | None]]:
    return {(finding.code, finding.position) for finding in outcome.findings}


def test_nothing_is_found_that_is_not_there(large: Large) -> None:
    outcome = large.verify(jobs=2)
    [result] = outcome.ledgers
    assert (outcome.status, outcome.notes, result.hashed, result.size) == (0, [], END, END)
    assert list(result.good) == [FIRST, END]


def test_processes_find_what_one_alone_finds(large: Large) -> None:
    at = PIECE + 1
    large.attack("UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE position = %s", at=at)
    expected = {("row_changed", at), ("clock_back", at)}
    assert found(large.verify(jobs=2)) == found(large.verify()) == expected


def test_a_hole_across_the_edge_of_two_pieces_is_told_on_both_sides(large: Large) -> None:
    large.attack("DELETE FROM events WHERE position BETWEEN %s AND 65538", at=PIECE - 1)
    assert {place for code, place in found(large.verify()) if code == "event_missing"} == {PIECE - 1, PIECE + 1}


def test_an_event_moved_a_mile_away_does_not_keep_anybody_waiting(large: Large) -> None:
    large.attack("UPDATE events SET position = 900000000000000 WHERE position = %s", at=END)
    assert {("event_missing", END), ("reordered", 900000000000000)} <= found(large.verify())


def test_from_a_checkpoint_on_only_what_came_after_its_last_piece_is_hashed(large: Large) -> None:
    outcome = large.verify(since=FIRST)
    assert (outcome.status, outcome.ledgers[0].hashed) == (0, END - PIECE)


def test_the_stored_tree_must_lead_to_that_checkpoint(large: Large) -> None:
    large.attack("UPDATE tiles SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1) WHERE level = 1")
    assert "rewritten" in {code for code, _ in found(large.verify(since=FIRST))}
    assert found(large.verify()) == {("tile_changed", 1)}
    large.attack("DELETE FROM tiles WHERE level = 1")
    with pytest.raises(Trouble, match="without --since"):
        large.verify(since=FIRST)
