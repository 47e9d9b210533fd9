"""What a verification finds is said in both languages: every key it uses is in the catalogue, and survives the way to the page."""

import ast
import json
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import texts
from ledger.verify.findings import Finding
from ledger.verify.said import said
from web.findings import told
from web.page import Visit

ROOT = Path(__file__).parents[2]
SAYS = (*sorted((ROOT / "ledger" / "verify").glob("*.py")), ROOT / "readmodels" / "verifying.py", ROOT / "ops" / "verifying.py")


def _visit(lang: texts.Lang) -> Visit:
    return cast("Visit", SimpleNamespace(lang=lang, t=lambda key, **values: texts.text(lang, key, **values)))


def _used() -> set[str]:
    """Keys that stand as words in calls of `said`."""
    found: set[str] = set()
    for file in SAYS:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "said":
                found |= {each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return found


def test_every_sentence_is_in_the_catalogue() -> None:
    used = _used()
    assert len(used) > 40
    for lang in texts.LANGUAGES:
        assert not {key for key in used if not texts.has(lang, f"findings.{key}")}


def test_no_finding_speaks_without_the_catalogue() -> None:
    """The second word of a finding is never an English sentence that stands in the program."""
    for file in SAYS:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                assert not isinstance(node.args[1], ast.Constant | ast.JoinedStr), f"{file.name}:{node.lineno}"


@pytest.mark.parametrize(
    ("lang", "exactly"),
    [("zh-CN", "检查点 7 有 7 条记录，而账本止于第 5 位"), ("en", "checkpoint 7 holds 7 events, and the ledger ends at 5")],
)
def test_it_is_said_in_the_readers_language(lang: texts.Lang, exactly: str) -> None:
    found = Finding("tail_missing", said("ends_before", place="checkpoint 7", size=7, end=5), "case", 6, "case/x")
    there: Any = json.loads(json.dumps(pickle.loads(pickle.dumps(found)).as_dict()))  # noqa: S301 -- as between its processes
    assert there["detail"] == "checkpoint 7 holds 7 events, and the ledger ends at 5"
    assert told(_visit(lang), there)["exactly"] == exactly


def test_what_an_older_program_kept_is_shown_in_its_own_words() -> None:
    kept = {"class": "tail_missing", "detail": "as it was said then", "place": ""}
    assert told(_visit("zh-CN"), kept)["exactly"] == "as it was said then"
