"""Open cases planned anew after a change of calendar or rules: who is touched is worked out here, each case records its own new plan."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.client import Client

from domain.clocks import replanned
from domain.rules import Rules
from ledger import replans
from ledger.directory import DirectoryCache
from ledger.store import WORKER, Database, clock
from workflows.faultpoints import reach
from workflows.waking import ask_to_replan

_log = structlog.get_logger(__name__)
_PAGE = 200
_AT_ONCE = 32
"""Signals under way at once."""
_PATIENCE = timedelta(seconds=60)
"""After which a case that was asked is asked again."""
_LONGEST = timedelta(seconds=15)
"""No command is recorded in a transaction longer than this: its local activity is given up before."""
_LOOK_AGAIN_SECONDS = 0.05


class Replanner:
    """The activity that brings changes of calendar and rules to the cases they touch.

    `digest` names the data that `rules` were read from (`ledger.rules.digest`).
    """

    def __init__(self, database: Database, client: Client, rules: Callable[[], Rules], digest: str) -> None:
        self._database, self._client, self._rules, self._digest = database, client, rules, digest
        self._directory = DirectoryCache()

    @activity.defn
    async def replan(self) -> int:
        """Bring every change whose day has come to its cases, the oldest change first; how many cases were asked.

        May be begun anew at any moment: what was walked is kept, and a case asked twice records once. Every case is planned by what
        holds when it records, so that a change whose cases are still answering keeps no later one waiting.
        """
        asked = await self._ask_again()
        while True:
            async with self._database.transaction(WORKER) as conn:
                await replans.finish(conn)
                change = await replans.next_open(conn, self._digest)
            if change is None:
                return asked
            if change["cursor"] is None:
                await self._others_see_it()
            asked += await self._walk(change["ref"], change["cursor"] and str(change["cursor"]))

    async def _others_see_it(self) -> None:
        """Wait for whoever began before the change could be seen: a case planned without it may not be there yet to be looked at."""
        async with self._database.transaction(WORKER) as conn:
            moment = now = await clock(conn)
        while now < moment + _LONGEST:
            async with self._database.transaction(WORKER) as conn:
                if not await replans.any_begun_before(conn, moment):
                    return
                now = await clock(conn)
            activity.heartbeat("waiting")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _walk(self, ref: str, after: str | None) -> int:
        asked = 0
        while True:
            async with self._database.transaction(WORKER) as conn:
                directory = await self._directory.read(conn)
                now = await clock(conn)
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
            await self._ask((ref, state.case_id, state.kind) for state in touched)
            asked += len(touched)
            activity.heartbeat(after)

    async def _ask_again(self) -> int:
        """Ask those once more that have not answered: the process may have died between writing them down and asking."""
        async with self._database.transaction(WORKER) as conn:
            late = await replans.ask_again(conn, _PATIENCE, _PAGE)
        await self._ask(late)
        return len(late)

    async def _ask(self, touched: Iterable[tuple[str, str, str]]) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(ref: str, case_id: str, kind: str) -> None:
            async with gate:
                await ask_to_replan(self._client, case_id, kind, ref)

        await asyncio.gather(*(one(*each) for each in touched))
