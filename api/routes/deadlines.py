"""The routes of time limits: why a date is where it is, what lies ahead, what a person has to answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import lateness, promise
from api.auth import AtDesk
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
) -> Json:
    return await lateness.ahead(desk, first=first, last=to, office=office, person=person)


@router.get("/tasks", summary="Missed limits that I have to answer, the oldest first")
async def my_tasks(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT) -> Json:
    del cursor
    return await lateness.tasks(desk, limit)


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
