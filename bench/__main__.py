"""All benchmarks, one after another; `make bench`. Prints each table and writes `docs/performance.md`.

`python -m bench --only append memory` runs some and leaves the page as it is. Exit status: 0 every budget is kept, 1 one is not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from bench import append, command, figures, memory, startup
from bench.figures import Report
from ops.home import ROOT

PAGE = ROOT / "docs" / "performance.md"
BENCHES: Mapping[str, Callable[[], Report]] = {
    "command": command.run,
    "command-dev": command.run_dev,
    "append": append.run,
    "startup": startup.run,
    "memory": memory.run,
}


def page(machine: str, reports: Sequence[Report]) -> str:
    """The document: what it was measured on, how to measure it again, and every table."""
    how_to_read = (
        "Made by `make bench`; do not edit. Each figure of speed stands beside its peer, measured in the same run on the same engines: "
        "what has a budget is the ratio, since milliseconds belong to a machine."
    )
    opening = ["# Performance", how_to_read, f"Measured on {machine}."]
    return "\n\n".join([*opening, *(report.markdown().strip() for report in reports)]) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for, else all; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="The benchmarks, each beside its peer.")
    parser.add_argument("--only", nargs="+", choices=list(BENCHES), metavar="NAME", help=f"some of: {', '.join(BENCHES)}")
    only: list[str] | None = parser.parse_args(arguments).only
    machine = figures.machine()  # the load before anything of ours ran
    reports: list[Report] = []
    for name, run in BENCHES.items():
        if only is None or name in only:
            reports.append(run())
            print(reports[-1].text(), flush=True)
    if only is None:
        PAGE.write_text(page(machine, reports), encoding="utf-8")
    missed = [report.title for report in reports if not report.kept]
    print("every budget is kept" if not missed else f"not every budget is kept: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
