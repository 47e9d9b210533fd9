"""Decide and record one command: one PostgreSQL transaction, whatever process dies when.

Locks are always taken in this order: the cases' rows by id, who defends co-accused (`deciding.py`), the number series, the ledger. The
activity may run twice, also at the same time: executions may repeat, events may not (the inbox row is read again under the case's lock).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog
from pydantic import ValidationError
from pydantic_core import to_jsonable_python
from sqlalchemy.dialects.postgresql import insert
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.deciding import Deciding, Part, parts_of
from domain.access import scope_of
from domain.case import CaseState
from domain.clocks import DeadlineEscalated, DeadlineMissed, DeadlineWarned, ReplanClocks
from domain.clocks import plan as alarms_of
from domain.clocks.events import ClockReplanned
from domain.command import Happened, Refusal
from domain.decide import Decision
from domain.rules import Rules
from domain.stages.extension import ExtensionApproved, ExtensionAsked, ExtensionRefused
from domain.stages.glass import GlassBroken
from domain.stream import StreamState
from ledger import crowds, inbox, live, replans, streams
from ledger import events as store
from ledger.directory import DirectoryCache
from ledger.schema import cases, outbox
from ledger.schema import inbox as inbox_table
from ledger.sql import Connection, Row, Statement
from ledger.store import WORKER, Database
from readmodels import models, people, snapshots
from readmodels.course import Change
from workflows.contract import LEDGER_BEHIND, SKEW, Alarm, Plan, RecordRequest
from workflows.faultpoints import reach

_log = structlog.get_logger(__name__)

_LOCK = Statement(sa.select(cases).where(cases.c.case_id == sa.bindparam("id")).with_for_update())
_EXISTING = Statement(
    sa.select(cases.c.case_id).where(cases.c.case_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(cases.c.case_id.type)))).limit(1)
)
_OPEN = Statement(
    insert(cases).values(case_id=sa.bindparam("id", type_=cases.c.case_id.type), kind=sa.bindparam("kind")).on_conflict_do_nothing()
)


def _named(table: sa.Table, *names: str) -> dict[str, sa.BindParameter[Any]]:
    """Values of an insert: one bound parameter a column, by the column's name."""
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in names or table.c.keys()}


_SYSTEM = Statement(
    insert(inbox_table)
    .values(
        _named(
            inbox_table,
            *("command_id", "principal", "idempotency_key", "body_hmac", "hmac_key"),
            *("case_id", "command", "body", "actor", "correlation_id"),
        )
    )
    .on_conflict_do_nothing()
)
_OUTBOX = Statement(
    insert(outbox)
    .values(_named(outbox, "id", "case_id", "position", "kind", "recipients", "data", "centre", "unit", "outlet"))
    .on_conflict_do_nothing()
)
_NOW = Statement(sa.select(sa.func.clock_timestamp().label("now")))
_PENDING = Statement(
    sa.select(inbox_table.c.command_id)
    .where(inbox_table.c.case_id == sa.bindparam("id"), inbox_table.c.outcome.is_(None))
    .order_by(inbox_table.c.received_at)
)
_ARM = Statement(
    sa.update(cases)
    .where(cases.c.case_id == sa.bindparam("id"), cases.c.armed_version < sa.bindparam("version"))
    .values(armed_version=sa.bindparam("version"))
)


_OWED_AT_ONCE = 4
"""What the system does by itself (reminders, new plans) takes so many connections at most: who waits for an answer finds one free."""


