"""The routes of the ledger of reads: who read personal data, and who was refused."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query

from api import access_reading, list_reading
from api.auth import AtDesk
from api.params import LIMIT, Cursor, DayOrMoment, Limit
from api.recording import REASON_HEADER, REASON_MOST
from api.routes.reads import CaseId
from readmodels.access_reads import AccessQuery

router = APIRouter(tags=["access"])
type Json = dict[str, Any]

Reason = Annotated[
    str | None,
    Header(alias=REASON_HEADER, description=f"Why it is read; UTF-8, percent-encoded, {REASON_MOST} characters at most. It is recorded."),
]
"""Declared by operations that may answer `access_reason_required`; every request is heard that gives one."""


@router.get("/access", summary="Who read personal data, or was refused; the newest first")
async def access_records(
    *,
    desk: AtDesk,
    case: Annotated[str | None, Query(max_length=100, description="Of a case, consultation or duty request: its id or its number.")] = None,
    subject: Annotated[UUID | None, Query(description="Whose data was read; with whoever is linked as the same person.")] = None,
    person: Annotated[str | None, Query(max_length=64, description="Who read; asked of a colleague, a reason is required.")] = None,
    kind: Annotated[Literal["personal_data_read", "access_refused"] | None, Query(alias="type")] = None,
    from_: Annotated[DayOrMoment | None, Query(alias="from", description="From this day, or this moment with offset.")] = None,
    to: Annotated[DayOrMoment | None, Query(description="To the end of this day, or this moment with offset.")] = None,
    reason: Reason = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> Json:
    del reason  # whoever stands around the application has heard it
    query = AccessQuery(
        case=case, subjects=[str(subject)] if subject else [], person=person, kind=kind,
        from_at=list_reading.moment_of(from_, "from"), to_at=list_reading.moment_of(to, "to", end=True), cursor=cursor, limit=limit,
    )  # fmt: skip
    return await access_reading.records(desk, query)


@router.get("/cases/{case_id}/readers", summary="Who read of the case")
async def case_readers(desk: AtDesk, case_id: CaseId) -> Json:
    return await access_reading.readers(desk, case_id)
