"""One case, one workflow: application, accept first, assignment, representation, closure.

The rules and the history are elsewhere: each command is decided and recorded next to the data by one local activity. What is
durable here is the order (one command at a time), the alarms that the clocks owe, and the wish to try again until it is done.
The ledger alone is the truth: a run begins by reading it and may be lost at any moment.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows import contract
    from workflows.contract import Alarm, CaseInput, Plan, RecordRequest
    from workflows.faultpoints import reach

_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10))


@workflow.defn(name="case")
class CaseWorkflow:
    """The single writer of its case, the owner of its timers and the retrier."""

    @workflow.init
    def __init__(self, given: CaseInput) -> None:
        self._case_id = given.case_id
        self._version = given.known_version
        self._plan: Plan | None = None
        self._turn = asyncio.Lock()
        self._recheck = False
        self._replans: list[str] = []
        self._behind = False
        self._skew = timedelta(0)

    @workflow.run
    async def run(self, given: CaseInput) -> None:
        """Live as long as the case: fire what is owed when it is owed, take commands as they come, end when nothing is left."""
        async with self._turn:
            if self._plan is None:  # else the command that started this run has told already
                await self._read_ledger()
        while True:
            await self._do_what_is_owed()
            if self._finished():
                return
            if _too_long(given):
                await workflow.wait_condition(workflow.all_handlers_finished)
                if self._recheck or self._asked_to_replan():
                    continue
                if not workflow.unsafe.is_replaying():
                    reach("continue_as_new_drained")
                # Named, since a fresh run cannot read an attribute that this one has taken away (NEXT_DUE, where no clock runs).
                workflow.continue_as_new(replace(given, known_version=self._version), search_attributes=self._shown())
            await self._wait_for_something(given)

    @workflow.update(name=contract.RECORD_UPDATE)
    async def record(self, command_id: str) -> Plan:
        """Decide and record one command of the inbox; answers where the case then stands."""
        async with self._turn:
            return await self._record(command_id)

    @workflow.signal(name=contract.RECHECK_SIGNAL)
    def recheck(self) -> None:
        """Read the ledger again: somebody saw that this run may have missed something."""
        self._recheck = True

    @workflow.signal(name=contract.REPLAN_SIGNAL)
    def replan(self, ref: str) -> None:
        """Plan the clocks anew: calendar or rules changed by what `ref` names."""
        if ref not in self._replans:
            self._replans.append(ref)

    async def _read_ledger(self) -> None:
        self._recheck = False
        plan = await workflow.execute_local_activity(
            "load_plan",
            self._case_id,
            result_type=Plan,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=_RETRY,
        )
        if plan.version < self._version:
            self._stop()
            return
        self._follow(plan)

    async def _record(self, command_id: str, alarm: Alarm | None = None, *, owed: bool = False, replan: str | None = None) -> Plan:
        request = RecordRequest(self._case_id, command_id, self._now(), self._version, alarm, owed, replan)
        try:
            plan = await workflow.execute_local_activity(
                "record_command",
                request,
                result_type=Plan,
                start_to_close_timeout=timedelta(seconds=10),
                retry_policy=_RETRY,
            )
        except ActivityError as failed:
            if isinstance(failed.cause, ApplicationError) and failed.cause.type == contract.LEDGER_BEHIND:
                self._stop()
                raise failed.cause from failed
            raise
        self._follow(plan)
        return plan

    def _stop(self) -> None:
        """The ledger is behind what was seen of it: a restored backup. Acting on it would write a second history; people must look.

        The run stays open, so that no fresh one begins without knowing, and goes on once the ledger has caught up.
        """
        if not self._behind:
            workflow.logger.error("the ledger is behind this case; nothing is written", extra={"known_version": self._version})
            workflow.metric_meter().create_counter(contract.BEHIND_METRIC, "Cases that found their ledger behind them").add(1)
            workflow.set_current_details(f"stopped: the ledger is behind version {self._version}")
        self._behind = True

    def _follow(self, plan: Plan) -> None:
        """Arm what the ledger says and show it to whoever looks at Temporal."""
        told = None if self._behind else self._plan
        self._behind = False
        if plan.now is not None:
            ahead = plan.now - workflow.now()
            self._skew = ahead if abs(ahead) > contract.SKEW else timedelta(0)
        self._plan, self._version = plan, plan.version
        if plan.stage and (told is None or (told.stage, told.state, _next(told)) != (plan.stage, plan.state, _next(plan))):
            due = _next(plan)
            workflow.upsert_search_attributes(  # pyright: ignore[reportUnknownMemberType] -- the SDK's own gap
                [
                    contract.STAGE.value_set(plan.stage),
                    contract.STATE.value_set(plan.state or ""),
                    contract.CENTRE.value_set(plan.centre or ""),
                    contract.NEXT_DUE.value_set(due.at) if due else contract.NEXT_DUE.value_unset(),
                ]
            )
            workflow.set_current_details(f"{plan.stage} · {plan.state} · version {plan.version}")

    def _now(self) -> datetime:
        """The ledger's time: that of Temporal's host, put right where its clock is wrong."""
        return workflow.now() + self._skew

    def _shown(self) -> TypedSearchAttributes:
        """What operators are shown of the case, for the run that follows."""
        plan = self._plan
        if plan is None or not plan.stage:
            return TypedSearchAttributes.empty
        due = _next(plan)
        words = ((contract.STAGE, plan.stage), (contract.STATE, plan.state or ""), (contract.CENTRE, plan.centre or ""))
        pairs = [SearchAttributePair(key, word) for key, word in words]
        return TypedSearchAttributes([*pairs, SearchAttributePair(contract.NEXT_DUE, due.at)] if due else pairs)

    async def _do_what_is_owed(self) -> None:
        """Commands left without an outcome, then every rung whose moment has come."""
        async with self._turn:
            if self._recheck:
                await self._read_ledger()
            try:
                rang = await self._catch_up()
            except ApplicationError as fault:
                if fault.type != contract.LEDGER_BEHIND:
                    raise
                return
        # Runs that rang before the outbox announced itself began a delivery each; replayed, they still do.
        if rang and not workflow.patched("told_by_the_outbox"):
            workflow.start_activity(
                "deliver", task_queue=contract.DUTY_QUEUE, start_to_close_timeout=timedelta(minutes=1), retry_policy=_RETRY
            )

    async def _catch_up(self) -> bool:
        """Record what is owed by now; whether an alarm was among it. What is to be told of it stands in the outbox, which announces it."""
        for command_id in self._plan.pending if self._plan and not self._behind else []:
            await self._record(command_id, owed=True)
        while self._asked_to_replan():
            await self._record(contract.replan_id(self._case_id, self._replans[0]), owed=True, replan=self._replans[0])
            del self._replans[0]
        rang = False
        while (alarm := self._alarm()) is not None and alarm.at <= self._now():
            plan = await self._record(alarm.command_id(self._case_id), alarm, owed=True)
            if alarm in plan.alarms and alarm.at <= self._now():
                raise ApplicationError(f"{alarm} is still owed after it was recorded", type="alarm_stuck", non_retryable=True)
            rang = True
        return rang

    def _asked_to_replan(self) -> bool:
        """Whether there is a change to bring to the clocks; not while the ledger is behind: it would be asked for without end."""
        return bool(self._replans) and not self._behind

    def _alarm(self) -> Alarm | None:
        """What the case waits for next; nothing while its ledger is behind."""
        return _next(self._plan) if self._plan and not self._behind else None

    def _finished(self) -> bool:
        """Nothing runs and nobody is being answered. A case without events has nothing to wait for either."""
        plan = self._plan
        if plan is None or self._behind:
            return False
        over = plan.ended or plan.version == 0
        return over and not plan.alarms and not self._recheck and not self._replans and workflow.all_handlers_finished()

    async def _wait_for_something(self, given: CaseInput) -> None:
        """Until there is something to do, or the next alarm's moment comes and whoever rings crowds has had time to ring it.

        Its timer stands while commands leave it as it is.
        """
        alarm = self._alarm()
        spare = timedelta(seconds=self._plan.spare if self._plan else 0)
        pause = max(alarm.at - self._now(), timedelta(0)) + spare if alarm else None
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._recheck or self._asked_to_replan() or self._alarm() != alarm or self._finished() or _too_long(given),
                timeout=pause,
            )


def _too_long(given: CaseInput) -> bool:
    """Whether the run's history has grown so long that a fresh run should go on."""
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() > given.rollover_events


def _next(plan: Plan) -> Alarm | None:
    return min(plan.alarms, key=lambda alarm: (alarm.at, alarm.clock), default=None)