class Recorder:
    """The activities that touch the ledger for the workflow of a case."""

    def __init__(self, database: Database, rules: Callable[[], Rules]) -> None:
        self._database = database
        self._rules = rules
        self._directory = DirectoryCache()
        self._own_time = asyncio.Semaphore(_OWED_AT_ONCE)

    @activity.defn
    async def record_command(self, request: RecordRequest) -> Plan:
        """Record one command of the inbox (or its stored outcome); answers where the case stands and what it owes."""
        return await self.record(request)

    @activity.defn
    async def load_plan(self, case_id: str) -> Plan:
        """Where a case stands, its alarms, and the commands that were received and never decided."""
        async with self._database.transaction(WORKER, pipeline=True, keyed=True) as conn:
            locked = await _LOCK.run(conn, id=case_id)
            pending = await _PENDING.run(conn, id=case_id)
            asked_now = await _NOW.run(conn)
            row = await locked.fetchone()
            waiting = [r["command_id"] for r in await pending.fetchall()]
            case = await streams.load(conn, case_id, row)
            # The run or signal that asked is in Temporal's history already, so what it learns here will not be forgotten.
            await _ARM.run(conn, id=case_id, version=case.version)
            now = _time(await asked_now.fetchone())
            spare = await _spare(conn, case)
        return plan_of(case, now, pending=waiting, spare=spare)

    async def record(self, request: RecordRequest) -> Plan:
        reach("timer_fired" if request.alarm else "before_lock")
        if not request.owed:
            return await self._in_order(request)
        async with self._own_time:
            return await self._in_order(request)

    async def _in_order(self, request: RecordRequest) -> Plan:
        locked: Collection[str] = ()
        mended = set[str]()
        while True:
            try:
                return await self._record(request, locked)
            except _OutOfOrder as others:
                locked = others.case_ids
            except store.VersionConflict as conflict:
                # Nobody else appends to a stream whose row is locked: the snapshot is of another version than the ledger.
                if conflict.stream in mended:
                    raise
                mended.add(conflict.stream)
                await self._mend(conflict.stream)

    async def _mend(self, stream: str) -> None:
        """Fold a stream's snapshot anew: it is a cache, and what it says is not what the ledger says."""
        kind, _, case_id = stream.partition("/")
        async with self._database.transaction(WORKER) as conn:
            row = await _locked(conn, case_id, kind)
            state = await streams.folded(conn, case_id, kind)
            await snapshots.keep(conn, Change(state, state, ()))
        _log.error("a snapshot was not of the ledger's version", case_id=case_id, said=row and row["version"], version=state.version)

    async def _record(self, request: RecordRequest, first: Collection[str]) -> Plan:
        """Record the command; `first` are cases of smaller ids than its own, whose rows are locked before. Raises `_OutOfOrder`."""
        async with self._database.transaction(WORKER, pipeline=True, keyed=True) as conn:
            states = {case_id: await _case(conn, case_id, await _locked(conn, case_id)) for case_id in sorted(first)}
            row, received, asked, now = await self._lock(conn, request)
            reach("after_lock")
            if received is None:
                return plan_of(await streams.load(conn, request.case_id, row), now)
            request = replace(request, decided_at=kept(request.decided_at, now))
            case = await streams.load(conn, request.case_id, row, received["kind"])
            if case.version < request.known_version:
                case = await streams.folded(conn, request.case_id, case.kind)  # its snapshot alone may lag
            if case.version < request.known_version:
                raise ApplicationError(
                    f"the ledger holds version {case.version}, this case had reached {request.known_version}",
                    type=LEDGER_BEHIND,
                    non_retryable=True,
                )
            if received["outcome"] is not None:
                return plan_of(case, now, refused=refusal_code(received["outcome"]), touched=others_touched(received["outcome"]))
            directory = await self._directory.answer(conn, asked)
            try:
                parts = _parts(received, alarm=request.alarm is not None)
                states |= await self._others(conn, request.case_id, parts, states)
                deciding = Deciding(conn, request, self._rules(), directory, received["tokens"])
                decision = await deciding.decide(parts, case, states, received["if_match"])
            except Refusal as refusal:
                await inbox.settle(conn, request.command_id, refused(case, refusal))
                return plan_of(case, now, refused=refusal.code)
            reach("after_decide")
            rows = [await _append(conn, each, received) for each in decision.cases]
            reach("after_append")
            await _keep(conn, decision, received, rows)
            if request.owed:
                await _ARM.run(conn, id=request.case_id, version=decision.case.version)
            spare = await _spare(conn, decision.case, decision.before)
            reach("before_commit")
        reach("after_commit")
        return plan_of(decision.case, now, touched=[other.case.case_id for other in decision.others], spare=spare)

    async def _others(self, conn: Connection, own: str, parts: Iterable[Part], held: Mapping[str, CaseState]) -> dict[str, CaseState]:
        """The other cases the command concerns, locked in the order of their ids. Raises `_OutOfOrder`."""
        wanted = sorted({case_id for part in parts for case_id in part.command.others()} - held.keys() - {own})
        rows = {case_id: await _locked(conn, case_id) for case_id in wanted if case_id > own}
        earlier = [case_id for case_id in wanted if case_id < own]
        if earlier and await _any_exists(conn, earlier):
            raise _OutOfOrder(earlier)
        return {case_id: await _case(conn, case_id, rows.get(case_id) or await _locked(conn, case_id)) for case_id in wanted}

    async def _lock(self, conn: Connection, request: RecordRequest) -> tuple[Row | None, Row | None, Any, datetime]:
        """The case's row, locked; then, read in a statement of its own, the inbox row; the ledger's time.

        No inbox row is given for an alarm whose moment has not come by the ledger's clock: nothing is recorded, it is still owed.
        """
        locked = await _LOCK.run(conn, id=request.case_id)
        received = await inbox.ask(conn, request.command_id)
        asked = await self._directory.ask(conn)
        asked_now = await _NOW.run(conn)
        row, found = await locked.fetchone(), await received.fetchone()
        if row is None:
            row = await _locked(conn, request.case_id, found["kind"] if found else CaseState.kind)
            found = await inbox.row(conn, request.command_id)
        now = _time(await asked_now.fetchone())
        if found is None and (body := system_body(request)) is not None:
            if request.alarm is not None and request.alarm.at > kept(request.decided_at, now):
                return row, None, asked, now
            await _SYSTEM.run(conn, **_system_row(request, *body))
            found = await inbox.row(conn, request.command_id)
        if found is None:
            raise ApplicationError(f"the inbox holds no {request.command_id}", type="unknown_command_id", non_retryable=True)
        return row, found, asked, now


