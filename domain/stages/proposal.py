"""Commands prepared for whoever may issue them: one person receives the visit and fills in all of it, the approver decides from the desk.

A proposal changes nothing by itself. It is carried out by the approver's own bundle, which begins with `accept_proposal`, or returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from domain.case import CaseState, Proposal
from domain.command import COMMANDS, Command, Event, Facts, Refusal, Role, Stamp
from domain.lifecycle import NOT_ENDED
from domain.values import Model, PersonalText, Proposed

MOST = 20
"""Commands of one proposal."""
_PROPOSERS: frozenset[Role] = frozenset({"liaison", "receptionist", "caseworker", "duty_lawyer"})


class ProposalFields(Model):
    commands: Annotated[tuple[Proposed, ...], Field(min_length=1, max_length=MOST)]
    reason: PersonalText | None = None


class ProposeCommands(ProposalFields, Command):
    """Put commands that somebody else must issue on that person's desk."""

    room = "any_stage"
    states = NOT_ENDED
    roles = _PROPOSERS
    emits = ("commands_proposed",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del case, facts
        for index, proposed in enumerate(self.commands):
            kind = COMMANDS.get(proposed.command)
            if kind is None or not kind.states or "system" in kind.roles:
                raise Refusal("unknown_command", status=422, pointer=f"/commands/{index}/command", command=proposed.command)
        return [CommandsProposed(commands=self.commands, reason=self.reason)]


class CommandsProposed(ProposalFields, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        proposal = Proposal(
            version=at.version, by=at.actor, proposed_on=at.effective_on, reason=self.reason,
            commands=self.commands,
        )  # fmt: skip
        return case.but(proposals=(*case.proposals, proposal))


def _open(case: CaseState, version: int) -> Proposal:
    found = next((p for p in case.proposals if p.version == version), None)
    if found is None:
        raise Refusal("unknown_proposal", status=422, pointer="/proposal", proposal=version)
    if found.state != "open":
        raise Refusal("proposal_settled", state=found.state)
    return found


def _settled(case: CaseState, version: int, state: str) -> CaseState:
    """The proposal with its end; the bodies stand in its event and are no longer carried along."""
    return case.but(proposals=tuple(_ended(p, state) if p.version == version else p for p in case.proposals))


def _ended(proposal: Proposal, state: str) -> Proposal:
    return proposal.model_copy(update={"state": state, "commands": tuple(Proposed(command=c.command) for c in proposal.commands)})


class AcceptProposal(Command):
    """The first command of the bundle that carries a proposal out. `proposal` is the version of the event that made it."""

    room = "any_stage"
    states = NOT_ENDED
    roles = frozenset[Role]({"approver"})
    emits = ("proposal_accepted",)
    lane = "margin"

    proposal: int

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        found = _open(case, self.proposal)
        if found.by in (facts.actor.id, facts.on_behalf_of) and not facts.directory.single_officer(case.centre):
            raise Refusal("two_persons_required", event="commands_proposed")
        return [ProposalAccepted(proposal=self.proposal)]


class ProposalAccepted(Event):
    lane = "margin"

    proposal: int

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        return _settled(case, self.proposal, "done")


class ReturnProposal(Command):
    """The approver sends a proposal back with a reason, or whoever made it takes it back."""

    room = "any_stage"
    states = NOT_ENDED
    roles = _PROPOSERS | frozenset[Role]({"approver"})
    emits = ("proposal_returned",)
    lane = "margin"

    proposal: int
    reason: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        found = _open(case, self.proposal)
        if facts.actor.role != "approver" and found.by != facts.actor.id:
            raise Refusal("not_your_proposal", status=403)
        return [ProposalReturned(proposal=self.proposal, reason=self.reason)]


class ProposalReturned(Event):
    lane = "margin"

    proposal: int
    reason: PersonalText

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        return _settled(case, self.proposal, "returned")
