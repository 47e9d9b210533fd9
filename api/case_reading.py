"""What may be read of one case: as it stands or stood, its history, changes, limits, and what the caller may do next."""

from datetime import date, datetime
from typing import Any

import texts
from api import views
from api.commands import walled_off
from api.desk import Desk
from api.problem import Problem, not_found
from api.schemas import body_schema, human_commands
from domain import access
from domain.case import CaseState
from domain.decide import may_issue
from domain.directory import CaseScope
from domain.directory.circle import service_circle
from domain.values import Applicant
from ledger.events import UnknownEventType, UnreadableEvent, recorded
from ledger.sql import Row
from ledger.store import WORKER
from readmodels import cases, history
from readmodels import chain as cases_in_chain

type Json = dict[str, Any]


async def visible(desk: Desk, case_id: str) -> CaseState:
    """The case as it stands, if it exists for the caller.

    Raises `Problem`: 404 where not, alike for both reasons; 403 `walled_off` for who stands behind its wall and would otherwise reach it.
    """
    case = await cases.current(desk.conn, case_id)
    if case is not None and access.may_see(desk.principal, desk.scope_of(case), desk.directory):
        return case
    if case is None:  # not there, or the database itself hides it from this session
        async with desk.services.database.transaction(WORKER) as conn:
            case = await cases.current(conn, case_id)
    if case is not None and access.walled_off(desk.principal, access.scope_of(case), desk.directory):
        raise walled_off(case)
    missing = not_found("case_not_found")
    missing.hides = case and case.case_id
    raise missing


async def case(
    desk: Desk, case_id: str, *, version: int | None = None, as_of: datetime | None = None, legal_on: date | None = None
) -> Json:
    """The case as it stands, or as it stood: after a version's event, at a recorded moment, on a legal day.

    What the caller may see is judged by where the case stands now. Raises `Problem` 404, 422 `one_basis` where a version is asked
    together with a time.
    """
    now = await visible(desk, case_id)
    if version is not None and (as_of or legal_on):
        raise Problem(422, "one_basis")
    if version is None and as_of is None and legal_on is None:
        return await _shown(desk, now, now, desk.now)
    past = await cases.history_as_of(desk.conn, case_id, version=version, recorded=as_of, legal=legal_on)
    if not past or (version is not None and past[-1].at.version != version):
        raise not_found("not_yet_opened" if version is None else "version_not_found", version=now.version)
    stood = cases.folded(case_id, past)
    at = desk.now if stood.version == now.version else past[-1].recorded_at
    shown = await _shown(desk, stood, now, at)
    basis = "version" if version is not None else "_and_".join(n for n, v in (("recorded", as_of), ("legal", legal_on)) if v)
    return shown | {"as_of_basis": basis}


async def _shown(desk: Desk, stood: CaseState, now: CaseState, at: datetime) -> Json:
    circle = _circle(desk, stood)
    whole = views.case_view(stood, at) | ({"service_circle": circle} if circle else {})
    if until := now.open_to(desk.principal.person, desk.now):
        whole["glass_until"] = views.moment(until)
    view = views.withhold(whole, access.withheld(desk.principal, desk.scope_of(now), desk.directory))
    return views.opened_bodies(await desk.reveal(stood.case_id, view))


def _circle(desk: Desk, case: CaseState) -> Json | None:
    """How far the applicant has to the office that took the case, measured with the roads of the day it was opened."""
    if case.opened_on is None or not case.parties:
        return None
    applicant = case.parties[case.heads]
    if not isinstance(applicant, Applicant):
        return None
    circle = desk.services.rules().policy.circle
    found = service_circle(desk.directory.on(case.opened_on), applicant.township, case.outlet or case.centre, circle)
    return found and found._asdict()


async def events(desk: Desk, case_id: str, *, after: int = 0, limit: int = 50, type_: str | None = None) -> Json:
    """The case's history after a version, oldest first; `next_cursor` is the version to go on after."""
    now = await visible(desk, case_id)
    rows = await history.of_case(desk.conn, case_id, after, limit, type_)
    items = await desk.reveal(case_id, [event_shown(desk, case_id, desk.scope_of(now), row) for row in rows[:limit]], what="history")
    return {"items": items, "next_cursor": str(rows[limit - 1]["version"]) if len(rows) > limit else None}


def event_shown(desk: Desk, case_id: str, scope: CaseScope, row: Row) -> Json:
    """A stored event as the caller may read it; one whose content cannot be read is told of, and shown to auditors as it is stored."""
    try:
        happened = recorded(row)
    except (UnreadableEvent, UnknownEventType):
        return views.raw_view(case_id, row, desk.directory, raw=desk.has_role("auditor"))
    view = views.event_view(case_id, happened, desk.directory)
    told = access.shows_event(desk.principal, scope, desk.directory, happened.event, happened.at.actor)
    return view if told else views.withhold(view, ("data",))


async def diff(desk: Desk, case_id: str, first: int, last: int) -> Json:
    """Field changes between two versions, by JSON pointer into the case. Version 0 is the case before its first event."""
    now = await visible(desk, case_id)
    if max(first, last) > now.version:
        raise not_found("version_not_found", version=now.version)
    hidden = access.withheld(desk.principal, desk.scope_of(now), desk.directory)
    past = await cases.history_as_of(desk.conn, case_id, version=max(first, last))
    stood = cases.at_versions(case_id, past, (first, last))
    views_of = [views.withhold(views.case_view(stood[version]), hidden) if version else {} for version in (first, last)]
    before, after = await desk.reveal(case_id, views_of, what="diff")
    return {"case_id": case_id, "from": first, "to": last, "changes": list(views.changes(before, after))}


async def allowed(desk: Desk, case_id: str) -> Json:
    """The commands the caller may issue on the case now: `name`, `label`, `schema` of the body."""
    now = await visible(desk, case_id)
    scope = access.scope_of(now)
    today = desk.now.astimezone(views.ZONE).date()
    rules = desk.services.rules().under(desk.directory, today, now.centre or None)
    names = [
        kind.name
        for kind in human_commands()
        if kind.offered(now, rules, desk.now)
        and (who := access.actor(desk.principal, kind.name, scope, desk.directory))
        and may_issue(now, kind, who, desk.directory, today)
    ]
    items = [{"name": n, "label": texts.text(desk.lang, f"commands.{n}"), "schema": body_schema(n)} for n in names]
    return {"items": items, "next_cursor": None}


async def chain(desk: Desk, case_id: str) -> Json:
    """The case with those before and after it, so far as they exist for the caller, in the order they were opened."""
    now = await visible(desk, case_id)
    story = await cases_in_chain.of(desk.conn, now, lambda c: access.may_see(desk.principal, desk.scope_of(c), desk.directory))
    items = [
        views.withhold(views.chapter(c, asked=c.case_id == case_id), access.withheld(desk.principal, desk.scope_of(c), desk.directory))
        for c in story
    ]
    return {"items": items, "next_cursor": None}


async def clocks(desk: Desk, case_id: str) -> Json:
    now = await visible(desk, case_id)
    rules = desk.services.rules().under(desk.directory, desk.now.astimezone(views.ZONE).date(), now.centre or None)
    return {"items": [views.clock_view(c, desk.now, rules) for c in now.clocks], "next_cursor": None}
