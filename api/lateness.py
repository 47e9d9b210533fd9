"""Why a case's limits are where they are, for who watches over them: the dates, who was waited for, and who set and changed them."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from api import views
from api.case_reading import visible
from api.desk import Desk
from domain import access
from domain.case import CaseState
from domain.clocks.tasks import ANSWERS, task_of
from domain.rules import Rules
from domain.stages.extension import ApproveExtension, ExtensionApproved, ExtensionAsked, ExtensionRefused, RefuseExtension
from ledger import events
from ledger.events import Recorded
from ledger.sql import Row
from readmodels import lateness, load
from readmodels.lateness import Change, Stretch, Told

type Json = dict[str, Any]


async def of_case(desk: Desk, case_id: str) -> Json:
    """Each clock of the case with its story. Raises `Problem` 404 `case_not_found`."""
    await visible(desk, case_id)
    history = await events.load_history(desk.conn, case_id)
    today = desk.now.astimezone(views.ZONE).date()
    case, told = lateness.of_case(case_id, history, desk.now, today)
    shown = {
        "case_id": case_id,
        "register_number": case.register_number,
        "case_number": case.case_number,
        "stage": case.stage,
        "state": case.state,
        "owner": case.owner,
        "centre": case.centre,
        "version": case.version,
        "today": today.isoformat(),
        "clocks": [_clock(desk, case, each, desk.services.rules().under(desk.directory, today, case.centre or None)) for each in told],
    }
    opened: Json = await desk.reveal(case_id, shown, what="lateness")
    return opened


def _clock(desk: Desk, case: CaseState, told: Told, rules: Rules) -> Json:
    clock = told.clock
    return views.clock_view(clock, desk.now, rules) | {
        "started_on": clock.started_on.isoformat(),
        "due_on": clock.due_on.isoformat(),
        "first_due_on": clock.first_due_on.isoformat(),
        "late_days": told.late_days,
        "stretches": [_stretch(desk, each) for each in told.stretches],
        "changes": [_change(desk, case, each) for each in told.changes],
        "rungs": [_event(desk, each) | {"late": getattr(each.event, "late", False)} for each in told.rungs],
    }


def _stretch(desk: Desk, each: Stretch) -> Json:
    return {
        "from": each.first.isoformat(), "to": each.last.isoformat(), "days": each.days, "state": each.state,
        "waiting_for": each.waiting_for, "owner": each.owner, "owner_name": _name(desk, each.owner),
    }  # fmt: skip


def _change(desk: Desk, case: CaseState, each: Change) -> Json:
    cause = each.cause
    return _event(desk, each.recorded) | {
        "due_on": each.due_on.isoformat() if each.due_on else None,
        "before": each.before.isoformat() if each.before else None,
        "because": cause.event.type if cause else getattr(each.recorded.event, "cause", None),
        "because_version": cause.at.version if cause else None,
        "chain_hash": each.recorded.chain_hash.hex(),
        **_said(desk, case, each.recorded),
    }


def _said(desk: Desk, case: CaseState, recorded: Recorded) -> Json:
    """What a question for more time and its answer say beside the date, for who may read that of the history."""
    event = recorded.event
    if not isinstance(event, ExtensionAsked | ExtensionApproved | ExtensionRefused):
        return {}
    if not access.shows_event(desk.principal, desk.scope_of(case), desk.directory, event, recorded.at.actor):
        return {}
    return {"asked_to": event.due_on.isoformat(), **event.model_dump(mode="json", include={"reason"})}


def _event(desk: Desk, each: Recorded) -> Json:
    return {
        "type": each.event.type, "version": each.at.version, "position": each.position, "recorded_at": views.moment(each.recorded_at),
        "effective_on": each.at.effective_on.isoformat(), "actor": each.at.actor, "actor_name": _name(desk, each.at.actor),
    }  # fmt: skip


def _name(desk: Desk, code: str | None) -> str | None:
    person = desk.directory.person(code) if code else None
    return person.name if person else None


LONGEST = timedelta(days=92)
"""Of the days ahead that are shown at once."""


async def ahead(desk: Desk, *, first: date | None, last: date | None, office: str | None, person: str | None, limit_id: str | None) -> Json:
    """Open limits by the day they end, four weeks unless said otherwise; days without any stand too, with whether they are worked.

    Counted in the product's own name: asked of each of a city's limits the wall would cost more than all the rest of the page.
    """
    begins = first or desk.now.astimezone(views.ZONE).date()
    ends = min(max(last or begins + timedelta(days=27), begins), begins + LONGEST)
    by_day: dict[date, dict[str, int]] = defaultdict(dict)
    async with desk.in_own_name() as conn:
        counted = await load.ahead(conn, desk.scope, begins, ends, office=office, person=person, limit_id=limit_id)
    for row in counted:
        by_day[row["due_on"]][row["limit_id"]] = row["clocks"]
    calendar = desk.services.rules().under(desk.directory, begins, office).calendar
    days = (begins + timedelta(days=n) for n in range((ends - begins).days + 1))
    items = [
        {"day": day.isoformat(), "workday": calendar.is_workday(day), "clocks": sum(by_day[day].values()), "limits": by_day[day]}
        for day in days
    ]
    return {"items": items, "next_cursor": None}


async def tasks(desk: Desk, limit: int, *, only_asked: bool = False) -> Json:
    """Missed limits that the caller's roles have to answer, the oldest first, after the questions for more time that wait for a supervisor.

    `only_asked`: the questions alone. A task is gone when its limit, or the question, is answered.
    """
    today = desk.now.astimezone(views.ZONE).date()
    items = [_question(desk, row) for row in await _questions(desk, limit)]
    if only_asked:
        return {"items": items, "next_cursor": None}
    rows = await load.missed(desk.conn, desk.scope, desk.now, roles=[role for role, _ in desk.principal.roles], limit=limit)
    for row in rows:
        kind = task_of(row["on_miss"])
        if kind is not None:
            case = {name: row[name] for name in ("register_number", "case_number", "centre", "owner")}
            items.append(
                {"case_id": str(row["case_id"]), **case, "limit": row["limit_id"], "clock": row["clock_id"]}
                | {"due_on": row["due_on"].isoformat(), "late_days": (today - row["due_on"]).days, "task": kind}
                | {"commands": list(ANSWERS.get(kind, ()))}
            )
    return {"items": items, "next_cursor": None}


async def _questions(desk: Desk, limit: int) -> list[Row]:
    """Questions for more time that the caller may answer."""
    if not desk.has_role("supervisor"):
        return []
    return await load.asked(desk.conn, desk.scope, other_than=desk.principal.person, limit=limit)


def _question(desk: Desk, row: Row) -> Json:
    case = {name: row[name] for name in ("register_number", "case_number", "centre", "owner")}
    return {
        "case_id": str(row["case_id"]), **case, "limit": row["limit_id"], "clock": row["clock_id"], "due_on": row["due_on"].isoformat(),
        "late_days": 0, "task": "extension_asked", "commands": [ApproveExtension.name, RefuseExtension.name],
        "asked_to": row["asked_to"].isoformat(), "asked_by": row["asked_by"], "asked_by_name": _name(desk, row["asked_by"]),
    }  # fmt: skip
