"""Attacks played as the database's administrator: each is found by `yuanshou verify`, and called by its name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import chain, merkle, note
from ledger.note import Checkpoint, Note
from ledger.signing_keys import SigningKeys
from ops.engines import Engines
from ops.home import Home
from ops.verifying import Asked, run
from tests.integration.attacked import Installation, copied_home, installed


@pytest.fixture(scope="module")
async def standing(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    async with installed(engines, tmp_path_factory.mktemp("attacked") / "home") as it:
        yield it


@pytest.fixture
def it(standing: Installation, tmp_path: Path) -> Iterator[Installation]:
    """The installation with a home of the test's own; the database is put back afterwards."""
    yield copied_home(standing, tmp_path / "home")
    standing.restore("good")


def at(it: Installation, code: str, **asked: Any) -> list[int | None]:
    """Positions at which a class is found."""
    return [finding.position for finding in it.verify(**asked).findings if finding.code == code]


class TestUntouched:
    def test_a_ledger_that_nobody_touched_is_clean_whatever_is_looked_at(self, it: Installation) -> None:
        outcome = it.verify(canonical=True, personal=True, files=True)

        assert (outcome.status, outcome.findings, outcome.notes) == (0, [], [])
        [cases, reads] = outcome.ledgers
        assert (cases.events, cases.hashed, cases.size, cases.anchored) == (it.end(),) * 4
        assert (reads.ledger, reads.events) == ("access", 0)

    def test_so_are_its_read_models_its_snapshots_and_the_databases_guards(self, it: Installation) -> None:
        outcome = run(Home(it.home), it.database.worker, Asked(read_models=True, schema=True, jobs=1), quiet=True)

        assert (outcome.status, outcome.findings) == (0, [])
        assert json.loads((it.home / "verified.json").read_text())["exit"] == 0


EDITS: dict[str, tuple[str, set[str]]] = {
    "alg": ("'sha256-v0'", {"unknown_alg"}),
    "ledger": ("'elsewhere'", {"unknown_ledger"}),
    "position": ("position + 1000000", {"event_missing"}),
    "stream": ("'case/00000000-0000-7000-8000-000000000000'", {"version_gap"}),
    "version": ("version + 1000", {"version_gap"}),
    "type": ("'aid_granted'", {"row_changed"}),
    "schema_version": ("schema_version + 1", {"row_changed"}),
    "recorded_at": ("recorded_at + interval '1 microsecond'", {"row_changed"}),
    "decided_at": ("decided_at - interval '1 day'", {"row_changed"}),
    "effective_on": ("effective_on - 1", {"row_changed"}),
    "actor": ("'P-SOMEBODY'", {"row_changed"}),
    "on_behalf_of": ("'P-SOMEBODY'", {"row_changed"}),
    "role": ("'lawyer'", {"row_changed"}),
    "office": ("'C-ELSEWHERE'", {"row_changed"}),
    "command_id": ("command_id || ' '", {"row_changed"}),
    "correlation_id": ("''", {"row_changed"}),
    "causation": ("''", {"row_changed"}),
    "body": ("set_byte(body, 5, get_byte(body, 5) # 1)", {"body_changed"}),
    "digest": ("set_byte(digest, 0, get_byte(digest, 0) # 1)", {"row_changed", "body_changed"}),
    "chain_hash": ("set_byte(chain_hash, 0, get_byte(chain_hash, 0) # 1)", {"row_changed"}),
}
"""By column another value for it, in SQL, and what is found where the row stands."""


