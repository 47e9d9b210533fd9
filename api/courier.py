"""Carries a command from the inbox to the workflow of its stream and says when its outcome stands in the ledger."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Self

import psycopg
import sqlalchemy as sa
import structlog
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.gate import Gate
from ledger import inbox
from ledger.sql import Statement
from ledger.store import WORKER, Database
from workflows import contract
from workflows.contract import CaseInput, Plan
from workflows.faultpoints import reach
from workflows.waking import wake

_log = structlog.get_logger(__name__)
_WAIT_SECONDS = 8.0
"""How long a caller waits: longer than the workflow task timeout (3 s), after which another worker takes over."""
_FLUSH_SECONDS = 1.0
_TRIES = 3
_AWAY = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.ABORTED,
    RPCStatusCode.FAILED_PRECONDITION,  # the workflow's task keeps failing
}

_ARM = Statement(
    sa.text(
        "UPDATE cases SET armed_version = n.version FROM unnest(cast(:ids AS uuid[]), cast(:versions AS int[])) AS n(case_id, version)"
        " WHERE cases.case_id = n.case_id AND cases.armed_version < n.version"
    )
)

type AnswerFrom = Literal["ledger", "temporal"]


class EngineAway(Exception):  # noqa: N818 -- what the caller is told
    """No outcome is known yet: an engine or the worker is away. The command may still be carried out; repeat it with its key."""


class LedgerBehind(Exception):  # noqa: N818
    """The case's workflow has seen more than the ledger holds: the database was restored from an older state."""


class Courier:
    """Sends Updates and listens for outcomes. One a process; an async context manager.

    `answer_from` names the source of the answer: the ledger's commit (told by LISTEN) or Temporal's acknowledgement; with
    `ledger`, whichever comes first.
    """

    def __init__(self, client: Client, database: Database, *, answer_from: AnswerFrom = "ledger") -> None:
        self._client = client
        self._database = database
        self._answer_from = answer_from
        self._gate = Gate()
        self._waiting: dict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._armed: dict[str, int] = {}
        self._updates: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._flush_armed())]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        for task in (*self._tasks, *self._updates):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._updates, return_exceptions=True)
        with suppress(psycopg.Error):  # the reconciler finds what could not be noted
            await self._note_armed()

    async def carry(self, case_id: str, command_id: str, *, opening: bool = False, kind: str = "case") -> None:
        """Returns once the command's outcome is in the ledger.

        Raises `Busy` (no place), `EngineAway` (no outcome in time) or `LedgerBehind`.
        """
        leave = await self._gate.enter(case_id)
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[command_id].add(told)
        update = asyncio.create_task(self._update(case_id, command_id, opening=opening, kind=kind))
        self._updates.add(update)
        update.add_done_callback(lambda task: self._done(task, leave))
        try:
            sources = {told, update} if self._answer_from == "ledger" else {update}
            done, _ = await asyncio.wait(sources, timeout=_WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting[command_id].discard(told)
            if not self._waiting[command_id]:
                del self._waiting[command_id]
        reach("before_ack")
        if told in done:
            return
        if update in done and update.exception() is None:
            return
        if not await self._settled(command_id):
            update.cancel()
            raise (update.exception() if update in done else None) or EngineAway

    def _done(self, task: asyncio.Task[None], leave: Callable[[], None]) -> None:
        leave()
        self._updates.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.warning("update failed", fault=type(task.exception()).__name__)

    async def _update(self, case_id: str, command_id: str, *, opening: bool, kind: str) -> None:
        """One Update, with a start where no run is open. Raises `EngineAway` or `LedgerBehind`."""
        try:
            plan = await self._execute(contract.workflow_id(case_id, kind), case_id, command_id, opening=opening)
        except WorkflowUpdateFailedError as failed:
            cause = failed.cause
            if isinstance(cause, ApplicationError) and cause.type == contract.LEDGER_BEHIND:
                raise LedgerBehind from failed
            raise EngineAway from failed
        except WorkflowUpdateRPCTimeoutOrCancelledError as fault:
            raise EngineAway from fault
        except RPCError as fault:
            if fault.status in _AWAY:
                raise EngineAway from fault
            raise
        self._armed[case_id] = max(plan.version, self._armed.get(case_id, 0))
        reach("after_ack")
        for other in plan.touched:
            # A case whose workflow could not be told is found by the reconciler: its version is ahead of what was acknowledged.
            with suppress(RPCError):
                await wake(self._client, other)

    async def _execute(self, workflow_id: str, case_id: str, command_id: str, *, opening: bool) -> Plan:
        for left in reversed(range(_TRIES)):
            try:
                if opening:
                    return await self._with_start(workflow_id, case_id, command_id)
                handle = self._client.get_workflow_handle(workflow_id)
                return await handle.execute_update(  # pyright: ignore[reportUnknownMemberType] -- the SDK's own gap
                    contract.RECORD_UPDATE, command_id, id=command_id, result_type=Plan
                )
            except RPCError as fault:
                # No run is open (the case had ended, or Temporal forgot it), or it closed while the Update was on its way.
                if fault.status is not RPCStatusCode.NOT_FOUND or not left:
                    raise
                opening = True
        raise EngineAway

    async def _with_start(self, workflow_id: str, case_id: str, command_id: str) -> Plan:
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            "case",
            CaseInput(case_id),
            id=workflow_id,
            task_queue=contract.CASE_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=contract.TASK_TIMEOUT,
        )
        return await self._client.execute_update_with_start_workflow(  # pyright: ignore[reportUnknownMemberType] -- the SDK's own gap
            contract.RECORD_UPDATE, command_id, id=command_id, start_workflow_operation=start, result_type=Plan
        )

    async def _settled(self, command_id: str) -> bool:
        async with self._database.transaction(WORKER) as conn:
            row = await inbox.row(conn, command_id)
        return row is not None and row["outcome"] is not None

    async def _listen(self) -> None:
        """Hear of outcomes. While the line is down answers come from Temporal's acknowledgement."""
        wait = 0.1
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._database.dsn, autocommit=True) as conn:
                    await conn.execute(f"LISTEN {inbox.NOTICE}")
                    wait = 0.1
                    async for notice in conn.notifies():
                        for told in self._waiting.get(notice.payload, ()):
                            if not told.done():
                                told.set_result(None)
            except psycopg.OperationalError:
                _log.warning("the line for outcomes is down")
                await asyncio.sleep(wait)
                wait = min(wait * 2, 2.0)

    async def _flush_armed(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            try:
                await self._note_armed()
            except psycopg.Error as fault:
                _log.warning("acknowledged versions not noted yet", fault=type(fault).__name__)

    async def _note_armed(self) -> None:
        if not self._armed:
            return
        batch, self._armed = self._armed, {}
        try:
            async with self._database.transaction(WORKER) as conn:
                await _ARM.run(conn, ids=list(batch), versions=list(batch.values()))
        except BaseException:
            for case_id, version in batch.items():
                self._armed[case_id] = max(version, self._armed.get(case_id, 0))
            raise
