"""One visit as one bundle: which commands a same-day sheet becomes, in which order, and which of them wait for the approver.

What the person signed in may do is carried out at once; from the first command that somebody else must issue, the rest is proposed
(`propose_commands`, the bundle's last). Pure functions of what was typed.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from domain.command import COMMANDS
from domain.eligibility.policy import Policy
from domain.stages.proposal import ProposeCommands
from web.backend import items, part
from web.fields import Field, fields_of
from web.paste import Person
from web.prefill import accept_first_ground

type Json = dict[str, Any]
type Way = Literal["accept_first", "waiver", "later"]

OPENING = "submit_application"
WAYS: tuple[Way, ...] = ("accept_first", "waiver", "later")
PARTS: Mapping[str, tuple[str, ...]] = {
    OPENING: (
        "centre", "channel", "outlet", "assisting_agency", "received_by_centre_on", "form", "oral", "applicant", "co_applicants",
        "opponents", "proxy", "matter", "papers",
    ),
    "record_lawyer_choice": ("choices", "wishes", "no_wish_told"),
    "declare_conflict_check": ("cleared", "override_reason"),
    "accept_first": ("ground", "papers_owed", "due_on", "detail"),
    "waive_hardship_check": ("ground", "proof"),
    "recommend_decision": ("opinion",),
    "grant_aid": ("forms", "stages", "reasons"),
    "assign_unit": ("unit", "lawyer", "choice_not_followed"),
}  # fmt: skip
"""The fields the sheet asks for, by command; what it does not ask for is left to the command's own form."""
_FEW: Mapping[str, tuple[str, ...]] = {
    "co_applicants": ("name", "id_number", "phone", "claim_fen"),
    "opponents": ("name", "id_kind", "id_number", "phone", "address"),
}
"""Of people in rows the sheet asks for little; the rest is on the intake."""
_LEFT_OPEN = frozenset({"accept_first", "assign_unit"})
"""Parts that are left out where nothing is typed, or filled in from the rest of the sheet."""
_PLACE = re.compile(r"/commands/(\d+)/body(.*)")
_PERSON = re.compile(r"/(applicant|co_applicants/(\d+))(/.*)?")


def sheet_fields() -> tuple[Field, ...]:
    """The sheet as a tree of fields: a group for each command, so that the pointer of an input begins with the command's name."""
    return tuple(
        Field(command, "", "group", command, required=command == OPENING, fields=tuple(_few(command, f) for f in _asked(command, names)))
        for command, names in PARTS.items()
    )


def _asked(command: str, names: tuple[str, ...]) -> list[Field]:
    by_name = {f.name: f for f in fields_of(COMMANDS[command])}
    return [by_name[name] for name in names]


def _few(command: str, f: Field) -> Field:
    """A field as the sheet asks for it; where the sheet fills in what is left open, it is not marked as required."""
    few = _FEW.get(f.name)
    fields = tuple(inner for inner in f.fields if inner.name in few) if few else f.fields
    return replace(f, fields=fields, required=f.required and command not in _LEFT_OPEN)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the sheet says beside the commands' bodies. `delegated`: the visitor accepts first on the centre's behalf."""

    way: Way = "later"
    delegated: bool = False
    receipt: bool = False
    same_groups: bool = False
    """Everybody is of the applicant's groups where nothing else is said."""
    represented_by: frozenset[str] = frozenset()
    """Keys of the people who represent the group."""
    effective_on: date | None = None
    reason: str = ""
    """What the approver should know."""


@dataclass(frozen=True, slots=True)
class Step:
    command: str
    body: Json


@dataclass(frozen=True, slots=True)
class Plan:
    """The bundle. `recorded` is carried out at once, `proposed` waits on the approver's desk.

    `rows` is how many people were typed beside the applicant; those pasted follow, the first of them as the applicant where
    `led_by_paste`.
    """

    recorded: tuple[Step, ...]
    proposed: tuple[Step, ...] = ()
    rows: int = 0
    led_by_paste: bool = False
    reason: str = ""

    @property
    def commands(self) -> list[Json]:
        """The bundle as it is sent."""
        sent: list[Json] = [{"command": step.command, "body": step.body} for step in self.recorded]
        if self.proposed:
            body: Json = {"commands": [{"command": step.command, "body": step.body} for step in self.proposed]}
            sent.append({"command": ProposeCommands.name, "body": body | ({"reason": self.reason} if self.reason else {})})
        return sent

    def named(self, index: Any) -> str:
        """The command of the bundle's place; empty for no place."""
        return str(self.commands[index]["command"]) if isinstance(index, int) and 0 <= index < len(self.commands) else ""

    def place(self, pointer: str) -> str:
        """The sheet's own pointer of a fault of the bundle."""
        found = _PLACE.fullmatch(pointer)
        if found is None:
            return pointer
        index, rest = int(found[1]), found[2]
        if index < len(self.recorded):
            command = self.recorded[index].command
        else:
            inner = _PLACE.fullmatch(rest)
            if inner is None or int(inner[1]) >= len(self.proposed):
                return f"/{ProposeCommands.name}{rest}"
            command, rest = self.proposed[int(inner[1])].command, inner[2]
        return f"/{OPENING}{rest}" if command == "issue_receipt" else f"/{command}{rest}"

    def pasted_at(self, pointer: str) -> tuple[int, str] | None:
        """Which of the pasted people (from 0) a pointer of the sheet is about, and the rest of it; None where it is somebody typed."""
        found = _PERSON.fullmatch(pointer.removeprefix(f"/{OPENING}"))
        if found is None:
            return None
        if found[1] == "applicant":
            return (0, found[3] or "") if self.led_by_paste else None
        at = int(found[2]) - self.rows
        return (at + self.led_by_paste, found[3] or "") if at >= 0 else None


