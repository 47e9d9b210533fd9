"""The JSON Schema of each command's body as a caller may send it, drawn from the command's own model."""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import domain.stages  # noqa: F401 # pyright: ignore[reportUnusedImport] -- fills the registry
from domain.command import COMMANDS, Command


@cache
def body_schema(command: str) -> Mapping[str, Any]:
    """The schema of a command's body. What only the product itself writes (sealed values, subject ids) is not in it."""
    return cast("Mapping[str, Any]", _cleaned(COMMANDS[command].model_json_schema(), drop=("Sealed",)))


def human_commands() -> list[type[Command]]:
    """Every command a person may issue, in the rooms' order."""
    return [kind for kind in COMMANDS.values() if "system" not in kind.roles]


def _cleaned(node: Any, drop: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_cleaned(item, drop) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    held = cast("dict[str, Any]", node)
    found: dict[str, Any] = {}
    for name, value in held.items():
        if name == "anyOf":
            found |= _choice([_cleaned(v, drop) for v in value if not _names(v, drop)])
        elif name in ("properties", "$defs"):
            found[name] = {k: _cleaned(v, drop) for k, v in value.items() if k not in (*drop, "subject_id")}
        elif name not in found:
            found[name] = _cleaned(value, drop)
    return found


def _choice(branches: list[dict[str, Any]]) -> dict[str, Any]:
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _names(branch: Mapping[str, Any], drop: tuple[str, ...]) -> bool:
    return str(branch.get("$ref", "")).rsplit("/", 1)[-1] in drop