class _OutOfOrder(Exception):  # noqa: N818 -- a signal between two functions of this file
    """The command concerns cases whose rows come before its own: the transaction begins again and locks them first."""

    def __init__(self, case_ids: Collection[str]) -> None:
        super().__init__(case_ids)
        self.case_ids = case_ids


async def _case(conn: Connection, case_id: str, row: Row | None) -> CaseState:
    """Another case that a command concerns. Raises a `Refusal` (422) for the id of a stream of another kind."""
    state = await streams.load(conn, case_id, row)
    if not isinstance(state, CaseState):
        raise Refusal("unknown_case", status=422, case_id=case_id)
    return state


async def _locked(conn: Connection, case_id: str, kind: str = CaseState.kind) -> Row | None:
    """The case's row, or that of a stream of another kind, locked; made where there is none."""
    if (row := await (await _LOCK.run(conn, id=case_id)).fetchone()) is None:
        await _OPEN.run(conn, id=case_id, kind=kind)
        row = await (await _LOCK.run(conn, id=case_id)).fetchone()
    return row


async def _any_exists(conn: Connection, case_ids: Collection[str]) -> bool:
    """Whether any of these cases is there. One that is about to be opened is known to nobody else, so its place does not matter."""
    return await (await _EXISTING.run(conn, ids=list(case_ids))).fetchone() is not None


def _parts(received: Row, *, alarm: bool) -> tuple[Part, ...]:
    """The commands of the inbox row. Raises a `Refusal` where it holds what no longer is a command, but an alarm is left to the retries."""
    try:
        return parts_of(received)
    except ValidationError as fault:
        if alarm:
            raise
        _log.exception("not a command", command=received["command"], command_id=received["command_id"])
        raise Refusal("internal_error", status=500) from fault


