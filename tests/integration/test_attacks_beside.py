"""What is beside the ledger's own bytes: what they say, files, keys, read models, the database's guards, and bad luck with any of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from typer.testing import CliRunner

from ledger import note
from ledger.verify.claims import Trouble
from ops import guards
from ops.cli import app
from ops.doctor import _WALLS
from ops.engines import Engines
from ops.home import Home
from ops.verifying import Asked, run
from tests.integration.attacked import Installation, copied_home, installed

_HALF = (
    "DROP TRIGGER events_rows_stay ON events;"
    " CREATE TRIGGER events_rows_stay BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change()"
)


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


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b'{ "text":"a"}',
            b'{"text":"a","text":"b"}',
            b'{"n":1.5}',
            b'{"n":1e3}',
            b'{"b":1,"a":2}',
            b'{"text":"\\u0061"}',
            b'["text"]',
            b"\xff\xfe",
            b'{"n":NaN}',
            b'{"n":01}',
        ],
    )
    def test_what_is_not_canonical_is_found_though_its_hashes_hold(self, it: Installation, body: bytes) -> None:
        row = it.next(f"case/{it.case}", body=body)
        assert it.codes() == set()
        assert at(it, "not_canonical", canonical=True) == [row["position"]]

    def test_a_body_spelled_otherwise_in_its_place_is_changed(self, it: Installation) -> None:
        position = it.position(f"case/{it.case}", 2)
        it.attack("UPDATE events SET body = decode(encode(body, 'hex') || '20', 'hex') WHERE position = %s", position)
        assert at(it, "body_changed") == [position]

    def test_cipher_text_of_one_person_under_anothers_name_does_not_open(self, it: Installation) -> None:
        first, other = it.event(it.position(f"case/{it.case}", 1)), it.event(it.position(f"case/{it.other}", 1))
        subject, stranger = (json.loads(bytes(row["body"]))["applicant"]["subject_id"] for row in (first, other))
        row = it.next(f"case/{it.case}", type=first["type"], body=bytes(first["body"]).replace(subject.encode(), stranger.encode()))
        assert at(it, "cipher_moved", personal=True) == [row["position"]]

    def test_cipher_text_carried_to_another_case_does_not_open(self, it: Installation) -> None:
        body = bytes(it.event(it.position(f"case/{it.case}", 1))["body"])
        row = it.next(f"case/{it.other}", body=body)
        assert at(it, "cipher_moved", personal=True) == [row["position"]]

    def test_wrapped_keys_swapped_between_two_people_are_found(self, it: Installation) -> None:
        one, two = it.ask("SELECT subject_id, wrapped FROM subject_keys ORDER BY subject_id LIMIT 2")
        for who, wrapped in ((one, two["wrapped"]), (two, one["wrapped"])):
            it.attack("UPDATE subject_keys SET wrapped = %s WHERE subject_id = %s", wrapped, who["subject_id"])
        found = [f.place for f in it.verify(personal=True).findings if f.code == "key_changed"]
        assert found == [f"person {one['subject_id']}", f"person {two['subject_id']}"]

    def test_the_key_of_an_erased_person_that_is_there_again_is_named(self, it: Installation) -> None:
        [someone] = it.ask("SELECT subject_id FROM subject_keys LIMIT 1")
        moment = "2026-02-01T08:00:00.000000Z"
        listed = f"{uuid4()} {moment}\n{str(uuid4())[:20]}\n{someone['subject_id']} {moment}\n{str(someone['subject_id'])[:9]}"
        (it.home / "shredded").write_text(listed)
        assert [f.place for f in it.verify().findings] == [f"person {someone['subject_id']}"]
        assert it.codes() == {"key_back"}


    def test_so_it_is_where_only_the_row_or_the_ledger_says_so(self, it: Installation) -> None:
        [one, two] = it.ask("SELECT subject_id FROM subject_keys LIMIT 2")
        it.attack("UPDATE subject_keys SET state = 'shredded' WHERE subject_id = %s", one["subject_id"])
        last = it.event(it.end())
        stream = f"person/{two['subject_id']}"
        row = it.append({**last, "position": it.end() + 1, "stream": stream, "version": 1, "type": "person_shredded", "body": b"{}"})
        found = {(f.code, f.place, f.position) for f in it.verify().findings}
        assert found == {
            ("key_back", f"person {one['subject_id']}", None),
            ("key_back", f"person {two['subject_id']}", row["position"]),
        }

    def test_a_list_of_the_erased_that_was_edited_is_no_verdict(self, it: Installation) -> None:
        (it.home / "shredded").write_text(f"{uuid4()} the day before yesterday, or so it was said\n")
        with pytest.raises(Trouble, match="line 1 of the list"):
            it.verify()


class TestBeside:
    @pytest.mark.parametrize(
        ("attack", "code"),
        [
            ("UPDATE files SET content = set_byte(content, 20, get_byte(content, 20) # 1)", "file_changed"),
            ("UPDATE files SET digest = encode(sha256('another'), 'hex'), size = 7", "file_changed"),
            ("UPDATE files SET case_id = gen_random_uuid()", "file_changed"),
            ("DELETE FROM files", "file_missing"),
        ],
    )
    def test_an_evidence_file_that_was_replaced_is_named(self, it: Installation, attack: str, code: str) -> None:
        it.attack(attack)
        assert code in it.codes(files=True)

    @pytest.mark.parametrize(
        ("attack", "code"),
        [
            ("UPDATE case_list SET state = 'archived'", "read_model_changed"),
            ("DELETE FROM case_list", "read_model_changed"),
            ("UPDATE cases SET snapshot = jsonb_set(snapshot, '{state}', '\"archived\"')", "snapshot_changed"),
            ("UPDATE cases SET version = version + 1", "snapshot_changed"),
        ],
    )
    def test_a_read_model_or_a_snapshot_that_was_edited_is_named(self, it: Installation, attack: str, code: str) -> None:
        it.attack(attack)
        outcome = run(Home(it.home), it.database.worker, Asked(read_models=True, jobs=1), quiet=True)
        assert {finding.code for finding in outcome.findings} == {code}

    @pytest.mark.parametrize(
        ("attack", "told"),
        [
            ("ALTER TABLE events DISABLE TRIGGER events_rows_stay", "trigger events_rows_stay on events is off"),
            ("DROP TRIGGER checkpoints_stay ON checkpoints", "trigger checkpoints_stay on checkpoints is missing"),
            (
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "function refuse_change was changed",
            ),
            (
                _HALF,
                "trigger events_rows_stay was changed",
            ),
            (
                "CREATE TRIGGER mine BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                "trigger mine on events is a stranger's",
            ),
            ("CREATE RULE mine AS ON INSERT TO checkpoints DO INSTEAD NOTHING", "rule mine on checkpoints is a stranger's"),
            ("GRANT UPDATE (actor) ON events TO worker", "worker has UPDATE on events"),
            ("ALTER TABLE events NO FORCE ROW LEVEL SECURITY", "row-level security is not forced on events"),
            ("ALTER ROLE app BYPASSRLS", "role app has BYPASSRLS"),
            ("GRANT owner TO worker", "role worker was made a member of owner"),
            ("ALTER ROLE worker SET session_replication_role = replica", "session_replication_role=replica is set for worker"),
            ("ALTER TABLE events OWNER TO postgres", "postgres owns events"),
        ],
    )
    def test_a_guard_of_the_database_that_was_taken_away_is_named(self, it: Installation, attack: str, told: str) -> None:
        with closing(psycopg.connect(it.database.superuser)) as connection:  # rolled back: roles are of all databases
            connection.execute(attack.encode())
            assert told in list(guards.drift(connection))

    def test_every_trigger_that_the_doctor_looks_for_is_looked_at_here(self) -> None:
        assert guards.TRIGGERS.keys() >= _WALLS


class TestBadLuck:
    def test_a_signers_memory_that_was_lost_is_noted(self, it: Installation) -> None:
        (it.home / "signer" / "case.note").unlink()
        outcome = it.verify()
        assert (outcome.status, [note.code for note in outcome.notes]) == (0, ["memory_lost"])

    def test_a_signers_memory_older_than_the_database_is_noted(self, it: Installation) -> None:
        older = (it.home / "anchors" / "case" / f"{it.middle:020d}.note").read_bytes()
        (it.home / "signer" / "case.note").write_bytes(older)
        outcome = it.verify()
        assert (outcome.status, [note.code for note in outcome.notes]) == (0, ["memory_behind"])

    def test_an_event_of_a_newer_program_is_noted_and_stops_nothing(self, it: Installation) -> None:
        row = it.next(f"case/{it.case}", type="moved_to_the_moon", schema_version=7)
        outcome = it.verify()
        assert (outcome.status, [(note.code, note.position) for note in outcome.notes]) == (0, [("unknown_type", row["position"])])

    def test_so_is_a_known_one_of_a_newer_shape(self, it: Installation) -> None:
        it.next(f"case/{it.case}", schema_version=99)
        assert [note.code for note in it.verify().notes] == ["unknown_type"]

    def test_it_is_no_difference_of_a_read_model_either(self, it: Installation) -> None:
        it.next(f"case/{it.case}", type="moved_to_the_moon", schema_version=7)
        outcome = run(Home(it.home), it.database.worker, Asked(read_models=True, jobs=1), quiet=True)
        assert (outcome.status, {note.code for note in outcome.notes}) == (0, {"unknown_type"})

    def test_events_that_wait_too_long_for_an_anchor_are_no_tampering_and_not_well(self, it: Installation) -> None:
        it.next(f"case/{it.case}")
        outcome = it.verify(anchor_max_age=timedelta(0))
        assert (outcome.status, [note.code for note in outcome.notes]) == (3, ["not_anchored"])
        assert it.verify(anchor_max_age=timedelta(hours=1)).status == 0

    def test_anchors_that_are_gone_leave_everything_waiting(self, it: Installation) -> None:
        for file in (it.home / "anchors" / "case").glob("*.note"):
            file.unlink()
        assert it.verify(anchor_max_age=timedelta(0)).status == 3

    @pytest.mark.parametrize("spoil", ["missing", "damaged", "a folder"])
    def test_without_public_keys_it_cannot_be_carried_out(self, it: Installation, spoil: str) -> None:
        file = it.home / "keys" / "checkpoint.vkeys"
        file.unlink()
        if spoil == "damaged":
            file.write_text("yuanshou/abc+12345678+AAAA\n")
        if spoil == "a folder":
            file.mkdir()
        with pytest.raises(Trouble, match=r"checkpoint\.vkeys"):
            it.verify()

    def test_a_copy_of_the_public_keys_does_as_well(self, it: Installation, tmp_path: Path) -> None:
        copy = (it.home / "keys" / "checkpoint.vkeys").rename(tmp_path / "copy.vkeys")
        assert it.verify(vkeys=copy).status == 0
        with pytest.raises(Trouble, match="is not there"):
            it.verify(vkeys=tmp_path / "none.vkeys")

    def test_public_keys_of_another_installation_know_no_checkpoint(self, it: Installation, tmp_path: Path) -> None:
        other = "yuanshou/0011223344556677+"
        text = (it.home / "keys" / "checkpoint.vkeys").read_text()
        key = note.Vkey("yuanshou/0011223344556677", note.parse_vkeys(text)[0].key.public)
        (tmp_path / "other.vkeys").write_text(f"{key}\n")
        assert str(key).startswith(other)
        assert it.codes(vkeys=tmp_path / "other.vkeys") == {"unknown_key"}

    def test_an_anchor_that_cannot_be_read_is_no_verdict(self, it: Installation) -> None:
        file = it.home / "anchors" / "case" / f"{it.middle:020d}.note"
        file.unlink()
        file.mkdir()
        with pytest.raises(Trouble, match="cannot be read"):
            it.verify()

    def test_a_database_that_does_not_answer_is_no_verdict(self, it: Installation) -> None:
        nowhere = f"{it.database.worker.rpartition('@')[0]}@127.0.0.1:1/nowhere"
        with pytest.raises(Trouble, match="cannot be read"):
            it.verify(dsn=nowhere)

    def test_personal_values_need_the_key_ring_and_make_none(self, it: Installation) -> None:
        (it.home / "keys" / "master").unlink()
        with pytest.raises(Trouble, match="master key"):
            it.verify(personal=True)
        assert not (it.home / "keys" / "master").exists()

    def test_from_a_checkpoint_kept_elsewhere(self, it: Installation, tmp_path: Path) -> None:
        kept = (it.home / "anchors" / "case" / f"{it.middle:020d}.note").rename(tmp_path / "kept.note")
        assert it.verify(since=kept).status == 0
        it.restore("yesterday")
        it.next(f"case/{it.case}")
        it.attack("UPDATE events SET actor = 'P-SOMEBODY' WHERE position = 3")
        it.rehash(it.event(3)["stream"], it.event(3)["version"])
        assert "rewritten" in it.codes(since=kept)

    @pytest.mark.parametrize("text", ["", "no note\n"])
    def test_what_is_no_checkpoint_is_nothing_to_begin_from(self, it: Installation, tmp_path: Path, text: str) -> None:
        (tmp_path / "kept.note").write_text(text)
        with pytest.raises(Trouble, match="cannot be read as a checkpoint"):
            it.verify(since=tmp_path / "kept.note")


class TestVerb:
    def call(self, it: Installation, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, Any]:
        monkeypatch.setenv("YUANSHOU_HOME", str(it.home))
        monkeypatch.setenv("DATABASE_URL", it.database.app)
        monkeypatch.setenv("DATABASE_WORKER_URL", it.database.worker)
        done = CliRunner().invoke(app, ["verify", "--jobs", "1", "--json", *arguments])
        return done.exit_code, json.loads(done.stdout)

    def test_its_exit_status_and_what_is_kept_say_the_same(self, it: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        status, told = self.call(it, monkeypatch, "--all")
        assert (status, told["findings"]) == (0, [])
        assert told == json.loads((it.home / "verified.json").read_text())

        it.attack("UPDATE events SET actor = 'P-SOMEBODY' WHERE ledger = 'case' AND position = %s", it.middle)
        status, told = self.call(it, monkeypatch)
        assert (status, told["exit"]) == (1, 1)
        [found] = told["findings"]
        assert (found["ledger"], found["position"], found["class"], found["nearest_good"]) == ("case", it.middle, "row_changed", it.small)
        assert told == json.loads((it.home / "verified.json").read_text())

    def test_a_person_is_told_in_words(self, it: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("YUANSHOU_HOME", str(it.home))
        monkeypatch.setenv("DATABASE_URL", it.database.app)
        monkeypatch.setenv("DATABASE_WORKER_URL", it.database.worker)
        well = CliRunner().invoke(app, ["verify"])
        assert (well.exit_code, "clean: every event is as it was recorded" in well.stdout) == (0, True)
        it.attack("DELETE FROM events WHERE ledger = 'case' AND position = %s", it.middle)
        ill = CliRunner().invoke(app, ["verify"])
        assert ill.exit_code == 1
        assert f"BAD  case {it.middle}: position {it.middle} has no event" in ill.stdout
        assert f"the last good checkpoint before it holds {it.small} events" in ill.stdout

    def test_a_part_of_it_is_not_kept(self, it: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        status, told = self.call(it, monkeypatch, "--ledger", "case")
        assert (status, list(told["ledgers"])) == (0, ["case"])
        assert not (it.home / "verified.json").exists()

    def test_what_cannot_be_carried_out_says_why(self, it: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        (it.home / "keys" / "checkpoint.vkeys").unlink()
        status, told = self.call(it, monkeypatch)
        assert (status, told["exit"]) == (2, 2)
        assert "checkpoint.vkeys" in told["trouble"]
        status, told = self.call(it, monkeypatch, "--ledger", "none")
        assert (status, told["trouble"]) == (2, "there is no ledger none: case, access")

    def test_clean_and_long_without_an_anchor(self, it: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        for file in (it.home / "anchors" / "case").glob("*.note"):
            file.unlink()
        monkeypatch.setenv("YUANSHOU_ANCHOR_MAX_AGE_HOURS", "0.000001")
        assert self.call(it, monkeypatch)[0] == 3
