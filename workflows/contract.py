"""What the workflow of a case is called with: names, ids, types. The API and the workers know the workflow by this page.

Nothing personal passes through here: commands are named by the ids of their inbox rows.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from temporalio.common import SearchAttributeKey

CASE_QUEUE = "yuanshou-cases"
"""Task queue of the case workflows and their local activities."""
DUTY_QUEUE = "yuanshou-duties"
"""Task queue of deliveries and other work beside the cases."""
VERIFY_QUEUE = "yuanshou-verify"
"""Task queue of verifications of the ledgers."""
TASK_TIMEOUT = timedelta(seconds=3)
"""Workflow task timeout: how long the caller of a worker that died waits for another."""
RECONCILE_SCHEDULE = "yuanshou-reconcile"
DELIVER_SCHEDULE = "yuanshou-deliver"
REPLAN_SCHEDULE = "yuanshou-replan"
DIGEST_SCHEDULE = "yuanshou-digest"
RING_SCHEDULE = "yuanshou-ring"
SEAL_SCHEDULE = "yuanshou-seal"
SEAL_EVERY = timedelta(seconds=50)
"""So that no event waits for a checkpoint for longer than a minute."""
SHRED_SCHEDULE = "yuanshou-shred"
CHANNELS: tuple[Literal["email", "sms", "bot", "webhook"], ...] = ("email", "sms", "bot", "webhook")
"""What leaves the house does so by these, each with a workflow of its own: one that hangs holds up no other."""


def verify_id(verification_id: str) -> str:
    """Of the workflow that carries out a verification of the ledgers."""
    return f"verify/{verification_id}"


def send_schedule(channel: str) -> str:
    return f"yuanshou-send-{channel}"


STAGE = SearchAttributeKey.for_keyword("CaseStage")
STATE = SearchAttributeKey.for_keyword("CaseState")
CENTRE = SearchAttributeKey.for_keyword("CaseCentre")
NEXT_DUE = SearchAttributeKey.for_datetime("CaseNextDue")
SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[str] | SearchAttributeKey[datetime], ...] = (STAGE, STATE, CENTRE, NEXT_DUE)


def workflow_id(case_id: str, kind: str = "case") -> str:
    """Of a case, or of a stream of another kind: the stream's name in the ledger."""
    return f"{kind}/{case_id}"


@dataclass(frozen=True)
class Alarm:
    """A reminder that is owed at a moment: one rung of one clock's plan."""

    clock: str
    plan_version: int
    rung: int
    at: datetime

    def command_id(self, case_id: str) -> str:
        """The id of the command that fires it: made from facts, so a repeat is the same command."""
        return f"sys/{case_id}/{self.clock}/{self.plan_version}/{self.rung}"


@dataclass(frozen=True)
class CaseInput:
    """What a run of the workflow begins with.

    `known_version` is what an earlier run had seen of the ledger; `rollover_events` the length of history at which a run hands
    over to a fresh one, well before the server's own suggestion (4,096).
    """

    case_id: str
    known_version: int = 0
    rollover_events: int = 2_000


@dataclass(frozen=True)
class RecordRequest:
    """Decide and record one command.

    `known_version` is what the workflow has seen: a ledger behind it is not written to. `alarm` is set for the clocks' own
    commands, whose inbox rows the recorder writes; so is `replan`, the change that new plans are to be made for. `owed`: the run does it
    by itself, from what stands in its history already (a timer, a signal, its start), so it will learn of the outcome whatever dies;
    nobody needs to acknowledge it.
    """

    case_id: str
    command_id: str
    decided_at: datetime
    known_version: int
    alarm: Alarm | None = None
    owed: bool = False
    replan: str | None = None


@dataclass(frozen=True)
class Plan:
    """Where a case stands in the ledger and what is to be done for it, without anything personal.

    `pending` are the ids of its commands without an outcome. `refused` is the code of the refusal and `touched` are the other cases
    written to, for a command's outcome. `now` is the ledger's clock as it answered: the time that counts. `spare` are seconds that the
    timer of the next alarm may stand after its moment: many cases wait for that moment, and the `ring` schedule rings them in turn.
    """

    case_id: str
    version: int
    stage: str | None = None
    state: str | None = None
    centre: str | None = None
    ended: bool = False
    alarms: list[Alarm] = field(default_factory=list[Alarm])
    pending: list[str] = field(default_factory=list[str])
    refused: str | None = None
    touched: list[str] = field(default_factory=list[str])
    now: datetime | None = field(default=None, compare=False)
    spare: float = field(default=0.0, compare=False)


LEDGER_BEHIND = "ledger_behind"
"""Type of the failure of a command whose workflow has seen more than its ledger holds: a restored backup."""
BEHIND_METRIC = "yuanshou_ledger_behind"
"""Counter of the worker's metrics: cases that stopped for it. Anything above zero is an alarm."""
WAITING_METRIC = "yuanshou_checkpoint_waiting_seconds"
"""Gauge by ledger: how long its first event without a checkpoint has waited; 0 where all are under one."""
ANCHOR_METRIC = "yuanshou_anchor_age_seconds"
"""Gauge by ledger: how long ago a checkpoint was put outside the installation."""
REFUSED_METRIC = "yuanshou_sealing_refused"
"""Counter by ledger or anchor, and code. Anything above zero is an alarm."""
RECORD_UPDATE = "record"
"""Update: arguments (command_id,); answers a `Plan`."""
RECHECK_SIGNAL = "recheck"
"""Signal without arguments: read the ledger again and do what is owed."""
REPLAN_SIGNAL = "replan"
"""Signal, arguments (ref,): calendar or rules changed by what `ref` names; plan the clocks anew."""
SKEW = timedelta(seconds=30)
"""Clocks of two hosts that differ by less are taken as one; beyond it the ledger's is the time."""


def replan_id(case_id: str, ref: str) -> str:
    """The id of the command that plans a case's clocks anew after one change: made from facts, so a repeat is the same command."""
    return f"sys/{case_id}/replan/{ref}"
