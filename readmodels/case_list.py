"""The case list: one row a case, written with the events it shows, so that a list is never behind the case's page."""

from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.access import scope_of
from domain.case import CaseState
from domain.command import Role
from domain.lifecycle import State
from domain.stages.closure import never_handled
from domain.stages.handling import joiners_wait
from domain.stream import Clock
from domain.values import Applicant
from ledger.schema import case_list
from ledger.sql import Connection, Row, Statement
from readmodels.case_numbers import serial_of
from readmodels.course import Change, Course

Waiting = Role | Literal["applicant"]

_BY_STATE: dict[State, Waiting] = {
    "received": "caseworker",
    "awaiting_papers": "applicant",
    "awaiting_verification": "caseworker",
    "examined": "caseworker",
    "awaiting_assignment": "approver",
    "assigned": "unit_manager",
    "lawyer_named": "lawyer",
    "in_representation": "lawyer",
    "replacing_lawyer": "approver",
    "termination_review": "approver",
    "closing": "lawyer",
    "file_returned": "lawyer",
    "file_accepted": "approver",
    "subsidy_approved": "finance_officer",
    "subsidy_paid": "caseworker",
}
"""Who is expected to act next, by state; what a case's facts change about it stands in `waiting_for`."""


def waiting_for(case: CaseState) -> Waiting | None:
    """The role that must act now, `applicant` where the centre waits for papers, None where nobody must."""
    if any(r.objection and r.objection.state == "filed" for r in case.recipients):
        return "bureau_officer"
    if case.state is None or case.ended:
        return None
    if any(proposal.state == "open" for proposal in case.proposals):
        return "approver"
    return _by_lane(case) or _by_facts(case) or _BY_STATE[case.state]


def _by_lane(case: CaseState) -> Waiting | None:
    lane = case.accept_first
    if lane is None or case.state == "termination_review":
        return None
    if lane.by_delegation and not lane.confirmed_by_approver:
        return "approver"
    if lane.deferred and lane.state == "papers_complete":
        return "approver" if case.recommendation else "caseworker"
    return None


def _by_facts(case: CaseState) -> Waiting | None:
    if joiners_wait(case) and case.state != "termination_review":
        return "approver" if all(r.recommended for r in case.undecided) else "caseworker"
    if case.state in ("closing", "file_returned") and never_handled(case):
        return "caseworker"
    overdue = any(c.limit == "supply_papers" and c.state == "missed" and c.live for c in case.clocks)
    if (case.state == "awaiting_papers" and overdue) or (case.state == "examined" and case.recommendation):
        return "approver"
    if case.state == "lawyer_named" and case.on_notice:
        return "caseworker"
    if case.state == "closing" and case.closure.reports > case.closure.returns:
        return "caseworker"
    return None


def nearest(case: CaseState) -> Clock | None:
    """The open limit that falls due first; a missed one stays until it is answered. Paused limits do not run."""
    return min((c for c in case.clocks if c.live and c.state != "paused"), key=lambda c: c.due_at, default=None)


def rows_for(case: CaseState) -> dict[str, Any]:
    """The case's row. The applicant's name stays sealed, as in the ledger."""
    where = scope_of(case)
    next_due = nearest(case)
    matter = case.matter
    return {
        "case_id": case.case_id,
        "version": case.version,
        "register_number": case.register_number,
        "case_number": case.case_number,
        "register_serial": serial_of(case.register_number),
        "case_serial": serial_of(case.case_number),
        "stage": case.stage,
        "state": case.state,
        "lane": case.accept_first.state if case.accept_first else None,
        "centre": where.centre,
        "outlet": where.outlet,
        "unit": where.unit,
        "lawyer": case.assignment.lead if case.assignment else None,
        "lawyers": list(where.lawyers),
        "owner": where.owner,
        "accepted_by": next(iter(where.accepted_by), None),
        "excluded": sorted(where.excluded),
        "categories": categories(case),
        "kind": matter.kind if matter else None,
        "cause": matter.cause if matter else None,
        "channel": case.channel,
        "recipient_count": case.people,
        "applicant": case.parties[case.heads].model_dump(mode="json", include={"name"}),
        "opened_on": case.opened_on,
        "updated_at": case.updated_at,
        "due_at": next_due.due_at if next_due else None,
        "due_limit": next_due.limit if next_due else None,
        "waiting_for": waiting_for(case),
        "clocks": [clock_line(c) for c in case.clocks],
    }


def categories(case: CaseState) -> list[str]:
    """The groups that those who are helped or ask for it belong to, each once, the applicant's first."""
    people = (case.parties[r.party_id] for r in case.present)
    return list(dict.fromkeys(category for person in people if isinstance(person, Applicant) for category in person.categories))


def clock_line(clock: Clock) -> dict[str, Any]:
    """A time limit as lists keep it."""
    return {
        "id": clock.id,
        "limit": clock.limit,
        "state": clock.state,
        "live": clock.live,
        "started_on": clock.started_on.isoformat(),
        "due_on": clock.due_on.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "ended_on": clock.ended_on.isoformat() if clock.ended_on else None,
        "confirmed": clock.confirmed,
    }


_insert = insert(case_list).values({c.name: sa.bindparam(c.name, type_=c.type) for c in case_list.c})
UPSERT = Statement(
    _insert.on_conflict_do_update(
        index_elements=["case_id"], set_={c.name: _insert.excluded[c.name] for c in case_list.c if c.name != "case_id"}
    )
)
_ROW = Statement(sa.select(case_list).where(case_list.c.case_id == sa.bindparam("case")))


async def keep(conn: Connection, change: Change) -> None:
    """Write the case's row as it stands, in the transaction that appends the events."""
    if isinstance(change.after, CaseState):
        await UPSERT.run(conn, **rows_for(change.after))


def rows(course: Course) -> list[dict[str, Any]]:
    """The case's row; none before it was opened."""
    case = course[-1].after
    return [rows_for(case)] if isinstance(case, CaseState) and case.state is not None else []


async def row_of(conn: Connection, case_id: str) -> Row | None:
    return await (await _ROW.run(conn, case=case_id)).fetchone()