def kept(said: datetime, now: datetime) -> datetime:
    """The time a command is decided at: what the workflow said, or the ledger's `now` where the two differ by more than `SKEW`."""
    return said if abs(now - said) <= SKEW else now


def _time(row: Row | None) -> datetime:
    assert row is not None  # noqa: S101 -- a clock answers
    return row["now"]


async def _spare(conn: Connection, case: StreamState, before: StreamState | None = None) -> float:
    """Seconds that the timer of the next rung may stand after its moment; not asked where a command left that moment as it was `before`."""
    at = _next_rung(case)
    if at is None or (before is not None and _next_rung(before) == at):
        return 0.0
    return await crowds.spare(conn, case.case_id, at)


def _next_rung(case: StreamState) -> datetime | None:
    return min((alarm.at for alarm in alarms_of(case)), default=None)


def plan_of(
    case: StreamState,
    now: datetime,
    *,
    pending: list[str] | None = None,
    refused: str | None = None,
    touched: list[str] | None = None,
    spare: float = 0.0,
) -> Plan:
    return Plan(
        case_id=case.case_id,
        version=case.version,
        stage=case.stage if isinstance(case, CaseState) else case.state and case.kind,
        state=case.state,
        centre=case.centre or None,
        ended=case.ended,
        alarms=[Alarm(a.clock_id, a.plan_version, a.rung, a.at) for a in alarms_of(case)],
        pending=pending or [],
        refused=refused,
        touched=touched or [],
        now=now,
        spare=spare,
    )


def recorded_outcome(decision: Decision[Any], rows: Sequence[Row]) -> dict[str, Any]:
    """What the inbox keeps of a command that was carried out; the HTTP answer is built from it and the ledger."""
    case: StreamState = decision.case
    outcome = {"version": case.version, "state": case.state, "positions": [row["position"] for row in rows]}
    if isinstance(case, CaseState):
        outcome |= {"stage": case.stage, "register_number": case.register_number, "case_number": case.case_number}
    return outcome


def others_touched(outcome: Mapping[str, Any]) -> list[str]:
    """Ids of the other cases a command opened or wrote to, in their order."""
    return [other["case_id"] for other in outcome.get("others", ())]


def refused(case: StreamState, refusal: Refusal) -> dict[str, Any]:
    """What the inbox keeps of a refusal, as JSON: a refusal that could not be kept would be decided again for ever."""
    detail = to_jsonable_python(refusal.detail, exclude_none=True)
    return {
        "version": case.version,
        "refusal": {"code": refusal.code, "status": refusal.status, "pointer": refusal.pointer, "detail": detail},
    }


def refusal_code(outcome: dict[str, Any]) -> str | None:
    """The code of a refusal among the outcomes."""
    refusal: dict[str, Any] | None = outcome.get("refusal")
    return refusal["code"] if refusal else None


def system_body(request: RecordRequest) -> tuple[str, dict[str, Any]] | None:
    """The clocks' own command and its body, for a request that is one."""
    if (alarm := request.alarm) is not None:
        return "mark_deadline", {"clock": alarm.clock, "plan_version": alarm.plan_version, "rung": alarm.rung}
    if request.replan is not None:
        return "replan_clocks", {"ref": request.replan}
    return None


def _system_row(request: RecordRequest, command: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "command_id": request.command_id,
        "principal": "system",
        "idempotency_key": request.command_id,
        "body_hmac": b"",
        "hmac_key": "",
        "case_id": request.case_id,
        "command": command,
        "body": body,
        "actor": {"id": "system", "role": "system", "office": "system"},
        "correlation_id": request.command_id,
    }


async def _append(conn: Connection, decision: Decision[Any], received: Row) -> list[Row]:
    if not decision.events:
        return []
    stream: str = decision.case.stream
    cause = f"{stream}/{decision.events[0].at.version}"
    drafts = [
        store.draft(h, received["correlation_id"], cause if h.event.clock and index else None) for index, h in enumerate(decision.events)
    ]
    return await store.append(conn, stream, decision.before.version, drafts)