class TestRows:
    def test_every_column_has_its_edit(self) -> None:
        assert EDITS.keys() == {*chain.CHAINED, "body", "chain_hash"}

    @pytest.mark.parametrize("column", EDITS)
    def test_no_column_can_be_edited_unseen(self, it: Installation, column: str) -> None:
        edit, expected = EDITS[column]
        position = it.position(f"case/{it.case}", 2)
        it.attack(f"UPDATE events SET {column} = {edit} WHERE ledger = 'case' AND position = %s", position)  # noqa: S608 -- of this test

        outcome = it.verify()

        found = [finding for finding in outcome.findings if finding.position == position or finding.code == "unknown_ledger"]
        assert outcome.status == 1
        assert expected <= {finding.code for finding in found}
        assert {finding.nearest_good for finding in found if finding.position} == {it.small}

    @pytest.mark.parametrize("moment", ["'infinity'", "'-infinity'", "'0044-03-15 BC'"])
    def test_a_moment_that_no_calendar_has_is_a_finding_and_no_crash(self, it: Installation, moment: str) -> None:
        it.attack(f"UPDATE events SET recorded_at = {moment}, effective_on = {moment} WHERE ledger = 'case' AND position = 7")  # noqa: S608 -- of this test
        assert 7 in at(it, "row_changed")

    def test_an_event_deleted_in_the_middle_is_missed(self, it: Installation) -> None:
        position = it.position(f"case/{it.case}", 2)
        it.attack("DELETE FROM events WHERE ledger = 'case' AND position = %s", position)
        assert at(it, "event_missing") == [position]
        assert it.codes() >= {"version_gap"}

    def test_the_end_deleted_is_missed_by_the_checkpoint_over_it(self, it: Installation) -> None:
        end = it.end()
        it.attack("DELETE FROM events WHERE ledger = 'case' AND position > %s", end - 2)
        assert at(it, "tail_missing") == [end - 1]

    def test_a_case_deleted_is_named(self, it: Installation) -> None:
        it.attack("DELETE FROM events WHERE stream = %s", f"case/{it.other}")
        outcome = it.verify()
        assert {"event_missing", "case_missing"} <= {finding.code for finding in outcome.findings}
        assert f"case/{it.other}" in [finding.place for finding in outcome.findings if finding.code == "case_missing"]

    def test_a_whole_stretch_deleted_with_every_table_of_its_cases_is_missed(self, it: Installation) -> None:
        it.attack("DELETE FROM events WHERE ledger = 'case' AND position BETWEEN 5 AND 90")
        assert at(it, "event_missing") == [5]

    def test_events_that_changed_places_are_told_where_they_were(self, it: Installation) -> None:
        one, two = it.position(f"case/{it.case}", 1), it.position(f"case/{it.case}", 2)
        for old, new in ((one, -1), (two, one), (-1, two)):
            it.attack("UPDATE events SET position = %s WHERE ledger = 'case' AND position = %s", new, old)
        found = {f.position: f.detail for f in it.verify().findings if f.code == "reordered"}
        assert found == {one: f"it was recorded at position {two}", two: f"it was recorded at position {one}"}

    def test_events_numbered_anew_over_one_that_was_deleted_are_told_where_they_were(self, it: Installation) -> None:
        end, gone = it.end(), it.position(f"case/{it.case}", 2)
        it.attack("DELETE FROM events WHERE ledger = 'case' AND position = %s", gone)
        for position in range(gone + 1, end + 1):
            it.attack("UPDATE events SET position = %s WHERE ledger = 'case' AND position = %s", position - 1, position)
        found = {(finding.code, finding.position): finding.detail for finding in it.verify().findings}
        assert found["reordered", gone + 1] == f"it was recorded at position {gone + 2}"
        assert {("version_gap", gone), ("tail_missing", end)} <= found.keys()

    def test_an_event_moved_to_another_case_is_told_whose_it_was(self, it: Installation) -> None:
        [last] = it.ask("SELECT max(version) AS n FROM events WHERE stream = %s", f"case/{it.case}")
        [head] = it.ask("SELECT max(version) AS n FROM events WHERE stream = %s", f"case/{it.other}")
        position = it.position(f"case/{it.case}", last["n"])
        it.attack("UPDATE events SET stream = %s, version = %s WHERE position = %s", f"case/{it.other}", head["n"] + 1, position)
        [found] = [f for f in it.verify().findings if f.code == "moved"]
        assert (found.position, found.detail) == (position, f"it was recorded as version {last['n']} of case/{it.case}")

    def test_an_event_moved_to_another_ledger_leaves_a_hole_and_is_told_where_it_was(self, it: Installation) -> None:
        position = it.position(f"case/{it.case}", 2)
        it.attack("UPDATE events SET ledger = 'access', position = 1 WHERE ledger = 'case' AND position = %s", position)
        assert {"event_missing", "version_gap"} <= it.codes()

    def test_a_version_that_stands_twice_is_found_once_nothing_forbids_it(self, it: Installation) -> None:
        row = it.event(it.position(f"case/{it.case}", 2))
        try:
            it.attack("ALTER TABLE events DROP CONSTRAINT events_stream_version_key")
            it.append(row, position=it.end() + 1)
            assert {"duplicate", "schema_drift"} <= it.codes()
        finally:
            it.attack("DELETE FROM events WHERE position = %s", it.end())
            it.attack("ALTER TABLE events ADD CONSTRAINT events_stream_version_key UNIQUE (stream, version)")

    def test_a_position_that_stands_twice_is_found_once_nothing_forbids_it(self, it: Installation) -> None:
        position = it.position(f"case/{it.case}", 2)
        try:
            it.attack("ALTER TABLE events DROP CONSTRAINT events_pkey")
            it.next(f"case/{it.case}", position=position)
            assert position in at(it, "duplicate")
        finally:
            it.restore("good")
            it.attack("ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (ledger, position)")


