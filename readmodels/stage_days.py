"""How long each case stood in which stage and state: one row for each time it came to a state, by legal days and by moments decided.

It follows the ledger. The day a state was left may lie before the day it was entered where the two came by different lanes, whose legal
days are not in one order (`domain.command.EffectiveLane`): who counts days takes such a stay for one of none.
"""

from typing import Any

from domain.case import CaseState
from readmodels.course import Course


def rows(course: Course) -> list[dict[str, Any]]:
    """The case's stays in their order; the last is still open."""
    found: list[dict[str, Any]] = []
    for change in course:
        for happened, case in zip(change.events, change.states, strict=True):
            if not isinstance(case, CaseState) or case.state is None or (found and found[-1]["state"] == case.state):
                continue
            at = happened.at
            if found:
                found[-1] |= {"left_on": at.effective_on, "left_at": at.decided_at}
            found.append({
                "case_id": case.case_id,
                "n": len(found) + 1,
                "stage": case.stage,
                "state": case.state,
                "entered_on": at.effective_on,
                "left_on": None,
                "entered_at": at.decided_at,
                "left_at": None,
                "version": at.version,
                "type": happened.event.type,
                "centre": case.centre,
                "office": at.office,
                "actor": at.actor,
            })  # fmt: skip
    return found
