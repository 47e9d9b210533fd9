"""Breaking the glass: who stands behind a case's wall reads it all the same, for a short while, with a reason, a supervisor being told.

Reading is all it opens: whoever is walled off issues no other command (利益冲突隔离).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from domain.case import CaseState, Glass
from domain.command import Actor, Command, Event, Facts, Refusal, Role, Stamp
from domain.directory import Directory
from domain.lifecycle import ANY
from domain.stages.any_stage import PEOPLE_OF_CASES
from domain.values import Code, Moment, PersonalText

LASTS = timedelta(hours=2)


class BreakGlass(Command):
    """Read a case through the wall you stand behind, for two hours. A supervisor is told, with your reason on the record."""

    room = "any_stage"
    states = ANY
    roles = frozenset[Role]({*PEOPLE_OF_CASES, "auditor"})
    emits = ("glass_broken",)
    lane = "margin"
    behind_walls = True

    reason: PersonalText

    @classmethod
    def open_to(cls, case: CaseState, actor: Actor, directory: Directory, on: date) -> bool:  # noqa: ARG003 -- the wall alone decides
        return not case.excluded.isdisjoint({actor.id, actor.lawyer, actor.unit})

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        if facts.on_behalf_of is not None:
            raise Refusal("not_their_deputy", status=403, pointer="/on_behalf_of", person=facts.on_behalf_of)
        if not self.open_to(case, facts.actor, facts.directory, facts.effective_on):
            raise Refusal("not_walled_off")
        if case.open_to(facts.actor.id, facts.now):
            raise Refusal("glass_broken_already")
        return (GlassBroken(person=facts.actor.id, reason=self.reason, until=facts.now + LASTS),)


class GlassBroken(Event):
    lane = "margin"

    person: Code
    reason: PersonalText
    until: Moment

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        kept = tuple(g for g in case.glass if g.person != self.person)
        return case.but(glass=(*kept, Glass(person=self.person, until=self.until)))