class TestTimes:
    def test_a_clock_turned_back_shows(self, it: Installation) -> None:
        row = it.next(f"case/{it.case}", recorded_at=it.event(3)["recorded_at"] - timedelta(days=1))
        assert at(it, "clock_back") == [row["position"]]

    async def test_an_event_slipped_in_before_a_checkpoint_that_does_not_hold_it_is_backdated(self, it: Installation) -> None:
        last = it.event(it.end())
        keys = SigningKeys.read(it.home / "keys")
        [head] = it.ask("SELECT * FROM checkpoints WHERE size = %s", it.end())
        assert keys is not None
        later = Checkpoint(keys.origin("case"), it.end(), bytes(head["root"]), last["recorded_at"] + timedelta(hours=1))
        it.attack("UPDATE checkpoints SET note = %s WHERE size = %s", str(keys.sign(later.text, later.time, None)), it.end())

        row = it.next(f"case/{it.case}", recorded_at=last["recorded_at"] + timedelta(minutes=1))

        assert at(it, "backdated") == [row["position"]]


class TestHistoriesRewritten:
    def falsify(self, it: Installation, position: int) -> None:
        """Another actor, and everything that can be computed without the key is computed anew."""
        row = it.event(position)
        it.attack("UPDATE events SET actor = 'P-SOMEBODY' WHERE ledger = 'case' AND position = %s", position)
        it.rehash(row["stream"], row["version"])
        leaves = [merkle.leaf_hash(bytes(r["chain_hash"])) for r in it.ask("SELECT chain_hash FROM events ORDER BY position")]
        tiler = merkle.Tiler()
        for tile in (tile for leaf in leaves for tile in tiler.add(leaf)):
            it.attack("UPDATE tiles SET hashes = %s, root = %s WHERE level = %s AND n = %s", tile.hashes, tile.root, tile.level, tile.n)

    def test_a_rewrite_with_every_hash_made_anew_fails_at_the_first_checkpoint_over_it(self, it: Installation) -> None:
        self.falsify(it, it.small - 1)
        outcome = it.verify()
        assert [f.code for f in outcome.findings] == ["rewritten"]
        assert (outcome.findings[0].position, outcome.findings[0].nearest_good) == (1, None)

    def test_what_lies_before_it_is_still_held_by_an_earlier_checkpoint(self, it: Installation) -> None:
        self.falsify(it, it.position(f"case/{it.other}", 1))
        [found] = it.verify().findings
        assert (found.code, found.nearest_good, found.position) == ("rewritten", it.middle, it.middle + 1)

    def test_a_rewrite_that_forgot_the_tiles_is_told_to_the_event(self, it: Installation) -> None:
        position = it.position("filler/1", 100)
        assert position < 256
        row = it.event(position)
        it.attack("UPDATE events SET actor = 'P-SOMEBODY' WHERE ledger = 'case' AND position = %s", position)
        it.rehash(row["stream"], row["version"])
        assert at(it, "rewritten") == [position]

    def test_an_event_slipped_in_with_all_others_numbered_and_hashed_anew_is_a_rewrite(self, it: Installation) -> None:
        end, place = it.end(), it.position(f"case/{it.case}", 2)
        for position in range(end, place - 1, -1):
            it.attack("UPDATE events SET position = %s WHERE ledger = 'case' AND position = %s", position + 1, position)
        stream = f"case/{it.case}"
        for version in range(it.ask("SELECT max(version) AS n FROM events WHERE stream = %s", stream)[0]["n"], 1, -1):
            it.attack("UPDATE events SET version = %s WHERE stream = %s AND version = %s", version + 1, stream, version)
        it.append({**it.event(place - 1), "position": place, "version": 2})
        for row in it.ask("SELECT DISTINCT stream FROM events WHERE position >= %s", place):
            it.rehash(row["stream"])
        assert it.codes() == {"rewritten"}

    def test_checkpoints_deleted_after_a_rewrite_are_missed_by_their_anchors(self, it: Installation) -> None:
        self.falsify(it, it.small - 1)
        it.attack("DELETE FROM checkpoints")
        assert it.codes() == {"rewritten", "checkpoint_missing"}

    def test_a_tile_edited_by_itself_is_named(self, it: Installation) -> None:
        it.attack("UPDATE tiles SET hashes = set_byte(hashes, 32 * 9, get_byte(hashes, 32 * 9) # 1) WHERE level = 0 AND n = 0")
        assert at(it, "tile_changed") == [10]

    @pytest.mark.parametrize("attack", ["DELETE FROM tiles WHERE n = 0", "UPDATE tiles SET root = sha256(root) WHERE n = 0"])
    def test_a_tile_that_is_gone_or_has_another_root_is_named(self, it: Installation, attack: str) -> None:
        it.attack(attack)
        assert at(it, "tile_changed") == [256]

    def test_an_older_backup_put_back_is_behind_its_anchors(self, it: Installation) -> None:
        it.restore("yesterday")
        assert at(it, "older_backup") == [it.middle + 1]

    def test_it_is_behind_the_signers_memory_too_where_the_anchors_went_with_it(self, it: Installation) -> None:
        it.restore("yesterday")
        for file in (it.home / "anchors" / "case").glob("*.note"):
            if int(file.stem) > it.middle:
                file.unlink()
        assert at(it, "older_backup") == [it.middle + 1]

    def test_an_older_backup_that_went_on_is_another_history(self, it: Installation) -> None:
        end = it.end()
        it.restore("yesterday")
        while it.end() <= end:
            it.next(f"case/{it.case}")
        outcome = it.verify()
        assert {"rewritten", "checkpoint_missing"} == {f.code for f in outcome.findings}
        assert {f.nearest_good for f in outcome.findings} == {it.middle}

    def test_two_histories_signed_with_a_stolen_key_are_told_apart(self, it: Installation) -> None:
        self.falsify(it, it.small - 1)
        signed_anew(it)
        assert "two_histories" in it.codes()