async def _keep(conn: Connection, decision: Decision[Any], received: Row, rows: Sequence[list[Row]]) -> None:
    """The inline read models, the search terms, the messages to be sent, the outcome."""
    for each, written in zip(decision.cases, rows, strict=True):
        if written:
            await _keep_case(conn, each, received, written)
    outcome = recorded_outcome(decision, rows[0])
    if received["command"] == inbox.BUNDLE:
        outcome["commands"] = [entry["command_id"] for entry in received["body"]["commands"]]
    if decision.others:
        pairs = zip(decision.others, rows[1:], strict=True)
        outcome["others"] = [{"case_id": each.case.case_id, **recorded_outcome(each, written)} for each, written in pairs]
    if received["command"] == ReplanClocks.name:
        moved = [h.event for h in decision.events if isinstance(h.event, ClockReplanned)]
        await replans.done(conn, received["body"]["ref"], decision.case.case_id, map(_move, moved))
    await inbox.settle(conn, received["command_id"], outcome)
    _log.info(
        "command recorded",
        case_id=decision.case.case_id,
        command=received["command"],
        command_id=received["command_id"],
        correlation_id=received["correlation_id"],
        version=decision.case.version,
        events=sum(map(len, rows)),
    )


async def _keep_case(conn: Connection, decision: Decision[Any], received: Row, rows: list[Row]) -> None:
    case: StreamState = decision.case
    where = scope_of(case)
    await models.keep(conn, Change(decision.before, case, decision.events))
    await people.keep_found(conn, case, received["tokens"])
    told = [
        (happened, row, notice)
        for happened, row in zip(decision.events, rows, strict=True)
        if (notice := _notice(happened, case, received["command_id"])) is not None
    ]
    for happened, row, notice in told:
        await _OUTBOX.run(
            conn,
            case_id=case.case_id,
            position=row["position"],
            kind=happened.event.type,
            centre=where.centre,
            unit=where.unit,
            outlet=where.outlet,
            **notice._asdict(),
        )
    await live.tell_of_case(conn, case.case_id)
    if told:
        await conn.execute("SELECT pg_notify(%s, '')", (inbox.OUTBOX_NOTICE,))


class _Notice(NamedTuple):
    """What people are told of an event: an id made from facts, functions of the directory, codes and dates."""

    id: str
    recipients: list[str]
    data: dict[str, Any]


def _notice(happened: Happened, case: StreamState, command_id: str) -> _Notice | None:
    event = happened.event
    of_kind = {} if isinstance(case, CaseState) else {"kind": case.kind}  # a message says so where it is about no case
    match event:
        case GlassBroken():
            return _Notice(f"glass/{command_id}", ["supervisor"], {"person": event.person, "until": event.until.isoformat()})
        case ClockReplanned() if event.ref is not None and event.due_on != event.old_due_on:
            said = _move(event) | {"due_on": event.due_on.isoformat(), "cause": event.cause}
            return _Notice(f"{case.case_id}/{event.clock_id}/{happened.at.version}", ["owner"], said | of_kind)
        case ExtensionAsked() | ExtensionApproved() | ExtensionRefused():
            said = _move(event) | {"due_on": event.due_on.isoformat()}
            to = "supervisor" if isinstance(event, ExtensionAsked) else f"person/{event.asked_by}"
            return _Notice(f"extension/{command_id}", [to], said)
        case DeadlineWarned() | DeadlineMissed() | DeadlineEscalated():
            said = {"clock": event.clock_id, "limit": event.limit, "due_on": event.due_on.isoformat(), "late": event.late}
            return _Notice(command_id.removeprefix("sys/"), list(event.to), said | of_kind)
        case _:
            return None


def _move(event: ClockReplanned | ExtensionAsked | ExtensionApproved | ExtensionRefused) -> dict[str, str]:
    limit = event.clock_id.partition("/")[0]
    return {"clock": event.clock_id, "limit": limit, "old": event.old_due_on.isoformat(), "new": event.due_on.isoformat()}
