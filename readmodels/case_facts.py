"""What the statistics count of each case: a row a fact, with the legal day by which it is put into a period (`docs/figures.md`).

It follows the ledger. Days and first steps are those of the events; what may still change (group, township, lane, amounts) is as the case
stands.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, get_args

from domain.case import CaseState, Outcome
from domain.command import Happened
from domain.values import Applicant
from readmodels.case_list import categories
from readmodels.course import Course

Fact = Literal[
    "kind", "channel", "category", "township", "decision", "accept_first", "assignment", "outcome", "money", "subsidy",
]  # fmt: skip
FACTS: tuple[Fact, ...] = get_args(Fact)
UNKNOWN, NONE = "unknown", "none"
"""Stand for what nobody said, and for a case of no group."""
_DECIDES = {"accepted_first": "accepted_first", "aid_granted": "granted", "aid_refused": "refused"}
MONEY = ("recovered", "awarded", "loss_avoided", "fees_waived")
"""What an outcome brought, as keys of `money`."""
LANE = ("papers_owed", "papers_overdue", "papers_complete", "confirmed", "confirmed_late", "found_ineligible", "set_aside")
"""How an acceptance stands, as keys of `accept_first`: those of the lane, whether confirmed in time, and whether it was set aside."""


def rows(course: Course) -> list[dict[str, Any]]:
    """The case's facts; none before it was opened."""
    case = course[-1].after
    if not isinstance(case, CaseState) or case.state is None or case.opened_on is None:
        return []
    matter = case.matter
    whole = {"case_id": case.case_id, "centre": case.centre, "kind": (matter.kind if matter else None) or UNKNOWN}
    plain = {"key": "", "place": "", "days": 0, "amount": 0}
    return [whole | plain | fact for fact in (*_opened(case, case.opened_on, whole["kind"]), *_steps(course, case, case.opened_on))]


def _opened(case: CaseState, on: date, kind: str) -> Iterator[dict[str, Any]]:
    """Facts of the application."""
    yield {"fact": "kind", "key": kind, "day": on, "amount": case.people}
    yield {"fact": "channel", "key": case.channel or UNKNOWN, "day": on}
    for category in categories(case) or [NONE]:
        yield {"fact": "category", "key": category, "day": on}
    applicant = case.parties[case.heads]
    township = applicant.township if isinstance(applicant, Applicant) else None
    yield {"fact": "township", "key": township or UNKNOWN, "day": on, "place": (case.outlet or case.centre) if township else ""}


def _steps(course: Course, case: CaseState, opened: date) -> Iterator[dict[str, Any]]:
    """Facts of what was done: the first decision and assignment, the acceptance, outcome and money."""
    first: dict[str, Happened] = {}
    for happened in (happened for change in course for happened in change.events):
        first.setdefault("decision" if happened.event.type in _DECIDES else happened.event.type, happened)
    if decided := first.get("decision"):
        yield {"fact": "decision", "key": _DECIDES[decided.event.type], **_after(opened, decided)}
    if assigned := first.get("unit_assigned"):
        yield {"fact": "assignment", **_after(opened, assigned)}
    accepted = next((h for c in reversed(course) for h in reversed(c.events) if h.event.type == "accepted_first"), None)
    if accepted is not None:
        lane = case.accept_first
        yield {"fact": "accept_first", "key": _lane(case), "day": lane.accepted_on if lane else accepted.at.effective_on}
    yield from _ended(case)


def _after(opened: date, happened: Happened) -> dict[str, Any]:
    on = happened.at.effective_on
    return {"day": on, "days": max((on - opened).days, 0)}


def _lane(case: CaseState) -> str:
    if case.accept_first is None:
        return "set_aside"
    late = any(c.limit == "supply_owed_papers" and c.state == "met_late" for c in case.clocks)
    return "confirmed_late" if case.accept_first.state == "confirmed" and late else case.accept_first.state


def _ended(case: CaseState) -> Iterator[dict[str, Any]]:
    """The outcome of the first who has one, the money of all: what one event says of several people counts once."""
    outcomes = [r.outcome for r in case.recipients if r.outcome]
    if outcomes:
        on = max(outcome.closed_on for outcome in outcomes)
        yield {"fact": "outcome", "key": outcomes[0].result, "day": on}
        once: list[Outcome] = list({outcome.version or -n: outcome for n, outcome in enumerate(outcomes, 1)}.values())
        for key in MONEY:
            amounts = [amount for outcome in once if (amount := getattr(outcome, f"{key}_fen"))]
            if amounts:
                yield {"fact": "money", "key": key, "day": on, "amount": sum(amounts)}
    if case.closure.paid_on:
        yield {"fact": "subsidy", "day": case.closure.paid_on, "amount": case.closure.subsidy_fen or 0}
