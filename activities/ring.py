"""Reminders whose moment came and that are still owed: those of a crowd, and any whose timer failed.

A case's workflow rings what it alone waits for. Where many wait for one moment, most of their timers stand later (`ledger.crowds`), and
the crowd is rung here, one case after another, so that whoever works meanwhile does not wait behind thousands. The command is the one
that the workflow would give, with the same id, under the same lock: whoever comes second finds it done.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
import structlog
from psycopg_pool import PoolTimeout
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.record import Recorder
from domain.clocks import plan as alarms_of
from domain.stream import StreamState
from ledger import crowds, events, streams
from ledger.store import WORKER, Database, clock
from workflows.contract import Alarm, RecordRequest

_log = structlog.get_logger(__name__)
_PAGE = 100
_BEAT_SECONDS = 5.0


class Ringer:
    """The activity that rings what no workflow rang."""

    def __init__(self, database: Database, recorder: Recorder, *, grace: float = 5, watch: float = 60) -> None:
        """`grace`: seconds for which a moment is left to the case's own timer; `watch`: how far ahead a run looks for crowds."""
        self._database, self._recorder = database, recorder
        self._grace, self._watch = timedelta(seconds=grace), timedelta(seconds=watch)

    @activity.defn
    async def ring(self, seen: int) -> int:
        """Ring what is overdue, then each crowd of the coming minute at its moment; the ledger's last position.

        `seen` is what an earlier run answered. A ledger behind it is a restored backup: nothing is rung, `seen` is answered again, and
        people must look.
        """
        async with self._database.transaction(WORKER) as conn:
            end, now = await events.end(conn), await clock(conn)
        if end < seen:
            _log.error("the ledger is behind what was rung; nothing is written", end=end, seen=seen)
            return seen
        until = now + self._watch
        await self._ring(now - self._grace, expected=False)
        while (moment := await self._crowd(until)) is not None:
            await self._ring(moment, expected=True)
        async with self._database.transaction(WORKER) as conn:
            return await events.end(conn)

    async def _crowd(self, until: datetime) -> datetime | None:
        """Wait for the next crowd's moment, or find one just past; None where none comes by `until`, or the worker is to end."""
        async with self._database.transaction(WORKER) as conn:
            now = await clock(conn)
            moment = await crowds.next_crowd(conn, now - self._grace, until)
        if activity.is_worker_shutdown():
            return None
        while moment is not None and now < moment:
            if not await _wait((moment - now).total_seconds()):
                return None
            async with self._database.transaction(WORKER) as conn:
                now = await clock(conn)
        return moment

    async def _ring(self, by: datetime, *, expected: bool) -> None:
        """Ring the cases, each once, whose reminder was due by then. Raises `ApplicationError` where some could not be rung.

        Where it was not `expected` the workflow of the case may be gone: it counts as one that has not heard of it, and is woken.
        """
        after, failed = streams.FIRST, 0
        while True:
            async with self._database.transaction(WORKER) as conn:
                page, now = await crowds.due(conn, by, after, _PAGE), await clock(conn)
                owed = [(str(row["case_id"]), await streams.load(conn, str(row["case_id"]), row, row["kind"])) for row in page]
            if not page or activity.is_worker_shutdown():
                break
            for case_id, case in owed:
                (fault,) = await asyncio.gather(self._one(case_id, case, now, expected=expected), return_exceptions=True)
                if isinstance(fault, psycopg.OperationalError | PoolTimeout):
                    raise fault  # the database is away: from all cases alike
                if fault is not None:  # one case that cannot be rung holds up no other; the run fails for it in the end
                    _log.error("a reminder could not be recorded", case_id=case_id, exc_info=fault)
                    failed += 1
                activity.heartbeat()
            after = owed[-1][0]
        if failed:
            raise ApplicationError(f"{failed} reminders could not be recorded")

    async def _one(self, case_id: str, case: StreamState, now: datetime, *, expected: bool) -> None:
        owed = alarms_of(case)[0]
        alarm = Alarm(owed.clock_id, owed.plan_version, owed.rung, owed.at)
        await self._recorder.record(RecordRequest(case_id, alarm.command_id(case_id), now, case.version, alarm, owed=expected))


async def _wait(seconds: float) -> bool:
    """Whether that time passed; False where the worker is to end before: what is left is the next run's."""
    while seconds > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(activity.wait_for_worker_shutdown(), min(seconds, _BEAT_SECONDS))
            return False
        activity.heartbeat()
        seconds -= _BEAT_SECONDS
    return True
