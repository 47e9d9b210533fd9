"""Begins the verification of the ledgers that somebody asked for, as soon as it is asked for; also what was asked while no worker lived."""

import asyncio
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkflowRunner

from activities.verify import Told, Verifier, Verify
from ledger import verifications
from ledger.events import LEDGERS
from ledger.settings import Settings
from ledger.store import WORKER, Database
from ledger.verify.run import Request, store, verify
from ledger.verify.run import Told as ToldOfLedger
from workflows import contract
from workflows.verify import VerifyWorkflow

_log = structlog.get_logger(__name__)
_AGAIN_SECONDS = 2.0
_DRAIN = timedelta(seconds=10)


def verification(settings: Settings) -> Verify:
    """The verification of this installation's ledgers, its result kept in the home as that of `yuanshou verify` is."""
    home, sealing = settings.keys.parent, settings.sealing

    def run(came: Told) -> Mapping[str, Any]:
        # Two processes at least: this one has other duties, which wait where it hashes itself.
        request = Request(
            dsn=settings.worker_url, home=home, anchors=sealing.anchors, ledgers=LEDGERS, anchor_max_age=sealing.anchor_max_age,
            witnesses=(sealing.witness.vkey,) if sealing.witness else (), jobs=max(2, os.cpu_count() or 1),
        )  # fmt: skip
        told = verify(request, _summed(came)).as_dict()
        store(home, told)
        return told

    async def verified(came: Told) -> Mapping[str, Any]:
        return await asyncio.to_thread(run, came)

    return verified


def _summed(came: Told) -> ToldOfLedger:
    """Ledger by ledger as one number: how many events of how many of all those begun."""
    places: dict[str, tuple[int, int]] = {}

    def told(ledger: str, done: int, of: int) -> None:
        places[ledger] = done, of
        came(sum(done for done, _ in places.values()), sum(of for _, of in places.values()))

    return told


def verify_worker(client: Client, verifier: Verifier, runner: WorkflowRunner) -> Worker:
    """The worker of verifications, one after another."""
    return Worker(
        client,
        task_queue=contract.VERIFY_QUEUE,
        workflows=[VerifyWorkflow],
        activities=[verifier.verify],
        workflow_runner=runner,
        max_concurrent_activities=1,
        graceful_shutdown_timeout=_DRAIN,
    )


async def stay_verifying(database: Database, client: Client) -> None:
    """Carry out one verification after another, each by a workflow that outlives this process."""
    while True:
        try:
            async with database.connection() as conn:
                await conn.execute(f"LISTEN {verifications.NOTICE}".encode())
                while True:
                    await _begin_all(database, client)
                    async for _ in conn.notifies(stop_after=1):
                        pass
        except (RPCError, WorkflowFailureError, psycopg.OperationalError, PoolTimeout) as fault:
            _log.warning("an engine is away", fault=type(fault).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)


async def _begin_all(database: Database, client: Client) -> None:
    """Carry out what is asked for until nothing is."""
    while True:
        async with database.transaction(WORKER) as conn:
            asked = await verifications.running(conn)
        if asked is None:
            return
        verification_id = str(asked["verification_id"])
        workflow = await client.start_workflow(
            "verify",
            verification_id,
            id=contract.verify_id(verification_id),
            task_queue=contract.VERIFY_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        await workflow.result()
