"""The verification of the ledgers that a person asked for, on a queue of its own: it takes a processor for itself."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows import contract

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=20))


@workflow.defn(name="verify")
class VerifyWorkflow:
    """Verifies the ledgers; a try whose worker died is followed by another."""

    @workflow.run
    async def run(self, verification_id: str) -> int:
        return await workflow.execute_activity(
            "verify",
            verification_id,
            result_type=int,
            task_queue=contract.VERIFY_QUEUE,
            start_to_close_timeout=timedelta(hours=12),
            heartbeat_timeout=timedelta(seconds=30),
            retry_policy=_RETRY,
        )
