"""Write docs/lifecycle.md from the commands' own classes: the state diagram and the table of commands. `--check` only compares."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import domain.stages  # noqa: E402, F401 -- fills the vocabulary; found only once the root is on the path
from domain.command import COMMANDS, Command  # noqa: E402
from domain.lifecycle import ANY, NOT_ENDED, STAGE_OF, STAGES, STATES  # noqa: E402

DOC = ROOT / "docs" / "lifecycle.md"
ROOMS = {
    "application": "Application 申请",
    "accept_first": "Accept first, papers later 先受理后补办",
    "assignment": "Assignment 指派",
    "representation": "Representation 承办",
    "closure": "Closure 结案",
    "any_stage": "At any stage 各阶段",
}
BESIDE = {"consultation": ("Consultations 咨询", "a consultation"), "duty": ("Duty offices 值班", "a request to a duty lawyer")}
"""Streams beside the cases, with states of their own; each is the room of its commands too."""
INTRO = """# The life of a case

This page is written by `scripts/lifecycle_doc.py` from the commands' own classes (`domain/stages`) and a test holds it to them; change the
code, then run the script. Rules and refusals stand beside each command in its stage's file.

A case is opened by `submit_application` and stands in exactly one state. Arrows carry the commands that move it; an arrow from a stage
holds for each of its states, one to a stage leads back to that of its states in which the case was before. Beside assignment and
representation runs the lane of cases accepted first (`papers_owed`, `papers_overdue`, `papers_complete`, `confirmed`,
`found_ineligible`). Where several people receive the aid, a command that decides about some of them leaves the case where it is until
nobody is undecided.
"""


def diagram() -> Iterator[str]:
    """A mermaid state diagram. Where a command leaves, or may lead to, every state of a stage, the arrow is drawn at the stage."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for stage in STAGES:
        yield f"  state {stage} {{"
        yield from (f"    {state}" for state in STATES if STAGE_OF[state] == stage)
        yield "  }"
    yield from drawn("case")
    yield "```"


def drawn(kind: str) -> Iterator[str]:
    """The arrows of one kind of stream."""
    for (start, end), edges in groupby(sorted(arrows(kind)), key=lambda arrow: arrow[:2]):
        yield f"  {start} --> {end}: {', '.join(name for _, _, name in edges)}"


def arrows(kind: str) -> Iterator[tuple[str, str, str]]:
    """(from, to, command)."""
    for command in (c for c in COMMANDS.values() if c.stream == kind):
        leads = {(start or "[*]", end) for start, end in command.leads()}
        ends = {start: by_stage({end for other, end in leads if other == start}) for start, _ in leads}
        for end in {end for group in ends.values() for end in group}:
            yield from ((start, end, command.name) for start in by_stage({start for start, group in ends.items() if end in group}))


def by_stage(names: set[str]) -> set[str]:
    """The same states, those of a whole stage under the stage's name."""
    for stage in STAGES:
        states = {state for state in STATES if STAGE_OF[state] == stage}
        if states <= names:
            names = (names - states) | {stage}
    return names


def table(room: str) -> Iterator[str]:
    yield "| command | what it does | from | leads to | roles | not the actor of | events |"
    yield "|---|---|---|---|---|---|---|"
    for command in COMMANDS.values():
        if command.room == room:
            yield f"| {' | '.join(cells(command))} |"


def cells(command: type[Command]) -> tuple[str, ...]:
    said = (command.__doc__ or "").strip().split("\n")[0]
    conditional = command.allowed_in.__func__ is not Command.allowed_in.__func__
    return (
        f"`{command.name}`",
        said,
        states(command) + (" (and a condition of its own)" if conditional else ""),
        ", ".join(command.to) if command.states or command.stream in BESIDE else "received",
        ", ".join(sorted(command.roles)),
        command.other_than or "",
        ", ".join(command.emits),
    )


def states(command: type[Command]) -> str:
    if not command.states:
        return f"none: it opens {BESIDE[command.stream or ''][1] if command.stream in BESIDE else 'the case'}"
    if command.states == ANY:
        return "any"
    if command.states == NOT_ENDED:
        return "not ended"
    return ", ".join(sorted(command.states, key=lambda state: (STATES.index(state) if state in STATES else 0, state)))


def page() -> str:
    parts = [INTRO, *diagram()]
    for room, title in ROOMS.items():
        parts += ["", f"## {title}", "", *table(room)]
    for kind, (title, _) in BESIDE.items():
        parts += ["", f"## {title}", "", "```mermaid", "stateDiagram-v2", *drawn(kind), "```", "", *table(kind)]
    return "\n".join(parts) + "\n"


def main(arguments: list[str]) -> int:
    """Exit status 1 where `--check` finds the page out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    if not parser.parse_args(arguments).check:
        DOC.parent.mkdir(exist_ok=True)
        DOC.write_text(page(), encoding="utf-8")
        return 0
    if DOC.exists() and DOC.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/lifecycle.md is out of date: run scripts/lifecycle_doc.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
