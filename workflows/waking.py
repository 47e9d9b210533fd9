"""Waking a case's workflow from outside: whoever has written to the ledger on its behalf, or sees that it may have missed something."""

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from workflows import contract
from workflows.contract import CaseInput


async def wake(client: Client, case_id: str, kind: str = "case") -> None:
    """Signal-with-start: idempotent, and harmless for a case that lacks nothing."""
    await _signal(client, case_id, kind, contract.RECHECK_SIGNAL)


async def ask_to_replan(client: Client, case_id: str, kind: str, ref: str) -> None:
    """Signal-with-start: the workflow plans the clocks anew once, however often it is asked."""
    await _signal(client, case_id, kind, contract.REPLAN_SIGNAL, ref)


async def _signal(client: Client, case_id: str, kind: str, signal: str, *said: str) -> None:
    await client.start_workflow(
        "case",
        CaseInput(case_id),
        id=contract.workflow_id(case_id, kind),
        task_queue=contract.CASE_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        task_timeout=contract.TASK_TIMEOUT,
        start_signal=signal,
        start_signal_args=said,
    )
