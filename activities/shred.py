"""Carries out the erasures that two people decided, step by step, so that whatever process dies when, the next run completes it.

First the fence: the list outside the database, on the disk. From then on there is no way back, and whoever dies here is followed by a
start or a run that destroys the key. Then the key and what the person was found by; then the content of files; then the record of it.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from temporalio import activity

from domain.erasure import Refused, ShredRefused
from domain.rules import Rules
from ledger import live, registers, shred
from ledger.accounts import legal_day
from ledger.schema import case_people, erasures
from ledger.shredlist import ShredList
from ledger.sql import Connection, Row, Statement, fetch_all
from ledger.store import WORKER, Database, clock
from workflows.faultpoints import reach

_log = structlog.get_logger(__name__)

_WAITING = sa.select(erasures.c.subject_id, erasures.c.version).where(erasures.c.state == "approved").order_by(erasures.c.decided_on)
_THIS = (
    erasures.c.subject_id == sa.bindparam("subject", type_=erasures.c.subject_id.type),
    erasures.c.version == sa.bindparam("number", type_=sa.Integer),
)
_TAKE = Statement(sa.select(erasures).where(*_THIS, erasures.c.state == "approved").with_for_update())
_REFUSED = Statement(
    sa.update(erasures)
    .where(*_THIS)
    .values(
        state="refused",
        refused_for=sa.bindparam("why", type_=sa.Text),
        decided_by=shred.PRODUCT.id,
        decided_on=sa.bindparam("on", type_=sa.Date),
    )
)
_DESTROYED = Statement(
    sa.update(erasures).where(*_THIS).values(destroyed_at=sa.func.coalesce(erasures.c.destroyed_at, sa.func.clock_timestamp()))
)
_DONE = Statement(sa.update(erasures).where(*_THIS).values(state="done", finished_at=sa.func.clock_timestamp()))


class Carried(NamedTuple):
    """How many were completed, and how many were not since the files now forbid it."""

    done: int
    refused: int


class Shredder:
    """Carries out what was approved."""

    def __init__(self, database: Database, rules: Callable[[], Rules], listed: ShredList) -> None:
        self._database = database
        self._rules = rules
        self._listed = listed

    @activity.defn
    async def shred(self) -> int:
        """Complete every erasure that is approved; how many were."""
        return (await self.carry_out()).done

    async def carry_out(self) -> Carried:
        """The same, telling also how many the files forbid meanwhile.

        Raises `ShredListFault` or `OSError` where the list cannot be kept: then no key is destroyed.
        """
        async with self._database.transaction(WORKER) as conn:
            waiting = await fetch_all(conn, _WAITING)
        done = [await self._one(str(row["subject_id"]), row["version"]) for row in waiting]
        return Carried(done.count(True), done.count(False))

    async def _one(self, subject: str, version: int) -> bool | None:
        """Complete one. False: the files forbid it, which is recorded; None: another process was first."""
        subjects = await self._destroy(subject, version)
        if not subjects:
            return None if subjects is None else False
        async with self._database.transaction(WORKER) as conn:
            await shred.empty_files(conn, subjects)
        reach("shred_files_emptied")
        async with self._database.transaction(WORKER) as conn:
            await registers.lock(conn)
            if await _taken(conn, subject, version) is None:
                return None
            now = await clock(conn)
            await shred.note(conn, subjects, now=now, today=legal_day(now), command_id=_command(subject, version))
            await _DONE.run(conn, subject=subject, number=version)
            for row in await fetch_all(conn, sa.select(case_people.c.case_id).where(case_people.c.subject_id.in_(subjects)).distinct()):
                await live.tell_of_case(conn, str(row["case_id"]))
            reach("shred_before_record")
        reach("shred_recorded")
        _log.info("person erased", subject=subject, entries=len(subjects))
        return True

    async def _destroy(self, subject: str, version: int) -> tuple[str, ...] | None:
        """Fence the subjects and destroy their keys; the subjects. Empty: the files forbid it. None: another process was first."""
        async with self._database.transaction(WORKER) as conn:
            # The ledger's lock first, as everywhere: what is looked at from here on, such as a hold, nobody records before the key is gone.
            await registers.lock(conn)
            row = await _taken(conn, subject, version)
            if row is None:
                return None
            subjects = tuple(str(each) for each in row["subjects"])
            now = await clock(conn)
            fenced = self._listed.read()
            if not fenced.keys() >= set(subjects) and (why := await self._bar(conn, subject, subjects, legal_day(now))):
                await self._refuse(conn, row, why, now)
                return ()
            self._listed.add(subjects, now)
            reach("shred_fenced")
            on_list = self._listed.read()
            await shred.destroy(conn, {each: on_list[each] for each in subjects})
            await _DESTROYED.run(conn, subject=subject, number=version)
            reach("shred_before_commit")
        reach("shred_destroyed")
        return subjects

    async def _bar(self, conn: Connection, subject: str, subjects: tuple[str, ...], today: date) -> Refused | None:
        """What forbids it now, though it did not when it was approved."""
        if set(await shred.group_of(conn, subject)) != set(subjects):
            return "people_changed"
        return shred.foremost(await shred.standings(conn, subjects, self._rules().retention, today))

    @staticmethod
    async def _refuse(conn: Connection, row: Row, why: Refused, now: datetime) -> None:
        subject, version = str(row["subject_id"]), row["version"]
        event = ShredRefused(since=legal_day(now), subject=UUID(subject), request=version, ground=why)
        await registers.append(conn, [event], actor=shred.PRODUCT, now=now, command_id=_command(subject, version))
        await _REFUSED.run(conn, subject=subject, number=version, why=why, on=legal_day(now))
        _log.warning("an erasure that was approved is forbidden now", subject=subject, why=why)


async def _taken(conn: Connection, subject: str, version: int) -> Row | None:
    """The erasure's row, locked; None where it is not approved any more."""
    return await (await _TAKE.run(conn, subject=subject, number=version)).fetchone()


def _command(subject: str, version: int) -> str:
    """The id of the doing, made from facts: a repeat is the same."""
    return f"shred/{subject}/{version}"
