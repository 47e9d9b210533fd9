"""The worker process: takes case workflows and duties from Temporal, against one ledger."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any, Literal

import psycopg
import structlog
import uvloop
from psycopg_pool import PoolTimeout
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    WorkflowFailureError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.deliver import Deliverer
from activities.reconcile import Reconciler
from activities.record import Recorder
from activities.replan import Replanner
from activities.ring import Ringer
from activities.seal import Sealer
from activities.shred import Shredder
from activities.verify import Verifier
from ledger import logs, replans, rules
from ledger.inbox import OUTBOX_NOTICE
from ledger.keys import KeyRing
from ledger.live import CASE_NOTICE
from ledger.settings import Settings
from ledger.shredlist import ShredList
from ledger.store import WORKER, Database
from notify.sealing import Sealing
from notify.sending import Sender
from readmodels import following
from workers.anchors import anchors_of
from workers.channels import channels_of
from workers.process import DATABASE_NAME, leave
from workers.shredlist import apply_shred_list
from workers.temporal import connect, runtime
from workers.verifying import stay_verifying, verification, verify_worker
from workflows import contract
from workflows.case import CaseWorkflow
from workflows.faultpoints import reach
from workflows.schedules import (
    DeliverWorkflow,
    DigestWorkflow,
    ReconcileWorkflow,
    ReplanWorkflow,
    RingWorkflow,
    SealWorkflow,
    SendWorkflow,
    ShredWorkflow,
)

type Duty = Literal["cases", "duties"]
"""What a process takes from Temporal: the workflows of cases, for which people wait, or what is done beside them."""

_log = structlog.get_logger(__name__)
_NICE = 5
_LAG_SECONDS = 60.0
_SEEN_EVERY_SECONDS = 2.0
_ARMED_EVERY_SECONDS = 15.0
_TOGETHER_SECONDS = 0.2
"""How long to gather what is to be told before it is brought out."""
_FOLLOW_SECONDS = 1.0
"""How long to gather what was appended before read models follow: under load one round serves many commands."""
_AGAIN_EVERY_SECONDS = 60.0
_DRAIN = timedelta(seconds=10)
_CACHED_CASES = 500
"""Workflows kept in memory, a quarter of a megabyte each; the rest are replayed from their short histories when something happens to
them."""


def sandbox() -> SandboxedWorkflowRunner:
    """The workflow sandbox; the contract and the data converter's libraries pass through it, being free of effects."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(
        "pydantic", "pydantic_core", "annotated_types", "workflows.contract"
    )
    return SandboxedWorkflowRunner(restrictions=restrictions)


def case_worker(client: Client, recorder: Recorder, *, cached: int = _CACHED_CASES) -> Worker:
    """The worker of the case workflows and their local activities."""
    return Worker(
        client,
        task_queue=contract.CASE_QUEUE,
        workflows=[CaseWorkflow],
        activities=[recorder.record_command, recorder.load_plan],
        workflow_runner=sandbox(),
        max_cached_workflows=cached,
        graceful_shutdown_timeout=_DRAIN,
    )


def duty_worker(client: Client, *duties: Callable[..., Coroutine[Any, Any, int]]) -> Worker:
    """The worker of what runs beside the cases."""
    return Worker(
        client,
        task_queue=contract.DUTY_QUEUE,
        workflows=[
            ReconcileWorkflow,
            DeliverWorkflow,
            ReplanWorkflow,
            SendWorkflow,
            DigestWorkflow,
            RingWorkflow,
            SealWorkflow,
            ShredWorkflow,
        ],
        activities=duties,
        workflow_runner=sandbox(),
        graceful_shutdown_timeout=_DRAIN,
    )


async def ensure_search_attributes(client: Client) -> None:
    """Register the search attributes of the contract where the namespace lacks them."""
    operator, namespace = client.operator_service, client.namespace
    listed = await operator.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
    wanted = {key.name: IndexedValueType.ValueType(int(key.indexed_value_type)) for key in contract.SEARCH_ATTRIBUTES}
    missing = {name: kind for name, kind in wanted.items() if name not in listed.custom_attributes}
    if missing:
        await operator.add_search_attributes(AddSearchAttributesRequest(namespace=namespace, search_attributes=missing))


async def keep_armed(client: Client, reconciler: Reconciler) -> None:
    """Create what this Temporal lacks; one without the reconciler's schedule is new or lost its database: every case is woken first.

    That schedule is made last, so that whoever dies on the way is followed by one who begins anew.
    """
    if await _scheduled(client, contract.RECONCILE_SCHEDULE):
        return
    await ensure_search_attributes(client)
    _log.info("temporal is new here", woken=await reconciler.rearm())
    await ensure_schedules(client)
    await _schedule(client, contract.RECONCILE_SCHEDULE, "reconcile", [_LAG_SECONDS])


