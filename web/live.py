"""What open pages hear of while they are looked at: new messages, and that the case on the page has changed."""

from typing import cast
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.stream import HEADERS, MEDIA_TYPE, MOST_CASES
from web.backend import Backend, Problem
from web.page import SESSION, language_of

router = APIRouter(include_in_schema=False)


@router.get("/live")
async def live(request: Request) -> Response:
    """Server-sent events under the cookie's session. A browser that is refused, by any status but 200, does not ask again by itself.

    To a person with too many windows 204 is said: the others keep up, and nothing is wrong that a console should tell of.
    """
    try:
        cases = [str(UUID(each)) for each in request.query_params.getlist("case")[:MOST_CASES]]
    except ValueError:
        return Response(status_code=404)
    session = request.cookies.get(SESSION, "")
    if not session:
        return Response(status_code=401)
    backend = cast("Backend", request.app.state.backend)
    try:
        told = await backend.live(session, cases, request.headers.get("last-event-id"), language_of(request))
    except Problem as problem:
        return Response(status_code=204 if problem.code == "too_many_streams" else problem.status)
    return StreamingResponse(told, media_type=MEDIA_TYPE, headers=HEADERS)