def signed_anew(it: Installation, keys: SigningKeys | None = None) -> None:
    """Every stored checkpoint signed for the ledger as it is now."""
    keys = keys or SigningKeys.read(it.home / "keys")
    assert keys is not None
    leaves = [merkle.leaf_hash(bytes(r["chain_hash"])) for r in it.ask("SELECT chain_hash FROM events ORDER BY position")]
    for row in it.ask("SELECT size, signed_at FROM checkpoints"):
        tree = merkle.Frontier()
        tree.extend(leaves[: row["size"]])
        head = Checkpoint(keys.origin("case"), row["size"], tree.root(), row["signed_at"])
        text = str(keys.sign(head.text, head.time, None))
        it.attack("UPDATE checkpoints SET root = %s, note = %s WHERE size = %s", head.root, text, row["size"])


class TestSignatures:
    def stored(self, it: Installation) -> tuple[int, Note]:
        [row] = it.ask("SELECT size, note FROM checkpoints WHERE size = %s", it.middle)
        return row["size"], Note.parse(row["note"])

    def put(self, it: Installation, text: str) -> None:
        it.attack("UPDATE checkpoints SET note = %s WHERE size = %s", text, it.middle)

    def test_a_signature_with_one_bit_changed_is_forged(self, it: Installation) -> None:
        size, kept = self.stored(it)
        [signature] = kept.signatures
        self.put(it, str(Note(kept.text, (signature._replace(data=bytes([signature.data[0] ^ 1]) + signature.data[1:]),))))
        assert at(it, "checkpoint_forged") == [size]

    def test_a_root_changed_beside_the_note_is_forged(self, it: Installation) -> None:
        it.attack("UPDATE checkpoints SET root = sha256(root) WHERE size = %s", it.middle)
        assert at(it, "checkpoint_forged") == [it.middle]

    def test_a_note_that_is_none_is_forged(self, it: Installation) -> None:
        self.put(it, "nothing of the kind\n")
        assert at(it, "checkpoint_forged") == [it.middle]

    def test_a_checkpoint_of_the_other_ledger_is_forged(self, it: Installation) -> None:
        keys = SigningKeys.read(it.home / "keys")
        assert keys is not None
        head = Checkpoint.parse(self.stored(it)[1].text)
        self.put(it, str(keys.sign(replace(head, origin=keys.origin("access")).text, head.time, None)))
        assert at(it, "checkpoint_forged") == [it.middle]

    def test_a_key_that_nobody_knows_is_named(self, it: Installation) -> None:
        size, kept = self.stored(it)
        stranger = Ed25519PrivateKey.generate()
        self.put(it, str(Note(kept.text, (note.sign(kept.text, kept.signatures[0].name, stranger),))))
        assert at(it, "unknown_key") == [size]

    def test_a_key_that_was_retired_cannot_sign_what_came_after_it(self, it: Installation) -> None:
        keys = SigningKeys.read(it.home / "keys")
        assert keys is not None
        head = Checkpoint.parse(self.stored(it)[1].text)
        keys.rotated(head.time - timedelta(microseconds=1)).save(it.home / "keys")
        assert {finding.place for finding in it.verify().findings if finding.code == "wrong_key"} == {
            *(f"checkpoint {size}" for size in (it.middle, it.end())),
            *(f"anchor {size:020d}.note" for size in (it.middle, it.end())),
            "the signer's memory",
        }

    async def test_a_rotation_leaves_everything_clean(self, it: Installation) -> None:
        keys = SigningKeys.read(it.home / "keys")
        assert keys is not None
        [row] = it.ask("SELECT clock_timestamp() AS now")
        keys.rotated(row["now"]).save(it.home / "keys")
        await it.seal()
        it.next(f"case/{it.case}")
        await it.seal()
        assert it.verify().findings == []

    def test_a_checkpoint_deleted_alone_is_missed_by_its_anchor(self, it: Installation) -> None:
        it.attack("DELETE FROM checkpoints WHERE size = %s", it.middle)
        assert at(it, "checkpoint_missing") == [it.middle]

    def test_an_anchor_edited_is_forged(self, it: Installation) -> None:
        file = it.home / "anchors" / "case" / f"{it.middle:020d}.note"
        file.chmod(0o644)
        file.write_text(file.read_text().replace("alg sha256-v1", "alg sha256-v2"))
        assert at(it, "checkpoint_forged") == [it.middle]

    def test_the_signers_memory_edited_is_forged(self, it: Installation) -> None:
        file = it.home / "signer" / "case.note"
        file.write_text(file.read_text().replace(f"\n{it.end()}\n", f"\n{it.end() - 1}\n"))
        assert "checkpoint_forged" in it.codes()
