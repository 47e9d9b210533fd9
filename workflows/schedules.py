"""What runs by the minute beside the cases. Each schedule starts one short workflow that runs one activity."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows import contract

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=20))


async def _duty(
    activity: str, *args: float | str, longest: timedelta, in_all: timedelta | None = None, heartbeat: timedelta | None = None
) -> int:
    """Run one activity, each try no longer than `longest`, all of them no longer than `in_all`."""
    return await workflow.execute_activity(
        activity,
        args=args,
        result_type=int,
        task_queue=contract.DUTY_QUEUE,
        start_to_close_timeout=longest,
        schedule_to_close_timeout=in_all,
        heartbeat_timeout=heartbeat,
        retry_policy=_RETRY,
    )


@workflow.defn(name="reconcile")
class ReconcileWorkflow:
    """Finds cases whose workflow lags behind the ledger and wakes them."""

    @workflow.run
    async def run(self, lag_seconds: float) -> int:
        return await _duty("reconcile", lag_seconds, longest=timedelta(seconds=50), in_all=timedelta(minutes=5))


@workflow.defn(name="deliver")
class DeliverWorkflow:
    """Delivers what is left in the outbox."""

    @workflow.run
    async def run(self) -> int:
        return await _duty("deliver", longest=timedelta(seconds=50), in_all=timedelta(minutes=5))


@workflow.defn(name="replan")
class ReplanWorkflow:
    """Brings changes of calendar and rules to the cases they touch."""

    @workflow.run
    async def run(self) -> int:
        return await _duty("replan", longest=timedelta(hours=2), heartbeat=timedelta(seconds=60))


@workflow.defn(name="send")
class SendWorkflow:
    """Sends what is due of one channel."""

    @workflow.run
    async def run(self, channel: str) -> int:
        return await _duty("send", channel, longest=timedelta(minutes=10), in_all=timedelta(minutes=30))


@workflow.defn(name="digest")
class DigestWorkflow:
    """Writes the morning's digests."""

    @workflow.run
    async def run(self) -> int:
        return await _duty("digest", longest=timedelta(minutes=5), in_all=timedelta(hours=3))


@workflow.defn(name="ring")
class RingWorkflow:
    """Rings what many cases wait for at one moment, and what no timer rang; answers how far the ledger then was."""

    @workflow.run
    async def run(self) -> int:
        seen = workflow.get_last_completion_result(int) or 0
        return await _duty("ring", seen, longest=timedelta(hours=1), heartbeat=timedelta(seconds=20))


@workflow.defn(name="seal")
class SealWorkflow:
    """Signs what was recorded and puts it out of reach of whoever could rewrite it."""

    @workflow.run
    async def run(self) -> int:
        return await _duty("seal", longest=timedelta(minutes=30), heartbeat=timedelta(seconds=20))
