"""Waking a case's workflow from outside: whoever has written to the ledger on its behalf, or sees that it may have missed something."""

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from workflows import contract
from workflows.contract import CaseInput


async def wake(client: Client, case_id: str, kind: str = "case") -> None:
    """Signal-with-start: idempotent, and harmless for a case that lacks nothing."""
    await client.start_workflow(
        "case",
        CaseInput(case_id),
        id=contract.workflow_id(case_id, kind),
        task_queue=contract.CASE_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        task_timeout=contract.TASK_TIMEOUT,
        start_signal=contract.RECHECK_SIGNAL,
    )
