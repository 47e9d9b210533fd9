"""Who of a case stands anywhere else, told by equal marks or by a link: what conflicts of interest are judged from (`domain.conflicts`).

The whole city is searched, whoever asks: a conflict at another centre is one too. What comes back names cases and lawyers, never people.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from domain.case import CaseState
from domain.conflicts import ConflictFindings, Match, judge
from domain.lifecycle import STAGE_OF
from domain.presence import PartyRole, presences
from ledger import marks
from ledger.marks import Marks
from ledger.schema import people
from ledger.sql import Connection, Statement

SAME_NAME = 200
"""Entries of one name, the newest, that are held against each person of the case; more of them are only counted."""
_ENDED_INQUIRY = ("closed", "converted", "taken_up")

_MARKS = Statement(
    sa.select(people.c.subject_id, people.c.id_token, people.c.name_token, people.c.shape_token).where(
        people.c.subject_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(people.c.subject_id.type)))
    )
)
_FIND = Statement(
    sa.text(
        """
        WITH mine AS MATERIALIZED (
            SELECT * FROM unnest(cast(:parties AS int[]), cast(:subjects AS uuid[]), cast(:numbers AS bigint[]), cast(:names AS bigint[]),
                                 cast(:shapes AS bigint[])) AS m(party_id, subject_id, number, name, shape)
        ),
        alike AS (
            SELECT m.party_id, p.subject_id, 'number' AS matched_by FROM mine m JOIN people p ON p.id_token = m.number
            UNION ALL
            SELECT m.party_id, m.subject_id, 'linked' FROM mine m
            UNION ALL
            SELECT m.party_id, p.subject_id, 'linked' FROM mine m JOIN people own ON own.subject_id = m.subject_id
                JOIN people p ON p.subject_id = own.kept
            UNION ALL
            SELECT m.party_id, p.subject_id, 'linked' FROM mine m JOIN people p ON p.kept = m.subject_id
            UNION ALL
            SELECT m.party_id, p.subject_id, 'linked' FROM mine m JOIN people own ON own.subject_id = m.subject_id
                JOIN people p ON p.kept = own.kept
            UNION ALL
            SELECT m.party_id, p.subject_id, 'name' FROM mine m CROSS JOIN LATERAL (
                SELECT subject_id FROM people WHERE name_token = m.name AND (m.number IS NULL OR id_token IS NULL)
                ORDER BY subject_id DESC LIMIT :most) p
            UNION ALL
            SELECT m.party_id, p.subject_id, 'look_alike' FROM mine m CROSS JOIN LATERAL (
                SELECT subject_id FROM people
                WHERE shape_token = m.shape AND name_token <> m.name AND (m.number IS NULL OR id_token IS NULL)
                ORDER BY subject_id DESC LIMIT :most) p
        )
        SELECT DISTINCT a.party_id, a.matched_by, c.case_id, c.kind, c.role,
            coalesce(l.case_number, l.register_number, i.number) AS number, coalesce(l.state, i.state) AS state,
            coalesce(l.centre, i.centre) AS centre, l.lawyers, l.unit, l.case_id IS NOT NULL AS is_case
        FROM alike a
        JOIN LATERAL (SELECT * FROM case_people o WHERE o.subject_id = a.subject_id AND o.case_id <> :case_id OFFSET 0) c ON true
        LEFT JOIN LATERAL (SELECT * FROM case_list x WHERE x.case_id = c.case_id OFFSET 0) l ON true
        LEFT JOIN LATERAL (SELECT * FROM inquiries x WHERE x.inquiry_id = c.case_id OFFSET 0) i ON l.case_id IS NULL
        WHERE l.case_id IS NOT NULL OR i.inquiry_id IS NOT NULL
        """
    )
)
"""Equal numbers and links first; a name alone only where one of the two bears no number, since two numbers tell two people apart.

The lookups are pinned to one at a time by their keys (`OFFSET 0`): in the recorder's transactions a plan is made for all values at once.
"""
_MORE = Statement(
    sa.text(
        "SELECT coalesce(sum(greatest(n.count - :most, 0)), 0)::bigint AS more FROM unnest(cast(:names AS bigint[])) AS m(name)"
        " CROSS JOIN LATERAL (SELECT count(*) FROM people p WHERE p.name_token = m.name) n"
    )
)
_COUNT = Statement(
    sa.text(
        "SELECT CASE WHEN reltuples > 100000 THEN cast(reltuples AS bigint) ELSE (SELECT count(*) FROM people) END AS searched"
        " FROM pg_class WHERE oid = cast('people' AS regclass)"
    )
)
"""Exact up to a hundred thousand; past it what the database's statistics say."""


async def found(conn: Connection, case: CaseState, named: Mapping[str, Any] | None = None) -> ConflictFindings:
    """What stands against the case. `named` is what the inbox holds of people whom the same request names (`ledger.marks.kept`).

    People who have left the case are passed over; so are the case it goes on from, those that go on from it, and its own consultation.
    """
    here = [presence for presence in presences(case) if presence.present]
    subjects = [str(presence.subject_id) for presence in here]
    known = {
        str(row["subject_id"]): Marks(row["id_token"], row["name_token"], row["shape_token"])
        for row in await (await _MARKS.run(conn, ids=subjects)).fetchall()
    }
    known |= {subject: each.marks for subject, each in marks.read(named).items()}
    each = [known.get(subject, Marks()) for subject in subjects]
    names = [m.name for m in each if m.name is not None and m.number is None]
    asked = await _FIND.run(
        conn, case_id=case.case_id, parties=[p.party_id for p in here], subjects=subjects, numbers=[m.number for m in each],
        names=[m.name for m in each], shapes=[m.shape for m in each], most=SAME_NAME,
    )  # fmt: skip
    more, counted = await _MORE.run(conn, names=names, most=SAME_NAME), await _COUNT.run(conn)
    roles: dict[int, PartyRole] = {p.party_id: p.role for p in here}
    own = {str(later.case_id) for later in case.continued}
    own |= {str(earlier) for earlier in (case.continues.case_id if case.continues else None, case.consultation_id) if earlier}
    rows = [row for row in await asked.fetchall() if str(row["case_id"]) not in own]
    matches = [
        Match(
            party_id=row["party_id"],
            role_here=roles[row["party_id"]],
            case_id=str(row["case_id"]),
            kind=row["kind"],
            role_there=row["role"],
            matched_by=row["matched_by"],
            open=STAGE_OF[row["state"]] != "ended" if row["is_case"] else row["state"] not in _ENDED_INQUIRY,
            centre=row["centre"],
            number=row["number"],
            lawyers=tuple(row["lawyers"] or ()),
            unit=row["unit"],
        )
        for row in rows
    ]
    left, people_counted = await more.fetchone(), await counted.fetchone()
    assert left is not None and people_counted is not None  # noqa: S101, PT018 -- both are sums
    return ConflictFindings(hits=judge(matches), people_searched=people_counted["searched"], unlisted=left["more"])
