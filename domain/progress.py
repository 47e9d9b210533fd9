"""How a case stands for the person it is about: a step in plain words, what they owe by when, the dates that concern them.

It is what the public page may tell (`docs/status-page.md`): nothing personal, nobody's name, no opponent, no court and no hearing. Whoever
reads over a shoulder, or found the slip, learns where the application stands and nothing of where somebody will be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal, NamedTuple, get_args

from domain.case import CaseState, Recipient, Status
from domain.lifecycle import Stage, State
from domain.stages.lane import OWING
from domain.stream import Clock
from domain.values import Paper

Step = Literal[
    "received", "papers_missing", "verifying", "examined", "refused", "withdrawn", "deemed_withdrawn", "referred", "granted",
    "accepted_first", "on_notice", "unit_assigned", "lawyer_named", "lawyer_on_notice", "in_representation", "replacing_lawyer",
    "under_review", "concluded", "terminated", "archived",
]  # fmt: skip
"""Where the case is, as its applicant would say it; the steps inside the house after the matter is over are one."""
Note = Literal["group", "apart", "goes_on", "papers_complete", "paused", "objection_filed", "objection_upheld", "may_object"]
What = Literal["decision", "lawyer", "sign", "replacement", "object", "objection", "remedy"]
"""What a date ahead is about."""
STEPS: tuple[Step, ...] = get_args(Step)
NOTES: tuple[Note, ...] = get_args(Note)
WHATS: tuple[What, ...] = get_args(What)

_STEP: Mapping[State, Step] = {
    "received": "received", "awaiting_papers": "papers_missing", "awaiting_verification": "verifying", "examined": "examined",
    "refused": "refused", "withdrawn": "withdrawn", "deemed_withdrawn": "deemed_withdrawn", "referred": "referred",
    "awaiting_assignment": "granted", "assigned": "unit_assigned", "lawyer_named": "lawyer_named",
    "in_representation": "in_representation", "replacing_lawyer": "replacing_lawyer", "termination_review": "under_review",
    "closing": "concluded", "file_returned": "concluded", "file_accepted": "concluded", "subsidy_approved": "concluded",
    "subsidy_paid": "concluded", "archived": "archived",
}  # fmt: skip
_ABOUT: Mapping[str, What] = {
    "examine_application": "decision", "decide_after_papers": "decision", "assign_unit": "lawyer", "urgent_assign": "lawyer",
    "assign_on_notice": "lawyer", "sign_engagement": "sign", "decide_replacement": "replacement", "file_objection": "object",
    "decide_objection": "objection", "next_remedy": "remedy",
}  # fmt: skip
"""Limits that concern the applicant; the others are the house's own, or stand under what is owed."""
_AGAINST: frozenset[Status] = frozenset({"refused", "terminated"})


class Ahead(NamedTuple):
    """A day that concerns the applicant; `late` where it has passed and what it was for has not happened."""

    what: What
    on: date
    late: bool


class Owed(NamedTuple):
    """Papers the centre waits for, and the last day; `explanations`: it also asked to be told something."""

    papers: tuple[Paper, ...]
    by: date
    late: bool
    explanations: bool = False


class Progress(NamedTuple):
    stage: Stage
    step: Step
    notes: tuple[Note, ...]
    owed: Owed | None
    ahead: tuple[Ahead, ...]
    """The nearest day first, one of each kind."""


def progress(case: CaseState, now: datetime) -> Progress:
    """How an opened case stands at a moment of Asia/Shanghai, whose day is the legal day. Raises `LookupError` before its first event."""
    if case.state is None or case.stage is None:
        raise LookupError("no such case yet")
    return Progress(case.stage, _step(case, case.state), tuple(_notes(case)), _owed(case, now), _ahead(case, now))


def _step(case: CaseState, state: State) -> Step:
    step = _STEP[state]
    if step in ("concluded", "archived") and case.present and all(r.status in _AGAINST for r in case.present):
        return "terminated"
    if state == "awaiting_assignment":
        return "on_notice" if case.on_notice else "accepted_first" if _waits_for_papers(case) else "granted"
    return "lawyer_on_notice" if step == "lawyer_named" and case.on_notice else step


def _waits_for_papers(case: CaseState) -> bool:
    lane = case.accept_first
    return lane is not None and lane.state in (*OWING, "papers_complete")


def _notes(case: CaseState) -> Iterable[Note]:
    if len({_side(r) for r in case.present}) > 1:
        yield "apart"
    elif len(case.present) > 1 or case.people > 1:
        yield "group"
    if not case.ended and case.accept_first is not None:
        if case.accept_first.state in OWING and case.stage in ("assignment", "representation"):
            yield "goes_on"
        elif case.accept_first.state == "papers_complete":
            yield "papers_complete"
    if any(c.limit == "examine_application" and c.state == "paused" for c in case.clocks):
        yield "paused"
    yield from _of_objections(case.recipients)


def _side(recipient: Recipient) -> str:
    """What decides whether two people of a case read the same answer."""
    return recipient.status if recipient.status in (*_AGAINST, "undecided") else "aided"


def _of_objections(recipients: Iterable[Recipient]) -> Iterable[Note]:
    contested = [r for r in recipients if r.decision is not None and r.decision.result != "granted"]
    states = {r.objection.state for r in contested if r.objection}
    if "filed" in states:
        yield "objection_filed"
    elif "upheld" in states:
        yield "objection_upheld"
    if any(r.objection is None and r.decision and r.decision.served_on is None for r in contested):
        yield "may_object"


def _owed(case: CaseState, now: datetime) -> Owed | None:
    if case.ended:
        return None
    if case.state == "awaiting_papers" and case.supplement is not None and case.supplement.open:
        asked = case.supplement
        return _by(case, "supply_papers", asked.papers, asked.by, now)._replace(explanations=bool(asked.explanations))
    lane = case.accept_first
    if lane is not None and lane.state in OWING and lane.papers_owed:
        return _by(case, "supply_owed_papers", lane.papers_owed, lane.due_on, now)
    return None


def _by(case: CaseState, limit: str, papers: tuple[Paper, ...], said: date, now: datetime) -> Owed:
    """The day is the clock's, which extensions and pauses move; the one that was said where no clock runs."""
    clock = min((c for c in case.clocks if c.limit == limit and c.live), key=lambda c: c.due_at, default=None)
    return Owed(papers, clock.due_on, _late(clock, now)) if clock else Owed(papers, said, said < now.date())


def _ahead(case: CaseState, now: datetime) -> tuple[Ahead, ...]:
    found: dict[What, Ahead] = {}
    running = (c for c in case.clocks if c.limit in _ABOUT and c.live and c.state != "paused")
    for clock in sorted(running, key=lambda c: c.due_at):
        what = _ABOUT[clock.limit]
        found.setdefault(what, Ahead(what, clock.due_on, _late(clock, now)))
    return tuple(found.values())


def _late(clock: Clock, now: datetime) -> bool:
    return clock.state == "missed" or clock.due_at < now
