"""The last result of a verification as it is kept in the home: there, not there, or none that can be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.verifications import kept
from ledger.verify.run import KEPT_FILE

RESULT: dict[str, Any] = {"at": "2026-11-24T01:52:00+00:00", "exit": 0, "ledgers": {"case": {"events": 3}}, "findings": [], "seconds": 0.1}


def test_what_was_kept_is_told_and_nothing_where_nothing_was(tmp_path: Path) -> None:
    assert kept(tmp_path) is None
    (tmp_path / KEPT_FILE).write_text(json.dumps(RESULT), encoding="utf-8")
    assert kept(tmp_path) == RESULT


@pytest.mark.parametrize("change", [{"at": "yesterday"}, {"at": 7}, {"exit": "0"}, {"ledgers": []}, {"findings": None}])
def test_what_is_no_result_is_not_taken_for_one(tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / KEPT_FILE).write_text(json.dumps(RESULT | change), encoding="utf-8")
    with pytest.raises(ValueError):  # noqa: PT011 -- whichever part is none
        kept(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", "null"])
def test_neither_is_another_file(tmp_path: Path, text: str) -> None:
    (tmp_path / KEPT_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError):  # noqa: PT011 -- of JSON, or of ours
        kept(tmp_path)
