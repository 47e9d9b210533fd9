"""What runs by the minute beside the cases. Each schedule starts one short workflow that runs one activity."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows import contract

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=20))


@workflow.defn(name="reconcile")
class ReconcileWorkflow:
    """Finds cases whose workflow lags behind the ledger and wakes them."""

    @workflow.run
    async def run(self, lag_seconds: float) -> int:
        return await workflow.execute_activity(
            "reconcile",
            lag_seconds,
            result_type=int,
            task_queue=contract.DUTY_QUEUE,
            start_to_close_timeout=timedelta(seconds=50),
            schedule_to_close_timeout=timedelta(minutes=5),
            retry_policy=_RETRY,
        )


@workflow.defn(name="deliver")
class DeliverWorkflow:
    """Delivers what is left in the outbox."""

    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity(
            "deliver",
            result_type=int,
            task_queue=contract.DUTY_QUEUE,
            start_to_close_timeout=timedelta(seconds=50),
            schedule_to_close_timeout=timedelta(minutes=5),
            retry_policy=_RETRY,
        )


@workflow.defn(name="replan")
class ReplanWorkflow:
    """Brings changes of calendar and rules to the cases they touch."""

    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity(
            "replan",
            result_type=int,
            task_queue=contract.DUTY_QUEUE,
            start_to_close_timeout=timedelta(hours=2),
            heartbeat_timeout=timedelta(seconds=60),
            retry_policy=_RETRY,
        )


@workflow.defn(name="send")
class SendWorkflow:
    """Sends what is due of one channel."""

    @workflow.run
    async def run(self, channel: str) -> int:
        return await workflow.execute_activity(
            "send",
            channel,
            result_type=int,
            task_queue=contract.DUTY_QUEUE,
            start_to_close_timeout=timedelta(minutes=10),
            schedule_to_close_timeout=timedelta(minutes=30),
            retry_policy=_RETRY,
        )


@workflow.defn(name="digest")
class DigestWorkflow:
    """Writes the morning's digests."""

    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity(
            "digest",
            result_type=int,
            task_queue=contract.DUTY_QUEUE,
            start_to_close_timeout=timedelta(minutes=5),
            schedule_to_close_timeout=timedelta(hours=3),
            retry_policy=_RETRY,
        )


@workflow.defn(name="ring")
class RingWorkflow:
    """Rings what many cases wait for at one moment, and what no timer rang; answers how far the ledger then was."""

    @workflow.run
    async def run(self) -> int:
        seen = workflow.get_last_completion_result(int) if workflow.has_last_completion_result() else 0
        return await workflow.execute_activity(
            "ring",
            seen,
            result_type=int,
            task_queue=contract.DUTY_QUEUE,
            start_to_close_timeout=timedelta(hours=1),
            heartbeat_timeout=timedelta(seconds=20),
            retry_policy=_RETRY,
        )
