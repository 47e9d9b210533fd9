"""Whose hands the load of a leaver goes to: shared out by what each has in hand, never past a wall or a recusal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.registers import RegisterEvent
from domain.values import Code, Model

MoveKind = Literal["transfer", "replacement"]
"""A caseworker's case is transferred at once. A lawyer's goes through a replacement that is asked for and decided by another person: it
is the recipient's right to know who helps, the unit's duty to hand over, and its own time limits run (法律援助法 art. 32)."""
MOST_MOVES = 1_000
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Move(Model):
    """A case and who takes it over; a replacement names nobody, for the centre assigns anew once it is granted."""

    case_id: Code
    kind: MoveKind
    to: Code | None = None


class MoveBegun(Move):
    """A move as it was begun. `held_by` is who owned the case then: to whom it goes back where the move is undone."""

    held_by: Code | None = None


class ReassignmentBegun(RegisterEvent):
    """What was agreed on for the load of somebody who leaves, or for cases chosen from a list, which have no `leaver`.

    Each case moves by a command of its own, recorded in its own history. `undoes` is the batch whose cases go back to whom they came from.
    """

    batch: Code
    leaver: Code | None = None
    reason: Words
    moves: Annotated[tuple[MoveBegun, ...], Field(min_length=1, max_length=MOST_MOVES)]
    undoes: Code | None = None

    @property
    def stream(self) -> str:
        return f"reassignment/{self.batch}"


@dataclass(frozen=True, slots=True)
class Held:
    """A case of the leaver: where it is, and whom its walls and recusals keep away."""

    case_id: str
    centre: str
    kind: str | None
    excluded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of a centre who may take cases over. `kinds` are those the person is good at; empty means every kind."""

    person: str
    centre: str
    codes: frozenset[str]
    kinds: frozenset[str] = frozenset()
    away: bool = False


@dataclass(frozen=True, slots=True)
class Proposed:
    case_id: str
    to: str | None
    why: Literal["fewest_open", "nobody_free"]
    open_cases: int | None = None
    """What the colleague would have in hand, this case not counted."""


def share_out(cases: Iterable[Held], colleagues: Sequence[Colleague], loads: Mapping[str, int]) -> tuple[Proposed, ...]:
    """For each case, in the order given, the colleague of its centre with the fewest open cases so far; ties by code.

    Who is good at the kind of case comes before who is not; nobody behind the case's walls, and nobody on leave, is proposed.
    """
    counted = dict(loads)
    found: list[Proposed] = []
    for case in cases:
        able = [c for c in colleagues if c.centre == case.centre and not c.away and c.codes.isdisjoint(case.excluded)]
        if not able:
            found.append(Proposed(case.case_id, None, "nobody_free"))
            continue
        best = min(able, key=lambda c: (bool(c.kinds) and case.kind not in c.kinds, counted.get(c.person, 0), c.person))
        found.append(Proposed(case.case_id, best.person, "fewest_open", counted.get(best.person, 0)))
        counted[best.person] = counted.get(best.person, 0) + 1
    return tuple(found)


def begun(
    batch: str,
    leaver: str | None,
    reason: str,
    moves: Sequence[Move],
    on: date,
    *,
    owners: Mapping[str, str | None],
    undoes: str | None = None,
) -> ReassignmentBegun:
    """The batch as it is recorded; `owners` by case are those of this moment."""
    noted = tuple(MoveBegun(**move.model_dump(), held_by=owners.get(move.case_id) if move.kind == "transfer" else None) for move in moves)
    return ReassignmentBegun(since=on, batch=batch, leaver=leaver, reason=reason, moves=noted, undoes=undoes)
