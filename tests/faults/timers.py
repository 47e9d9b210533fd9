"""The timers of cases as Temporal has them, for tests that turn the ledger's clock under them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio.api.history.v1 import HistoryEvent

from tests.faults import almanac
from tests.faults.harness import System
from tests.poll import until
from workflows.contract import workflow_id
from workflows.waking import wake

_AT_ONCE = 8
"""How many cases a test asks Temporal about at a time."""


async def approach(system: System, cases: Sequence[str], moment: datetime, left: timedelta) -> None:
    """Let the ledger be that far before the moment, and each case's timer be set to end with it."""
    await almanac.turn_to(system, moment - left)
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(case_id: str) -> None:
        async with limit:
            await wake(system.house.client, case_id)
            await until(lambda: standing(system, case_id, left))

    await asyncio.gather(*map(one, cases))


async def standing(system: System, case_id: str, longest: timedelta) -> bool:
    """Whether the case's last timer runs, and was set to end after no longer than that."""
    events = await _events(system, case_id)
    last = next((e for e in reversed(events) if _of_timer(e)), None)
    return (
        last is not None
        and last.HasField("timer_started_event_attributes")
        and last.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() <= longest
    )


async def ended(system: System, case_id: str, times: int = 1) -> bool:
    """Whether that many timers of the case have ended."""
    return sum(e.HasField("timer_fired_event_attributes") for e in await _events(system, case_id)) >= times


async def _events(system: System, case_id: str) -> list[HistoryEvent]:
    return list((await system.house.client.get_workflow_handle(workflow_id(case_id)).fetch_history()).events)


def _of_timer(event: HistoryEvent) -> bool:
    return any(event.HasField(f"timer_{what}_event_attributes") for what in ("started", "fired", "canceled"))
