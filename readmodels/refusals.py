"""Commands on cases that the rules refused: evidence too, kept in the inbox with their answer and outside the chain."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from domain.access import Scope
from ledger.schema import case_list, inbox
from ledger.sql import Connection, fetch_all
from readmodels.history import texts_of
from readmodels.paging import LIMIT, Key, Order, Page
from readmodels.scope import within

_AT = inbox.c
_NEWEST = Order(
    "refused",
    (Key(_AT.received_at, datetime.fromisoformat, sa.TIMESTAMP(timezone=True)), Key(_AT.command_id, str, sa.Text())),
    descending=True,
)


@dataclass(frozen=True, slots=True)
class RefusalQuery:
    """Filters of `GET /refusals`; the moments bound `received_at`, the second excluded. `actor` is a person, `code` the refusal's."""

    case: str | None = None
    command: str | None = None
    code: str | None = None
    actor: str | None = None
    offices: frozenset[str] | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    cursor: str | None = None
    limit: int = LIMIT


async def find(conn: Connection, scope: Scope, query: RefusalQuery) -> Page:
    """Refusals on the cases in the scope, the newest first. Raises `BadCursor`."""
    refusal, actor = _AT.outcome["refusal"], _AT.actor
    wanted: list[sa.ColumnElement[bool] | None] = [
        _AT.outcome.op("?", is_comparison=True)(sa.literal_column("'refusal'")),  # said as a literal: the index is of these rows alone
        _AT.kind == "case",
        within(scope),
        _AT.case_id == query.case if query.case else None,
        _AT.command == query.command if query.command else None,
        refusal["code"].astext == query.code if query.code else None,
        actor["id"].astext == query.actor if query.actor else None,
        actor["office"].astext == sa.any_(texts_of(sorted(query.offices))) if query.offices is not None else None,
        _AT.received_at >= query.from_at if query.from_at else None,
        _AT.received_at < query.to_at if query.to_at else None,
        _NEWEST.after(query.cursor) if query.cursor else None,
    ]
    rows = await fetch_all(
        conn,
        sa.select(
            _AT.command_id, _AT.case_id, _AT.command, _AT.received_at, _AT.decided_at, _AT.on_behalf_of,
            actor["id"].astext.label("actor"), actor["role"].astext.label("role"), actor["office"].astext.label("office"),
            refusal["code"].astext.label("code"), sa.cast(refusal["status"].astext, sa.Integer).label("status"),
            case_list.c.register_number, case_list.c.case_number, *_NEWEST.columns(),
        )
        .join_from(inbox, case_list, case_list.c.case_id == _AT.case_id)
        .where(*(clause for clause in wanted if clause is not None))
        .order_by(*_NEWEST.by())
        .limit(query.limit + 1),
    )  # fmt: skip
    return _NEWEST.page(rows, query.limit)
