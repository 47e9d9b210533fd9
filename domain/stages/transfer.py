"""The case goes to another centre (移送), which agreed to take it; numbers given stay, the next ones are those of the new centre."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ConfigDict, Field

from domain.case import CaseState
from domain.command import Command, Event, Facts, Refusal, Role, Stamp
from domain.lifecycle import onward
from domain.stages.common import known_person
from domain.values import Code, Model, PersonalText


class CentreTransfer(Model):
    """The contract's word is `to`; a command's `to` names the states it leads to."""

    model_config = ConfigDict(serialize_by_alias=True)

    centre_to: Code = Field(alias="to")
    reason: PersonalText
    agreed_by: Code
    """Who agreed for the other centre; the case is theirs from then on."""


class TransferCentre(CentreTransfer, Command):
    room = "any_stage"
    states = onward("received", "awaiting_assignment")
    roles = frozenset[Role]({"approver"})
    emits = ("centre_transferred",)

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        centre = facts.directory.office(self.centre_to)
        if centre is None or centre.kind != "centre" or centre.code == case.centre:
            raise Refusal("not_another_centre", status=422, pointer="/to", office=self.centre_to)
        known_person(facts, self.agreed_by, "/agreed_by")
        agreed = facts.directory.person(self.agreed_by)
        held = agreed.roles_on(facts.effective_on) if agreed else ()
        if not {("approver", centre.code), ("caseworker", centre.code)} & set(held):
            raise Refusal("not_of_that_centre", status=422, pointer="/agreed_by", person=self.agreed_by, centre=centre.code)
        return [CentreTransferred(to=self.centre_to, reason=self.reason, agreed_by=self.agreed_by)]


class CentreTransferred(CentreTransfer, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        """The outlet that received the case keeps sight of it; what the old centre's conflict check cleared is to be checked again."""
        del at
        return case.but(centre=self.centre_to, owner=self.agreed_by, conflict_cleared=None)
