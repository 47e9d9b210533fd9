"""What the recipients were awarded and what of it has come in, told from the recorded steps of the proceedings. Amounts in fen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.case import Procedure
from domain.values import Fen, Model

DECIDES = frozenset({"award", "judgment", "ruling", "mediation_paper"})
"""Steps whose amount is what somebody must pay."""


class Money(Model):
    """Without an award nothing is outstanding, whatever was paid."""

    awarded_fen: Fen = 0
    received_fen: Fen = 0
    outstanding_fen: Fen = 0
    due_on: date | None = None
    """The last day to pay that a step named."""
    received_on: date | None = None
    """When the last payment came in."""


def money(steps: Sequence[Procedure]) -> Money | None:
    """Awards against payments; None where no step names an amount.

    A later decision takes the place of an earlier one about the same people or some of them: a judgment that of the award it followed.
    """
    decided = sorted((s for s in steps if s.kind in DECIDES and s.amount_fen is not None), key=lambda s: (s.held_on, s.version))
    paid = [s for s in steps if s.kind == "payment_received" and s.amount_fen is not None]
    if not decided and not paid:
        return None
    standing = [s for n, s in enumerate(decided) if not any(set(s.for_recipients) <= set(x.for_recipients) for x in decided[n + 1 :])]
    awarded, received = (sum(s.amount_fen or 0 for s in some) for some in (standing, paid))
    return Money(
        awarded_fen=awarded,
        received_fen=received,
        outstanding_fen=max(awarded - received, 0),
        due_on=max((s.payment_due_on for s in steps if s.payment_due_on), default=None),
        received_on=max((s.held_on for s in paid), default=None),
    )
