"""Verifications of the ledgers that people asked for: one at a time, each asked for by a person and carried out by the worker."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ledger.schema import verifications
from ledger.sql import Connection, Row, Statement, fetch_all, fetch_one
from ledger.verify.run import KEPT_FILE

NOTICE = "yuanshou_verify"
"""The channel on which it is announced that a verification was asked for."""

type Json = dict[str, Any]
_ID = verifications.c.verification_id.type
_ASK = Statement(
    insert(verifications)
    .values(
        verification_id=sa.bindparam("verification_id", type_=_ID), asked_by=sa.bindparam("person", type_=sa.Text)
    )
    .on_conflict_do_nothing()
    .returning(verifications.c.verification_id)
)  # fmt: skip
_OPEN = sa.select(verifications).where(verifications.c.finished_at.is_(None))
_LAST = sa.select(verifications).where(verifications.c.finished_at.is_not(None)).order_by(verifications.c.finished_at.desc()).limit(1)
_BEGUN = Statement(
    sa.update(verifications)
    .where(verifications.c.verification_id == sa.bindparam("which", type_=_ID), verifications.c.finished_at.is_(None))
    .values(begun_at=sa.func.coalesce(verifications.c.begun_at, sa.func.clock_timestamp()))
    .returning(verifications)
)
_CAME = Statement(
    sa.update(verifications)
    .where(verifications.c.verification_id == sa.bindparam("which", type_=_ID), verifications.c.finished_at.is_(None))
    .values(done=sa.bindparam("so_far", type_=sa.BigInteger), total=sa.bindparam("of", type_=sa.BigInteger))
)
_FINISHED = Statement(
    sa.update(verifications)
    .where(verifications.c.verification_id == sa.bindparam("which", type_=_ID), verifications.c.finished_at.is_(None))
    .values(
        finished_at=sa.func.clock_timestamp(),
        exit=sa.bindparam("ended", type_=sa.SmallInteger),
        result=sa.bindparam("found", type_=verifications.c.result.type),
    )
)


async def ask(conn: Connection, verification_id: str, person: str) -> Row:
    """Ask for a verification in a person's name; the one that is asked for or runs already where there is one."""
    await _ASK.run(conn, verification_id=verification_id, person=person)
    await conn.execute("SELECT pg_notify(%s, '')", (NOTICE,))  # also for one that was asked for before: its notice may have been lost
    row = await running(conn)
    if row is None:
        # Another person's ended between the two statements: this one's was not taken in for its sake.
        await _ASK.run(conn, verification_id=verification_id, person=person)
        row = await running(conn)
    assert row is not None  # noqa: S101 -- inserted by this very transaction
    return row


async def running(conn: Connection) -> Row | None:
    """The verification that is asked for or runs, if any."""
    return await fetch_one(conn, _OPEN)


async def last(conn: Connection) -> Row | None:
    """The verification that ended last, if any."""
    return await fetch_one(conn, _LAST)


async def earlier(conn: Connection, limit: int) -> list[Row]:
    """Verifications that ended, the newest first, without their findings."""
    shown = [c for c in verifications.c if c.name != "result"]
    ended = sa.select(*shown).where(verifications.c.finished_at.is_not(None))
    return await fetch_all(conn, ended.order_by(verifications.c.finished_at.desc()).limit(limit))


async def begin(conn: Connection, verification_id: str) -> Row | None:
    """Note that it began; None where it ended already."""
    return await (await _BEGUN.run(conn, which=verification_id)).fetchone()


async def came(conn: Connection, verification_id: str, done: int, total: int) -> None:
    """Note how many events of how many are verified."""
    await _CAME.run(conn, which=verification_id, so_far=done, of=total)


async def finish(conn: Connection, verification_id: str, result: Mapping[str, Any]) -> None:
    """Note what it found; once, whoever carries it out twice. `result` is as in verified.json."""
    await _FINISHED.run(conn, which=verification_id, ended=result["exit"], found=dict(result))


def kept(home: Path) -> Json | None:
    """The last result, whoever had it made, as kept in the home; None where none is. Raises ValueError where the file is none of ours."""
    try:
        text = (home / KEPT_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found: Json = json.loads(text)
    try:
        datetime.fromisoformat(found["at"])
        ours = isinstance(found["exit"], int) and isinstance(found["ledgers"], dict) and isinstance(found["findings"], list)
    except (KeyError, TypeError) as fault:
        raise ValueError(f"{KEPT_FILE} holds no result of a verification") from fault
    if not ours:
        raise ValueError(f"{KEPT_FILE} holds no result of a verification")
    return found
