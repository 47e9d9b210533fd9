"""Every published record told in commands, with the legal days its source prints, and ending where the record leaves it."""

from ops.example.published.criminal import criminal
from ops.example.published.family import children, elderly, violence
from ops.example.published.harm import harm
from ops.example.published.tale import Tale
from ops.example.published.work import injuries, wages
from ops.example.script import Scenario

CLOSED = frozenset({
    "paid", "settled", "won", "arbitration_mediation", "court_mediation", "granted", "prosecution_withdrawn", "lenient",
})  # fmt: skip
"""Results with which a record's matter is over. `partial`, `pending` and `not_seen` leave the case where the record leaves it."""


def published() -> tuple[Scenario, ...]:
    """The records' stories, in the order of their ids; the same whenever they are made."""
    return tuple(tale.scenario() for _, tale in sorted(tales().items()))


def tales() -> dict[str, Tale]:
    """The records as told, by id: made anew each time, so that one may be told further."""
    told = (*injuries(), *wages(), *elderly(), *children(), *violence(), *harm(), *criminal())
    return {tale.fact.id: tale for tale in told}
