"""What erasing a person means in the database: the key destroyed, what they were found by gone, the content of their files gone.

Everything else that speaks of the person (events, snapshots, lists, the inbox) holds the same cipher text, which nobody can open any more;
so digests and chains stay valid. Every function may run again and changes nothing the second time. Why it is so: `docs/erasure.md`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from domain.command import Actor
from domain.erasure import Bar, Kept, PersonShredded, Refused, Retention, bars_of
from domain.erasure.record import Entry, ErasureRecord, fold_record
from domain.erasure.retention import BARS
from domain.stream import StreamState
from ledger import registers, streams
from ledger.schema import case_people, cases, erasures, events, files, inbox, people, search_tokens, subject_keys
from ledger.shredlist import ShredList
from ledger.sql import Connection, Row, Statement

PRODUCT = Actor("system", "system", "system")
"""Who carries out what two people decided."""

_IDS = sa.bindparam("ids", type_=sa.ARRAY(subject_keys.c.subject_id.type))
_FILES = Statement(
    sa.select(cases, sa.exists().where(inbox.c.case_id == cases.c.case_id, inbox.c.outcome.is_(None)).label("pending")).where(
        cases.c.case_id.in_(sa.select(case_people.c.case_id).where(case_people.c.subject_id == sa.any_(_IDS)))
    )
)
# A listed subject whom an old back-up does not know gets a row without a key all the same: none will be minted under that id.
_DESTROY = Statement(
    sa.text(
        "INSERT INTO subject_keys AS k (subject_id, master_key, wrapped, state, shredded_at)"
        " SELECT s, '', NULL, 'shredded', a FROM unnest(cast(:ids AS uuid[]), cast(:at AS timestamptz[])) AS given(s, a)"
        " ON CONFLICT (subject_id) DO UPDATE SET wrapped = NULL, state = 'shredded', shredded_at = excluded.shredded_at"
        " WHERE k.wrapped IS NOT NULL RETURNING k.subject_id"
    )
)
_TOKENS = Statement(sa.delete(search_tokens).where(search_tokens.c.subject_id == sa.any_(_IDS)))
_MARKS = Statement(sa.delete(people).where(people.c.subject_id == sa.any_(_IDS)))
_CONTENT = Statement(
    sa.update(files)
    .where(
        files.c.case_id.in_(sa.select(case_people.c.case_id).where(case_people.c.party_id == 0, case_people.c.subject_id == sa.any_(_IDS))),
        sa.func.length(files.c.content) > 0,
    )
    .values(content=b"")
)
_SHREDDED = Statement(sa.select(subject_keys.c.subject_id, subject_keys.c.shredded_at).where(subject_keys.c.wrapped.is_(None)))
_ERASED = Statement(
    sa.select(subject_keys.c.subject_id).where(subject_keys.c.subject_id == sa.any_(_IDS), subject_keys.c.wrapped.is_(None)).limit(1)
)
_TOLD = Statement(
    sa.select(events.c.stream)
    .where(events.c.type == PersonShredded.type, events.c.stream == sa.any_(sa.bindparam("streams", type_=sa.ARRAY(sa.Text))))
    .distinct()
)
_STATE = Statement(
    sa.update(subject_keys)
    .where(subject_keys.c.subject_id == sa.any_(_IDS), subject_keys.c.wrapped.is_not(None))
    .values(state=sa.bindparam("to", type_=sa.Text))
)
_ONE = sa.bindparam("one", type_=people.c.subject_id.type)
_GROUP = Statement(sa.select(people.c.subject_id, people.c.kept).where(sa.or_(people.c.subject_id == _ONE, people.c.kept == _ONE)))
_GIVEN = sa.bindparam("ids", type_=sa.ARRAY(sa.Text))
_UNDER_WAY = Statement(
    sa.select(erasures.c.subject_id)
    .where(
        sa.or_(erasures.c.state == "open", erasures.c.state == "approved"),
        erasures.c.subjects.op("&&")(sa.cast(_GIVEN, erasures.c.subjects.type)),
    )
    .limit(1)
)


class Standing(NamedTuple):
    """A case or inquiry that the person is in: how long it is kept, and what of it bars an erasure now."""

    file: StreamState
    until: date | None
    row: Kept | None
    bars: tuple[Bar, ...]


def foremost(standing: Iterable[Standing]) -> Refused | None:
    """Of all that bars an erasure what weighs most; None where nothing does."""
    whys = {bar.why for each in standing for bar in each.bars}
    return next((why for why in BARS if why in whys), None)


async def group_of(conn: Connection, subject: str) -> tuple[str, ...]:
    """The subjects that are linked as one person: first the one that stands for all."""
    rows = await (await _GROUP.run(conn, one=subject)).fetchall()
    first = next((str(row["kept"]) for row in rows if str(row["subject_id"]) == subject and row["kept"]), subject)
    if first != subject:
        rows = await (await _GROUP.run(conn, one=first)).fetchall()
    return first, *sorted(str(row["subject_id"]) for row in rows if str(row["kept"]) == first)


async def record_of(conn: Connection, subject: str) -> ErasureRecord:
    """What the person's stream says about their data."""
    return fold_record(Entry(r.version, r.actor, r.event) for r in await registers.history(conn, f"person/{subject}"))


