"""Finding people by a token of their names or numbers, the newest entry first, within what the caller may see.

A common surname is borne by tens of thousands. Where a term is rare its bearers are looked at one by one; where it is common, they are
looked at from the newest on until enough are seen, or, for somebody whose own cases are few, the people of those cases are looked at.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from domain.access import Scope
from ledger.schema import case_list, case_people, cases, inquiries, search_tokens
from ledger.sql import Connection, Row, Statement
from readmodels.inquiries import within as inquired
from readmodels.scope import within

RARE = 2_000
"""Bearers of a term up to which all of them are looked at."""
FEW = 3_000
"""Cases of a scope up to which its own people are looked at, where the term is common."""
_FIRST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_UUID = UUID(as_uuid=False)


class Seen(NamedTuple):
    """Subjects found, newest first, and whether there are more."""

    subjects: list[str]
    more: bool


def _visible(scope: Scope, subject: sa.ColumnElement[str]) -> sa.FromClause:
    """Whether the subject stands in anything of the scope, looked up by its key: never by reading all that the scope holds."""
    found = (
        sa.select(sa.literal(1).label("one"))
        .select_from(
            case_people.outerjoin(case_list, sa.and_(case_list.c.case_id == case_people.c.case_id, within(scope))).outerjoin(
                inquiries, sa.and_(inquiries.c.inquiry_id == case_people.c.case_id, inquired(scope))
            )
        )
        .where(case_people.c.subject_id == subject, sa.or_(case_list.c.case_id.is_not(None), inquiries.c.inquiry_id.is_not(None)))
        .limit(1)
    )
    return found.lateral("seen")


_GROUP = (
    "WITH root AS MATERIALIZED ("
    "SELECT DISTINCT coalesce(p.kept, s.id) AS id FROM unnest(cast(:ids AS uuid[])) AS s(id) LEFT JOIN people p ON p.subject_id = s.id)"
    " SELECT root.id AS subject_id, root.id AS person FROM root"
    " UNION ALL SELECT p.subject_id, root.id FROM root JOIN people p ON p.kept = root.id"
)
"""The subjects and all that are linked with them, each with the one that stands for the person."""
_PERSONS = Statement(sa.text(_GROUP))
_ARE_COMMON = Statement(
    sa.text(
        "SELECT w.token FROM unnest(cast(:tokens AS bigint[])) AS w(token)"
        " WHERE EXISTS (SELECT 1 FROM search_tokens s WHERE s.token = w.token OFFSET :rare LIMIT 1)"
    )
)

# A scope's clauses are compiled once for whoever has it: composing a statement costs more than running it.


def _given[T](name: str, kind: sa.types.TypeEngine[T]) -> sa.BindParameter[T]:
    """A parameter of the run: with a value of its own, since the clauses of a scope are spelt out before any is given."""
    return sa.bindparam(name, value=None, type_=kind)


def _wanted() -> tuple[sa.FromClause, sa.BindParameter[str], sa.BindParameter[int]]:
    tokens = sa.func.unnest(_given("tokens", ARRAY(sa.BigInteger))).table_valued("token").render_derived(name="w")
    return tokens, _given("after", _UUID), _given("most", sa.Integer())


def _own_cases(scope: Scope) -> sa.CompoundSelect[tuple[str]]:
    """Ids of the scope's cases and inquiries, reach by reach, so that each is found by its own index; some come twice."""
    apart = [Scope(everything=False, reaches=(reach,), excluded=frozenset()) for reach in scope.reaches]
    cases_of = [sa.select(case_list.c.case_id).where(within(each)) for each in apart]
    return sa.union_all(*cases_of, sa.select(inquiries.c.inquiry_id).where(inquired(scope)))


@lru_cache(maxsize=512)
def _more_than_few(scope: Scope) -> Statement:
    """A row where the scope holds more than `FEW` cases and inquiries."""
    return Statement(sa.select(sa.literal(1).label("one")).select_from(_own_cases(scope).subquery("own")).offset(FEW).limit(1))


@lru_cache(maxsize=512)
def _by_terms(scope: Scope) -> Statement:
    """Of each term the newest visible bearers."""
    wanted, after, most = _wanted()
    seen = _visible(scope, search_tokens.c.subject_id)
    bearers_of_one = (
        sa.select(search_tokens.c.subject_id)
        .select_from(search_tokens.join(seen, sa.true()))
        .where(search_tokens.c.token == wanted.c.token, search_tokens.c.subject_id < after)
        .order_by(search_tokens.c.subject_id.desc())
        .limit(most)
        .lateral("bearer")
    )
    return Statement(sa.select(bearers_of_one.c.subject_id).select_from(wanted.join(bearers_of_one, sa.true())))


