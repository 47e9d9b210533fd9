"""The routes of time limits: why a date is where it is, what lies ahead, what a person has to answer."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response

from api import forecast, icalendar, lateness, promise
from api.auth import AtDesk, lang_of, services_of
from api.desk import Need, open_desk
from api.params import LIMIT, Cursor, LegalDay, Limit, Word
from api.routes.reads import CaseId
from readmodels.promise import GroupBy

router = APIRouter(tags=["work"])
type Json = dict[str, Any]


@router.get("/cases/{case_id}/lateness", summary="Why the case's limits are where they are, and who was waited for")
async def case_lateness(desk: AtDesk, case_id: CaseId) -> Json:
    return await lateness.of_case(desk, case_id)


@router.get("/deadlines/load", summary="How many open limits end on each day ahead")
async def load_ahead(
    *,
    desk: AtDesk,
    first: Annotated[LegalDay | None, Query(alias="from", description="Today where absent.")] = None,
    to: LegalDay | None = None,
    office: Word = None,
    person: Word = None,
    limit_id: Word = None,
) -> Json:
    return await lateness.ahead(desk, first=first, last=to, office=office, person=person, limit_id=limit_id)


@router.get("/tasks", summary="Missed limits that I have to answer, the oldest first")
async def my_tasks(
    desk: AtDesk,
    task: Annotated[Literal["extension_asked"] | None, Query(description="The questions for more time alone.")] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> Json:
    del cursor
    return await lateness.tasks(desk, limit, only_asked=task is not None)


@router.get("/reports/promise", summary="The share of limits kept in a period, and the days the work took")
async def service_promise(
    *,
    desk: AtDesk,
    first: Annotated[LegalDay | None, Query(alias="from", description="The first of January of the last day's year where absent.")] = None,
    to: LegalDay | None = None,
    office: Word = None,
    limit: Word = None,
    group_by: GroupBy = "office",
) -> Json:
    return await promise.report(desk, first=first, last=to, by=group_by, office=office, limit=limit)


@router.get("/reports/forecast", summary="Which limits of the coming days will be missed at the present pace, likeliest first")
async def missed_ahead(
    *,
    desk: AtDesk,
    days: Annotated[int, Query(ge=1, le=31, description="Limits that fall due from now until so many days after today.")] = 7,
    office: Word = None,
    limit: Word = None,
    most: Annotated[int, Query(ge=1, le=1000, description="Limits listed at most; the totals are of all.")] = 200,
) -> Json:
    return await forecast.report(desk, days=days, office=office, limit=limit, most=most)


@router.get(
    "/calendar/{token}.ics",
    summary="My time limits as a calendar to subscribe to",
    response_class=Response,
)
async def calendar_feed(
    request: Request,
    token: Annotated[str, Path(max_length=200, description="A personal access token of the scope `calendar`: the address is the key.")],
    known: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> Response:
    services = services_of(request)
    async with open_desk(services, token, lang_of(request), Need(frozenset({"calendar"}))) as desk:
        said, tag = await icalendar.feed(desk, services.public_url)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if known == tag:
        return Response(status_code=304, headers=headers)
    return Response(said, media_type="text/calendar; charset=utf-8", headers=headers)
