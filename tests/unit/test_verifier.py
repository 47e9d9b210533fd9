"""The stand-alone verifier: whole bundles pass, and whatever somebody edits in one is found and named."""

from __future__ import annotations

import ast
import io
import json
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import chain, merkle
from ledger.archive import entry
from ledger.note import Note, sign
from tests.unit import bundles
from tests.unit.bundles import ANCHORED, CONTENTS, DOCUMENTS, FORGERS, KEY, LARGER, MINE, OLD_KEY, SIZE, WITNESS_LINE, Files, Json, Made
from verifier import verify

SOURCE = Path(verify.__file__)


def checked(raw: bytes, **given_beside: Any) -> verify.Verification:
    verification = verify.Verification(**given_beside)
    verification.run(io.BytesIO(raw))
    return verification


def found(raw: bytes, **given_beside: Any) -> set[tuple[str, int | None]]:
    """Classes and positions of what is found."""
    return {(f["class"], f["position"]) for f in checked(raw, **given_beside).findings}


def classes(raw: bytes, **given_beside: Any) -> set[str]:
    return {kind for kind, _ in found(raw, **given_beside)}


def of(rows: list[Json], **more: Any) -> bytes:
    return Made(rows=rows, **more).bytes()


def edited(name: str, change: Callable[[bytes], bytes]) -> bytes:
    def edit(files: Files) -> None:
        files[name] = change(files[name])

    return Made(edit=edit).bytes()


def edited_json(name: str, change: Callable[[Json], Any]) -> bytes:
    def whole(raw: bytes) -> bytes:
        held = json.loads(raw)
        change(held)
        return chain.canonical(held)

    return edited(name, whole)


def edited_lines(change: Callable[[list[Json]], Any]) -> bytes:
    def whole(raw: bytes) -> bytes:
        rows = bundles.lines(raw)
        change(rows)
        return bundles.written(rows)

    return edited("events.jsonl", whole)


OTHER_ROOT = bytes(range(32))
KEYS = verify.read_keys(bundles.keys_file(KEY), "--key")
PLAIN = Made().bytes()


