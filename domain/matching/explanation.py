"""Why this pick, and why each other was passed over: what `unit_assigned` stores for the recipient, the lawyers and the supervisor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from domain.case import LawyerChoice
from domain.matching.candidates import Candidate, Gate, Reason
from domain.values import Code, Model

NotFollowedCause = Literal["conflict", "full", "on_leave", "not_qualified", "suspended", "declined"]
Why = Literal["gates", "recipient_chose_other", "ranks_lower", "approver_preferred"]


SHOWN = 40
"""Of those passed over, how many a case as it stands shows."""


class NotFollowed(Model):
    """A choice of the recipient that was not followed, and its cause."""

    choice: Code
    cause: NotFollowedCause


class PassedOver(Model):
    """A candidate that was not picked: the gates it fails, or how it compares with the best of those picked."""

    lawyer: Code
    unit: Code
    gates: tuple[Gate, ...] = ()
    why: Why
    lacks: tuple[Reason, ...] = ()
    """Reasons that speak for the pick and not for this one."""
    more_load: bool = False
    load: int | None = None
    """As of the candidate; absent in explanations stored before these numbers were kept."""
    max_load: int | None = None
    minutes: int | None = None
    waiting_days: int | None = None
    turn: int | None = None
    score: int | None = None


class Explanation(Model):
    choice: Literal["not_recorded", "no_wish", "wishes_only", "followed", "not_followed"]
    choice_rank: int | None = None
    """Which of the recipient's choices was followed (1 is the first)."""
    not_followed: tuple[NotFollowed, ...] = ()
    picked: tuple[Candidate, ...] = ()
    """The lawyers named, lead first; those of the unit who may be named where the unit is still to name one."""
    passed_over: tuple[PassedOver, ...] = ()
    """Everybody else of the panel, best first."""
    more_passed_over: int | None = None
    """How many more the event holds, where a case as it stands shows the first of them only."""

    def in_short(self) -> Explanation:
        """With those who came nearest; a panel of thousands stands in the event, and would weigh down each reading of the case."""
        rest = len(self.passed_over) - SHOWN
        return self if rest <= 0 else self.model_copy(update={"passed_over": self.passed_over[:SHOWN], "more_passed_over": rest})


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
    why, lacks, more_load = _why(candidate, best)
    return PassedOver(
        lawyer=candidate.lawyer, unit=candidate.unit, gates=candidate.gates, why=why, lacks=lacks, more_load=more_load,
        load=candidate.load, max_load=candidate.max_load, minutes=candidate.minutes, waiting_days=candidate.waiting_days,
        turn=candidate.turn, score=candidate.score,
    )  # fmt: skip


def _why(candidate: Candidate, best: Candidate | None) -> tuple[Why, tuple[Reason, ...], bool]:
    """Why it was passed over; where it ranks lower also the reasons it lacks, and whether it has more in hand."""
    if candidate.gates:
        return "gates", (), False
    if best is None or candidate.order < best.order:
        return "approver_preferred", (), False
    if best.choice is not None and best.choice != candidate.choice:
        return "recipient_chose_other", (), False
    return "ranks_lower", tuple(reason for reason in best.reasons if reason not in candidate.reasons), candidate.load > best.load
