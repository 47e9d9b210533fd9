"""Stages and states of a case, in the order in which cases pass through them (法律援助法; `docs/lifecycle.md`)."""

from typing import Literal, get_args

State = Literal[
    "received",
    "awaiting_papers",
    "awaiting_verification",
    "examined",
    "refused",
    "withdrawn",
    "deemed_withdrawn",
    "referred",
    "awaiting_assignment",
    "assigned",
    "lawyer_named",
    "in_representation",
    "replacing_lawyer",
    "termination_review",
    "closing",
    "file_returned",
    "file_accepted",
    "subsidy_approved",
    "subsidy_paid",
    "archived",
]
Stage = Literal["application", "assignment", "representation", "closure", "ended"]
Lane = Literal["papers_owed", "papers_overdue", "papers_complete", "confirmed", "found_ineligible"]
"""The accept-first lane (先受理后补办) that runs beside assignment and representation."""

STATES: tuple[State, ...] = get_args(State)
STAGES: tuple[Stage, ...] = get_args(Stage)
LANES: tuple[Lane, ...] = get_args(Lane)
END_STATES: frozenset[State] = frozenset({"refused", "withdrawn", "deemed_withdrawn", "referred", "archived"})
NOT_ENDED: frozenset[State] = frozenset(STATES) - END_STATES
ANY: frozenset[State] = frozenset(STATES)
"""Every state of an opened case."""

_STAGES: dict[Stage, tuple[State, ...]] = {
    "application": ("received", "awaiting_papers", "awaiting_verification", "examined"),
    "assignment": ("awaiting_assignment", "assigned", "lawyer_named"),
    "representation": ("in_representation", "replacing_lawyer", "termination_review"),
    "closure": ("closing", "file_returned", "file_accepted", "subsidy_approved", "subsidy_paid"),
    "ended": ("refused", "withdrawn", "deemed_withdrawn", "referred", "archived"),
}
STAGE_OF: dict[State, Stage] = {state: stage for stage, states in _STAGES.items() for state in states}

_LINE: tuple[State, ...] = tuple(s for s in STATES if s not in END_STATES or s == "archived")


def onward(first: State, last: State = "archived") -> frozenset[State]:
    """States from `first` to `last` inclusive along the line from the door to the archive; other endings are not on it."""
    return frozenset(_LINE[_LINE.index(first) : _LINE.index(last) + 1])