async def under_way(conn: Connection, subjects: Iterable[str]) -> bool:
    """Whether an erasure that concerns one of them waits to be decided or carried out."""
    return await (await _UNDER_WAY.run(conn, ids=list(subjects))).fetchone() is not None


async def standings(conn: Connection, subjects: Collection[str], retention: Retention, today: date) -> list[Standing]:
    """Every case and inquiry that these subjects are in, whoever may see it."""
    found: list[Standing] = []
    for row in await (await _FILES.run(conn, ids=list(subjects))).fetchall():
        file = await streams.load(conn, str(row["case_id"]), row)
        period = retention.of(file)
        bars = tuple(bars_of(file, retention, today, pending=row["pending"]))
        found.append(Standing(file, period.until if period else None, period.row if period else None, bars))
    return found


async def restrict(conn: Connection, subjects: Collection[str], *, restricted: bool) -> None:
    """Note whether these people's data is read with a reason only; a destroyed key stays destroyed."""
    await _STATE.run(conn, ids=list(subjects), to="restricted" if restricted else "live")


async def destroy(conn: Connection, listed: Mapping[str, datetime]) -> list[str]:
    """Destroy the keys of subjects who stand on the list, and what they are found by; those whose key was there until now."""
    if not listed:
        return []
    gone = await (await _DESTROY.run(conn, ids=list(listed), at=list(listed.values()))).fetchall()
    await _TOKENS.run(conn, ids=list(listed))
    await _MARKS.run(conn, ids=list(listed))
    return [str(row["subject_id"]) for row in gone]


async def empty_files(conn: Connection, subjects: Collection[str]) -> int:
    """Take away the content of evidence files and papers kept under these people's keys; their rows and digests stay. How many."""
    return (await _CONTENT.run(conn, ids=list(subjects))).rowcount


async def note(conn: Connection, subjects: Sequence[str], *, now: datetime, today: date, command_id: str) -> list[Row]:
    """Record for each that the erasure is complete, once; the events as written."""
    told = await (await _TOLD.run(conn, streams=[f"person/{subject}" for subject in subjects])).fetchall()
    known = {row["stream"] for row in told}
    new = [PersonShredded(since=today, subject=UUID(s)) for s in subjects if f"person/{s}" not in known]
    return await registers.append(conn, new, actor=PRODUCT, now=now, command_id=command_id) if new else []


async def any_erased(conn: Connection, subjects: Iterable[str]) -> bool:
    """Whether the key of one of them is destroyed."""
    return await (await _ERASED.run(conn, ids=list(subjects))).fetchone() is not None


async def shredded(conn: Connection) -> dict[str, datetime]:
    """Subjects whose key the database holds as destroyed, and since when."""
    return {str(row["subject_id"]): row["shredded_at"] for row in await (await _SHREDDED.run(conn)).fetchall()}


async def apply(conn: Connection, listed: ShredList, *, now: datetime, today: date) -> list[str]:
    """Bring database and list to agree before anything is served; whose keys had to be destroyed, since a restored back-up brought them.

    Keys of listed subjects are destroyed, and a list that lacks subjects whom the database knows as erased gets them back.
    Raises `ShredListFault` for a list that was changed.
    """
    # In the order in which an erasure itself locks: nothing is half done by another process while this looks.
    await registers.lock(conn)
    held, on_list = await shredded(conn), listed.read()
    for subject in held.keys() - on_list.keys():
        listed.add([subject], held[subject])
    lacking = {subject: at for subject, at in on_list.items() if subject not in held}
    gone = await destroy(conn, lacking)
    if lacking:
        await empty_files(conn, list(lacking))
        await note(conn, sorted(lacking), now=now, today=today, command_id="shred-list")
    return gone