@lru_cache(maxsize=512)
def _by_cases(scope: Scope) -> Statement:
    """The newest people of the scope's cases and inquiries who bear one of the terms."""
    wanted, after, most = _wanted()
    mine = _own_cases(scope).cte("mine").prefix_with("MATERIALIZED", dialect="postgresql")
    # One lookup after the other, each pinned by its key (OFFSET 0): the number of people in the scope bounds them all.
    theirs = sa.select(case_people.c.subject_id).where(case_people.c.case_id == mine.c.case_id).offset(0).lateral("theirs")
    bears = (
        sa.select(search_tokens.c.token)
        .where(search_tokens.c.token == wanted.c.token, search_tokens.c.subject_id == theirs.c.subject_id)
        .offset(0)
        .lateral("bears")
    )
    bearing = (
        sa.select(theirs.c.subject_id)
        .distinct()
        .select_from(mine.join(theirs, sa.true()).join(wanted, sa.true()).join(bears, sa.true()))
        .where(theirs.c.subject_id < after)
        .cte("bearing")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    seen = _visible(scope, bearing.c.subject_id)
    found = sa.select(bearing.c.subject_id).select_from(bearing.join(seen, sa.true()))
    return Statement(found.order_by(bearing.c.subject_id.desc()).limit(most))


async def bearers(conn: Connection, tokens: Collection[int], scope: Scope, *, after: str | None = None, limit: int = 20) -> Seen:
    """Visible people who bear any of the terms, the newest entry first. `after` is the last subject of the page before."""
    if not tokens:
        return Seen([], more=False)
    asked = {"after": after or _FIRST, "most": limit + 1}
    common = set[int]()
    if not scope.everything:
        common = {row["token"] for row in await (await _ARE_COMMON.run(conn, tokens=list(tokens), rare=RARE)).fetchall()}
        if common and await (await _more_than_few(scope).run(conn)).fetchone():
            common = set[int]()
    found: set[str] = set()
    for some, statement in ((set(tokens) - common, _by_terms), (common, _by_cases)):
        if some:
            rows = await (await statement(scope).run(conn, tokens=sorted(some), **asked)).fetchall()
            found |= {str(row["subject_id"]) for row in rows}
    once = sorted(found, reverse=True)
    return Seen(once[:limit], more=len(once) > limit)


class Known(NamedTuple):
    """What the caller may see of some subjects and of all that are linked with them."""

    person_of: dict[str, str]
    """Subject -> the one that stands for the person."""
    rows: list[Row]
    """What they are in, the newest first; `party` is the sealed entry."""


@lru_cache(maxsize=512)
def _appearances(scope: Scope) -> tuple[Statement, Statement]:
    """In cases, and in inquiries."""
    # The group is gathered first, once, into an array: then everybody of it is looked up by key.
    group = (
        sa.text(_GROUP)
        .bindparams(_given("ids", ARRAY(_UUID)))
        .columns(sa.column("subject_id", _UUID), sa.column("person", _UUID))
        .subquery("g")
    )
    members = sa.func.array(sa.select(group.c.subject_id).scalar_subquery(), type_=ARRAY(_UUID))
    wanted = case_people.c.subject_id == sa.any_(members)
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
        sa.select(*here, inquiries.c.number, inquiries.c.state, inquiries.c.centre, sa.null().label("cause"), day.label("opened_on"))
        .join(inquiries, inquiries.c.inquiry_id == case_people.c.case_id)
        .join(cases, cases.c.case_id == case_people.c.case_id)
        .where(wanted, inquired(scope))
    )
    return Statement(of_case), Statement(of_inquiry)


async def known(conn: Connection, subjects: Collection[str], scope: Scope) -> Known:
    """What the caller may see of these subjects, and of those linked with them."""
    ids = sorted(subjects)
    if not ids:
        return Known({}, [])
    # Sent together: in a pipeline they travel as one.
    persons = await _PERSONS.run(conn, ids=ids)
    asked = [await statement.run(conn, ids=ids) for statement in _appearances(scope)]
    person_of = {subject: subject for subject in ids} | {str(row["subject_id"]): str(row["person"]) for row in await persons.fetchall()}
    rows = [row for cursor in asked for row in await cursor.fetchall()]
    return Known(person_of, sorted(rows, key=lambda row: str(row["case_id"]), reverse=True))
