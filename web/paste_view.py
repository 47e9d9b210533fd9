"""A paste as a page shows it: every row with what was read of it, and what is wrong, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from web.page import Visit
from web.paste import Fault, Pasted, Person

SAID = "said"
"""Code of a fault that comes with its own sentence, from the interface."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row: the person read from it, if anybody was, and its faults in words."""

    row: int
    person: Person | None
    groups: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """`at_large` are faults of the whole; `fen` is the sum of the amounts, None where nobody has one."""

    lines: tuple[Line, ...]
    at_large: tuple[str, ...]
    fen: int | None
    left_out: tuple[str, ...]
    faulty: int
    """How many faults there are."""
    blanks: bool
    """Cells were empty beside filled ones."""


def sentence(visit: Visit, fault: Fault) -> str:
    """What is wrong, where, and what to do."""
    if fault.code == SAID:
        return visit.t("paste.in_row", row=fault.row, said=fault.values["said"])
    return visit.t(f"paste.{fault.code}", row=fault.row or None, column=fault.column, **fault.values)


def preview(visit: Visit, pasted: Pasted) -> Preview | None:
    """The paste to be looked at; None where nothing was pasted."""
    if not pasted.people and not pasted.faults:
        return None
    by_row: dict[int, list[Fault]] = {}
    for fault in pasted.faults:
        by_row.setdefault(fault.row, []).append(fault)
    people = {person.row: person for person in pasted.people}
    rows: Sequence[int] = sorted({*people, *by_row} - {0})
    lines = tuple(_line(visit, row, people.get(row), by_row.get(row, [])) for row in rows)
    claims = [int(p.body["claim_fen"]) for p in pasted.people if "claim_fen" in p.body]
    return Preview(
        lines, tuple(sentence(visit, f) for f in by_row.get(0, [])), sum(claims) if claims else None, pasted.left_out, len(pasted.faults),
        any(f.code == "cell_empty" for f in pasted.faults),
    )  # fmt: skip


def _line(visit: Visit, row: int, person: Person | None, faults: Sequence[Fault]) -> Line:
    codes: list[str] = person.body.get("categories") or [] if person else []
    groups = visit.t("words.comma").join(visit.word("categories", code) for code in codes)
    return Line(row, person, groups, tuple(sentence(visit, fault) for fault in faults))
