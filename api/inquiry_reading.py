"""What may be read of consultations and duty requests: one with its history, lists, what the caller may do, a duty office's log."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import texts
from api import inquiry_views, views
from api.desk import Desk
from api.list_reading import reading_cursor
from api.problem import not_found
from api.schemas import body_schema, human_commands
from domain import access
from domain.consultation import ConsultationState
from domain.decide import may_issue
from domain.directory import CaseScope
from domain.duty import DutyState
from domain.duty.shifts import Shift, log_of, stream_of
from ledger import registers
from ledger.events import load_history
from ledger.tokens import tokens_for_query
from readmodels import inquiries
from readmodels.inquiries import InquiryQuery, Kind
from readmodels.paging import LIMIT_MAX

type Json = dict[str, Any]

NOT_FOUND: Mapping[Kind, str] = {"consultation": "consultation_not_found", "duty": "duty_request_not_found"}


async def visible(desk: Desk, kind: Kind, inquiry_id: str) -> ConsultationState | DutyState:
    """The inquiry as it stands, if it exists for the caller. Raises `Problem` 404 otherwise, alike for both reasons."""
    state = await inquiries.current(desk.conn, kind, inquiry_id)
    if state is not None and access.may_see(desk.principal, access.scope_of(state), desk.directory):
        return state
    missing = not_found(NOT_FOUND[kind])
    async with desk.in_own_name() as conn:
        missing.hides = inquiry_id if await inquiries.current(conn, kind, inquiry_id) is not None else None
    raise missing


async def one(desk: Desk, kind: Kind, inquiry_id: str) -> Json:
    """The inquiry as it stands, its history oldest first."""
    state = await visible(desk, kind, inquiry_id)
    history = await load_history(desk.conn, inquiry_id, kind=kind)
    events = [inquiry_views.event(kind, inquiry_id, recorded, desk.directory) for recorded in history]
    return await desk.reveal(inquiry_id, inquiry_views.view(state, desk.now) | {"events": events}, kind, what="inquiry")


async def listed(desk: Desk, query: InquiryQuery) -> Json:
    """Inquiries in the caller's scope that fit the filters."""
    if query.q:
        desk.access.via("search")
        query = replace(query, tokens=[token for _, token in tokens_for_query(desk.services.keys.search, query.q)])
    with reading_cursor():
        page = await inquiries.find(desk.conn, desk.scope, query)
    rows = [(str(row["inquiry_id"]), inquiry_views.row(row)) for row in page.rows]
    return {"items": await desk.reveal_each(rows, query.kind, what="inquiries"), "next_cursor": page.next_cursor}


async def allowed(desk: Desk, kind: Kind, inquiry_id: str) -> Json:
    """The commands the caller may issue on the inquiry now: `name`, `label`, `schema` of the body."""
    state = await visible(desk, kind, inquiry_id)
    scope = access.scope_of(state)
    today = desk.now.astimezone(views.ZONE).date()
    names = [
        each.name
        for each in human_commands()
        if (who := access.actor(desk.principal, each.name, scope, desk.directory)) and may_issue(state, each, who, desk.directory, today)
    ]
    items = [{"name": n, "label": texts.text(desk.lang, f"commands.{n}"), "schema": body_schema(n)} for n in names]
    return {"items": items, "next_cursor": None}


async def log(desk: Desk, office: str, first: datetime, last: datetime) -> Json:
    """Who was on duty between the two moments, and what came in: during whose shift, or while nobody was on duty.

    Raises `Problem` 404 for an office whose requests the caller does not see, or that is no duty office.
    """
    centre = desk.directory.centre_of(office)
    held = desk.directory.office(office)
    if held is None or centre is None or held.kind != "duty_lawyer_office" or not desk.scope.covers(CaseScope(centre.code, office)):
        raise not_found("office_not_found")
    shifts = [shift for shift in await shifts_of(desk, office) if shift.touches(first, last)]
    query = InquiryQuery("duty", office=office, received_from=first, received_to=last, limit=LIMIT_MAX)
    requests: list[Json] = []
    while True:
        page = await listed(desk, query)
        requests += page["items"]
        if page["next_cursor"] is None:
            break
        query = replace(query, cursor=page["next_cursor"])
    by_shift = {shift.shift_id: [r for r in requests if _during(shift, r)] for shift in shifts}
    met = {r["duty_request_id"] for found in by_shift.values() for r in found}
    return {
        "office": office,
        "from": views.moment(first),
        "to": views.moment(last),
        "shifts": [inquiry_views.shift(shift, by_shift[shift.shift_id]) for shift in shifts],
        "unattended": [r for r in requests if r["duty_request_id"] not in met],
    }


async def shifts_of(desk: Desk, office: str) -> tuple[Shift, ...]:
    """The whole log of an office."""
    return log_of(each.event for each in await registers.history(desk.conn, stream_of(office)))


def _during(shift: Shift, request: Json) -> bool:
    received = datetime.fromisoformat(request["received_at"])
    return shift.opened_at <= received and (shift.closed_at is None or received < shift.closed_at)