async def ensure_schedules(client: Client) -> None:
    """Create the schedules that are missing, also on an installation that is older than one of them."""
    by_the_minute = ((contract.DELIVER_SCHEDULE, "deliver"), (contract.REPLAN_SCHEDULE, "replan"), (contract.SHRED_SCHEDULE, "shred"))
    for name, workflow in by_the_minute:
        if not await _scheduled(client, name):
            await _schedule(client, name, workflow, [])
    if not await _scheduled(client, contract.RING_SCHEDULE):  # a run that watched a crowd is followed by the next one at once
        await _schedule(client, contract.RING_SCHEDULE, "ring", [], overlap=ScheduleOverlapPolicy.BUFFER_ONE)
    if not await _scheduled(client, contract.SEAL_SCHEDULE):
        await _schedule(client, contract.SEAL_SCHEDULE, "seal", [], every=contract.SEAL_EVERY)
    if not await _scheduled(client, contract.DIGEST_SCHEDULE):
        await _at_half_past_eight(client)
    for channel in contract.CHANNELS:
        if not await _scheduled(client, contract.send_schedule(channel)):
            await _schedule(client, contract.send_schedule(channel), "send", [channel])


async def _scheduled(client: Client, name: str) -> bool:
    try:
        await client.get_schedule_handle(name).describe()
    except RPCError as fault:
        if fault.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def _at_half_past_eight(client: Client) -> None:
    """Each morning in Shanghai; one that fell into an outage is caught up on the same morning."""
    action = ScheduleActionStartWorkflow("digest", args=[], id=contract.DIGEST_SCHEDULE, task_queue=contract.DUTY_QUEUE)
    half_past_eight = ScheduleCalendarSpec(hour=[ScheduleRange(8)], minute=[ScheduleRange(30)])
    spec = ScheduleSpec(calendars=[half_past_eight], time_zone_name="Asia/Shanghai")
    policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(hours=6))
    with suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(contract.DIGEST_SCHEDULE, Schedule(action=action, spec=spec, policy=policy))


async def _schedule(
    client: Client,
    name: str,
    workflow: str,
    args: list[float | str],
    *,
    overlap: ScheduleOverlapPolicy = ScheduleOverlapPolicy.SKIP,
    every: timedelta = timedelta(minutes=1),
) -> None:
    action = ScheduleActionStartWorkflow(workflow, args=args, id=name, task_queue=contract.DUTY_QUEUE)
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
    policy = SchedulePolicy(overlap=overlap)
    with suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(name, Schedule(action=action, spec=spec, policy=policy))


async def serve(settings: Settings, stop: asyncio.Event, duty: Duty | None = None) -> None:
    """Run until `stop`; then take no more work, let what runs end, and return. Without `duty` one process does both."""
    keys = KeyRing.open(settings.keys)
    async with AsyncExitStack() as stack:
        name = DATABASE_NAME if duty != "duties" else f"{DATABASE_NAME}-duties"
        database = await stack.enter_async_context(Database(settings.worker_url, name=name))
        await apply_shred_list(database, settings.shred_list)
        metrics = f"127.0.0.1:{settings.metrics_port}" if settings.metrics_port else None
        client = await _reach(settings, keys, metrics)
        recorder = Recorder(database, rules.current)
        await ensure_search_attributes(client)
        if duty != "duties":
            await stack.enter_async_context(case_worker(client, recorder))
        watches = await _take_up_duties(stack, settings, keys, database, client, recorder) if duty != "cases" else []
        if duty != "duties":
            watches.append(_stay_seen(database))
        _log.info("worker ready")
        await _until(stop, *watches)
        _log.info("worker draining")


async def _take_up_duties(  # noqa: PLR0917 -- what the process has
    stack: AsyncExitStack, settings: Settings, keys: KeyRing, database: Database, client: Client, recorder: Recorder
) -> list[Coroutine[None, None, None]]:
    """Begin what is done beside the cases; what is to be watched for it."""
    reconciler = Reconciler(database, client)
    deliverer = Deliverer(
        database, keys.master, client=client, sender=Sender(database, channels_of(settings), keys.master, settings.public_url)
    )
    replanner = Replanner(database, client, rules.current, rules.digest())
    sealer = Sealer(Sealing(database, settings.keys, settings.sealing, anchors_of(settings, database, keys.master), reach))
    shredder = Shredder(database, rules.current, ShredList(settings.shred_list))
    duties = (
        *(reconciler.reconcile, deliverer.deliver, deliverer.send, deliverer.digest, replanner.replan),
        *(Ringer(database, recorder).ring, sealer.seal, shredder.shred),
    )
    await stack.enter_async_context(duty_worker(client, *duties))
    await stack.enter_async_context(verify_worker(client, Verifier(database, verification(settings)), sandbox()))
    async with database.transaction(WORKER) as conn:
        await replans.ask_for_rules(conn, rules.digest())
        await following.enter(conn)
    await ensure_schedules(client)
    await keep_armed(client, reconciler)
    watches = [_stay_armed(client, reconciler), _stay_telling(database, client)]
    return [*watches, stay_following(database), stay_verifying(database, client)]


