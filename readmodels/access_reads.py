"""Who read of which case and person, and who was refused: the ledger of reads by what is asked of it, each by an index."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ledger.schema import access_reads, case_list, inquiries, subject_keys
from ledger.sql import Connection, Row, Statement, fetch_all, fetch_one
from readmodels.paging import LIMIT, Key, Order, Page, position

type Kind = Literal["personal_data_read", "access_refused"]
_C = access_reads.c
_NEWEST = Order(
    "access",
    (Key(_C.at, datetime.fromisoformat, sa.TIMESTAMP(timezone=True)), Key(_C.position, position, sa.BigInteger())),
    descending=True,
)


@dataclass(frozen=True, slots=True)
class AccessQuery:
    """Filters of `GET /access`. `subjects` are those that stand for one person; `from_at` and `to_at` bound `at`, the second excluded."""

    case: str | None = None
    subjects: Sequence[str] = ()
    person: str | None = None
    kind: Kind | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    cursor: str | None = None
    limit: int = LIMIT


def _holds(column: sa.ColumnElement[list[str]], ids: Collection[str]) -> sa.ColumnElement[bool]:
    # Overlap, and not containment: it is the operator that row-level security lets an index serve (docs/decisions/0009).
    return column.op("&&")(sa.cast(sa.literal(list(ids), pg.ARRAY(sa.Text)), pg.ARRAY(pg.UUID(as_uuid=False))))


def _where(query: AccessQuery) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool] | None] = [
        _holds(_C.cases, [query.case]) if query.case else None,
        _holds(_C.subjects, query.subjects) if query.subjects else None,
        _C.person == query.person if query.person else None,
        _C.type == query.kind if query.kind else None,
        _C.at >= query.from_at if query.from_at else None,
        _C.at < query.to_at if query.to_at else None,
    ]
    return [each for each in filters if each is not None]


async def find(conn: Connection, query: AccessQuery) -> Page:
    """Rows that fit, the newest first. Raises `BadCursor`."""
    onward = [_NEWEST.after(query.cursor)] if query.cursor else []
    found = sa.select(access_reads, *_NEWEST.columns()).where(*_where(query), *onward).order_by(*_NEWEST.by()).limit(query.limit + 1)
    return _NEWEST.page(await fetch_all(conn, found), query.limit)


async def readers(conn: Connection, case_id: str) -> list[Row]:
    """Who read of the case in which role, how often, by which ways (`channels`), when first and last; whoever read last comes first."""
    read = _C.type == "personal_data_read"
    last = sa.func.max(_C.at)
    found = (
        sa.select(
            _C.person, _C.role, _C.office,
            sa.func.count().filter(read).label("times"),
            sa.func.count().filter(sa.not_(read)).label("refused"),
            sa.func.coalesce(sa.func.array_agg(sa.distinct(_C.channel)).filter(read), sa.cast([], pg.ARRAY(sa.Text))).label("channels"),
            sa.func.min(_C.at).label("first_at"), last.label("last_at"),
        )
        .where(_holds(_C.cases, [case_id]))
        .group_by(_C.person, _C.role, _C.office)
        .order_by(last.desc(), _C.person, _C.role, _C.office)
    )  # fmt: skip
    return await fetch_all(conn, found)


async def case_of_number(conn: Connection, number: str) -> str | None:
    """Id of the case, consultation or duty request of that number that the caller reaches."""
    numbered = sa.or_(case_list.c.register_number == number, case_list.c.case_number == number)
    of_cases = sa.select(case_list.c.case_id.label("id")).where(numbered)
    of_inquiries = sa.select(inquiries.c.inquiry_id.label("id")).where(inquiries.c.number == number)
    row = await fetch_one(conn, sa.union_all(of_cases, of_inquiries).limit(1))
    return str(row["id"]) if row else None


async def numbers(conn: Connection, ids: Collection[str]) -> dict[str, str | None]:
    """By id of a case, consultation or duty request that the caller reaches, the number it goes by."""
    number = sa.func.coalesce(case_list.c.case_number, case_list.c.register_number)
    of_cases = sa.select(case_list.c.case_id.label("id"), number.label("number")).where(case_list.c.case_id.in_(list(ids)))
    of_inquiries = sa.select(inquiries.c.inquiry_id.label("id"), inquiries.c.number).where(inquiries.c.inquiry_id.in_(list(ids)))
    return {str(row["id"]): row["number"] for row in await fetch_all(conn, sa.union_all(of_cases, of_inquiries))} if ids else {}


_ERASED = Statement(
    sa.select(subject_keys.c.subject_id, subject_keys.c.shredded_at).where(
        subject_keys.c.shredded_at.is_not(None),
        subject_keys.c.subject_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(subject_keys.c.subject_id.type))),
    )
)


async def erased(conn: Connection, subjects: Collection[str]) -> dict[str, datetime]:
    """When each of the subjects was erased, of those that were."""
    rows = await (await _ERASED.run(conn, ids=sorted(subjects))).fetchall() if subjects else []
    return {str(row["subject_id"]): row["shredded_at"] for row in rows}
