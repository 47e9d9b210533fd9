"""Search as you type: the cases that fit what stands in the header's box, with the place marked that fits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Json
from web.lists import row_of
from web.marked import marked_row
from web.page import PageRoute, Visit, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 8
SHORTEST = 2
"""Characters from which on is searched: one alone is borne by thousands."""
LONGEST = 200

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/find")
async def find(request: Request, visit: Signed) -> Response:
    """The list under the box alone."""
    q = request.query_params.get("q", "").strip()
    asked = SHORTEST <= len(q) <= LONGEST
    rows: list[Json] = []
    more = False
    if asked:
        found = await visit.backend.cases(visit.session, {"q": q, "limit": str(SHOWN)})
        rows = [marked_row(row_of(visit, case), q) for case in found["items"][:SHOWN]]
        more = bool(found["next_cursor"])
    return render(visit, "find.html", rows=rows, q=q, asked=asked, more=more)
