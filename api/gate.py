"""How many Updates may be in flight. Past the server's own cap its tasks are lost and run again, which costs far more than a short wait.

Measured: thirty Updates at once on one case 8.1 s and 135 executions, four at a time 1.0 s and 30 (`docs/architecture.md`).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

PER_CASE = 4
IN_ALL = 8
PATIENCE_SECONDS = 2.0


class Busy(Exception):  # noqa: N818 -- what the caller is told
    """No place was free within the patience; try again shortly."""


@dataclass(slots=True)
class _Lane:
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PER_CASE))
    users: int = 0


class Gate:
    """Places for Updates: some a case, some in all."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(IN_ALL)
        self._lanes: dict[str, _Lane] = {}

    async def enter(self, case_id: str) -> Callable[[], None]:
        """Wait for a place; returns the call that gives it back. Raises `Busy` after the patience."""
        lane = self._lanes.setdefault(case_id, _Lane())
        lane.users += 1
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await lane.places.acquire()
                try:
                    await self._all.acquire()
                except BaseException:
                    lane.places.release()
                    raise
        except BaseException as fault:
            self._leave_lane(case_id, lane)
            if isinstance(fault, TimeoutError):
                raise Busy from fault
            raise

        def leave() -> None:
            self._all.release()
            lane.places.release()
            self._leave_lane(case_id, lane)

        return leave

    def _leave_lane(self, case_id: str, lane: _Lane) -> None:
        lane.users -= 1
        if lane.users == 0:
            self._lanes.pop(case_id, None)
