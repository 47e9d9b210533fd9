"""Protections taken out, one at a time, to see that a cell of the matrix notices. Only the tests' entry points read this.

Each function replaces one promise of the product in its own process by what a careless program would do instead.
"""
# pyright: reportPrivateUsage=false

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.service import RPCError

from activities import deciding, deliver, record
from activities.reconcile import Reconciler
from activities.record import Recorder
from api.commands import Ask, Commands, Taken
from domain.command import Series
from ledger import inbox
from ledger.clock import LedgerClock
from ledger.sql import Connection, Row
from ledger.store import WORKER, Database
from notify import deliver as notifier
from workflows import contract
from workflows.contract import Plan, RecordRequest
from workflows.faultpoints import reach


def outcome_unread() -> None:
    """The outcome is not read again under the case's lock (nor the body cleared): a twin carries the command out once more."""
    lock = Recorder._lock

    async def blind(self: Recorder, conn: Connection, request: RecordRequest) -> tuple[Row | None, Row | None, Any, datetime]:
        row, received, asked, now = await lock(self, conn, request)
        return row, received and {**received, "outcome": None}, asked, now

    async def settle(conn: Connection, command_id: str, outcome: dict[str, Any]) -> None:
        await conn.execute(
            "UPDATE inbox SET outcome = %s, decided_at = clock_timestamp() WHERE command_id = %s", (Jsonb(outcome), command_id)
        )
        await conn.execute("SELECT pg_notify(%s, %s)", (inbox.NOTICE, command_id))

    Recorder._lock = blind
    inbox.settle = settle


def outcome_apart() -> None:
    """The outcome is written after the events, in a transaction of its own."""
    settle, carry_out = inbox.settle, Recorder.record
    kept: dict[str, Any] = {}

    async def later(conn: Connection, command_id: str, outcome: dict[str, Any]) -> None:
        del conn
        kept[command_id] = outcome

    async def two_steps(self: Recorder, request: RecordRequest) -> Plan:
        plan = await carry_out(self, request)
        if request.command_id in kept:
            async with self._database.transaction(WORKER) as conn:
                await settle(conn, request.command_id, kept.pop(request.command_id))
        return plan

    inbox.settle = later
    Recorder.record = two_steps


def outcome_without_plan() -> None:
    """Whoever finds an outcome is told that it is done, but not which clocks the case owes."""
    carry_out = Recorder.record

    async def terse(self: Recorder, request: RecordRequest) -> Plan:
        async with self._database.transaction(WORKER) as conn:
            row = await inbox.row(conn, request.command_id)
        if row is not None and row["outcome"] is not None:
            return Plan(request.case_id, row["outcome"]["version"])
        return await carry_out(self, request)

    Recorder.record = terse


def numbers_apart() -> None:
    """Numbers are drawn on a connection of their own and stay drawn whatever becomes of the command."""
    draw = deciding.draw

    async def elsewhere(conn: Connection, series: Series) -> int:
        del conn
        address = os.environ["DATABASE_WORKER_URL"]
        async with await psycopg.AsyncConnection[Row].connect(address, autocommit=True, row_factory=dict_row) as own:
            return await draw(own, series)

    deciding.draw = elsewhere


def transaction() -> None:
    """Statements are committed one by one."""

    @asynccontextmanager
    async def one_by_one(self: Database, session: str, **_: bool) -> AsyncGenerator[Connection]:
        del session
        async with self.connection() as conn:
            yield conn

    Database.transaction = one_by_one


def retries() -> None:
    """An activity that fails is not tried again, nor is a connection to the database waited for."""
    connection, execute = AsyncConnectionPool.connection, workflow.execute_local_activity

    async def once(*args: Any, **options: Any) -> Any:
        return await execute(*args, **{**options, "retry_policy": RetryPolicy(maximum_attempts=1)})

    AsyncConnectionPool.connection = lambda self, _=None: connection(self, 0.3)
    workflow.execute_local_activity = once