async def _until(stop: asyncio.Event, *watches: Coroutine[None, None, None]) -> None:
    """Keep the watches until `stop`. What a watch does not expect ends the worker, whose supervisor starts another."""
    tasks: set[asyncio.Task[object]] = {asyncio.create_task(stop.wait()), *map(asyncio.create_task, watches)}
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for task in done:
        task.result()


async def _stay_seen(database: Database) -> None:
    """Connect again after the database was away: the API sees a worker by its connection, and an idle pool makes none by itself."""
    while True:
        await asyncio.sleep(_SEEN_EVERY_SECONDS)
        try:
            async with database.transaction(WORKER) as conn:
                await conn.execute("SELECT 1")
        except psycopg.OperationalError as fault:
            _log.warning("the database is away", fault=type(fault).__name__)


async def _stay_telling(database: Database, client: Client) -> None:
    """Begin a delivery as soon as there is something to be told, one for all that comes together; the first for what came while nobody
    listened.
    """
    while True:
        try:
            async with database.connection() as conn:
                await conn.execute(f"LISTEN {OUTBOX_NOTICE}".encode())
                while True:
                    await (await client.start_workflow(
                        "deliver", id="deliver", task_queue=contract.DUTY_QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
                    )).result()  # fmt: skip
                    async for _ in conn.notifies(stop_after=1):
                        pass
                    async for _ in conn.notifies(timeout=_TOGETHER_SECONDS):
                        pass
        except (RPCError, WorkflowFailureError, psycopg.OperationalError, PoolTimeout) as fault:
            _log.warning("an engine is away", fault=type(fault).__name__)
            await asyncio.sleep(_SEEN_EVERY_SECONDS)


async def stay_following(database: Database) -> None:
    """Bring the read models that follow the ledger up to it soon after an append, all that comes together at once; each minute try those
    that halted again.
    """
    again_at = 0.0
    while True:
        try:
            async with database.connection() as conn:
                await conn.execute(f"LISTEN {CASE_NOTICE}".encode())
                while True:
                    again = time.monotonic() >= again_at
                    await following.follow_all(database, again=again)
                    again_at = time.monotonic() + _AGAIN_EVERY_SECONDS if again else again_at
                    async for _ in conn.notifies(timeout=_AGAIN_EVERY_SECONDS, stop_after=1):
                        pass
                    async for _ in conn.notifies(timeout=_FOLLOW_SECONDS):
                        pass
        except (psycopg.OperationalError, PoolTimeout) as fault:
            _log.warning("the database is away", fault=type(fault).__name__)
            await asyncio.sleep(_SEEN_EVERY_SECONDS)


async def _stay_armed(client: Client, reconciler: Reconciler) -> None:
    """Notice a Temporal that lost its database while this worker lived: its timers are gone, and no start would arm them again."""
    while True:
        await asyncio.sleep(_ARMED_EVERY_SECONDS)
        try:
            await keep_armed(client, reconciler)
        except (RPCError, psycopg.OperationalError) as fault:
            _log.warning("an engine is away", fault=type(fault).__name__)


async def _reach(settings: Settings, keys: KeyRing, metrics: str | None) -> Client:
    """Connect, however long Temporal takes to come up; the supervisor decides when to give up."""
    using = runtime(metrics)
    wait = 0.2
    while True:
        try:
            client = await connect(settings, keys, using=using)
            await client.service_client.check_health()
        except (RPCError, RuntimeError) as fault:
            _log.warning("temporal is away", address=settings.temporal_address, fault=type(fault).__name__)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)
        else:
            return client


async def _main(duty: Duty | None) -> None:
    logs.configure("worker")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(Settings.from_environment(), stop, duty)


def main(duty: Duty | None = None) -> None:
    """Run the worker process to its end. One that has only duties gives way to processes somebody waits for."""
    if duty == "duties":
        os.nice(_NICE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(duty))
    leave()