@dataclass(slots=True)
class _Planning:
    """Collects the steps: from the first that is proposed, the rest is."""

    recorded: list[Step] = field(default_factory=list[Step])
    proposed: list[Step] = field(default_factory=list[Step])
    effective_on: date | None = None

    def add(self, command: str, body: Json, *, at_once: bool = True) -> None:
        if at_once and not self.proposed:
            day = {"effective_on": self.effective_on.isoformat()} if self.effective_on else {}
            self.recorded.append(Step(command, body | day))
        else:
            self.proposed.append(Step(command, body))


def planned(bodies: Json, wanted: Wanted, pasted: Sequence[Person], roles: AbstractSet[str], policy: Policy) -> Plan:
    """The bundle of a sheet. `bodies` are what was typed, by command; `roles` those of the visitor."""
    opening, rows, led = _application(bodies.get(OPENING, {}), wanted, pasted)
    plan = _Planning(effective_on=wanted.effective_on)
    plan.add(OPENING, opening)
    if wanted.receipt and opening.get("papers") and roles & COMMANDS["issue_receipt"].roles:
        plan.add("issue_receipt", {"papers": opening["papers"]})
    for command in ("record_lawyer_choice", "declare_conflict_check"):
        if bodies.get(command):
            plan.add(command, bodies[command])
    if wanted.way == "accept_first":
        plan.add("accept_first", _acceptance(bodies, opening, policy), at_once=wanted.delegated or "approver" in roles)
    elif wanted.way == "waiver":
        plan.add("waive_hardship_check", bodies.get("waive_hardship_check", {}))
        plan.add("recommend_decision", {"decision": "grant", **bodies.get("recommend_decision", {})})
        plan.add("grant_aid", bodies.get("grant_aid", {}), at_once=False)  # never by who recommends it
    if bodies.get("assign_unit"):
        plan.add("assign_unit", bodies["assign_unit"], at_once="approver" in roles)
    return Plan(tuple(plan.recorded), tuple(plan.proposed), rows, led, wanted.reason)


def key_of(person: Json) -> str:
    """What tells a person of the sheet from the others, wherever the row moves."""
    return f"{person.get('name', '')}|{person.get('id_number', '')}"


def everybody(application: Json, pasted: Sequence[Person]) -> list[Json]:
    """The applicant and those with them in the order of the case, as typed and pasted; the first pasted leads where nobody was typed."""
    typed, rows = part(application, "applicant"), items(application, "co_applicants")
    bodies = [dict(person.body) for person in pasted]
    if typed.get("name") or not bodies:
        return [typed, *rows, *bodies]
    return [{**typed, **bodies[0], "categories": bodies[0].get("categories") or typed.get("categories") or []}, *rows, *bodies[1:]]


def _application(typed: Json, wanted: Wanted, pasted: Sequence[Person]) -> tuple[Json, int, bool]:
    """The body of the application, how many people were typed in rows, and whether the first of the paste leads."""
    applicant, *others = everybody(typed, pasted)
    led = bool(pasted) and not part(typed, "applicant").get("name")
    groups = applicant.get("categories")
    if wanted.same_groups and groups:
        others = [{**person, "categories": person.get("categories") or groups} for person in others]
    body: Json = {**typed, "applicant": applicant}
    if others:
        body["co_applicants"] = others
    speaking = [index for index, person in enumerate([applicant, *others]) if key_of(person) in wanted.represented_by]
    claims: list[Any] = [person.get("claim_fen") for person in (applicant, *others)]
    if body.get("matter") and not body["matter"].get("claim_fen") and others and all(claim is not None for claim in claims):
        body["matter"] = {**body["matter"], "claim_fen": sum(claims)}
    return body | ({"representatives": speaking} if speaking else {}), len(items(typed, "co_applicants")), led


def _acceptance(bodies: Json, opening: Json, policy: Policy) -> Json:
    """The acceptance as typed; what was left open is the applicant's own group, and the papers that are usually owed for the ground."""
    typed: Json = dict(bodies.get("accept_first", {}))
    if "ground" not in typed:
        typed["ground"] = accept_first_ground(opening, policy).get("ground")
    known = policy.ground(typed["ground"]) if typed["ground"] else None
    held = {paper.get("kind") for paper in opening.get("papers") or ()}
    usual = [{"kind": kind} for kind in (known.owed if known else ()) if kind not in held]
    typed.setdefault("papers_owed", usual)
    return {name: value for name, value in typed.items() if value is not None}