class TestAWholeBundle:
    def test_is_clean_in_itself_and_clean_where_a_key_from_elsewhere_is_given(self) -> None:
        assert (checked(PLAIN).findings, checked(PLAIN).status) == ([], 3)
        assert checked(PLAIN, keys=KEYS).status == 0
        assert len(checked(PLAIN).passed) == 6

    def test_says_what_it_is_of(self) -> None:
        about = checked(PLAIN).about
        assert (about["ledger"], about["stream"], about["version"], about["time"]) == (
            "case", bundles.STREAM, len(MINE), "2026-03-02T00:00:00.000000Z",
        )  # fmt: skip
        assert about["checkpoint"]["size"] == SIZE

    def test_of_an_erased_person_passes_and_names_what_is_gone(self) -> None:
        raw = Made(contents=CONTENTS | {DOCUMENTS[0]: None}).bytes()
        verification = checked(raw, keys=KEYS)
        assert verification.status == 0
        assert [DOCUMENTS[0] in note["zh"] and DOCUMENTS[0] in note["en"] for note in verification.notes] == [True]

    def test_with_anchors_and_witnesses_passes(self) -> None:
        anchors = {"anchors/1-directory-13.note": bundles.note(ANCHORED), "anchors/2-witness-21.note": bundles.witnessed(SIZE)}
        verification = checked(Made(anchors=anchors, keys=bundles.keys_file(KEY) + WITNESS_LINE).bytes())
        assert (verification.findings, verification.notes, len(verification.passed)) == ([], [], 8)

    def test_of_one_record_at_the_beginning_of_the_ledger_passes(self) -> None:
        def alone(files: Files) -> None:
            row = bundles.ROWS[0] | {}
            files["events.jsonl"] = bundles.court.events([row])
            files["history.html"] = bundles.page([row])
            plan = bundles.proof_of(merkle.inclusion_plan(0, SIZE))
            files["proofs.json"] = bundles.court.proofs("case", SIZE, {1: plan}, [])

        raw = Made(rows=[bundles.ROWS[0]], contents={}, edit=alone, lie=lambda m: m.update(stream=bundles.OTHER)).bytes()
        assert checked(raw).findings == []

    def test_is_read_by_any_program_for_zip_files(self) -> None:
        with zipfile.ZipFile(io.BytesIO(PLAIN)) as opened:
            assert opened.testzip() is None
            assert [i.filename for i in opened.infolist()] == list(verify.Bundle(io.BytesIO(PLAIN)).files)
            assert {i.date_time for i in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def altered(column: str, value: Any) -> Any:
    match value:
        case None:
            return "P-9"
        case int():
            return value + 7
        case str() if column in ("recorded_at", "decided_at"):
            return value[:-2] + ("1Z" if value[-2] != "1" else "2Z")
        case str() if column == "effective_on":
            return "2026-02-28"
        case str() if column in ("digest", "chain_hash"):
            return ("0" if value[0] != "0" else "1") + value[1:]
        case _:
            return f"{value}x"


class TestRecords:
    @pytest.mark.parametrize("column", [*chain.CHAINED, "chain_hash"])
    def test_a_changed_column_is_found_at_its_record(self, column: str) -> None:
        def change(rows: list[Json]) -> None:
            rows[2][column] = altered(column, rows[2][column])

        raw = edited_lines(change)
        if column == "alg":
            with pytest.raises(verify.Unable):
                checked(raw)
            return
        at = 13 if column == "position" else MINE[2]
        expected = {
            "digest": {("digest", at), ("chain", at)},
            "position": {("chain", at), ("density", MINE[3])},
            "version": {("density", at), ("chain", at)},
            "stream": {("stream", at), ("chain", at)},
            "ledger": {("stream", at), ("chain", at)},
            "chain_hash": {("chain", at), ("chain", MINE[3]), ("inclusion", at)},
        }.get(column, {("chain", at)})
        if column == "position":  # its proof is of another position, which ends the check of proofs
            expected |= {("inclusion", None)}
        readable = {("readable", None)} if column == "digest" else set[tuple[str, int | None]]()
        assert found(raw) == expected | readable

    def test_an_absent_value_that_gets_one_and_a_value_that_goes_are_found(self) -> None:
        def gone(rows: list[Json]) -> None:
            rows[1]["on_behalf_of"] = None

        assert found(edited_lines(gone)) == {("chain", MINE[1])}

    def test_a_changed_body_is_found_by_its_digest(self) -> None:
        rows = bundles.stored()
        rows[0]["body"] = chain.canonical({"text": "another"})
        assert found(of(rows)) == {("digest", MINE[0])}

    def test_a_history_rewritten_with_its_chain_is_not_in_the_sealed_ledger(self) -> None:
        rows = bundles.stored()
        rows[2]["actor"] = "P-9"
        assert found(of(bundles.rechained(rows))) == {("inclusion", p) for p in MINE[2:]}

    def test_a_record_taken_out_of_the_middle_is_found(self) -> None:
        rows = [row for row in bundles.stored() if row["version"] != 3]
        assert ("density", MINE[3]) in found(of(rows, positions=[p for p in MINE if p != MINE[2]]))

    def test_a_tail_cut_off_is_found_where_the_manifest_still_counts_it(self) -> None:
        rows = bundles.stored()[:-1]
        raw = of(rows, positions=MINE[:-1], lie=lambda m: m.update(version=len(MINE)))
        assert found(raw) == {("density", None)}

    def test_a_history_that_ends_sooner_is_the_history_up_to_there(self) -> None:
        verification = checked(of(bundles.stored()[:-1], positions=MINE[:-1]))
        assert (verification.findings, verification.about["version"]) == ([], len(MINE) - 1)

    def test_records_in_another_order_are_found(self) -> None:
        rows = bundles.stored()
        rows[1], rows[2] = rows[2], rows[1]
        assert {("density", MINE[2]), ("density", MINE[1])} <= found(of(rows, positions=[2, 6, 5, 11, 17, 18]))

    def test_a_record_twice_is_found(self) -> None:
        rows = bundles.stored()
        assert "density" in classes(of([*rows[:2], rows[1], *rows[2:]], positions=[2, 5, 5, 6, 11, 17, 18]))

    def test_a_record_of_another_case_is_found(self) -> None:
        rows = bundles.stored()
        rows[1] = dict(bundles.ROWS[3])
        assert ("stream", 4) in found(of(rows, positions=[2, 4, 6, 11, 17, 18]))

    def test_an_inserted_record_dated_back_is_found(self) -> None:
        rows = bundles.stored()
        rows[2]["recorded_at"] = rows[0]["recorded_at"] - timedelta(minutes=1)
        assert ("clock", MINE[2]) in found(of(bundles.rechained(rows)))

    def test_two_records_of_one_moment_are_fine(self) -> None:
        rows = bundles.stored()
        rows[1]["recorded_at"] = rows[0]["recorded_at"]
        assert "clock" not in classes(of(bundles.rechained(rows)))

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("position", -1), ("position", True), ("position", "5"), ("position", None), ("version", 1.5), ("type", 5), ("type", None),
            ("recorded_at", "2026-03-01T01:05:03.4Z"), ("recorded_at", "2026-03-01 01:05:03.000004Z"), ("recorded_at", "never"),
            ("effective_on", "2026-3-1"), ("effective_on", "20260301"), ("effective_on", "2026-02-30"), ("effective_on", 3),
            ("digest", "ab"), ("digest", "A" * 64), ("digest", None), ("chain_hash", "xyz"), ("chain_hash", None), ("body", "e30"),
            ("body", 5), ("body", "e30=\n"), ("office", ["C-1"]), ("extra", "x"),
        ],
    )  # fmt: skip
    def test_a_value_that_is_not_of_its_column_is_named(self, column: str, value: Any) -> None:
        def change(raw: bytes) -> bytes:
            rows = bundles.lines(raw)
            rows[1][column] = value
            return b"".join(json.dumps(r, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for r in rows)

        (fault,) = checked(edited("events.jsonl", change)).findings
        assert fault["class"] == ("canonical" if value == 1.5 else "row")
        assert fault["file"] == "events.jsonl (line 2)"

    @pytest.mark.parametrize("column", ["causation", "body", "chain_hash", "alg"])
    def test_a_column_that_is_not_there_is_named(self, column: str) -> None:
        (fault,) = checked(edited_lines(lambda rows: rows[3].pop(column))).findings
        assert (fault["class"], fault["position"]) == ("row", MINE[3])

    def test_a_line_that_is_no_object_is_named(self) -> None:
        (fault,) = checked(edited("events.jsonl", lambda raw: raw + b"[]\n")).findings
        assert (fault["class"], fault["file"], fault["position"]) == ("row", f"events.jsonl (line {len(MINE) + 1})", None)

    def test_a_body_that_can_be_read_two_ways_is_found_even_where_it_was_sealed(self) -> None:
        rows = bundles.stored()
        rows[3]["body"] = b'{"size":1,"size":2}'
        assert ("canonical", MINE[3]) in found(of(bundles.rechained(rows)))


class TestCanonicalData:
    @pytest.mark.parametrize(
        "raw",
        [
            b'{"a":1,"a":2}', b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1}x', b'{"a":1} ', b"{'a':1}", b'{"a":1.0}', b'{"a":1e2}', b'{"a":NaN}',
            b'{"a":-0}', b'{"a":9007199254740992}', b'{"a":-9007199254740992}', b'"\\u0041"', b'"\\/"', b'"\xff"', b"\xef\xbb\xbf{}", b"",
            b'"\\ud800"', b"[" * 100_000, b"Infinity", b"1" * 5_000_000, b"[123456789012345678]",
        ],
    )  # fmt: skip
    def test_what_can_be_written_otherwise_is_refused(self, raw: bytes) -> None:
        with pytest.raises(verify.Fault) as fault:
            verify.read_json(raw, "a file", 7)
        assert (fault.value.kind, fault.value.position, fault.value.file) == ("canonical", 7, "a file")

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
            max_leaves=12,
        ).map(lambda value: {"value": value})
    )
    def test_the_form_is_that_of_rfc_8785(self, value: Json) -> None:
        raw = chain.canonical(value)
        assert verify.canonical(value).encode() == raw
        assert verify.read_json(raw, "a file") == value

    def test_the_longest_numbers_are_read_and_longer_ones_are_not(self) -> None:
        raw = b"[-9007199254740991,9007199254740991]"
        assert verify.read_json(raw, "f") == [1 - 2**53, 2**53 - 1]
        with pytest.raises(ValueError, match="read differently"):
            verify.integer("1" * 18)

    @pytest.mark.parametrize("text", ["QR==", "QQ=", "QQ", "Q Q==", "QQ==\n", "_-8=", "é"])
    def test_base64_has_one_form(self, text: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 -- whatever it says
            verify.unbase64(text)
        assert verify.unbase64("QQ==") == b"A"

    @pytest.mark.parametrize("name", ["manifest.json", "proofs.json"])
    @pytest.mark.parametrize(
        "trick", [lambda raw: raw + b" ", lambda raw: raw.replace(b"{", b"{ ", 1), lambda raw: raw[:-1] + b',"size":1}']
    )
    def test_a_trick_in_a_file_is_found(self, name: str, trick: Callable[[bytes], bytes]) -> None:
        entries = Made().entries()
        at = next(n for n, e in enumerate(entries) if e.name == name)
        raw = trick(bundles.read(entries[at]))
        if name != "manifest.json":
            assert classes(edited(name, trick)) == {"canonical"}
        else:
            assert classes(bundles.packed([entry(name, raw), *entries[1:]])) == {"canonical"}

    @pytest.mark.parametrize("trick", [lambda raw: raw[:-1], lambda raw: raw + b"\n", lambda raw: b"\n" + raw, lambda _: b""])
    def test_a_trick_in_the_lines_is_found(self, trick: Callable[[bytes], bytes]) -> None:
        assert classes(edited("events.jsonl", trick)) == {"canonical"}


class TestTheManifest:
    @pytest.mark.parametrize(
        ("lie", "kind"),
        [
            (lambda m: m.update(version=5), "density"),
            (lambda m: m.update(stream=bundles.OTHER), "stream"),
            (lambda m: m.update(ledger="access"), "stream"),
            (lambda m: m["checkpoint"].update(size=20), "checkpoint"),
            (lambda m: m["checkpoint"].update(origin="yuanshou/other/case"), "checkpoint"),
            (lambda m: m["checkpoint"].update(root=bundles.b64(bytes(32))), "checkpoint"),
            (lambda m: m.update(more=1), "manifest"),
            (lambda m: m.pop("documents"), "manifest"),
            (lambda m: m.update(files=5), "manifest"),
            (lambda m: m.update(version=-1), "manifest"),
            (lambda m: m.update(version=True), "manifest"),
            (lambda m: m["files"].append({"name": 1, "size": 1, "sha256": ""}), "manifest"),
            (lambda m: m["files"].append({"name": "x", "size": 1, "sha256": "", "y": 1}), "manifest"),
            (lambda m: m["files"].append({"name": "absent.txt", "size": 0, "sha256": ""}), "manifest"),
            (lambda m: m["files"].pop(0), "manifest"),
            (lambda m: m["files"].reverse(), "manifest"),
            (lambda m: m["files"][0].update(size=1), "file"),
            (lambda m: m["files"][0].update(sha256="0" * 64), "file"),
            (lambda m: m["documents"].pop(), "evidence"),
            (lambda m: m["documents"].reverse(), "evidence"),
            (lambda m: m["documents"][0].update(state="missing", name=None), "evidence"),
            (lambda m: m["documents"][0].update(state="erased"), "evidence"),
            (lambda m: m["documents"][0].update(name=None), "evidence"),
            (lambda m: m["documents"][0].update(name=m["documents"][1]["name"]), "evidence"),
            (lambda m: m["documents"][0].update(state="erased", name=None), "evidence"),
            (lambda m: m["documents"][0].update(document_id="x"), "evidence"),
        ],
    )  # fmt: skip
    def test_that_lies_is_found(self, lie: Callable[[Json], Any], kind: str) -> None:
        assert kind in classes(Made(lie=lie).bytes())

    @pytest.mark.parametrize(
        "lie", [{"state": "erased"}, {"name": None}, {"state": "missing", "name": None}, {"state": "missing"}, {"name": "README.html"}]
    )
    def test_that_lies_of_a_document_is_found_at_the_record_that_attached_it(self, lie: Json) -> None:
        assert ("evidence", 11) in found(Made(lie=lambda m: m["documents"][0].update(lie)).bytes())

    def test_of_a_newer_form_needs_a_newer_verifier(self) -> None:
        with pytest.raises(verify.Unable, match="v2"):
            checked(Made(lie=lambda m: m.update(format="yuanshou-court-bundle-v2")).bytes())

    def test_that_is_no_object_is_found(self) -> None:
        assert classes(bundles.packed([entry("manifest.json", b"[]"), *Made().entries()[1:]])) == {"manifest"}

    def test_is_held_against_the_digest_that_the_office_named(self) -> None:
        told = checked(PLAIN).about["manifest"]
        assert checked(PLAIN, manifest=told).findings == []
        assert classes(PLAIN, manifest="0" * 64) == {"manifest"}

    @pytest.mark.parametrize("name", [*verify.NEEDED])
    def test_a_file_that_is_needed_and_not_there_is_found(self, name: str) -> None:
        verification = checked(Made(edit=lambda files: files.pop(name) and None).bytes())
        assert "manifest" in {f["class"] for f in verification.findings}

    def test_no_manifest_is_found(self) -> None:
        assert classes(bundles.packed(Made().entries()[1:])) == {"manifest"}

    @pytest.mark.parametrize("name", ["README.html", "art8.html", "history.pdf", "verify.py", "files/" + DOCUMENTS[0] + ".pdf"])
    def test_a_file_that_was_exchanged_is_found(self, name: str) -> None:
        entries = Made().entries()
        exchanged = [entry(e.name, b"another") if e.name == name else e for e in entries]
        assert ("file", name) in {(f["class"], f["file"]) for f in checked(bundles.packed(exchanged)).findings}


class TestEvidence:
    def test_a_file_replaced_with_the_manifest_is_found_at_the_record_that_attached_it(self) -> None:
        assert found(Made(contents=CONTENTS | {DOCUMENTS[0]: b"another paper!!!"}).bytes()) == {("evidence", 11)}

    def test_an_empty_file_is_a_file(self) -> None:
        assert found(Made(contents=CONTENTS | {DOCUMENTS[1]: b"x"}).bytes()) == {("evidence", 17)}

    def test_a_file_that_no_record_attaches_is_found(self) -> None:
        verification = checked(Made(edit=lambda files: files.update({"files/more.pdf": b"more"})).bytes())
        assert [(f["class"], f["file"]) for f in verification.findings] == [("evidence", "files/more.pdf")]

    def test_a_record_whose_body_cannot_be_read_attaches_nothing(self) -> None:
        rows = bundles.stored()
        rows[3]["body"] = b"[]"
        assert {"inclusion", "evidence"} <= classes(of(bundles.rechained(rows)))


class TestTheReadablePage:
    def test_that_leaves_a_record_out_is_found(self) -> None:
        assert classes(edited("history.html", lambda raw: raw.split(b"\n", 1)[1])) == {"readable"}

    def test_that_shows_them_in_another_order_is_found(self) -> None:
        assert classes(edited("history.html", lambda raw: b"\n".join(reversed(raw.split(b"\n"))))) == {"readable"}


class TestTheCheckpoint:
    def test_of_a_forged_signature_is_found(self) -> None:
        text = bundles.text_of(SIZE)
        forged = sign(text, bundles.NAME, KEY)._replace(data=FORGERS.sign(text.encode()))
        assert classes(Made(checkpoint=str(Note(text, (forged,)))).bytes()) == {"signature"}

    def test_of_an_unknown_key_is_found(self) -> None:
        assert "key" in classes(Made(checkpoint=bundles.note(SIZE, FORGERS)).bytes())

    def test_of_a_whole_forged_bundle_is_found_by_a_key_from_elsewhere(self) -> None:
        raw = Made(checkpoint=bundles.note(SIZE, FORGERS), keys=bundles.keys_file(FORGERS)).bytes()
        assert checked(raw).status == 3
        assert classes(raw, keys=KEYS) == {"key"}

    def test_of_a_rotated_key_is_known_by_the_old_one_that_signed_beside(self) -> None:
        old = verify.read_keys(bundles.keys_file(OLD_KEY), "--key")
        raw = Made(checkpoint=bundles.note(SIZE, KEY, OLD_KEY), keys=bundles.keys_file(OLD_KEY, KEY)).bytes()
        assert checked(raw, keys=old).status == 0
        assert classes(Made(keys=bundles.keys_file(OLD_KEY, KEY)).bytes(), keys=old) == {"key"}

    def test_with_a_witness_who_did_not_sign_is_found(self) -> None:
        raw = Made(checkpoint=bundles.witnessed(SIZE, FORGERS), keys=bundles.keys_file(KEY) + WITNESS_LINE).bytes()
        assert classes(raw) == {"signature"}
        assert checked(Made(checkpoint=bundles.witnessed(SIZE, FORGERS)).bytes()).findings == [], "an unknown witness says nothing"

    def test_only_witnesses_are_not_the_office(self) -> None:
        note = Note.parse(bundles.witnessed(SIZE))
        raw = Made(checkpoint=str(Note(note.text, note.signatures[1:])), keys=bundles.keys_file(KEY) + WITNESS_LINE).bytes()
        assert classes(raw) == {"key"}

    @pytest.mark.parametrize(
        "change",
        [
            lambda t: t.replace("\n\n", "\n"), lambda t: t[:-1], lambda t: t.replace("\n21\n", "\n021\n"),
            lambda t: t.replace("\n21\n", "\n-21\n"),
            lambda t: t.replace("\n21\n", "\n2١\n"), lambda t: t.replace("— ", "- "), lambda t: t.replace("— yuanshou", "—  yuanshou"),
            lambda t: t.replace("\n21\n", "\n\n21\n"), lambda t: "\n" + t, lambda t: t + "\n", lambda t: t.rpartition("\n\n")[0] + "\n\n",
            lambda t: t.replace("alg sha256-v1\n", "alg sha256-v1\n\n"),
            lambda t: t.replace(t.split("\n")[2], "QUFB"), lambda t: t.replace(t.split("\n")[2], "x"), lambda _: "only\n\n",
            lambda t: t + "— x QUFBQQ==\n", lambda t: t + "— x !\n", lambda t: t + "—  QUFBQUE=\n", lambda _: "",
        ],
    )  # fmt: skip
    def test_in_another_form_is_found(self, change: Callable[[str], str]) -> None:
        assert classes(Made(checkpoint=change(bundles.note(SIZE))).bytes()) == {"checkpoint"}

    def test_with_signatures_of_strangers_is_as_good(self) -> None:
        assert checked(Made(checkpoint=bundles.note(SIZE) + "— x QUFBQUE=\n").bytes()).findings == []

    def test_of_another_algorithm_needs_a_newer_verifier(self) -> None:
        text = bundles.text_of(SIZE).replace("alg sha256-v1", "alg sm3-v1")
        with pytest.raises(verify.Unable, match=r"checkpoint\.note"):
            checked(Made(checkpoint=str(Note(text, (sign(text, bundles.NAME, KEY),)))).bytes())

    def test_that_says_no_time_is_read(self) -> None:
        text = bundles.text_of(SIZE).replace("time 2026-03-02T00:00:00.000000Z\n", "")
        verification = checked(Made(checkpoint=str(Note(text, (sign(text, bundles.NAME, KEY),)))).bytes())
        assert (verification.findings, verification.about["time"]) == ([], "?")

    def test_of_another_ledger_is_found(self) -> None:
        origin = f"{bundles.NAME}/access"
        raw = Made(checkpoint=bundles.note(SIZE, origin=origin), lie=lambda m: m["checkpoint"].update(origin=origin)).bytes()
        assert "checkpoint" in classes(raw)

    def test_a_finding_names_the_file_it_is_in(self) -> None:
        def files(raw: bytes, **given_beside: Any) -> set[tuple[str, str | None]]:
            return {(f["class"], f["file"]) for f in checked(raw, **given_beside).findings}

        assert files(Made(checkpoint="x").bytes()) == {("checkpoint", "checkpoint.note")}
        assert files(Made(checkpoint=bundles.note(SIZE, FORGERS)).bytes()) == {("key", "checkpoint.note")}
        assert files(Made(lie=lambda m: m["checkpoint"].update(size=20)).bytes()) == {("checkpoint", "checkpoint.note")}
        assert files(Made(keys=b"x").bytes()) == {("key", "keys.vkeys")}
        assert files(PLAIN, checkpoint=b"x") == {("checkpoint", "--checkpoint")}
        assert files(Made(lie=lambda m: m["documents"].pop() and None).bytes()) == {("evidence", "manifest.json")}
        assert files(Made(lie=lambda m: m.update(more=1)).bytes()) == {("manifest", "manifest.json")}
        assert files(Made(lie=lambda m: m["files"].reverse()).bytes()) == {("manifest", "manifest.json")}
        assert files(PLAIN, manifest="0" * 64) == {("manifest", "manifest.json")}
        assert files(edited("events.jsonl", lambda raw: raw[:-1])) == {("canonical", "events.jsonl")}
        assert files(edited("proofs.json", lambda _: b"{}")) == {("inclusion", "proofs.json")}
        assert files(edited("proofs.json", lambda _: b"{")) == {("canonical", "proofs.json")}
        assert files(edited("history.html", lambda _: b"")) == {("readable", "history.html")}
        assert files(bundles.packed([entry("manifest.json", b"{ }"), *Made().entries()[1:]])) == {("canonical", "manifest.json")}
        rows = bundles.stored()
        rows[3]["body"] = b"{ }"
        assert ("canonical", "events.jsonl (line 4)") in files(of(bundles.rechained(rows)))

    def test_of_the_first_record_is_one_and_of_no_record_is_none(self) -> None:
        proof = [(1, SIZE, bundles.growth(1, SIZE).path)]
        assert checked(PLAIN, checkpoint=bundles.note(1).encode(), consistency=proof).status == 0
        assert classes(PLAIN, checkpoint=bundles.note(0, root_=OTHER_ROOT).encode()) == {"checkpoint"}

    def test_may_say_its_time_before_its_algorithm(self) -> None:
        head, root_, tail = bundles.text_of(SIZE).partition("alg sha256-v1\n")
        text = head + tail + root_
        verification = checked(Made(checkpoint=str(Note(text, (sign(text, bundles.NAME, KEY),)))).bytes())
        assert (verification.findings, verification.about["time"]) == ([], "2026-03-02T00:00:00.000000Z")


class TestKeys:
    def test_stand_in_lines_with_words_for_people_behind_them(self) -> None:
        raw = b"# the office's keys\n\n" + bundles.keys_file(KEY, OLD_KEY) + WITNESS_LINE
        assert [(name, len(data), data[0]) for (name, _), data in verify.read_keys(raw, "f").items()] == [
            (bundles.NAME, 33, 1), (bundles.NAME, 33, 1), (bundles.WITNESS, 33, 4),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "line",
        ["x", "x+y", "x+00000000+QQ==", "x+0000000g+QQ==", str(bundles.vkey(KEY))[:-2], str(bundles.vkey(KEY)).replace("0011", "0012")],
    )
    def test_a_line_that_is_none_is_refused(self, line: str) -> None:
        with pytest.raises(verify.Fault) as fault:
            verify.read_keys(line.encode(), "f")
        assert (fault.value.kind, fault.value.file) == ("key", "f")
        assert "key" in classes(Made(keys=line.encode()).bytes())

    @pytest.mark.parametrize("data", [b"\2" + bytes(32), b"\1" + bytes(31), b"\1" + bytes(33)])
    def test_a_key_of_another_kind_or_length_is_refused(self, data: bytes) -> None:
        tag = bundles.sha256(b"n\n" + data).hexdigest()[:8]
        with pytest.raises(verify.Fault, match="hash or kind"):
            verify.read_keys(f"n+{tag}+{bundles.b64(data)}".encode(), "f")


class TestProofs:
    @pytest.mark.parametrize("at", range(len(MINE)))
    def test_every_hash_of_every_proof_counts(self, at: int) -> None:
        for n in range(len(bundles.proof_of(merkle.inclusion_plan(MINE[at] - 1, SIZE)))):

            def change(proofs: Json, n: int = n) -> None:
                proofs["inclusion"][at]["proof"][n] = bundles.b64(bytes(32))

            assert found(edited_json("proofs.json", change)) == {("inclusion", MINE[at])}

    @pytest.mark.parametrize(
        "change",
        [
            lambda p: p["inclusion"][0]["proof"].pop(),
            lambda p: p["inclusion"][0]["proof"].append(bundles.b64(bytes(32))),
            lambda p: p["inclusion"][0]["proof"].clear(),
            lambda p: p["inclusion"][0].update(proof=p["inclusion"][1]["proof"]),
        ],
    )
    def test_a_proof_that_is_shorter_longer_or_anothers_is_found(self, change: Callable[[Json], Any]) -> None:
        assert found(edited_json("proofs.json", change)) == {("inclusion", MINE[0])}

    @pytest.mark.parametrize(
        "change",
        [
            lambda p: p.update(size=20), lambda p: p.update(ledger="access"), lambda p: p.update(more=1), lambda p: p["inclusion"].pop(),
            lambda p: p["inclusion"][0].update(position=3), lambda p: p["inclusion"][0].update(proof=[5]), lambda p: p.update(inclusion={}),
            lambda p: p["inclusion"][0]["proof"].__setitem__(0, "x"), lambda p: p["consistency"][0].update(to="21"),
        ],
    )  # fmt: skip
    def test_proofs_of_something_else_are_found(self, change: Callable[[Json], Any]) -> None:
        assert found(edited_json("proofs.json", change)) == {("inclusion", None)}

    def test_every_leaf_and_every_growth_of_small_trees_is_proven(self) -> None:
        roots = [bundles.root(size) for size in range(LARGER + 1)]
        for size in range(1, LARGER + 1):
            for n in range(size):
                proof = bundles.proof_of(merkle.inclusion_plan(n, size))
                assert verify.root_of(bundles.LEAVES[n], n, size, proof) == roots[size]
                grown = bundles.proof_of(merkle.consistency_plan(n + 1, size))
                assert verify.grew(n + 1, roots[n + 1], size, roots[size], grown)

    @given(st.integers(1, LARGER), st.data())
    def test_inclusion_is_that_of_rfc_9162(self, size: int, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, size - 1))
        proof = bundles.proof_of(merkle.inclusion_plan(index, size))
        leaf, root = bundles.LEAVES[index], bundles.root(size)
        assert verify.root_of(leaf, index, size, proof) == root
        other = data.draw(st.integers(0, LARGER).filter(lambda n: n != index))
        assert verify.root_of(leaf, other, size, proof) != root
        assert verify.root_of(leaf, index, size, [*proof, bytes(32)]) != root
        if proof:
            assert verify.root_of(leaf, index, size, proof[:-1]) != root
            at = data.draw(st.integers(0, len(proof) - 1))
            assert verify.root_of(leaf, index, size, [*proof[:at], bytes(32), *proof[at + 1 :]]) != root

    @given(st.integers(1, LARGER), st.integers(1, LARGER), st.data())
    def test_consistency_is_that_of_rfc_9162(self, one: int, two: int, data: st.DataObject) -> None:
        first, second = sorted((one, two))
        proof = bundles.proof_of(merkle.consistency_plan(first, second))
        old, new = bundles.root(first), bundles.root(second)
        assert verify.grew(first, old, second, new, proof)
        assert not verify.grew(first, bytes(32), second, new, proof)
        assert not verify.grew(first, old, second, bytes(32), proof)
        assert not verify.grew(first, old, second, new, [*proof, bytes(32)])
        assert not verify.grew(0, old, second, new, proof)
        if proof:
            assert not verify.grew(second, new, first, old, proof)
            assert not verify.grew(first, old, second, new, proof[:-1])
            at = data.draw(st.integers(0, len(proof) - 1))
            assert not verify.grew(first, old, second, new, [*proof[:at], bytes(32), *proof[at + 1 :]])

    def test_of_equal_trees_there_is_nothing_to_prove(self) -> None:
        assert verify.grew(3, b"r", 3, b"r", [])
        assert not verify.grew(3, b"r", 3, b"s", [])
        assert not verify.grew(3, b"r", 3, b"r", [bytes(32)])
        assert not verify.grew(4, b"r", 8, b"r", [])


