"""Write docs/published-cases.md: how the published records run, and which of their facts found no place. `--check` only compares."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ledger.rules import current  # noqa: E402 -- found only once the root is on the path
from ops.example.facts import Dated, Fact, facts  # noqa: E402
from ops.example.published import published  # noqa: E402
from ops.example.rehearsal import rehearse  # noqa: E402
from ops.example.script import Scenario  # noqa: E402

DOC = ROOT / "docs" / "published-cases.md"
NOW = datetime(2026, 11, 24, 8, tzinfo=current().zone)
"""When the commands come in: after every day of the records."""
INTRO = """# The published cases, run

This page is written by `scripts/published_doc.py` from the records (`ops/example/published_cases.json`) and from their telling in commands
(`ops/example/published`); a test holds it to both. The telling is run by the rules in `tests/unit/test_published.py`, one test a record and
question, and through the HTTP API in `tests/integration/test_example.py`.

A day that the source, or a second one, prints stands as the legal day of its command, or as the date the command bears where it lies before
the aid or ahead of its entry (`held_on`, `payment_due_on`, `at`). What was inferred (the same day, the year, relative) keeps the order of
steps and is marked as filled. A day of something that is no step of a case (the accident, the wages owed since) stands in the
summary. Everything else that the product needs is filled in: the command's note says so and names the fields by their JSON pointers.
A case is archived where the record says how the matter ended; the closing file, the subsidy and the archive are filled in everywhere, since
no source prints a day of closure. Else it stays where the record leaves it. Acceptance (受理) is the receipt for the papers; the
decision is the grant. Limits are known from the day of their law: under the regulations of 2003 the case says that none is.
"""


class Row(NamedTuple):
    """One record: the dated steps of its timeline by where their days stand, its commands and how it ended."""

    fact: Fact
    scenario: Scenario
    ends: tuple[str, ...]
    legal: int
    dated: int
    text: int
    nowhere: int

    @property
    def printed(self) -> int:
        return self.legal + self.dated + self.text + self.nowhere

    @property
    def filled(self) -> int:
        """Commands that the record lacks altogether."""
        return sum(step.filled == ("",) for step in self.scenario.steps)


def rows() -> tuple[Row, ...]:
    return tuple(map(row, published()))


def row(scenario: Scenario) -> Row:
    fact = facts()[scenario.case]
    printed = [entry for entry in fact.timeline if entry.legal_day]
    legal = {seq for step in scenario.steps for seq in step.tells if step.on == fact.entry(seq).legal_day}
    told = {seq for step in scenario.steps for seq in step.tells}
    text = {seq for step in scenario.steps for seq in step.mentions} - told

    def count(seqs: set[int]) -> int:
        return sum(entry.seq in seqs for entry in printed)

    nowhere = {entry.seq for entry in printed} - told - text
    ends = tuple(str(acted.case.state) for acted in rehearse(scenario, NOW))
    return Row(fact, scenario, ends, count(legal), count(told - legal), count(text), len(nowhere))


def page() -> str:
    every = rows()
    return "\n".join([INTRO, *totals(every), "", *table(every), "", *left_out(every)]) + "\n"


def totals(every: tuple[Row, ...]) -> Iterator[str]:
    precise = [r for r in every if any(entry.day for entry in r.fact.timeline)]
    printed = [r for r in every if r.printed]
    archived = sum(set(r.ends) == {"archived"} for r in every)
    yield "## How many ran"
    yield ""
    cases, commands = sum(len(r.ends) for r in every), sum(len(r.scenario.steps) for r in every)
    yield f"- **All {len(every)} records ran**: {cases} cases, {commands} commands,"
    yield f"  none refused. {archived} end in the archive, {len(every) - archived} where the record leaves them."
    yield f"- {len(precise)} have day-precise steps: {names(precise)}."
    yield f"- {len(printed)} of these have days that a source prints (the others' are inferred): {names(printed)}."
    yield f"- The other {len(every) - len(precise)} run on filled days throughout."
    yield f"- Printed days: {sum(r.printed for r in every)}. {sum(r.legal for r in every)} are the legal day of their command,"
    yield f"  {sum(r.dated for r in every)} a date the command bears, {sum(r.text for r in every)} stand in the summary,"
    yield f"  {sum(r.nowhere for r in every)} found no place."
    yield f"- {sum(r.filled for r in every)} of the commands are filled in altogether."
    yield f"- {sum(len(r.scenario.left_out) for r in every)} facts found no place, or only as text."


def names(some: list[Row]) -> str:
    return ", ".join(r.fact.id for r in some)


def table(every: tuple[Row, ...]) -> Iterator[str]:
    yield "## The records"
    yield ""
    yield "Days printed: legal days + dates in the command + in the summary (+ without a place)."
    yield "Commands: all, and how many of them are filled in altogether."
    yield ""
    yield "| record | tier | law | recipients | forums | result | days printed | inferred | commands | filled | ends |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for r in every:
        cells = (
            r.fact.id,
            r.fact.tier,
            r.fact.regime.removeprefix("regulations_").removeprefix("law_"),
            str(r.fact.recipients),
            " → ".join(r.fact.handling),
            r.fact.result,
            f"{r.legal} + {r.dated} + {r.text}" + (f" (+ {r.nowhere})" if r.nowhere else "") if r.printed else "-",
            str(sum(map(inferred, r.fact.timeline))) if any(map(inferred, r.fact.timeline)) else "-",
            str(len(r.scenario.steps)),
            str(r.filled),
            " · ".join(r.ends),
        )
        yield f"| {' | '.join(cells)} |"


def inferred(entry: Dated) -> bool:
    return entry.day is not None and entry.legal_day is None


def left_out(every: tuple[Row, ...]) -> Iterator[str]:
    yield "## Facts that found no place"
    yield ""
    yield "What a record says and no command or field holds, or only a text does."
    yield ""
    yield "| record | fact |"
    yield "|---|---|"
    for r in every:
        for each in r.scenario.left_out:
            yield f"| {r.fact.id}{f' step {each.seq}' if each.seq else ''} | {each.what} |"


def main(arguments: list[str]) -> int:
    """Exit status 1 where `--check` finds the page out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    if not parser.parse_args(arguments).check:
        DOC.write_text(page(), encoding="utf-8")
        return 0
    if DOC.exists() and DOC.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/published-cases.md is out of date: run scripts/published_doc.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
