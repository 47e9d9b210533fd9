"""The peer's workflow, in a file of its own: the sandbox imports this file again for every case, and so nothing heavy stands here."""

import asyncio
from datetime import timedelta

from temporalio import workflow


@workflow.defn(name="bench-floor")
class FloorWorkflow:
    """Takes Updates, one at a time, for as long as the server lives."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    @workflow.run
    async def run(self) -> None:
        """Wait for ever."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def record(self, row: str) -> str:
        """Commit one row under that id; answers it."""
        async with self._turn:
            return await workflow.execute_local_activity("commit_row", row, result_type=str, start_to_close_timeout=timedelta(seconds=10))
