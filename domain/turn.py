"""What is next on a case, and whether it is for this person: what taking the next case out of the queue looks at.

Who examined does not decide, and who stands behind a wall or has recused themselves gets nothing of it: both are asked of the very
rules that would refuse the command.
"""

from __future__ import annotations

from datetime import date

from domain.access import Principal, actor, may_see, scope_of
from domain.case import CaseState
from domain.command import COMMANDS
from domain.decide import may_issue
from domain.directory import Directory
from domain.lifecycle import State
from domain.matching import excluded

_DECIDED_BY: dict[State, tuple[str, ...]] = {
    "awaiting_papers": ("deem_withdrawn",),
    "examined": ("grant_aid", "refuse_aid"),
    "awaiting_assignment": ("assign_unit",),
    "replacing_lawyer": ("decide_replacement",),
    "termination_review": ("terminate_aid", "continue_aid"),
    "file_accepted": ("approve_subsidy",),
}
"""What an approver is waited for to do, by state."""
_OTHERWISE: dict[State, tuple[str, ...]] = {
    "received": (
        "issue_receipt", "require_supplement", "declare_conflict_check", "assess_hardship", "waive_hardship_check", "recommend_decision",
    ),
    "awaiting_papers": ("supply_papers",),
    "awaiting_verification": ("record_verification",),
    "examined": ("declare_conflict_check", "assess_hardship", "waive_hardship_check", "recommend_decision"),
    "assigned": ("name_lawyer", "decline_assignment"),
    "lawyer_named": ("notify_organ", "sign_engagement"),
    "closing": ("accept_closing_file", "return_closing_file"),
    "file_returned": ("accept_closing_file",),
    "subsidy_approved": ("pay_subsidy",),
    "subsidy_paid": ("archive_case",),
}  # fmt: skip
"""What the others are waited for to do."""


def steps(case: CaseState, waits_for: str | None, principal: Principal, directory: Directory, on: date) -> tuple[str, ...]:
    """The commands by which this person may bring the case on now; none where the case is not for them."""
    scope = scope_of(case)
    if not may_see(principal, scope, directory) or not excluded(case).isdisjoint(principal.codes):
        return ()
    found: list[str] = []
    for name in _named(case, waits_for):
        who = actor(principal, name, scope, directory)
        if who and may_issue(case, COMMANDS[name], who, directory, on):
            found.append(name)
    return tuple(found)


def _named(case: CaseState, waits_for: str | None) -> tuple[str, ...]:
    lane = case.accept_first
    if waits_for == "bureau_officer":
        return ("decide_objection",)
    if waits_for == "approver" and any(p.state == "open" for p in case.proposals):
        return ("accept_proposal", "return_proposal")
    if waits_for == "approver" and lane and lane.by_delegation and not lane.confirmed_by_approver:
        return ("confirm_acceptance",)
    if lane and lane.deferred and lane.state == "papers_complete":
        return ("grant_aid", "find_ineligible") if waits_for == "approver" else ("recommend_decision", "assess_hardship")
    if case.state is None:
        return ()
    return (_DECIDED_BY if waits_for == "approver" else _OTHERWISE).get(case.state, ())
