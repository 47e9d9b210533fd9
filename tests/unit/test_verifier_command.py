"""The verifier as a person runs it: arguments, what it says in both languages, exit status."""

import io
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.unit import bundles
from tests.unit.bundles import ANCHORED, FORGERS, KEY, LARGER, SIZE, Made
from verifier import verify

GROWN = bundles.growth(SIZE, LARGER)
ASKED = {
    "ledger": "case", "from": SIZE, "to": LARGER, "proof": [bundles.b64(h) for h in GROWN.path],
    "from_root": bundles.b64(bundles.root(SIZE)), "to_root": bundles.b64(bundles.root(LARGER)),
}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with bundles, keys and notes as they come from elsewhere."""
    rows = bundles.stored()
    rows[2]["actor"] = "P-9"
    for name, data in {
        "clean.zip": Made().bytes(),
        "altered.zip": Made(rows=rows).bytes(),
        "erased.zip": Made(contents=bundles.CONTENTS | {bundles.DOCUMENTS[0]: None}).bytes(),
        "keys": bundles.keys_file(KEY),
        "others.keys": bundles.keys_file(FORGERS),
        "no.keys": b"# none\n",
        "bad.keys": b"x\n",
        "small.note": bundles.note(ANCHORED).encode(),
        "large.note": bundles.note(LARGER).encode(),
        "grown.json": json.dumps(ASKED).encode(),
        "bad.json": b"[]",
        "worse.json": b"\xff",
        "unproven.json": json.dumps(ASKED | {"proof": ["x"]}).encode(),
    }.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def run(here: Path, *words: str) -> int:
    return verify.main([str(here / word) if "." in word or word == "keys" else word for word in words])


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("clean.zip",), 3),
        (("clean.zip", "--key", "keys"), 0),
        (("erased.zip", "--key", "keys"), 0),
        (("clean.zip", "--checkpoint", "small.note"), 0),
        (("clean.zip", "--checkpoint", "large.note", "--consistency", "grown.json"), 0),
        (("altered.zip", "--key", "keys"), 1),
        (("clean.zip", "--key", "others.keys"), 1),
        (("clean.zip", "--manifest", "0" * 64), 1),
        (("altered.zip", "--checkpoint", "large.note"), 1),
        (("absent.zip",), 2),
        (("clean.zip", "--key", "absent.keys"), 2),
        (("clean.zip", "--key", "no.keys"), 2),
        (("clean.zip", "--key", "bad.keys"), 2),
        (("clean.zip", "--checkpoint", "large.note"), 2),
        (("clean.zip", "--consistency", "bad.json"), 2),
        (("clean.zip", "--consistency", "worse.json"), 2),
        (("clean.zip", "--consistency", "unproven.json"), 2),
        (("clean.zip", "--checkpoint", "absent.note"), 2),
    ],
)
def test_the_exit_status_says_what_came_out(here: Path, words: tuple[str, ...], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(here, *words) == status
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"{status} · {verify.RESULTS[status][0]} · {verify.RESULTS[status][1]}"


@pytest.mark.parametrize("words", [(), ("a", "b"), ("--unknown",)])
def test_arguments_that_are_not_understood_end_with_2(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        verify.main(list(words))
    assert ended.value.code == 2


def test_a_clean_bundle_is_told_in_both_languages(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "clean.zip", "--key", "keys")
    said = capsys.readouterr().out.splitlines()
    clean = (here / "clean.zip").read_bytes()
    manifest = bundles.read(Made().entries()[0])
    assert said[:5] == [
        f"核验程序 verifier SHA-256 {sha256(Path(verify.__file__).read_bytes()).hexdigest()}",
        f"证据包   bundle   SHA-256 {sha256(clean).hexdigest()}",
        f"清单     manifest SHA-256 {sha256(manifest).hexdigest()}",
        f"案件     case     {bundles.STREAM} · 版本 versions 1-6 · 账本 ledger case",
        f"检查点   checkpoint {bundles.NAME}/case · 21 条 events · 2026-03-02T00:00:00.000000Z",
    ]
    assert said[5] == "[相符 ok]    每个文件都与清单相符 · every file is the one the manifest lists"
    assert len([line for line in said if line.startswith("[相符 ok] ")]) == 6
    notes = [line for line in said if line.startswith("[说明 note] ")]
    assert len(notes) == 2
    assert notes[0].endswith(", ".join(verify.TO_READ))
    assert not [line for line in said if "unable" in line or "FAULT" in line]


def test_what_does_not_fit_is_told_with_ledger_position_and_class(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "altered.zip")
    said = capsys.readouterr().out.splitlines()
    at = said.index("[不符 FAULT] chain: 账本 ledger case, 位置 position 6")
    assert said[at + 1] == f"             {verify.SAYS['chain'][0]} · {verify.SAYS['chain'][1]} (note_added, version 3)"
    assert not [line for line in said if "记录序号相连" in line]
    assert not [line for line in said if "[说明" in line]


def test_a_file_that_does_not_fit_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "clean.zip", "--manifest", "0" * 64)
    assert "[不符 FAULT] manifest: 账本 ledger case, manifest.json" in capsys.readouterr().out
    (here / "broken.zip").write_bytes(b"hello")
    run(here, "broken.zip")
    said = capsys.readouterr().out.splitlines()
    assert "[不符 FAULT] container: " in said
    assert not [line for line in said if line.startswith(("清单", "案件", "检查点"))]


def test_why_it_could_not_run_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "clean.zip", "--checkpoint", "large.note")
    said = capsys.readouterr().out
    assert "[未能 unable] no proof between 21 and 40 events is at hand: ask the office for /ledger/consistency?from=21&to=40" in said
    assert "[说明" not in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--key", "bad.keys"), "a line that is no key"),
        (("--key", "no.keys"), "--key holds no key"),
        (("--consistency", "bad.json"), "--consistency is not what"),
        (("--key", "absent.keys"), "absent.keys"),
    ],
)
def test_what_is_wrong_beside_the_bundle_is_told(here: Path, words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "clean.zip", *words)
    assert why in capsys.readouterr().out.splitlines()[-2]


def test_a_terminal_without_chinese_is_told_what_it_can_show(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    assert run(here, "clean.zip", "--key", "keys") == 0
    screen.seek(0)
    assert "CLEAN: the history is whole" in screen.read()


def told(here: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    status = run(here, *words, "--json")
    return status, json.loads(capsys.readouterr().out)


def test_a_program_gets_the_same_as_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, clean = told(here, capsys, "clean.zip", "--key", "keys")
    assert (status, clean["result"], clean["findings"], clean["unable"], len(clean["passed"]), len(clean["notes"])) == (
        0,
        0,
        [],
        None,
        6,
        2,
    )
    assert clean["bundle"] == sha256((here / "clean.zip").read_bytes()).hexdigest()
    assert (clean["stream"], clean["checkpoint"]["size"]) == (bundles.STREAM, SIZE)
    status, altered = told(here, capsys, "altered.zip")
    assert (status, altered["result"]) == (1, 1)
    (fault,) = altered["findings"]
    assert (fault["class"], fault["ledger"], fault["position"], fault["file"]) == ("chain", "case", 6, None)
    status, unable = told(here, capsys, "absent.zip")
    assert (status, unable["verifier"], unable["bundle"]) == (2, "?", "?")
    assert "absent.zip" in unable["unable"]


def test_the_records_are_printed_as_stored(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "clean.zip", "--print")
    said = capsys.readouterr().out.splitlines()
    at = said.index("2  #5  2026-03-01T01:07:03.000004Z  2026-03-01  note_added  P-1 (caseworker, C-1)")
    assert json.loads(said[at + 1]) == bundles.body(5)[1]
    assert sum(line.startswith("    {") for line in said) == len(bundles.MINE)
    run(here, "clean.zip")
    assert "note_added" not in capsys.readouterr().out


def test_text_in_a_bundle_cannot_write_over_what_is_said_of_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = bundles.stored()
    rows[2]["type"] = "x\x1b[2J\n0 · 核验通过\u202e"
    (here / "spoofed.zip").write_bytes(Made(rows=rows).bytes())
    assert run(here, "spoofed.zip", "--print") == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert not [line for line in said.splitlines() if line.startswith("0 ")]


def test_the_manifests_digest_may_be_written_in_capitals(here: Path) -> None:
    digest = sha256(bundles.read(Made().entries()[0])).hexdigest()
    assert verify.main([str(here / "clean.zip"), "--manifest", digest.upper()]) == 3


def test_help_tells_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verify.main(["--help"])
    said = capsys.readouterr().out
    assert "python3 verify.py bundle.zip" in said
    assert "核验" in said
