"""A story carried out by the rules alone, without engines: the body by its model, the person by access, the command by `decide`.

What the API would answer is what comes out here; the worked example's tests and its documents are made from it.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from domain.access import Principal, actor, scope_of
from domain.case import CaseState, blank
from domain.command import COMMANDS, Command, Facts, Happened
from domain.decide import Decision, decide
from domain.stages.continuation import CarriedOver, ContinueCase
from ledger.rules import current
from ops.example.directory import people_accounts
from ops.example.script import Learned, Scenario, Step, learn
from ops.example.story import directory


@dataclass(slots=True)
class Acted:
    """One case of a story as it came out: its history and the commands issued on it."""

    case: CaseState
    history: list[Happened] = field(default_factory=list[Happened])
    commands: list[Command] = field(default_factory=list[Command])
    learned: Learned = field(default_factory=dict[str, dict[str, Any]])


class NotOpen(Exception):  # noqa: N818 -- a fault of the script
    """Somebody of the story may not issue a command there."""


def rehearse(scenario: Scenario, now: datetime) -> tuple[Acted, ...]:
    """The story's cases in the order of their opening, as if every command had come in at `now`.

    Raises `Refusal` at the first command the rules refuse, `NotOpen` where a person has no access, `ValidationError` for a body at fault.
    """
    acted: list[Acted] = []
    numbers = count(1)
    for n, step in enumerate(scenario.steps, start=1):
        for index, (decision, command) in enumerate(_decisions(scenario, step, n, acted, now)):
            numbered = decision.numbered(lambda _: next(numbers), directory())
            place = next((a for a in acted if a.case.case_id == decision.before.case_id), None)
            if place is None:
                place = Acted(blank(decision.before.case_id))
                acted.append(place)
            place.case = numbered.case
            place.history += numbered.events
            if index == 0:
                place.commands.append(command)
            learn(place.learned, ({"type": h.event.type, "version": h.at.version, "data": _data(h)} for h in numbered.events))
    return tuple(acted)


def _decisions(scenario: Scenario, step: Step, n: int, acted: list[Acted], now: datetime) -> list[tuple[Decision[CaseState], Command]]:
    """What one step brings, case by case, the one it is issued on first."""
    opens = not COMMANDS[step.command].states
    place = Acted(blank(_case_id(scenario, step.case))) if opens else acted[step.case]
    body = json.loads(json.dumps(step.request(place.learned, tuple(a.case.case_id for a in acted))))
    command = COMMANDS[step.command].model_validate(body)
    reserved = tuple(UUID(_case_id(scenario, len(acted) + opens + k)) for k in range(command.opens()))
    if reserved:
        command = command.model_copy(update={"reserved": reserved})
    if isinstance(command, ContinueCase):
        summary = place.case.matter.summary if place.case.matter else None
        command = command.model_copy(update={"carried_over": CarriedOver(parties=place.case.parties, summary=summary)})
    who = actor(_principal(step), step.command, None if opens else scope_of(place.case), directory())
    if who is None:
        raise NotOpen(f"{scenario.name} step {n}: {step.who} may not issue {step.command} here")
    known = {a.case.case_id: a.case for a in acted}
    facts = Facts(
        now=now,
        effective_on=step.on,
        actor=who,
        directory=directory(),
        rules=current(),
        command_id=f"00000000-0000-7000-8000-{n:012d}",
        history=tuple(place.history),
        co_accused_lawyers=_lawyers_of_co_accused(place.case, known),
        others={case_id: known.get(case_id, blank(case_id)) for case_id in command.others()},
    )
    return [(decision, command) for decision in decide(place.case, command, facts).cases]


def _lawyers_of_co_accused(case: CaseState, known: dict[str, CaseState]) -> frozenset[str]:
    linked = [known[str(link.case_id)] for link in case.links if link.relation == "co_accused" and str(link.case_id) in known]
    return frozenset(handler.lawyer for other in linked if other.assignment for handler in other.assignment.lawyers)


def _case_id(scenario: Scenario, n: int) -> str:
    return f"01890000-0000-7000-8{int(scenario.case[2:]):03d}-{n:012d}"


def _data(happened: Happened) -> dict[str, Any]:
    return happened.event.model_dump(mode="json", exclude_none=True)


def _principal(step: Step) -> Principal:
    account = next(a for a in people_accounts() if a.username == step.who)
    person = directory().person_of[account.person]
    return Principal(step.who, person.code, person.roles_on(step.on), person.lawyer, person.unit)
