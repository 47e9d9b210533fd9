"""What a request asks for: one command, or the commands of a bundle, each with its place in the request."""

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

from api.body import parse_json
from api.problem import Problem, not_found
from api.typed import typed
from domain.command import Command
from domain.stages import COMMANDS
from domain.stages.proposal import ProposeCommands
from domain.values import Party, Personal, Sealed, map_personal
from ledger.inbox import BUNDLE
from ledger.personal import parties_of

OPENING = "submit_application"
APART = frozenset({"attach_document", "receive_organ_notice", "continue_case", "transfer_centre"})
"""Commands that come alone: they bring a file, open further cases or take the case out of the caller's sight."""
MOST_COMMANDS = 50
"""Commands of one bundle."""


@contextmanager
def blamed(place: str, **values: Any) -> Generator[None]:
    """Let a problem within name the place in the request: its pointers begin there, and `values` travel with it."""
    try:
        yield
    except Problem as fault:
        errors = [{**error, "pointer": place + str(error["pointer"])} if "pointer" in error else error for error in fault.errors]
        raise Problem(fault.status, fault.code, errors=errors, headers=fault.headers, **{**fault.values, **values}) from fault


@dataclass(frozen=True, slots=True)
class AskedPart:
    """One command of a request, and its place there; a request that is no bundle is one command without a place."""

    kind: type[Command]
    body: Mapping[str, Any]
    index: int | None = None

    def blamed(self) -> AbstractContextManager[None]:
        return nullcontext() if self.index is None else blamed(f"/commands/{self.index}/body", index=self.index)


def asked_parts(command: str, body: Mapping[str, Any], *, opening: bool, kind: str = "case") -> tuple[AskedPart, ...]:
    """The commands a request asks for; `opening` where it names no case, `kind` that of the stream it is for.

    Raises `Problem`: 404 for what is no command, 422 for what is no bundle.
    """
    if command != BUNDLE:
        return (AskedPart(_kind(command, kind), body),)
    listed = body.get("commands")
    strange = [{"pointer": f"/{name}", "code": "unknown_field"} for name in body if name != "commands"]
    if strange or not isinstance(listed, list) or not listed:
        raise Problem(422, "invalid", errors=strange or [{"pointer": "/commands", "code": "not_a_list" if listed else "required"}])
    entries = cast("list[Any]", listed)
    if len(entries) > MOST_COMMANDS:
        raise Problem(422, "invalid", errors=[{"pointer": "/commands", "code": "too_long", "max_length": MOST_COMMANDS}])
    return tuple(_part(entry, index, opening=opening and index == 0) for index, entry in enumerate(entries))


def _part(entry: Any, index: int, *, opening: bool) -> AskedPart:
    here = f"/commands/{index}"
    if not isinstance(entry, dict):
        raise Problem(422, "invalid", errors=[{"pointer": here, "code": "not_an_object"}], index=index)
    held = cast("dict[str, Any]", entry)
    name, body = held.get("command"), held.get("body", {})
    faults = [{"pointer": f"{here}/{key}", "code": "unknown_field"} for key in held if key not in ("command", "body")]
    if not isinstance(name, str):
        faults.append({"pointer": f"{here}/command", "code": "not_a_text" if name else "required"})
    if not isinstance(body, dict):
        faults.append({"pointer": f"{here}/body", "code": "not_an_object"})
    if faults or not isinstance(name, str):
        raise Problem(422, "invalid", errors=faults, index=index)
    kind = COMMANDS.get(name)
    if kind is None or "system" in kind.roles or kind.stream != "case" or name in APART or opening != (name == OPENING):
        raise Problem(422, "invalid", errors=[{"pointer": f"{here}/command", "code": "not_in_a_bundle"}], index=index)
    return AskedPart(kind, cast("dict[str, Any]", body), index)


def _kind(name: str, stream: str) -> type[Command]:
    kind = COMMANDS.get(name)
    if kind is None or "system" in kind.roles or kind.stream != stream:
        raise not_found("unknown_command", command=name)
    return kind


def parsed(kind: type[Command], body: Mapping[str, Any]) -> Command:
    """The body as its command. Raises 422 with pointers; also for what only the product itself may write."""
    inner = [name for name in body if name in kind.model_fields and name not in (*kind.written(), *Command.model_fields)]
    if inner:
        raise Problem(422, "invalid", errors=[{"pointer": f"/{name}", "code": "unknown_field"} for name in inner])
    command = typed(kind, body)

    def in_clear(party: Party | None, field: str, mark: Personal, value: Any) -> Any:
        del party, mark
        if isinstance(value, Sealed):
            raise Problem(422, "invalid", errors=[{"pointer": "", "code": "not_a_text", "field": field}])
        return value

    map_personal(command, in_clear)
    if any(party.subject_id is not None for party in parties_of(command)):
        raise Problem(422, "invalid", errors=[{"pointer": "", "code": "unknown_field", "field": "subject_id"}])
    return command


def check_proposal(command: ProposeCommands) -> None:
    """Raises `Problem` with pointers where a proposed body is none of its command: it must hold when the approver carries it out."""
    for index, proposed in enumerate(command.commands):
        kind = COMMANDS.get(proposed.command)
        if kind is None or not kind.states or "system" in kind.roles or kind.stream != "case" or not isinstance(proposed.body, str):
            raise Problem(422, "invalid", errors=[{"pointer": f"/commands/{index}/command", "code": "unknown_command"}])
        with blamed(f"/commands/{index}/body"):
            parsed(kind, parse_json(proposed.body.encode()))
