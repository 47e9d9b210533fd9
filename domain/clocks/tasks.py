"""What a missed limit asks of a person. A clock opens a task and never decides."""

from collections.abc import Mapping
from typing import Literal

from domain.command import Role

TaskKind = Literal["deem_withdrawn_task", "human_decision_task", "supervisor_task", "answer_missed"]
"""`on_miss` of a limit; `answer_missed` where it names none: who is expected to act next does what was asked, late."""

DOERS: Mapping[TaskKind, frozenset[Role]] = {
    "deem_withdrawn_task": frozenset({"approver"}),
    "human_decision_task": frozenset({"approver", "supervisor"}),
    "supervisor_task": frozenset({"supervisor"}),
}
"""Who has to do it; of `answer_missed` whoever the case waits for."""
ANSWERS: Mapping[TaskKind, tuple[str, ...]] = {
    "deem_withdrawn_task": ("deem_withdrawn", "supply_papers"),
    "human_decision_task": ("extend_owed_papers", "waive_owed_papers", "report_termination_ground"),
    "supervisor_task": ("record_procedure",),
}
"""Commands by which it may be answered."""


def task_of(on_miss: str | None) -> TaskKind | None:
    """The task a missed limit opens; None for a right that lapsed, which nobody can use any more."""
    match on_miss:
        case "deem_withdrawn_task" | "human_decision_task" | "supervisor_task":
            return on_miss
        case "right_lapses":
            return None
        case _:
            return "answer_missed"
