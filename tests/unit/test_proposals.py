"""Commands put before the approver: a proposal changes nothing, is carried out once, and goes back to who made it."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.stages.application import WithdrawApplication
from domain.stages.proposal import AcceptProposal, CommandsProposed, ProposeCommands, ReturnProposal
from domain.values import Proposed, Sealed
from readmodels.case_list import waiting_for
from tests.unit.world import Case, actor, given, submit

BODY = {"unit": "U-ZHENGHE", "lawyer": "L-WANG-MIN"}
PROPOSAL = ProposeCommands.model_validate({"commands": [{"command": "assign_unit", "body": BODY}], "reason": "当日办结"})


def proposed() -> tuple[Case, int]:
    case = given(submit(), ("receptionist", PROPOSAL))
    return case, case.version_of("commands_proposed")


def test_a_body_is_kept_as_one_text_that_can_be_sealed() -> None:
    assert isinstance(PROPOSAL.commands[0].body, str)
    assert json.loads(PROPOSAL.commands[0].body) == BODY
    sealed = Sealed(subject=UUID(int=1), box="x")
    assert Proposed.model_validate({"command": "assign_unit", "body": sealed.model_dump(mode="json")}).body == sealed


def test_a_proposal_changes_nothing_but_whom_the_case_waits_for() -> None:
    case, version = proposed()
    assert (case.state.state, waiting_for(case.state)) == ("received", "approver")
    assert [(p.version, p.by, p.state) for p in case.state.proposals] == [(version, "P-LIN-XIAOMEI", "open")]


def test_it_is_carried_out_once() -> None:
    case, version = proposed()
    case.when(AcceptProposal(proposal=version))
    assert (case.state.proposals[0].state, case.state.proposals[0].commands[0].body) == ("done", None)
    case.refused("proposal_settled", AcceptProposal(proposal=version))
    assert waiting_for(case.state) == "caseworker"


def test_the_approver_returns_it_and_whoever_made_it_may_take_it_back() -> None:
    for by in ("approver", "receptionist"):
        case, version = proposed()
        case.when(ReturnProposal(proposal=version, reason="请核对"), by)
        assert case.state.proposals[0].state == "returned"


def test_nobody_else_takes_it_back() -> None:
    case, version = proposed()
    case.refused("not_your_proposal", ReturnProposal(proposal=version, reason="误"), actor("zhao.wenxiu"))


def test_what_is_no_proposal_of_the_case_is_told() -> None:
    case, version = proposed()
    case.refused("unknown_proposal", AcceptProposal(proposal=version + 100))


@pytest.mark.parametrize("command", ["submit_application", "mark_deadline", "no_such_thing"])
def test_only_what_a_person_issues_on_a_case_can_be_proposed(command: str) -> None:
    proposal = ProposeCommands.model_validate({"commands": [{"command": command, "body": {}}]})
    given(submit()).refused("unknown_command", proposal, "caseworker")


def test_an_ended_case_takes_no_proposal() -> None:
    given(submit(), WithdrawApplication(reason="和解")).refused("wrong_state", PROPOSAL, "caseworker")


def test_an_empty_proposal_is_none() -> None:
    with pytest.raises(ValidationError):
        CommandsProposed.model_validate({"commands": []})
