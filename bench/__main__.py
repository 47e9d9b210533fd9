"""All benchmarks, one after another; `make bench`. Prints each table and writes it into `docs/performance.md`.

`python -m bench --only append memory` runs some; the others' tables stay. Exit status: 0 every budget is kept, 1 one is not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from bench import (
    access,
    append,
    assignment,
    command,
    dates,
    directory,
    figures,
    histories,
    memory,
    models,
    pages,
    papers,
    peer,
    people,
    proofs,
    reports,
    sealing,
    startup,
    storm,
    together,
    verify,
    wall,
    work_figures,
)
from bench.figures import Report
from ops.home import ROOT

PAGE = ROOT / "docs" / "performance.md"
OPENING = (
    "# Performance\n\nMade by `make bench`; do not edit. Each figure of speed stands beside its peer, measured in the same run on the same "
    "engines: what has a budget is the ratio, since milliseconds belong to a machine."
)
BENCHES: Mapping[str, Callable[[], Report]] = {
    "command": command.run,
    "command-dev": command.run_dev,
    "append": append.run,
    "peer": peer.run,
    "access": access.run,
    "proofs": proofs.run,
    "together": together.run,
    "wall": wall.run,
    "papers": papers.run,
    "dates": dates.run,
    "people": people.run,
    "directory": directory.run,
    "assignment": assignment.run,
    "reports": reports.run,
    "sealing": sealing.run,
    "models": models.run,
    "verify": verify.run,
    "histories": histories.run,
    "figures": work_figures.run,
    "pages": pages.run,
    "storm": storm.run,
    "startup": startup.run,
    "memory": memory.run,
}


def page(before: str, machine: str, report: Report) -> str:
    """The document with this report in it, and what it was measured on; other tables stay as they are."""
    sections = {section.partition("\n")[0]: section.strip() for section in before.split("\n## ")[1:]}
    sections[report.title] = f"{report.markdown().strip().removeprefix('## ')}\n\nMeasured on {machine}."
    return "\n\n".join([OPENING, *(f"## {section}" for section in sections.values())]) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for, else all; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="The benchmarks, each beside its peer.")
    parser.add_argument("--only", nargs="+", choices=list(BENCHES), metavar="NAME", help=f"some of: {', '.join(BENCHES)}")
    only: list[str] | None = parser.parse_args(arguments).only
    missed: list[str] = []
    for name, run in BENCHES.items():
        if only is None or name in only:
            machine = figures.machine()  # the load before it ran
            report = run()
            print(report.text(), flush=True)
            before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
            PAGE.write_text(page(before, machine, report), encoding="utf-8")
            missed += [] if report.kept else [report.title]
    print("every budget is kept" if not missed else f"not every budget is kept: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
