"""Why this pick, and why each other was passed over: what `unit_assigned` stores for the recipient, the lawyers and the supervisor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from domain.case import LawyerChoice
from domain.matching.candidates import Candidate, Gate, Reason
from domain.values import Code, Model

NotFollowedCause = Literal["conflict", "full", "on_leave", "not_qualified", "suspended", "declined"]


class NotFollowed(Model):
    """A choice of the recipient that was not followed, and its cause."""

    choice: Code
    cause: NotFollowedCause


class PassedOver(Model):
    """A candidate that was not picked: the gates it fails, or how it compares with the best of those picked."""

    lawyer: Code
    unit: Code
    gates: tuple[Gate, ...] = ()
    why: Literal["gates", "recipient_chose_other", "ranks_lower", "approver_preferred"]
    lacks: tuple[Reason, ...] = ()
    """Reasons that speak for the pick and not for this one."""
    more_load: bool = False


class Explanation(Model):
    choice: Literal["not_recorded", "no_wish", "wishes_only", "followed", "not_followed"]
    choice_rank: int | None = None
    """Which of the recipient's choices was followed (1 is the first)."""
    not_followed: tuple[NotFollowed, ...] = ()
    picked: tuple[Candidate, ...] = ()
    """The lawyers named, lead first; those of the unit who may be named where the unit is still to name one."""
    passed_over: tuple[PassedOver, ...] = ()


def explain(
    choice: LawyerChoice | None, panel: Sequence[Candidate], picked: Sequence[Candidate], rank: int | None, causes: Sequence[NotFollowed]
) -> Explanation:
    """The explanation of a pick out of the panel; `rank` is the choice that was followed, `causes` stand for those that were not."""
    chosen = {c.lawyer for c in picked}
    best = min(picked, key=lambda c: c.order, default=None)
    return Explanation(
        choice=_choice(choice, rank),
        choice_rank=rank,
        not_followed=tuple(causes),
        picked=tuple(picked),
        passed_over=tuple(_passed_over(c, best) for c in panel if c.lawyer not in chosen),
    )


def choices_ahead(choices: Sequence[str], followed: Collection[str]) -> tuple[tuple[str, ...], int | None]:
    """The choices that rank before the one followed (all, where none was), and the rank of the one followed.

    `followed` holds the codes of the unit and, where they are named, of the lawyers.
    """
    rank = next((n for n, code in enumerate(choices, 1) if code in followed), None)
    return tuple(choices[: rank - 1 if rank else None]), rank


def _choice(choice: LawyerChoice | None, rank: int | None) -> Literal["not_recorded", "no_wish", "wishes_only", "followed", "not_followed"]:
    if choice is None:
        return "not_recorded"
    if choice.choices:
        return "followed" if rank else "not_followed"
    return "wishes_only" if choice.wishes else "no_wish"


def _passed_over(candidate: Candidate, best: Candidate | None) -> PassedOver:
    other = PassedOver(lawyer=candidate.lawyer, unit=candidate.unit, gates=candidate.gates, why="approver_preferred")
    if candidate.gates:
        return other.model_copy(update={"why": "gates"})
    if best is None or candidate.order < best.order:
        return other
    if best.choice is not None and best.choice != candidate.choice:
        return other.model_copy(update={"why": "recipient_chose_other"})
    lacks = tuple(reason for reason in best.reasons if reason not in candidate.reasons)
    return other.model_copy(update={"why": "ranks_lower", "lacks": lacks, "more_load": candidate.load > best.load})
