"""The sealing as an activity: a run of `notify.sealing`, told in the worker's metrics."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from temporalio import activity
from temporalio.exceptions import ApplicationError

from ledger.anchored import Age
from ledger.keys import KeyFault
from ledger.signer import SealRefused
from notify.sealing import Run, Sealing
from workflows import contract

_BEAT_SECONDS = 5.0


class Sealer:
    """The activity that signs what was recorded and puts it out of reach."""

    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    @activity.defn
    async def seal(self) -> int:
        """Seal every ledger; how many heads were signed. Fails, not to be tried again before its next time, where one was refused."""
        try:
            async with _beating():
                run = await self._sealing.run()
        except SealRefused as fault:
            raise _failure(fault.code, str(fault)) from fault
        except KeyFault as fault:
            raise _failure("key_missing", str(fault)) from fault
        _measure(run)
        for fault in run.refused.values():
            raise _failure(fault.code, str(fault)) from fault
        return sum(each.new for each in run.sealed.values())


@asynccontextmanager
async def _beating() -> AsyncGenerator[None]:
    """Tell Temporal that this worker lives, also while a mail server or a witness takes its time: where it dies another goes on soon."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_BEAT_SECONDS)

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()
        with suppress(asyncio.CancelledError):
            await beats


def _failure(code: str, what: str) -> ApplicationError:
    return ApplicationError(what, type=code, non_retryable=True)


def _measure(run: Run) -> None:
    meter = activity.metric_meter()
    waiting = meter.create_gauge_float(contract.WAITING_METRIC, "Seconds that the first event without a checkpoint has waited", "s")
    anchored = meter.create_gauge_float(contract.ANCHOR_METRIC, "Seconds since a checkpoint was put outside", "s")
    refused = meter.create_counter(contract.REFUSED_METRIC, "Times that a ledger was not sealed, or a checkpoint not anchored")
    for age in run.ages:
        waiting.set(_seconds(age), {"ledger": age.ledger})
        if age.anchored is not None:
            anchored.set(age.anchored.total_seconds(), {"ledger": age.ledger})
    for ledger, fault in run.refused.items():
        refused.add(1, {"where": ledger, "code": fault.code})
    for place, fault in run.missed.items():
        refused.add(1, {"where": place, "code": fault.code})


def _seconds(age: Age) -> float:
    return age.waiting.total_seconds() if age.waiting is not None else 0.0
