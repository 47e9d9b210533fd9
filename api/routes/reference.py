"""The routes that belong to no case: tokens, the person signed in, the directory, dates and sums worked out on request."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api import limits, reference
from api.auth import AtDesk, Credentials, origin_of, services_of, sign_in, sign_out, token_of
from api.params import LIMIT_MAX, Cursor, LegalDay, Limit, Start, Word
from api.problem import Problem
from domain.directory import OfficeKind

router = APIRouter()

type Json = dict[str, Any]


@router.post("/tokens", tags=["people"], summary="Sign in")
async def new_token(request: Request, credentials: Credentials) -> Json:
    return await sign_in(services_of(request), credentials, origin_of(request))


@router.delete("/tokens/current", tags=["people"], summary="Sign out", status_code=204)
async def end_token(request: Request) -> None:
    token = token_of(request)
    if token is None:
        raise Problem(401, "authentication_required")
    await sign_out(services_of(request), token)


@router.get("/me", tags=["people"], summary="Who is signed in")
async def me(desk: AtDesk) -> Json:
    return await reference.me(desk)


@router.get("/offices", tags=["people"], summary="Offices and outlets")
async def offices(
    *,
    desk: AtDesk, kind: OfficeKind | None = None, parent: Word = None, county: Word = None, q: Word = None, cursor: Cursor = None,
    limit: Limit = LIMIT_MAX,
) -> Json:  # fmt: skip
    return reference.offices(desk, kind=kind, parent=parent, county=county, q=q).part(cursor, limit)


@router.get("/people", tags=["people"], summary="Colleagues a command may name")
async def people(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT_MAX) -> Json:
    return reference.people(desk).part(cursor, limit)


@router.get("/lawyers", tags=["people"], summary="The panel of lawyers")
async def lawyers(
    *,
    desk: AtDesk, specialty: Word = None, office: Word = None, available_on: LegalDay | None = None, cursor: Cursor = None,
    limit: Limit = LIMIT_MAX,
) -> Json:  # fmt: skip
    return (await reference.lawyers(desk, specialty=specialty, office=office, available_on=available_on)).part(cursor, limit)


@router.get("/tariffs", tags=["people"], summary="The subsidy tariffs in force today")
async def tariffs(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT_MAX) -> Json:
    return reference.tariffs(desk).part(cursor, limit)


@router.get("/calendar/due", tags=["rules"], summary="When a limit that starts then is due, and how that is counted")
async def calendar_due(
    desk: AtDesk,
    limit: Annotated[str, Query(max_length=64)],
    start: Start,
    county: Annotated[str | None, Query(max_length=64, description="Counts with the days off that the county's centre keeps.")] = None,
    kind: Word = None,
    office: Annotated[str | None, Query(max_length=64, description="Counts with the days off and the hours of that office.")] = None,
) -> Json:
    return limits.due(desk, limit=limit, start=start, kind=kind, county=county, office=office)


@router.get("/calendar/day", tags=["rules"], summary="Whether a day is worked, and which limits may start on it")
async def calendar_day(
    *,
    desk: AtDesk,
    on: LegalDay,
    office: Annotated[str | None, Query(max_length=64, description="Whose days off are meant.")] = None,
    command: Annotated[str | None, Query(max_length=64, description="With `field`: the command the day is written into.")] = None,
    field: Annotated[str | None, Query(max_length=64)] = None,
    kind: Word = None,
) -> Json:
    return limits.day(desk, on=on, office=office, command=command, field=field, kind=kind)


@router.get("/limits", tags=["rules"], summary="The time limits in force on a day, their sources and reminders")
async def limits_in_force(
    desk: AtDesk, on: LegalDay | None = None, office: Word = None, cursor: Cursor = None, limit: Limit = LIMIT_MAX
) -> Json:
    return limits.in_force(desk, on, office).part(cursor, limit)
