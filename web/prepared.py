"""What a colleague prepared for the approver, as pages show it."""

from dataclasses import dataclass

from web.backend import Json, items, part
from web.page import Visit
from web.told import Told, told


@dataclass(frozen=True, slots=True)
class Prepared:
    """A proposal as the desk shows it."""

    version: int
    by: str
    on: str
    reason: str
    own: bool
    """Prepared by the visitor."""
    commands: tuple[Told, ...]


def prepared(visit: Visit, case: Json) -> list[Prepared]:
    """The open proposals of a case."""
    return [
        Prepared(
            version=p["version"], by=str(p["by"]), on=str(p["proposed_on"]), reason=str(p.get("reason") or ""),
            own=p["by"] == visit.me.get("id"),
            commands=tuple(told(visit, case, c["command"], part(c, "body")) for c in p["commands"]),
        )
        for p in items(case, "proposals") if p["state"] == "open"
    ]  # fmt: skip