class TestAnchors:
    @pytest.mark.parametrize("size", [ANCHORED, SIZE])
    def test_another_history_at_an_anchored_size_is_found(self, size: int) -> None:
        raw = Made(anchors={"anchors/1-directory-x.note": bundles.note(size, root_=OTHER_ROOT)}).bytes()
        assert [(f["class"], f["file"]) for f in checked(raw).findings] == [("history", "anchors/1-directory-x.note")]

    def test_of_another_ledger_is_found(self) -> None:
        raw = Made(anchors={"anchors/1.note": bundles.note(SIZE, origin=f"{bundles.NAME}/access")}).bytes()
        assert classes(raw) == {"history"}

    def test_that_was_forged_is_found(self) -> None:
        text = bundles.text_of(ANCHORED)
        forged = sign(text, bundles.NAME, KEY)._replace(data=bytes(64))
        assert classes(Made(anchors={"anchors/1.note": str(Note(text, (forged,)))}).bytes()) == {"signature"}

    def test_signed_before_the_keys_that_were_given_is_told_and_still_compared(self) -> None:
        anchors = {"anchors/1.note": bundles.note(ANCHORED, OLD_KEY)}
        verification = checked(Made(anchors=anchors, keys=bundles.keys_file(OLD_KEY, KEY)).bytes(), keys=KEYS)
        assert verification.status == 0
        assert any("anchors/1.note" in note["en"] for note in verification.notes)
        other = {"anchors/1.note": bundles.note(ANCHORED, OLD_KEY, root_=OTHER_ROOT)}
        assert classes(Made(anchors=other, keys=bundles.keys_file(OLD_KEY, KEY)).bytes(), keys=KEYS) == {"history"}

    def test_a_proof_that_does_not_lead_from_it_is_found(self) -> None:
        wrong = [bundles.growth(12, SIZE)._replace(first=ANCHORED)]
        assert classes(Made(anchors={"anchors/1.note": bundles.note(ANCHORED)}, grown=wrong).bytes()) == {"history"}

    def test_without_its_proof_cannot_be_checked(self) -> None:
        with pytest.raises(verify.Unable, match=r"from=13&to=21"):
            checked(Made(anchors={"anchors/1.note": bundles.note(ANCHORED)}, grown=[]).bytes())


