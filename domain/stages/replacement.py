"""Replacing the lawyer (更换承办人员): asked for, decided by another person, the lawyers released and the file handed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from domain.case import CaseState, Replacement
from domain.command import Command, Event, Facts, Stamp
from domain.stages.common import said
from domain.stages.handling import in_hand, released
from domain.values import Model, Paper, PersonalText


class ReplacementFields(Model):
    cause: Literal["conflict", "incapacity", "discipline", "absence", "misconduct", "other"] = "other"
    reasons: PersonalText


class ReplacementRequested(ReplacementFields, Event):
    by: Literal["recipient", "unit", "centre"]

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        came_from = case.state or "in_representation"
        asked = Replacement(by=self.by, cause=self.cause, requested_by=at.actor, came_from=came_from)
        return case.but(state="replacing_lawyer", replacement=asked)


class RequestReplacement(ReplacementFields, Command):
    """Who asks is the recipient, the unit or the centre; when not said, the unit for its own people, else the recipient."""

    room = "representation"
    states = frozenset({"lawyer_named", "in_representation"})
    to = ("replacing_lawyer",)
    roles = frozenset({"receptionist", "caseworker", "unit_manager", "lawyer"})
    emits = ("replacement_requested",)

    by: Literal["recipient", "unit", "centre"] | None = None

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        by = self.by or ("unit" if facts.actor.role in ("unit_manager", "lawyer") else "recipient")
        return [ReplacementRequested.model_validate(said(self) | {"by": by})]


class ReplacementDecided(Event):
    granted: bool
    reasons: PersonalText
    handover: tuple[Paper, ...] = ()

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        asked = case.replacement
        return case if self.granted or asked is None else case.but(state=asked.came_from, replacement=None)


class DecideReplacement(Command):
    room = "representation"
    states = frozenset({"replacing_lawyer"})
    to = ("awaiting_assignment", "lawyer_named", "in_representation")
    roles = frozenset({"approver"})
    emits = ("replacement_decided", "lawyer_released")
    other_than = "replacement_requested"

    granted: bool
    reasons: PersonalText
    handover: tuple[Paper, ...] = ()

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del facts
        decided = ReplacementDecided(**said(self))
        return [decided, released(case, self.handover, lead_only=True)] if self.granted else [decided]
