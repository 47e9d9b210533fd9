"""Who is in what, and what each person is found by: written with the events that name people.

`case_people` is made anew from the ledger like any read model. Search terms and marks are not: they are made where names can be read,
travel with the command, and stay when the lists are rebuilt.
"""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.presence import Presence, presences
from domain.stream import StreamState
from ledger import marks
from ledger.schema import case_people, people, search_tokens
from ledger.sql import Connection, Row, Statement
from readmodels.course import Change, Course

_PUT = Statement(
    sa.text(
        "INSERT INTO case_people (case_id, party_id, subject_id, kind, role, present)"
        " SELECT :case_id, p.party_id, p.subject_id, :kind, p.role, p.present"
        " FROM unnest(cast(:parties AS int[]), cast(:subjects AS uuid[]), cast(:roles AS text[]), cast(:present AS boolean[]))"
        " AS p(party_id, subject_id, role, present)"
        " ON CONFLICT (case_id, party_id) DO UPDATE SET subject_id = excluded.subject_id, role = excluded.role, present = excluded.present"
    )
)
"""All that changed in one statement: a group of three hundred comes as one."""
_MARKS = Statement(
    sa.text(
        "INSERT INTO people AS known (subject_id, id_token, name_token, shape_token)"
        " SELECT * FROM unnest(cast(:subjects AS uuid[]), cast(:numbers AS bigint[]), cast(:names AS bigint[]), cast(:shapes AS bigint[]))"
        " AS n(subject_id, id_token, name_token, shape_token) WHERE NOT EXISTS"
        " (SELECT FROM subject_keys k WHERE k.subject_id = n.subject_id AND k.wrapped IS NULL)"
        " ON CONFLICT (subject_id) DO UPDATE SET id_token = coalesce(excluded.id_token, known.id_token),"
        " name_token = coalesce(excluded.name_token, known.name_token), shape_token = coalesce(excluded.shape_token, known.shape_token)"
    )
)
_TERMS = Statement(
    sa.text(
        "INSERT INTO search_tokens (token, subject_id)"
        " SELECT * FROM unnest(cast(:tokens AS bigint[]), cast(:subjects AS uuid[])) AS n(token, subject_id) WHERE NOT EXISTS"
        " (SELECT FROM subject_keys k WHERE k.subject_id = n.subject_id AND k.wrapped IS NULL) ON CONFLICT DO NOTHING"
    )
)
"""Nobody who is erased is found again: a command taken in before may be recorded after."""
_LINKED = Statement(
    sa.select(people.c.subject_id, people.c.kept).where(
        people.c.kept.is_not(None),
        sa.or_(
            people.c.subject_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(people.c.subject_id.type))),
            people.c.kept == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(people.c.subject_id.type))),
        ),
    )
)
_LINK = Statement(
    insert(people)
    .values(subject_id=sa.bindparam("subject", type_=people.c.subject_id.type), kept=sa.bindparam("to", type_=people.c.kept.type))
    .on_conflict_do_update(index_elements=["subject_id"], set_={"kept": sa.bindparam("to", type_=people.c.kept.type)})
)


def streams_of_bearers(tokens: Collection[int]) -> sa.Select[tuple[str]]:
    """Ids of the cases and inquiries of people who bear one of the terms."""
    bearers = case_people.join(search_tokens, search_tokens.c.subject_id == case_people.c.subject_id)
    return sa.select(case_people.c.case_id).select_from(bearers).where(search_tokens.c.token.in_(list(tokens)))


def has_bearer(stream: sa.ColumnElement[str], tokens: Collection[int]) -> sa.ColumnElement[bool]:
    """Whether somebody of the stream bears one of the terms: asked of each stream by its key, where very many people bear them."""
    bearers = case_people.join(search_tokens, search_tokens.c.subject_id == case_people.c.subject_id)
    theirs = sa.select(sa.literal(1)).select_from(bearers)
    # Pinned (OFFSET 0): else PostgreSQL gathers everybody who bears one of them before it looks at the first case.
    return sa.exists(theirs.where(case_people.c.case_id == stream, search_tokens.c.token.in_(list(tokens))).offset(0))


async def keep(conn: Connection, change: Change) -> None:
    """Write what changed about who is in a stream, in the transaction that appends its events."""
    had = frozenset(presences(change.before))
    await _put(conn, change.after, [presence for presence in presences(change.after) if presence not in had])


def rows(course: Course) -> list[dict[str, Any]]:
    """Everybody who is or was in the stream."""
    state = course[-1].after
    return [
        {**presence._asdict(), "subject_id": str(presence.subject_id), "case_id": state.case_id, "kind": state.kind}
        for presence in presences(state)
    ]


async def keep_found(conn: Connection, after: StreamState, named: Mapping[str, Any] | None) -> None:
    """Write what the people of a stream are found by, in the transaction that appends the events that name them.

    `named` is what the inbox row holds of the people its command names (`ledger.marks.kept`); those of other streams are passed over.
    """
    here = {str(presence.subject_id) for presence in presences(after)} if named else set[str]()
    found = {subject: each for subject, each in marks.read(named).items() if subject in here}
    if not found:
        return
    numbers, names, shapes = zip(*(each.marks for each in found.values()), strict=True)
    await _MARKS.run(conn, subjects=list(found), numbers=list(numbers), names=list(names), shapes=list(shapes))
    terms = [(token, subject) for subject, each in found.items() for token in each.terms]
    tokens, subjects = zip(*terms, strict=True) if terms else ((), ())
    await _TERMS.run(conn, tokens=list(tokens), subjects=list(subjects))


async def _put(conn: Connection, state: StreamState, rows: list[Presence]) -> None:
    if not rows:
        return
    parties, subjects, roles, present = zip(*rows, strict=True)
    await _PUT.run(
        conn, case_id=state.case_id, kind=state.kind, parties=list(parties), subjects=[str(s) for s in subjects], roles=list(roles),
        present=list(present),
    )  # fmt: skip


async def link(conn: Connection, subject: str, to: str | None) -> None:
    """Note that a subject is, from now on, one person with another, or again none but itself."""
    await _LINK.run(conn, subject=subject, to=to)


async def links(conn: Connection, subjects: Collection[str]) -> list[Row]:
    """The links from and to these subjects: `subject_id`, and `kept`, who stands for it."""
    return await (await _LINKED.run(conn, ids=sorted(subjects))).fetchall()