class TestACheckpointFromElsewhere:
    def test_of_the_same_size_or_smaller_is_held_against_the_bundle(self) -> None:
        for size in (SIZE, ANCHORED):
            verification = checked(PLAIN, checkpoint=bundles.note(size).encode())
            assert (verification.findings, verification.status) == ([], 0)
            assert ("position 13" in str(verification.notes)) == (size == ANCHORED)
            assert classes(PLAIN, checkpoint=bundles.note(size, root_=OTHER_ROOT).encode()) == {"history"}

    def test_of_a_greater_size_needs_the_proof_that_the_office_gives(self) -> None:
        kept = bundles.note(LARGER).encode()
        with pytest.raises(verify.Unable, match=r"from=21&to=40"):
            checked(PLAIN, checkpoint=kept)
        proof = [(SIZE, LARGER, bundles.growth(SIZE, LARGER).path)]
        assert checked(PLAIN, checkpoint=kept, consistency=proof).status == 0
        assert classes(PLAIN, checkpoint=kept, consistency=[(SIZE, LARGER, bundles.growth(20, LARGER).path)]) == {"history"}

    def test_signed_by_nobody_known_is_found(self) -> None:
        assert classes(PLAIN, checkpoint=bundles.note(SIZE, FORGERS).encode()) == {"key"}

    def test_that_shows_a_whole_forged_bundle(self) -> None:
        raw = Made(checkpoint=bundles.note(SIZE, FORGERS), keys=bundles.keys_file(FORGERS)).bytes()
        assert classes(raw, checkpoint=bundles.note(SIZE).encode()) == {"key"}

    def test_that_is_none_is_found(self) -> None:
        assert classes(PLAIN, checkpoint=b"hello") == {"checkpoint"}

    def test_that_ends_at_the_last_record_covers_all(self) -> None:
        kept = bundles.note(MINE[-1]).encode()
        proof = [(MINE[-1], SIZE, bundles.growth(MINE[-1], SIZE).path)]
        assert checked(PLAIN, checkpoint=kept, consistency=proof).notes == []


