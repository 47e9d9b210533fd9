"""The list of consultations and duty requests: one row each, written with the events it shows, and how they are found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID, insert

from domain.access import Reach, Scope
from domain.consultation import ConsultationState
from domain.duty import DutyState
from domain.stream import Clock
from ledger import streams
from ledger.schema import cases, inquiries
from ledger.sql import Connection, Statement, fetch_all
from readmodels.case_list import clock_line
from readmodels.case_numbers import as_written
from readmodels.course import Change, Course
from readmodels.paging import LIMIT, Key, Order, Page, case_id
from readmodels.people import streams_of_bearers
from readmodels.search import NEVER

Kind = Literal["consultation", "duty"]
Sort = Literal["-received_at", "due_at"]
SORTS: tuple[Sort, ...] = get_args(Sort)

_TIME = sa.TIMESTAMP(timezone=True)
_ID = Key(inquiries.c.inquiry_id, case_id, UUID(as_uuid=False))
_RECEIVED = Key(inquiries.c.received_at, datetime.fromisoformat, _TIME)
_DUE = Key(sa.func.coalesce(inquiries.c.due_at, sa.literal(NEVER, _TIME)), datetime.fromisoformat, _TIME)
ORDERS: dict[Sort, Order] = {
    "-received_at": Order("-received_at", (_RECEIVED, _ID), descending=True),
    "due_at": Order("due_at", (_DUE, _ID)),
}

_insert = insert(inquiries).values({c.name: sa.bindparam(c.name, type_=c.type) for c in inquiries.c})
UPSERT = Statement(
    _insert.on_conflict_do_update(
        index_elements=["inquiry_id"], set_={c.name: _insert.excluded[c.name] for c in inquiries.c if c.name != "inquiry_id"}
    )
)
_ONE = Statement(sa.select(cases.c.version, cases.c.kind, cases.c.schema, cases.c.snapshot).where(cases.c.case_id == sa.bindparam("id")))


def consultation_row(state: ConsultationState) -> dict[str, Any]:
    """A consultation's row. The person's name stays sealed, as in the ledger."""
    person = None if state.anonymous else state.parties[0].model_dump(mode="json", include={"name"})
    return _common(state) | {
        "owner": state.owner,
        "handing_to": state.handing.to if state.handing else None,
        "channel": state.channel,
        "in_custody": None,
        "person": person,
        "forwarded_to": None,
        "case_id": state.application,
        "received_at": state.received_at,
        "waiting_for": "owner" if state.state == "open" or (state.state == "converted" and state.letter_open) else None,
    }


def duty_row(state: DutyState) -> dict[str, Any]:
    """A duty request's row."""
    waits = {"received": "duty_lawyer", "forwarded": "receptionist"}
    return _common(state) | {
        "owner": state.owner,
        "handing_to": None,
        "channel": "duty_office",
        "in_custody": state.in_custody,
        "person": state.parties[0].model_dump(mode="json", include={"name"}),
        "forwarded_to": state.forwarded_to,
        "case_id": state.application,
        "received_at": state.received_at,
        "waiting_for": waits.get(state.state or ""),
    }


def _row(state: object) -> dict[str, Any] | None:
    """The row of a stream of either kind that something happened to."""
    match state:
        case ConsultationState(state=str()):
            return consultation_row(state)
        case DutyState(state=str()):
            return duty_row(state)
        case _:
            return None


async def keep(conn: Connection, change: Change) -> None:
    """Write the inquiry's row as it stands, in the transaction that appends the events."""
    if row := _row(change.after):
        await UPSERT.run(conn, **row)


def rows(course: Course) -> list[dict[str, Any]]:
    """The inquiry's row; none before anything happened to it."""
    row = _row(course[-1].after)
    return [row] if row else []


