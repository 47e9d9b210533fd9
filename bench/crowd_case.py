"""The peers' workflows, in a file of their own: the sandbox imports this file again for each, and so nothing heavy stands here."""

import asyncio
from datetime import timedelta

from temporalio import workflow


@workflow.defn(name="bench-timer")
class TimerWorkflow:
    """Waits for a moment, then runs one local activity."""

    @workflow.run
    async def run(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - workflow.now().timestamp()))
        await workflow.execute_local_activity(
            "commit_row", workflow.info().workflow_id, result_type=str, start_to_close_timeout=timedelta(seconds=10)
        )


@workflow.defn(name="bench-signal")
class SignalWorkflow:
    """Takes one signal, does nothing with it, and ends."""

    def __init__(self) -> None:
        self._told = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self._told)

    @workflow.signal
    def tell(self, ref: str) -> None:
        self._told = bool(ref)
