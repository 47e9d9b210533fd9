"""Open cases planned anew after a change of calendar or rules: who is touched is worked out here, each case records its own new plan."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.client import Client

from domain.clocks import replanned
from domain.rules import Rules
from ledger import replans
from ledger.directory import DirectoryCache
from ledger.store import WORKER, Database
from workflows.faultpoints import reach
from workflows.waking import ask_to_replan

_log = structlog.get_logger(__name__)
_PAGE = 200
_AT_ONCE = 32
"""Signals under way at once."""
_PATIENCE = timedelta(seconds=60)
"""After which a case that was asked is asked again."""


class Replanner:
    """The activity that brings changes of calendar and rules to the cases they touch."""

    def __init__(self, database: Database, client: Client, rules: Callable[[], Rules]) -> None:
        self._database, self._client, self._rules = database, client, rules
        self._directory = DirectoryCache()

    @activity.defn
    async def replan(self) -> int:
        """Bring every change whose day has come to its cases, the oldest change first; how many cases were asked.

        May be begun anew at any moment: what was walked is kept, and a case asked twice records once.
        """
        asked = 0
        while True:
            async with self._database.transaction(WORKER) as conn:
                await replans.finish(conn)
                change = await replans.next_open(conn)
            if change is None:
                return asked
            ref: str = change["ref"]
            if change["walked_at"] is not None:
                return asked + await self._ask_again(ref)
            asked += await self._walk(ref, change["cursor"] and str(change["cursor"]))

    async def _walk(self, ref: str, after: str | None) -> int:
        asked = 0
        while True:
            now = activity.info().started_time
            async with self._database.transaction(WORKER) as conn:
                directory = await self._directory.read(conn)
                today = now.astimezone(self._rules().zone).date()
                page = await replans.page(conn, after, _PAGE)
                if not page:
                    await replans.walk_over(conn, ref)
                    _log.info("clocks planned anew", change=ref)
                    return asked
                touched = [
                    state for state in page if any(replanned(state, self._rules().under(directory, today, state.centre or None), now, ref))
                ]
                after = page[-1].case_id
                await replans.walked(conn, ref, after, len(page), touched)
            reach("replan_walked")
            await self._ask(ref, [(state.case_id, state.kind) for state in touched])
            asked += len(touched)
            activity.heartbeat(after)

    async def _ask_again(self, ref: str) -> int:
        """Ask those once more that have not answered: the process may have died between writing them down and asking."""
        async with self._database.transaction(WORKER) as conn:
            late = await replans.waiting(conn, ref, _PATIENCE, _PAGE)
        await self._ask(ref, late)
        return len(late)

    async def _ask(self, ref: str, touched: list[tuple[str, str]]) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(case_id: str, kind: str) -> None:
            async with gate:
                await ask_to_replan(self._client, case_id, kind, ref)

        await asyncio.gather(*(one(case_id, kind) for case_id, kind in touched))
