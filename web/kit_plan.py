"""What a home visit's answers become: the report of the visit, the papers it brought, a correction of the record for each answer."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, cast

import texts
from domain.stages.any_stage import RecordHomeVisit
from web.backend import Json, part
from web.forms import TRUE, Tree
from web.kit_questions import Question, Record
from web.page import Visit

_PLACE = re.compile(r"/commands/(\d+)/body(.*)")


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the bundle; `at` is where the form asks for what it holds."""

    command: str
    body: Json
    at: str


@dataclass(frozen=True, slots=True)
class Plan:
    steps: tuple[Step, ...]

    @property
    def commands(self) -> list[Json]:
        """The bundle as it is sent."""
        return [{"command": step.command, "body": step.body} for step in self.steps]

    def named(self, index: Any) -> str:
        """The command of the bundle's place; empty for no place."""
        return self.steps[index].command if isinstance(index, int) and 0 <= index < len(self.steps) else ""

    def place(self, pointer: str) -> str:
        """The form's own pointer of a fault of the bundle."""
        found = _PLACE.fullmatch(pointer)
        if found is None or int(found[1]) >= len(self.steps):
            return pointer
        step = self.steps[int(found[1])]
        return step.at + found[2] if step.command == RecordHomeVisit.name else step.at


def planned(body: Json, record: Record, supply: str, may: AbstractSet[str], take: AbstractSet[str], reason: str) -> Plan:  # noqa: PLR0917 -- what a plan is made of
    """The bundle. Of an answer to what a colleague has recorded meanwhile a correction is made only where it is to be taken (`take`)."""
    steps = [Step(RecordHomeVisit.name, part(body, RecordHomeVisit.name), f"/{RecordHomeVisit.name}")]
    kinds: list[str] = part(body, "papers").get("kinds") or []
    if supply and kinds:
        steps.append(Step(supply, {"papers": [{"kind": kind} for kind in kinds]}, "/papers/kinds"))
    if "correct_record" in may:
        for name, value in part(body, "application").items():
            q = record.by_name[name]
            if q.open or name in take:
                correction: Json = {"position": record.position, "field": q.pointer, "value": value, "reason": reason}
                steps.append(Step("correct_record", correction, f"/application/{name}"))
    return Plan(tuple(steps))


def beside_in_words(visit: Visit, typed: Tree, left_over: Sequence[Question]) -> list[str]:
    """What a visit says that has no field of its own, as lines of its report; `left_over` are answers that the visitor may not enter."""
    beside: Json = part(typed, "beside")
    named: list[str] = beside.get("witnesses") or []
    witnesses = [w for w in named if w.strip()]
    lines = [visit.t("kit.was_read")] if beside.get("read_aloud") == TRUE else []
    lines += [visit.t("kit.witnessed", who=visit.t("words.comma").join(witnesses))] if witnesses else []
    lines += [str(beside["remarks"]).strip()] if str(beside.get("remarks") or "").strip() else []
    answers: Json = part(typed, "application")
    return lines + [
        visit.t("kit.said", what=texts.label(visit.lang, q.field.command, q.field.path), words=_said(visit, q, answers[q.name]))
        for q in left_over
    ]


def _said(visit: Visit, q: Question, answer: Any) -> str:
    many = cast("list[str]", answer) if isinstance(answer, list) else [str(answer)]
    leaf = q.field.path.rpartition(".")[2]
    return visit.t("words.comma").join(visit.word(leaf, each, q.field.command) if q.field.options else each for each in many)
