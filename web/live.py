"""What open pages hear of while they are looked at (new messages, that the case on the page has changed, who has a form of it open), and
what they tell and ask in return. No person reads these answers: a problem is its status alone.
"""

import base64
from typing import cast
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from api.stream import HEADERS, MEDIA_TYPE, MOST_CASES
from web.backend import Backend, Problem
from web.page import HEADERS as PAGE_HEADERS
from web.page import SESSION, is_ours, language_of, text_of

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


@router.post("/cases/{case_id}/editing")
async def editing(request: Request, case_id: UUID) -> Response:
    """A form of the case is open in a window of the visitor's: `csrf`, `window`, and `command`, empty once it is left."""
    session = request.cookies.get(SESSION, "")
    if not session:
        return Response(status_code=401, headers=PAGE_HEADERS)
    async with request.form() as sent:
        csrf, command, window = (text_of(sent, name) for name in ("csrf", "command", "window"))
    if not is_ours(session, csrf):
        return Response(status_code=403, headers=PAGE_HEADERS)
    try:
        await cast("Backend", request.app.state.backend).editing(session, str(case_id), command, window)
    except Problem as problem:
        return Response(status_code=problem.status, headers=PAGE_HEADERS)
    return Response(status_code=204, headers=PAGE_HEADERS)


@router.get("/draft-key")
async def draft_key(request: Request) -> Response:
    """`{key}` in base64: under it the visitor's browser seals what they type (`static/drafts.js`)."""
    session = request.cookies.get(SESSION, "")
    if not session:
        return Response(status_code=401, headers=PAGE_HEADERS)
    try:
        key = await cast("Backend", request.app.state.backend).draft_key(session)
    except Problem as problem:
        return Response(status_code=problem.status, headers=PAGE_HEADERS)
    return JSONResponse({"key": base64.b64encode(key).decode()}, headers=PAGE_HEADERS)
