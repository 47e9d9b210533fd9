"""What may be read across cases: lists, the queue, deadlines, histories, the inbox. Every list stays inside the caller's scope."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from api import views
from api.case_reading import event_shown
from api.desk import Desk
from api.problem import Problem, not_found
from domain import access
from domain.access import Scope
from domain.reads import What
from ledger.sql import Row
from ledger.tokens import tokens_for_query
from readmodels import deadlines as deadline_list
from readmodels import history, queue, search
from readmodels import inbox as inbox_list
from readmodels.deadlines import DeadlineQuery
from readmodels.history import EventQuery
from readmodels.paging import BadCursor, Page, after, onward
from readmodels.search import CaseQuery
from readmodels.skipped import visible

type Json = dict[str, Any]

ACROSS_ROLES = ("supervisor", "auditor", "approver", "bureau_officer")
"""Who may read histories across cases."""
SOON = timedelta(days=3)
"""How near a due moment is that counts as soon."""
HIDDEN = frozenset({"clocks", "excluded", "accepted_by", "register_serial", "case_serial"})
"""Columns of the case list that serve finding and keeping out; nobody is shown them."""
_COMES_FROM = {"categories": "applicant", "kind": "matter", "cause": "matter", "lane": "accept_first"}
"""Fields of a row under another name than the case's field they are taken from."""


@contextmanager
def reading_cursor() -> Generator[None]:
    """Within it a cursor that is none of ours becomes a problem."""
    try:
        yield
    except BadCursor as fault:
        raise Problem(422, "invalid", errors=[{"parameter": "cursor", "in": "query", "code": "invalid_value"}]) from fault


def case_row(desk: Desk, row: Row) -> Json:
    """A list row as returned; what the caller may not see of the case is absent and named."""
    hidden = access.withheld(desk.principal, search.scope_of_row(row), desk.directory)
    shown = {
        name: views.moment(value) if isinstance(value, datetime) else value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row.items()
        if name not in HIDDEN and not name.startswith("clock")
    }
    return views.withhold(shown, {*hidden, *(name for name, field in _COMES_FROM.items() if field in hidden)})


async def _listed(desk: Desk, page: Page, items: list[Json], what: What = "list") -> Json:
    opened = await desk.reveal_each([(str(row["case_id"]), item) for row, item in zip(page.rows, items, strict=True)], what=what)
    return {"items": opened, "next_cursor": page.next_cursor}


async def cases(desk: Desk, query: CaseQuery) -> Json:
    """Cases that fit the filters. `q` is a number (its beginning, or its serial: whole, or from the third digit on by its
    first digits), a name (characters, pinyin, initials), an ID number or a phone's end.

    `assignee` is a person, or a lawyer of the panel; the cases a person handles as such a lawyer are found by either code.
    """
    if (person := desk.directory.person(query.assignee)) and person.lawyer:
        query = replace(query, panel=person.lawyer)
    if query.q:
        desk.access.via("search")
        query = replace(query, tokens=[token for _, token in tokens_for_query(desk.services.keys.search, query.q)])
    with reading_cursor():
        page = await (_counted(desk, query) if query.fact else search.find(desk.conn, desk.scope, query))
    return await _listed(desk, page, [case_row(desk, row) for row in page.rows])


async def _counted(desk: Desk, query: CaseQuery) -> Page:
    """The cases that a figure counts: found as they were counted, shown behind the caller's wall."""
    scope = watch(desk)
    async with desk.in_own_name() as conn:
        page = await search.find(conn, scope, query)
    shown = await visible(desk.conn, {str(row["case_id"]) for row in page.rows})
    return Page([row for row in page.rows if str(row["case_id"]) in shown], page.next_cursor)


def watch(desk: Desk) -> Scope:
    """What the caller watches over: the cases reached by the roles that may read across cases, no others.

    Raises `Problem` 403 for who holds none of them.
    """
    roles = tuple((role, office) for role, office in desk.principal.roles if role in ACROSS_ROLES)
    if not roles:
        raise Problem(403, "forbidden")
    return access.list_scope(replace(desk.principal, roles=roles), desk.directory)


async def my_queue(desk: Desk, cursor: str | None, limit: int) -> Json:
    """What waits for the caller, the most urgent first; `urgency` is missed, due_today, soon, waiting (on somebody else) or later."""
    with reading_cursor():
        page = await queue.mine(desk.conn, desk.principal, desk.directory, desk.now, cursor=cursor, limit=limit)
    return await _listed(desk, page, [case_row(desk, row) | {"urgency": _urgency(desk, row)} for row in page.rows], "queue")


