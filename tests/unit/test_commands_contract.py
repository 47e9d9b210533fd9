"""The bodies of the commands are those of the contract: field by field the same names, required where it marks them so."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import domain.stages  # noqa: F401 -- fills the vocabulary
from domain.command import COMMANDS, Command

BODIES: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "contract" / "commands.yaml").read_text(encoding="utf-8"))
_OF_AN_APPLICATION = {
    "channel", "outlet", "assisting_agency", "received_by_centre_on", "form", "oral", "applicant", "co_applicants", "representatives",
    "recipient_count", "opponents", "proxy", "matter", "papers",
}  # fmt: skip
"""What an inquiry that becomes an application may be told beside what it knows."""
ADDED = {
    "submit_application": {"duty_request_id"},
    "register_consultation": {"opponents", "cause"},
    "convert_to_application": _OF_AN_APPLICATION,
    "record_verification": {"about"},
    "file_objection": {"excused"},
    "decide_objection": {"for_recipients"},
    "add_recipients": {"recipient_count"},
    "continue_case": {"for_recipients"},
    "issue_document": {"template_version", "voids", "for_recipients"},
}
"""Optional fields that practice needs beside the contract's."""
NEEDED = {
    "record_verification": {"result"},
    "recommend_decision": {"decision"},
    "decide_objection": {"result"},
    "release_recipient": {"reason"},
    "replace_recipient": {"ground"},
    "continue_case": {"relation"},
    "close_consultation": {"how"},
}
"""Choices the notation does not mark, without which the command would say nothing."""
BEYOND: dict[str, Any] = {
    "break_glass": {"reason": "text!"},
    "propose_commands": {"commands": "list!", "reason": "text"},
    "accept_proposal": {"proposal": "int!"},
    "return_proposal": {"proposal": "int!", "reason": "text!"},
    "ask_extension": {"clock": "id of a clock!", "due_on": "date!", "reason": "text!"},
    "approve_extension": {"clock": "id of a clock!", "reason": "text"},
    "refuse_extension": {"clock": "id of a clock!", "reason": "text!"},
    "return_recommendation": {"reason": "text!", "for_recipients": "list of party_id"},
    "take_up_request": {"centre": "office"} | dict.fromkeys(_OF_AN_APPLICATION, "as of submit_application"),
}
"""Commands that practice needs beside the contract's (docs/decisions/0006)."""
ELSEWHERE = {
    "mark_deadline": {"clock", "plan_version", "rung"},
    "replan_clocks": {"ref"},
    "attach_document": {"title", "digest", "size", "media_type"},
}
"""Commands whose bodies no client writes as JSON."""


def fields(command: type[Command]) -> dict[str, bool]:
    """Name on the wire -> whether it is required."""
    own = {name: command.model_fields[name] for name in command.written()}
    return {field.alias or name: field.is_required() for name, field in own.items()}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ELSEWHERE])
def test_a_commands_fields_are_the_contracts(name: str) -> None:
    written: dict[str, Any] = BODIES[name] if name in BODIES else BEYOND[name]
    expected = {field: isinstance(kind, str) and kind.endswith("!") for field, kind in written.items()}
    expected |= dict.fromkeys(ADDED.get(name, ()), False) | dict.fromkeys(NEEDED.get(name, ()), True)
    assert fields(COMMANDS[name]) == expected


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_systems_own_bodies_are_as_agreed(name: str) -> None:
    assert set(fields(COMMANDS[name])) == ELSEWHERE[name]
    assert all(fields(COMMANDS[name]).values())
