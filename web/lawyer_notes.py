"""Why this lawyer, and why not another: what the panel looks like from a case, said beside the field that takes a lawyer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from web.assigning import pick
from web.backend import Json, Problem, items
from web.fields import Field
from web.page import PageRoute, Visit, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ASKING = frozenset({"assign_unit", "name_lawyer", "add_co_counsel"})
"""Commands that give a case to a lawyer."""
BEST = 3
"""How many of the panel are told of beside the field; the rest is a page away."""

Signed = Annotated[Visit, Depends(visitor)]


@dataclass(frozen=True, slots=True)
class Panel:
    """The panel as seen from a case: each lawyer in words, the best first."""

    case_id: str
    picks: Sequence[Json]

    @property
    def by_code(self) -> Mapping[str, Json]:
        return {str(each["lawyer"]): each for each in self.picks}

    @property
    def best(self) -> Sequence[Json]:
        return self.picks[:BEST]


@router.get("/cases/{case_id}/candidates/one")
async def one(request: Request, case_id: str, visit: Signed) -> Response:
    """What speaks for and against one lawyer, as a piece of page; the code comes under its field's own name."""
    chosen = next((value for name, value in request.query_params.items() if name.startswith("/")), "")
    panel = await panel_of(visit, await visit.backend.case(visit.session, case_id))
    return render(visit, "lawyer_chosen.html", panel=panel, chosen=chosen)


async def panel_for(visit: Visit, command: str, case: Json, fields: Sequence[Field]) -> Panel | None:
    """The panel for a form that takes a lawyer; None for other forms."""
    if not case or command not in ASKING or not any(f.source == "lawyers" for f in fields):
        return None
    return await panel_of(visit, case)


async def panel_of(visit: Visit, case: Json) -> Panel | None:
    """None for whoever may not see how the panel is ranked."""
    case_id = str(case["case_id"])
    try:
        found: Json = await visit.backend.work(visit.session, f"/cases/{case_id}/candidates", {"limit": "200"})
    except Problem as problem:
        if problem.status != 403:
            raise
        return None
    return Panel(case_id, [pick(visit, each, case_id, case["state"]) for each in items(found, "items")])