def alarms_at_start() -> None:
    """A run that begins is not told which alarms its case owes."""
    _tell_less(lambda plan: replace(plan, alarms=[]))


def pending_commands() -> None:
    """A run that begins is not told which commands were received and never decided."""
    _tell_less(lambda plan: replace(plan, pending=[]))


def _tell_less(less: Callable[[Plan], Plan]) -> None:
    load = Recorder.load_plan

    @activity.defn(name="load_plan")
    async def told(self: Recorder, case_id: str) -> Plan:
        return less(await load(self, case_id))

    Recorder.load_plan = told


def reconciliation() -> None:
    """The reconciler looks, and wakes nobody."""

    async def wake(self: Reconciler, case_id: str, kind: str = "case") -> None:
        del self, case_id

    Reconciler.wake = wake


def start_with_signal() -> None:
    """The reconciler signals, but starts no run where Temporal has forgotten it."""

    async def wake(self: Reconciler, case_id: str, kind: str = "case") -> None:
        with suppress(RPCError):
            await self._client.get_workflow_handle(contract.workflow_id(case_id, kind)).signal(contract.RECHECK_SIGNAL)
        reach("signal_with_start")

    Reconciler.wake = wake


def rearming() -> None:
    """A Temporal that is new wakes nobody."""

    async def rearm(self: Reconciler) -> int:
        del self
        return 0

    Reconciler.rearm = rearm


def message_ids() -> None:
    """Messages have ids by chance, and are noted as delivered in a transaction after the one that wrote them."""
    send = notifier.deliver_open
    written: list[str] = []

    class Noted:
        async def run(self, conn: Connection, *, ids: list[str]) -> None:
            del conn
            written.extend(ids)

    named = notifier._message

    def by_chance(row: Row, person: str) -> dict[str, Any]:
        return named(row, person) | {"id": f"{row['id']}/{uuid.uuid4()}"}

    async def two_steps(database: Database, desk: notifier.Desk, limit: int) -> int:
        async with database.transaction(WORKER) as conn:
            await conn.execute("UPDATE outbox SET delivered_at = clock_timestamp() WHERE id = ANY(%s)", (written,))
        return await send(database, desk, limit)

    notifier._DELIVERED = Noted()
    notifier._message = by_chance
    deliver.deliver_open = two_steps


def key() -> None:
    """The idempotency key is not looked at."""
    take_in = Commands.take_in

    async def always_new(self: Commands, ask: Ask) -> Taken:
        return await take_in(self, replace(ask, key=str(uuid.uuid4())))

    Commands.take_in = always_new


def ledgers_clock() -> None:
    """What a run of the workflow takes for now is taken at its word, whatever the ledger's clock says."""
    record.kept = lambda said, now: said  # noqa: ARG005


def api_follows_the_ledger() -> None:
    """The API goes by its own host's clock."""

    async def asked(self: LedgerClock, database: Database) -> bool:
        del self, database
        return False

    LedgerClock.ask = asked


def told_by_the_outbox() -> None:
    """The version before the outbox announced itself: a run that rings begins a delivery of its own, and marks no history."""
    marked = workflow.patched
    workflow.patched = lambda change: change != told_by_the_outbox.__name__ and marked(change)


PROTECTIONS: dict[str, Callable[[], None]] = {
    take.__name__: take
    for take in (
        outcome_unread,
        outcome_apart,
        outcome_without_plan,
        numbers_apart,
        transaction,
        retries,
        alarms_at_start,
        pending_commands,
        reconciliation,
        start_with_signal,
        rearming,
        message_ids,
        key,
        ledgers_clock,
        api_follows_the_ledger,
        told_by_the_outbox,
    )
}


def take_out(name: str | None) -> None:
    """Take out the protection of that name in this process; nothing without one."""
    if name:
        PROTECTIONS[name]()