def replaced(raw: bytes, at: int, new: bytes) -> bytes:
    return raw[:at] + new + raw[at + len(new) :]


END = struct.unpack("<4s4H2LH", PLAIN[-22:])
DIRECTORY = END[6]


class TestTheArchive:
    @pytest.mark.parametrize(
        "raw",
        [
            PLAIN + b"x", b"x" + PLAIN, PLAIN[:-1], PLAIN[:DIRECTORY], b"", b"PK", PLAIN[-22:],
            PLAIN[: DIRECTORY - 1] + PLAIN[DIRECTORY:],
            PLAIN[:DIRECTORY] + b"x" + PLAIN[DIRECTORY:], replaced(PLAIN, len(PLAIN) - 2, b"\1\0") + b"x",
            replaced(PLAIN, len(PLAIN) - 18, b"\1\0"), replaced(PLAIN, len(PLAIN) - 14, b"\1\0"),
            replaced(PLAIN, len(PLAIN) - 12, b"\1\0\1\0"),
            replaced(PLAIN, len(PLAIN) - 14, struct.pack("<2H", END[3] - 1, END[3] - 1)),
            replaced(PLAIN, len(PLAIN) - 14, struct.pack("<2H", END[3] + 1, END[3] + 1)),
        ],
    )  # fmt: skip
    def test_that_is_cut_or_added_to_is_found(self, raw: bytes) -> None:
        assert classes(raw) == {"container"}

    @pytest.mark.parametrize("field_at", [*range(4, 30)])
    def test_every_field_of_a_files_header_is_fixed(self, field_at: int) -> None:
        assert classes(replaced(PLAIN, field_at, bytes([PLAIN[field_at] ^ 1]))) == {"container"}

    @pytest.mark.parametrize("field_at", [*range(46)])
    def test_every_field_of_the_directory_is_fixed(self, field_at: int) -> None:
        at = DIRECTORY + field_at
        assert classes(replaced(PLAIN, at, bytes([PLAIN[at] ^ 1]))) == {"container"}

    @pytest.mark.parametrize("name", ["../up.txt", "/abs.txt", "a//b", "a/", ".hidden", "a\\b", "c:x", "a b", "", "files/.."])
    def test_a_name_that_leads_elsewhere_is_found(self, name: str) -> None:
        assert classes(bundles.packed([*Made().entries(), entry(name, b"x")])) == {"container"}

    def test_a_name_twice_is_found(self) -> None:
        entries = Made().entries()
        assert classes(bundles.packed([*entries, entries[1]])) == {"container"}

    def test_a_file_whose_checksum_is_another_is_found_even_where_both_headers_say_so(self) -> None:
        entries = Made().entries()
        raw = bundles.packed(entries)
        wrong = struct.pack("<L", entries[0].crc ^ 1)
        both = replaced(replaced(raw, 14, wrong), DIRECTORY + 16, wrong)
        assert classes(both) == {"container"}

    def test_one_packed_by_another_program_is_found(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(PLAIN)) as whole, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again:
            for info in whole.infolist():
                again.writestr(info.filename, whole.read(info))
        assert classes(out.getvalue()) == {"container"}

    def test_more_files_than_any_case_has_are_not_read(self) -> None:
        many = [entry(f"f{n}", b"") for n in range(verify.MOST_ENTRIES + 1)]
        (fault,) = checked(bundles.packed(many)).findings
        assert fault["detail"] == "too many files"
        assert "too many" not in str(checked(bundles.packed(many[:-1])).findings)

    def test_one_of_four_gigabytes_is_not_read(self) -> None:
        class Huge(io.BytesIO):
            length = 1 << 32

            def seek(self, offset: int, whence: int = 0) -> int:
                return self.length if whence == 2 else super().seek(offset, whence)

        huge, largest = Huge(PLAIN), Huge(PLAIN)
        largest.length -= 1
        for stream, detail in ((huge, "larger than 4 GiB"), (largest, "it does not end as a zip without a comment does")):
            verification = verify.Verification()
            verification.run(stream)
            assert [f["detail"] for f in verification.findings] == [detail]

    def test_a_text_too_large_to_be_one_is_not_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verify, "MOST_TEXT", 3000)
        assert ("container", "history.pdf") not in {(f["class"], f["file"]) for f in checked(PLAIN).findings}
        assert "container" in classes(edited("events.jsonl", lambda raw: raw * 3))
        assert verify.Bundle(io.BytesIO(bundles.packed([entry("a", bytes(3000))]))).read("a") == bytes(3000)

    def test_a_large_file_is_read_in_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verify, "PIECE", 10)
        data = bytes(range(256))
        for size in (0, 9, 10, 11, 20, 256):
            bundle = verify.Bundle(io.BytesIO(bundles.packed([entry("a", b"first"), entry("b", data[:size])])))
            assert bundle.measure("b") == (size, bundles.sha256(data[:size]).hexdigest())
        assert crc32(data)

    @given(st.integers(0, len(PLAIN) - 1), st.integers(1, 255))
    def test_any_byte_of_it_that_is_changed_is_found(self, at: int, by: int) -> None:
        raw = replaced(PLAIN, at, bytes([PLAIN[at] ^ by]))
        with suppress(verify.Unable):
            assert checked(raw, keys=KEYS).status == 1

    @given(st.data())
    def test_whatever_stands_in_its_data_is_judged_and_never_crashes(self, data: st.DataObject) -> None:
        strange = st.sampled_from([None, True, 0, -1, 2**60, "", "x", [], {}, [[]], {"a": 1}, "QQ==", 1.5])

        def spoil(value: Any) -> Any:
            if isinstance(value, dict) and value and data.draw(st.booleans()):
                name = data.draw(st.sampled_from(sorted(value)))
                return value | {name: spoil(value[name])}
            if isinstance(value, list) and value and data.draw(st.booleans()):
                at = data.draw(st.integers(0, len(value) - 1))
                return [*value[:at], spoil(value[at]), *value[at + 1 :]]
            return data.draw(strange)

        def spoiled(rows: list[Any]) -> list[Any]:
            at = data.draw(st.integers(0, len(rows) - 1))
            return [*rows[:at], spoil(rows[at]), *rows[at + 1 :]]

        def dumped(value: Any) -> bytes:
            return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

        name = data.draw(st.sampled_from(["manifest.json", "proofs.json", "events.jsonl"]))
        entries = Made().entries()
        if name == "manifest.json":
            raw = bundles.packed([entry(name, dumped(spoil(json.loads(bundles.read(entries[0]))))), *entries[1:]])
        elif name == "proofs.json":
            raw = edited(name, lambda held: dumped(spoil(json.loads(held))))
        else:
            raw = edited(name, lambda held: b"".join(dumped(row) + b"\n" for row in spoiled(bundles.lines(held))))
        with suppress(verify.Unable):
            assert checked(raw, keys=KEYS).status in {0, 1}


class TestTheFile:
    def test_has_the_limits_of_the_format(self) -> None:
        assert (verify.MOST_BYTES, verify.MOST_ENTRIES, verify.MOST_TEXT, verify.MOST_FINDINGS) == (2**32 - 1, 10_000, 2**28, 100)
        assert (verify.FORMAT, verify.ALG) == ("yuanshou-court-bundle-v1", "sha256-v1")

    def test_stands_alone(self) -> None:
        tree = ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 8))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert names == {"argparse", "base64", "datetime", "hashlib", "json", "re", "struct", "sys", "zlib"}
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]

    def test_says_no_more_than_so_many_findings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verify, "MOST_FINDINGS", 3)
        rows = bundles.stored()
        for row in rows:
            row["actor"] = "P-9"
        assert len(checked(of(rows)).findings) == 3
