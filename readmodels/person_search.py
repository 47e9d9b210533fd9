"""Finding people by a token of their names or numbers, the newest entry first, within what the caller may see.

A common surname is borne by tens of thousands. Where a term is rare its bearers are looked at one by one; where it is common, they are
looked at from the newest on until enough are seen, or, for somebody whose own cases are few, the people of those cases are looked at.
"""

from collections.abc import Collection, Sequence
from heapq import merge
from itertools import groupby, islice
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from domain.access import Reach, Scope
from ledger.schema import case_list, case_people, cases, inquiries, people, search_tokens
from ledger.sql import Connection, Row, fetch_all
from readmodels.scope import within

RARE = 2_000
"""Bearers of a term up to which all of them are looked at."""
FEW = 4_000
"""Cases of a scope up to which its own people are looked at, where the term is common."""
_FIRST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_UUID = UUID(as_uuid=False)


class Seen(NamedTuple):
    """Subjects found, newest first, and whether there are more."""

    subjects: list[str]
    more: bool


def inquiries_within(scope: Scope) -> sa.ColumnElement[bool]:
    """Rows of `inquiries` inside the scope: reached by centre, outlet or owner; no wall stands around them."""
    if scope.everything:
        return sa.true()
    return sa.or_(sa.false(), *(_reached(reach) for reach in scope.reaches if reach.states is None))


def _reached(reach: Reach) -> sa.ColumnElement[bool]:
    if reach.column not in ("centre", "outlet", "owner"):
        return sa.false()
    found = inquiries.c[reach.column].in_(sorted(reach.values))
    return sa.or_(found, inquiries.c.handing_to.in_(sorted(reach.values))) if reach.column == "owner" else found


def _visible(scope: Scope, subject: sa.ColumnElement[str]) -> sa.Lateral:
    """Whether the subject stands in anything of the scope, looked up by its key: never by reading all that the scope holds."""
    found = (
        sa.select(sa.literal(1).label("one"))
        .select_from(
            case_people.outerjoin(case_list, sa.and_(case_list.c.case_id == case_people.c.case_id, within(scope))).outerjoin(
                inquiries, sa.and_(inquiries.c.inquiry_id == case_people.c.case_id, inquiries_within(scope))
            )
        )
        .where(case_people.c.subject_id == subject, sa.or_(case_list.c.case_id.is_not(None), inquiries.c.inquiry_id.is_not(None)))
        .limit(1)
    )
    return found.lateral("seen")


async def _common(conn: Connection, token: int) -> bool:
    """Whether more than `RARE` people bear the term."""
    found = sa.select(search_tokens.c.token).where(search_tokens.c.token == token).offset(RARE).limit(1)
    return bool(await fetch_all(conn, found))


async def _few(conn: Connection, scope: Scope) -> bool:
    """Whether the scope holds no more than `FEW` cases."""
    if scope.everything:
        return False
    found = sa.select(sa.literal(1).label("one")).select_from(case_list).where(within(scope)).offset(FEW).limit(1)
    return not await fetch_all(conn, found)


async def _bearers(conn: Connection, token: int, scope: Scope, after: str, limit: int) -> list[str]:
    """Visible subjects that bear the term, older than `after`, newest first."""
    if await _common(conn, token) and await _few(conn, scope):
        mine = (
            sa.select(case_list.c.case_id)
            .where(within(scope))
            .union_all(sa.select(inquiries.c.inquiry_id).where(inquiries_within(scope)))
            .cte("mine")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        query = (
            sa.select(case_people.c.subject_id)
            .distinct()
            .join(mine, mine.c.case_id == case_people.c.case_id)
            .join(search_tokens, sa.and_(search_tokens.c.subject_id == case_people.c.subject_id, search_tokens.c.token == token))
            .where(case_people.c.subject_id < after)
            .order_by(case_people.c.subject_id.desc())
            .limit(limit)
        )
    else:
        seen = _visible(scope, search_tokens.c.subject_id)
        query = (
            sa.select(search_tokens.c.subject_id)
            .join(seen, sa.true())
            .where(search_tokens.c.token == token, search_tokens.c.subject_id < after)
            .order_by(search_tokens.c.subject_id.desc())
            .limit(limit)
        )
    return [str(row["subject_id"]) for row in await fetch_all(conn, query)]


async def bearers(conn: Connection, tokens: Collection[int], scope: Scope, *, after: str | None = None, limit: int = 20) -> Seen:
    """Visible people who bear any of the terms, the newest entry first. `after` is the last subject of the page before."""
    found = [await _bearers(conn, token, scope, after or _FIRST, limit + 1) for token in tokens]
    once = [subject for subject, _ in groupby(merge(*found, reverse=True))]
    return Seen(list(islice(once, limit)), len(once) > limit)


async def one_person(conn: Connection, subjects: Sequence[str]) -> dict[str, str]:
    """For these subjects and all that are linked with them: subject -> the one that stands for the person."""
    if not subjects:
        return {}
    wanted = sa.literal(list(subjects), ARRAY(_UUID))
    roots = sa.select(sa.func.coalesce(people.c.kept, people.c.subject_id).label("root")).where(people.c.subject_id == sa.any_(wanted))
    root = roots.subquery()
    rows = await fetch_all(
        conn,
        sa.select(people.c.subject_id, people.c.kept).where(
            sa.or_(people.c.subject_id.in_(sa.select(root.c.root)), people.c.kept.in_(sa.select(root.c.root)))
        ),
    )
    known = {str(row["subject_id"]): str(row["kept"] or row["subject_id"]) for row in rows}
    return {subject: subject for subject in subjects} | known


async def appearances(conn: Connection, subjects: Collection[str], scope: Scope) -> list[Row]:
    """What these subjects are in, so far as the caller may see it, the newest first; `party` is the sealed entry, `stream` its stream."""
    wanted = case_people.c.subject_id == sa.any_(sa.literal(sorted(subjects), ARRAY(_UUID)))
    own = (case_people.c.subject_id, case_people.c.case_id, case_people.c.party_id, case_people.c.kind, case_people.c.role)
    party = cases.c.snapshot["parties"][case_people.c.party_id].label("party")
    here = (*own, case_people.c.present, party)
    of_case = (
        sa.select(
            *here, sa.func.coalesce(case_list.c.case_number, case_list.c.register_number).label("number"), case_list.c.state,
            case_list.c.centre, case_list.c.cause, case_list.c.opened_on,
        )
        .join(case_list, case_list.c.case_id == case_people.c.case_id)
        .join(cases, cases.c.case_id == case_people.c.case_id)
        .where(wanted, within(scope))
    )  # fmt: skip
    day = sa.cast(sa.func.timezone("Asia/Shanghai", inquiries.c.received_at), sa.Date)
    of_inquiry = (
        sa.select(
            *here, inquiries.c.number, inquiries.c.state, inquiries.c.centre, sa.null().label("cause"), day.label("opened_on"),
        )
        .join(inquiries, inquiries.c.inquiry_id == case_people.c.case_id)
        .join(cases, cases.c.case_id == case_people.c.case_id)
        .where(wanted, inquiries_within(scope))
    )  # fmt: skip
    rows = [*await fetch_all(conn, of_case), *await fetch_all(conn, of_inquiry)]
    return sorted(rows, key=lambda row: str(row["case_id"]), reverse=True)
