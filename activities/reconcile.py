"""What Temporal may have forgotten is found here: cases ahead of their workflow, commands without an outcome."""

from datetime import datetime

import sqlalchemy as sa
import structlog
from temporalio import activity
from temporalio.client import Client

from ledger.schema import cases, inbox
from ledger.sql import Statement
from ledger.store import WORKER, Database
from ledger.streams import FIRST
from workflows.faultpoints import reach
from workflows.waking import wake

_log = structlog.get_logger(__name__)

_LAG = sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.bindparam("lag", type_=sa.Float))
_LATE = sa.func.clock_timestamp() - _LAG
_RUNG_LATE = sa.func.clock_timestamp() - 10 * _LAG
"""A reminder still owed then is its workflow's to explain; before, it is rung with its crowd or as overdue (`activities.ring`)."""


def _since(moment: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """Whether the moment is longer ago than the lag, or yet to come: the database's clock was turned back after it, by hours perhaps."""
    return sa.or_(moment < _LATE, moment > sa.func.clock_timestamp())


_LAGGING = Statement(
    sa.union(
        sa.select(cases.c.case_id, cases.c.kind).where(cases.c.armed_version < cases.c.version, _since(cases.c.changed_at)),
        sa.select(inbox.c.case_id, inbox.c.kind).where(inbox.c.outcome.is_(None), _since(inbox.c.received_at)),
        sa.select(cases.c.case_id, cases.c.kind).where(cases.c.next_rung_at < _RUNG_LATE),
    ).limit(sa.bindparam("most", type_=sa.Integer))
)
_OPEN = Statement(
    sa.select(cases.c.case_id, cases.c.kind)
    .where(cases.c.next_rung_at.is_not(None), cases.c.case_id > sa.bindparam("after", type_=cases.c.case_id.type))
    .order_by(cases.c.case_id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_PAGE = 500


class Reconciler:
    """Wakes the workflows of cases that lag behind the ledger."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    @activity.defn
    async def reconcile(self, lag_seconds: float) -> int:
        """Signal (starting where none runs) the workflow of every case that lags by more than `lag_seconds`; how many there were.

        A reminder that is owed lags after ten times as long. At most a page of cases a call; the next call takes those still lagging.
        """
        async with self._database.transaction(WORKER) as conn:
            late = [(r["case_id"], r["kind"]) for r in await (await _LAGGING.run(conn, lag=lag_seconds, most=_PAGE)).fetchall()]
        reach("reconciler_read")
        for case_id, kind in late:
            await self.wake(case_id, kind)
        if late:
            _log.warning("cases reconciled", cases=len(late))
        return len(late)

    async def rearm(self) -> int:
        """Wake the workflow of every case with an alarm or an undecided command: after Temporal's database was lost."""
        woken, after = await self.reconcile(0), FIRST
        while True:
            async with self._database.transaction(WORKER) as conn:
                page = [(r["case_id"], r["kind"]) for r in await (await _OPEN.run(conn, after=after, most=_PAGE)).fetchall()]
            if not page:
                return woken
            for case_id, kind in page:
                await self.wake(case_id, kind)
            woken, after = woken + len(page), page[-1][0]

    async def wake(self, case_id: str, kind: str = "case") -> None:
        """Signal-with-start: idempotent, and harmless for a case that lacks nothing."""
        await wake(self._client, case_id, kind)
        reach("signal_with_start")
