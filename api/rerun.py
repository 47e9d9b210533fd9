"""Past decisions about means made again under the rules of their day, and the pledges drawn to be verified."""

from datetime import date, datetime, timedelta
from typing import Any

from api import views
from api.case_reading import visible
from api.desk import Desk
from api.eligibility import county_names, explained, policy_of, roles_needed
from api.problem import Problem, not_found
from domain import access
from domain.directory import Directory
from domain.eligibility.policy import Policy
from domain.eligibility.rehearsal import again
from domain.eligibility.spot_checks import Pledge, drawn
from domain.stages.decision import HardshipAssessed, HardshipCheckWaived
from ledger.events import Recorded
from readmodels import assessments, cases
from readmodels.assessments import AssessmentQuery, Standing

type Json = dict[str, Any]

CHECKERS = ("supervisor", "approver", "caseworker", "auditor")
"""Who sees which pledges are to be verified."""


async def rerun(desk: Desk, case_id: str, version: int) -> Json:
    """What a decision rested on, made again: each assessment and waiver that stood for somebody at that version.

    `then` is by the standards of its legal day as they were recorded when it was taken, `now` by those known now for the same day.
    Raises `Problem` 403 for who does not see the assessment, 404.
    """
    now = await visible(desk, case_id)
    if "eligibility" in access.withheld(desk.principal, desk.scope_of(now), desk.directory):
        raise Problem(403, "forbidden", withheld=["eligibility"])
    history = await cases.history_as_of(desk.conn, case_id, version=version)
    if not history or history[-1].at.version != version:
        raise not_found("version_not_found", version=now.version)
    stood = cases.folded(case_id, history)
    people = [r for r in stood.recipients if r.hardship or r.waiver]
    resting = {r.hardship.version for r in people if r.hardship} | {r.waiver.version for r in people if r.waiver}
    items = [await _made_again(desk, recorded) for recorded in history if recorded.at.version in resting]
    return {"case_id": case_id, "version": version, "type": history[-1].event.type, "items": items}


async def _made_again(desk: Desk, recorded: Recorded) -> Json:
    at, event = recorded.at, recorded.event
    then = await desk.services.directory.as_of(desk.conn, recorded.recorded_at)
    shown: Json = {
        "version": at.version,
        "type": event.type,
        "effective_on": at.effective_on.isoformat(),
        "recorded_at": views.moment(recorded.recorded_at),
        "for_recipients": list(getattr(event, "for_recipients", ())),
    }
    if isinstance(event, HardshipAssessed):
        return shown | {
            "recorded": assessment(desk, event),
            "then": made_again(desk, policy_of(desk, then), at.effective_on, event),
            "now": made_again(desk, policy_of(desk), at.effective_on, event),
        }
    if not isinstance(event, HardshipCheckWaived):
        raise TypeError(event.type)
    return shown | {
        "recorded": {"ground": event.ground, "basis": event.basis},
        "then": _waived_again(desk, then, event),
        "now": _waived_again(desk, desk.directory, event),
    }


def assessment(desk: Desk, event: HardshipAssessed) -> Json:
    """An assessment as recorded: its numbers, and how they came about."""
    data = views.plain(event)
    kept = ("in_hardship", "per_person_fen", "threshold_fen")
    return {name: data[name] for name in kept} | {"explanation": _explained(desk, data)}


def _explained(desk: Desk, data: Json) -> list[str]:
    return explained(desk.lang, data, county_names(desk.lang, desk.directory))["explanation"]


def made_again(desk: Desk, policy: Policy, on: date, event: HardshipAssessed) -> Json:
    """The assessment under a policy, and whether the sum and the outcome are as recorded; null where no standard was known."""
    found = again(policy, on, event)
    told: Json = {"same_sum": found.same_sum, "same_outcome": found.same_outcome, "result": None}
    if found.calculation is not None:
        data = views.plain(event) | found.calculation.as_json()
        kept = ("in_hardship", "per_person_fen", "threshold_fen")
        told["result"] = {name: data[name] for name in kept} | {"explanation": _explained(desk, data)}
    return told


def _waived_again(desk: Desk, directory: Directory, event: HardshipCheckWaived) -> Json:
    known = policy_of(desk, directory).waiver(event.ground)
    same = known is not None and known.basis == event.basis
    return {"same_sum": same, "same_outcome": same, "result": {"ground": event.ground, "basis": known.basis} if known else None}


def month_of(said: str) -> tuple[datetime, datetime]:
    """First moment of a month (`2026-11`) and of the next. Raises `Problem` 422 for what is none."""
    try:
        year, month = (int(part) for part in said.split("-"))
        first = datetime(year, month, 1, tzinfo=views.ZONE)
    except ValueError as fault:
        raise Problem(422, "invalid", errors=[{"parameter": "month", "in": "query", "code": "not_a_month"}]) from fault
    return first, (first + timedelta(days=32)).replace(day=1)


async def spot_checks(desk: Desk, *, centre: str, month: str | None) -> Json:
    """The integrity pledges of a centre recorded in a month, with those drawn to be verified and how that stands.

    Whoever has the ledger can draw the same again: `ticket` is SHA-256 over the month and the chain hash of the assessment. Raises
    `Problem` 403, 404 for an office that is no centre, 422 for what is no month.
    """
    roles_needed(desk, *CHECKERS)
    office = desk.directory.office(centre)
    if office is None or office.kind != "centre":
        raise not_found("centre_not_found")
    said = month or desk.now.astimezone(views.ZONE).strftime("%Y-%m")
    first, end = month_of(said)
    scope = desk.scope.showing("eligibility")
    query = AssessmentQuery(centre=centre, from_at=first, to_at=end, pledged=True)
    pledged = [each async for each in assessments.standing(desk.conn, scope, query)]
    policy = policy_of(desk)
    chosen = drawn(
        [Pledge(p.recorded.position, p.recorded.chain_hash, p.recorded.at.effective_on) for p in pledged],
        said, lambda on: policy.spot_check_percent(on, centre),
    )  # fmt: skip
    return {
        "centre": centre,
        "month": said,
        "percent": policy.spot_check_percent(end.date() - timedelta(days=1), centre),
        "pledges": len(pledged),
        "items": [pledge_row(p) for p in pledged if p.recorded.position in chosen],
        "next_cursor": None,
    }


def pledge_row(each: Standing) -> Json:
    """A pledge drawn: what it said, and how its verification stands: open, requested, or the result recorded."""
    asked = each.verifications[-1] if each.verifications else None
    return {
        "case_id": str(each.row["case_id"]),
        "register_number": each.row["register_number"],
        "state": each.row["state"],
        "version": each.recorded.at.version,
        "position": each.recorded.position,
        "chain_hash": each.recorded.chain_hash.hex(),
        "effective_on": each.recorded.at.effective_on.isoformat(),
        "household": len(each.event.household),
        "per_person_fen": each.event.per_person_fen,
        "threshold_fen": each.event.threshold_fen,
        "in_hardship": each.event.in_hardship,
        "verification": "open" if asked is None else asked.get("result") or "requested",
    }
