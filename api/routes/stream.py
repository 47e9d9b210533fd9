"""The route of server-sent events: what happens while somebody looks on."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from api import stream
from api.auth import BEARER, lang_of, services_of, token_of

router = APIRouter(tags=["work"])


@router.get(
    "/stream",
    summary="My inbox and cases I look at, as they change",
    response_class=StreamingResponse,
    dependencies=[Depends(BEARER)],
)
async def look_on(
    request: Request,
    case: Annotated[list[UUID] | None, Query(max_length=stream.MOST_CASES, description="Cases of which new versions are told.")] = None,
    last: Annotated[str | None, Header(alias="Last-Event-ID", max_length=1000, description="The id of the last event received.")] = None,
) -> StreamingResponse:
    """Events: `unread` {unread}, `message` (as of `GET /inbox`), `case` {case_id, version}, `editing` {case_id, people}
    (`people` are the others who have a form of the case open: {person, name, command, says}), `gap`, `end` {code}.

    With `Last-Event-ID` the messages that came meanwhile are sent first, the newest 200 at most; without it the stream begins now.
    """
    told = await stream.begin(
        services_of(request), token_of(request), lang_of(request), cases=[str(each) for each in case or ()], last=last
    )
    return StreamingResponse(told, media_type=stream.MEDIA_TYPE, headers=stream.HEADERS)