def _common(state: ConsultationState | DutyState) -> dict[str, Any]:
    nearest = min((c for c in state.clocks if c.live and c.state != "paused"), key=_due, default=None)
    return {
        "inquiry_id": state.case_id,
        "kind": state.kind,
        "version": state.version,
        "number": state.number,
        "state": state.state,
        "centre": state.centre,
        "outlet": state.outlet,
        "updated_at": state.updated_at,
        "due_at": nearest.due_at if nearest else None,
        "due_limit": nearest.limit if nearest else None,
        "clocks": [clock_line(c) for c in state.clocks],
    }


def _due(clock: Clock) -> datetime:
    return clock.due_at


@dataclass(frozen=True, slots=True)
class InquiryQuery:
    """Filters of `GET /consultations` and `GET /duty-requests`; what is None does not filter.

    `awaited` is whom a hand-over waits for, `tokens` are those of `q`, made by the caller who holds the key.
    """

    kind: Kind
    office: str | None = None
    state: str | None = None
    owner: str | None = None
    awaited: str | None = None
    channel: str | None = None
    due_before: datetime | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    q: str | None = None
    tokens: Sequence[int] = ()
    sort: Sort = "-received_at"
    cursor: str | None = None
    limit: int = LIMIT


def within(scope: Scope) -> sa.ColumnElement[bool]:
    """Rows of `inquiries` inside the scope. Reaches that speak of a case's states, unit or lawyers reach none."""
    if scope.everything:
        return sa.true()
    return sa.or_(sa.false(), *(_reached(reach) for reach in scope.reaches if reach.states is None))


def _reached(reach: Reach) -> sa.ColumnElement[bool]:
    at, values = inquiries.c, sorted(reach.values)
    match reach.column:
        case "keepers":
            return sa.or_(at.owner.in_(values), at.handing_to.in_(values))
        case "centre" | "outlet" | "owner":
            return at[reach.column].in_(values)
        case _:
            return sa.false()


def _filters(query: InquiryQuery) -> list[sa.ColumnElement[bool]]:
    at = inquiries.c
    wanted: list[sa.ColumnElement[bool] | None] = [
        at.kind == query.kind,
        sa.or_(at.centre == query.office, at.outlet == query.office) if query.office else None,
        at.state == query.state if query.state else None,
        at.owner == query.owner if query.owner else None,
        at.handing_to == query.awaited if query.awaited else None,
        at.channel == query.channel if query.channel else None,
        at.due_at < query.due_before if query.due_before else None,
        at.received_at >= query.received_from if query.received_from else None,
        at.received_at < query.received_to if query.received_to else None,
        _found(query) if query.q else None,
    ]
    return [clause for clause in wanted if clause is not None]


def _found(query: InquiryQuery) -> sa.ColumnElement[bool]:
    numbered = sa.func.strpos(inquiries.c.number, as_written(query.q or "")) > 0
    if not query.tokens:
        return numbered
    return sa.or_(numbered, inquiries.c.inquiry_id.in_(streams_of_bearers(query.tokens)))


async def find(conn: Connection, scope: Scope, query: InquiryQuery) -> Page:
    """Inquiries in the scope that fit the filters. Raises `BadCursor`."""
    order = ORDERS[query.sort]
    where = [within(scope), *_filters(query), *([order.after(query.cursor)] if query.cursor else [])]
    rows = await fetch_all(conn, sa.select(inquiries, *order.columns()).where(*where).order_by(*order.by()).limit(query.limit + 1))
    return order.page(rows, query.limit)


async def current(conn: Connection, kind: Kind, inquiry_id: str) -> ConsultationState | DutyState | None:
    """The consultation or duty request as it stands; None where there is none of that kind."""
    row = await (await _ONE.run(conn, id=inquiry_id)).fetchone()
    if row is None or row["version"] == 0 or row["kind"] != kind:
        return None
    state = await streams.load(conn, inquiry_id, row)
    assert isinstance(state, ConsultationState | DutyState)  # noqa: S101 -- the row's kind says so
    return state
