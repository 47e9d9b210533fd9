"""Load exports by pm4py, in an environment of its own: it is AGPL, so that nothing of ours imports it and no lock of the product names it.

    process_mining.py FILE ...   load each (.xes, .json, .sqlite), print as JSON what was found in it
    process_mining.py lock       make scripts/locks/pm4py.txt anew

The environment stands in the user's cache, keyed by the hash of its lock.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bootstrap import LOCKS, Stuck, cache, call, digest, say, uv, uv_environment

LOCK = LOCKS / "pm4py.txt"
WANTED = "pm4py"
_LOAD = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import pm4py

def told(path):
    if path.endswith(".xes"):
        log = pm4py.read_xes(path)
        graph, starts, ends = pm4py.discover_dfg(log)
        return {"events": len(log), "cases": log["case:concept:name"].nunique(), "follows": sum(graph.values())}
    log = pm4py.read_ocel2_sqlite(path) if path.endswith(".sqlite") else pm4py.read_ocel2_json(path)
    return {"events": len(log.events), "objects": len(log.objects), "relations": len(log.relations)}

print(json.dumps({path: told(path) for path in sys.argv[1:]}))
"""


def environment() -> Path:
    """The interpreter of the environment, made where it is not there. Raises `Stuck` where it cannot be made."""
    place = cache() / f"pm4py-{digest(LOCK)[:12]}"
    python = place / "bin" / "python"
    if (place / "ready").exists():
        return python
    say("making an environment for pm4py in the cache")
    shutil.rmtree(place, ignore_errors=True)
    call([uv(), "venv", "--quiet", "--python", sys.executable, place], "uv could not make an environment", env=uv_environment())
    call(
        [uv(), "pip", "install", "--quiet", "--python", python, "--require-hashes", "--only-binary", ":all:", "-r", LOCK],
        "pm4py could not be installed: is the package index reachable (PIP_INDEX_URL, proxy)?",
        env=uv_environment(),
    )
    (place / "ready").touch()
    return python


def lock() -> None:
    """The newest pm4py and all it needs, hashed, naming no host."""
    wanted = cache() / "pm4py.in"
    wanted.write_text(f"{WANTED}\n", encoding="utf-8")
    how = ("--quiet", "--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--python-version", "3.12")
    call(
        [uv(), "pip", "compile", *how, "--only-binary", ":all:", "-o", LOCK, wanted],
        "the requirements of pm4py could not be resolved",
        env=uv_environment(),
    )


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, 1 a file could not be loaded or the environment not be made, 2 nothing was asked for."""
    if not arguments:
        say(__doc__ or "")
        return 2
    try:
        if list(arguments) == ["lock"]:
            lock()
            return 0
        return subprocess.run([environment(), "-c", _LOAD, *arguments], check=False).returncode
    except Stuck as fault:
        say(str(fault))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
