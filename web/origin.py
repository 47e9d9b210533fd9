"""From which page a form was opened: where it leads back to, and how much of it is shown at first."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from web.fields import Field
from web.forms import Tree

POCKET, DESK, GROUP, ASSIGNMENTS = "pocket", "desk", "group", "assignments"
SHORT: Mapping[str, tuple[str, ...]] = {
    "record_meeting": ("kind", "held_on", "place", "summary"),
    "record_hearing": ("held_on", "result"),
    "schedule_hearing": ("forum", "at", "place"),
}
"""What the short form of a command shows at first; the rest is folded away."""


def known(origin: str) -> str:
    """The origin, if it is one of ours."""
    return origin if origin in (POCKET, DESK, GROUP, ASSIGNMENTS) else ""


def back(origin: str, case_id: str, **said: str) -> str:
    """The address that a form leads back to."""
    page = {POCKET: "/pocket", DESK: "/to-approve", ASSIGNMENTS: "/assignments", GROUP: f"/cases/{case_id}/group"}.get(
        origin, f"/cases/{case_id}"
    )
    kept = {name: value for name, value in said.items() if value}
    return f"{page}?{urlencode(kept)}" if kept else page


def asked_in(address: QueryParams, fields: Sequence[Field]) -> Tree:
    """What the address of a form asks to have in it: leaves by name, lists by repeating the name."""
    wanted: Tree = {}
    for f in fields:
        if f.name in address and f.kind not in ("group", "rows", "pairs", "any"):
            wanted[f.name] = address.getlist(f.name) if f.kind in ("choices", "lines") else address[f.name]
    return wanted