def _urgency(desk: Desk, row: Row) -> str:
    due: datetime | None = row["due_at"]
    if due is not None and due < desk.now:
        return "missed"
    if due is not None and due.astimezone(views.ZONE).date() == desk.now.astimezone(views.ZONE).date():
        return "due_today"
    if not desk.has_role(row["waiting_for"] or ""):
        return "waiting"
    return "soon" if due is not None and due < desk.now + SOON else "later"


def part(whole: Json, cursor: str | None, limit: int) -> Json:
    """One page of a list that was read as a whole. Raises `Problem` 422 for a cursor that is none."""
    with reading_cursor():
        first = after(cursor)
    items: list[Json] = whole["items"]
    return {"items": items[first : first + limit], "next_cursor": onward(first + limit) if first + limit < len(items) else None}


def moment_of(given: datetime | date | None, parameter: str, *, end: bool = False) -> datetime | None:
    """A moment as given, or the beginning (or `end`) of a day in Asia/Shanghai. Raises `Problem` 422 for a moment without offset."""
    if given is None or (isinstance(given, datetime) and given.tzinfo):
        return given
    if isinstance(given, datetime):
        raise Problem(422, "invalid", errors=[{"parameter": parameter, "in": "query", "code": "offset_missing"}])
    return datetime.combine(given + timedelta(days=end), time(), views.ZONE)


async def deadlines(desk: Desk, query: DeadlineQuery) -> Json:
    """Time limits of the caller's cases by due date; the clock's fields with the case's beside them."""
    with reading_cursor():
        page = await deadline_list.find(desk.conn, desk.scope, query, desk.now)
    return await _listed(desk, page, [case_row(desk, row) | {"case_state": row["state"], **_clock(row)} for row in page.rows], "deadlines")


def _clock(row: Row) -> Json:
    ended: date | None = row["clock_ended_on"]
    return {
        "id": row["clock_id"], "limit": row["clock_limit"], "state": row["clock_state"], "live": row["clock_live"],
        "started_on": row["clock_started_on"].isoformat(), "due_on": row["clock_due_on"].isoformat(),
        "due": row["clock_due_on"].isoformat(), "due_at": views.moment(row["clock_due_at"]),
        "ended_on": ended.isoformat() if ended else None, "confirmed": row["clock_confirmed"],
    }  # fmt: skip


async def events(desk: Desk, query: EventQuery) -> Json:
    """Events across cases, the newest first. Raises `Problem` 403 for who is none of `ACROSS_ROLES`."""
    if not desk.has_role(*ACROSS_ROLES):
        raise Problem(403, "forbidden")
    scope = desk.scope
    with reading_cursor():
        async with desk.in_own_name() as conn:
            found = await history.find(conn, scope, replace(query, sparse=_sparse(desk, scope, query)))
    rows = await history.at_positions(desk.conn, found.positions)
    return await _listed(desk, Page(rows, found.next_cursor), [_event(desk, row) for row in rows], what="histories")


def _sparse(desk: Desk, scope: Scope, query: EventQuery) -> bool:
    """Whether the offices asked about lie outside the caller's: what was done there on the caller's cases is little."""
    if scope.everything or query.offices is None:
        return False
    own = {office for reach in scope.reaches for code in reach.values for office in (code, *desk.directory.below(code))}
    return own.isdisjoint(query.offices)


def _event(desk: Desk, row: Row) -> Json:
    case_id = str(row["case_id"])
    case = {name.removeprefix("case_"): value for name, value in row.items() if name.startswith("case_")}
    # `case_number` of the list row is `case_case_number` in the joined one.
    numbers = {"register_number": row["case_register_number"], "case_number": row["case_case_number"]}
    return event_shown(desk, case_id, search.scope_of_row(case), row) | numbers


async def inbox(desk: Desk, *, unread: bool, cursor: str | None, limit: int) -> Json:
    """The caller's messages, the newest first."""
    with reading_cursor():
        page = await inbox_list.of_person(desk.conn, desk.principal.person, unread=unread, cursor=cursor, limit=limit)
    return {"items": [shown_message(row) for row in page.rows], "next_cursor": page.next_cursor}


def shown_message(row: Row) -> Json:
    """A message as its person reads it."""
    return {
        **row["data"],
        "id": row["id"],
        "case_id": str(row["case_id"]) if row["case_id"] else None,
        "register_number": row["register_number"],
        "case_number": row["case_number"],
        "kind": row["kind"],
        "settled": row["settled"],
        "at": views.moment(row["created_at"]),
        "read": row["read_at"] is not None,
        "read_at": views.moment(row["read_at"]),
    }


async def mark_read(desk: Desk, message_id: str) -> Json:
    """Mark a message read; repeating it changes nothing. Raises `Problem` 404 for one that is not the caller's."""
    if not await inbox_list.mark_read(desk.conn, desk.principal.person, message_id):
        raise not_found("message_not_found")
    return {"id": message_id, "read": True}
