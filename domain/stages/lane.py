"""The accept-first lane as the other rooms see and change it. A fold is total: a case without the lane stays as it is."""

from __future__ import annotations

from datetime import date

from domain.case import AcceptFirst, CaseState
from domain.lifecycle import Lane

OWING: frozenset[Lane] = frozenset({"papers_owed", "papers_overdue"})


def lane_of(case: CaseState) -> AcceptFirst:
    """The lane of a case that has one. Raises `LookupError` otherwise."""
    if case.accept_first is None:
        raise LookupError("accept_first")
    return case.accept_first


def with_lane(case: CaseState, **changes: object) -> CaseState:
    """The case with some of its lane's fields changed."""
    return case.but(accept_first=case.accept_first.model_copy(update=changes)) if case.accept_first else case


def decided(case: CaseState) -> CaseState:
    """The case with its lane confirmed where the decision that the acceptance deferred has been made about everybody who stayed."""
    lane = case.accept_first
    if lane is None or not lane.deferred or lane.state != "papers_complete":
        return case
    open_ = any(r.status == "accepted_first" and r.decision is None for r in case.recipients)
    return case if open_ else with_lane(case, state="confirmed")


def reinstated(case: CaseState, on: date) -> CaseState:
    """The case after a finding of ineligibility fell (objection corrected): its lane and people stand where papers and day put them.

    A case whose lane is not `found_ineligible` stays as it is.
    """
    lane = case.accept_first
    if lane is None or lane.state != "found_ineligible":
        return case
    found = [r.party_id for r in case.recipients if r.status == "found_ineligible"]
    after = case.with_recipients(found, status="accepted_first")
    if lane.papers_owed:
        return with_lane(after, state="papers_overdue" if lane.due_on < on else "papers_owed")
    return with_lane(after, state="papers_complete" if lane.deferred else "confirmed")
