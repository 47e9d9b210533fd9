"""The routes that read: each one asks a function at the caller's desk and answers with what it gives."""

from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api import case_reading, documents, list_reading
from api.auth import AtDesk
from api.figure_filters import CountedAs
from api.history_filters import HistoryFilters
from api.params import LIMIT, LIMIT_MAX, Cursor, Day, FirstDay, LegalDay, Limit, Moment, Version, Word
from api.routes.commands import id_of
from domain.lifecycle import Lane, Stage, State
from readmodels.deadlines import DeadlineQuery
from readmodels.search import CaseQuery, Sort

router = APIRouter()

type Json = dict[str, Any]


def _case_id(case_id: Annotated[str, Path(description="The case's id (UUIDv7).")]) -> str:
    return id_of(case_id)


CaseId = Annotated[str, Depends(_case_id)]
ClockState = Literal["running", "paused", "met", "met_late", "missed", "lapsed", "cancelled"]


@router.get("/cases", tags=["cases"], summary="Search cases")
async def find_cases(
    *,
    desk: AtDesk,
    stage: Stage | Literal["accept_first"] | None = None,
    state: State | Lane | None = None,
    office: Word = None,
    assignee: Word = None,
    category: Word = None,
    due_before: Day = None,
    q: Annotated[
        str | None, Query(max_length=200, description="A number, a name, its pinyin or initials, an ID number, a phone's end.")
    ] = None,
    counted: CountedAs,
    sort: Sort = "-updated_at",
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> Json:
    due_by = list_reading.moment_of(due_before, "due_before")
    query = CaseQuery(
        stage=stage, state=state, office=office, assignee=assignee, category=category, due_before=due_by,
        q=(q or "").strip() or None, fact=counted.of(desk.directory, desk.services.rules().policy.circle) if counted else None, sort=sort,
        cursor=cursor, limit=limit,
    )  # fmt: skip
    return await list_reading.cases(desk, query)


@router.get("/cases/{case_id}", tags=["cases"], summary="A case as it stands, or as it stood")
async def read_case(
    *,
    desk: AtDesk,
    response: Response,
    case_id: CaseId,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="After the event of this version.")] = None,
    as_of: Annotated[Moment | None, Query(description="As recorded by this moment.")] = None,
    legal_on: Annotated[LegalDay | None, Query(description="By events of this legal day and before.")] = None,
) -> Json:
    found = await case_reading.case(desk, case_id, version=version, as_of=as_of, legal_on=legal_on)
    if "as_of_basis" not in found:
        response.headers["ETag"] = f'"{found["version"]}"'
    return found


@router.get("/cases/{case_id}/events", tags=["cases"], summary="The case's history, oldest first")
async def case_events(
    *,
    desk: AtDesk, case_id: CaseId, after: Version = 0, type: Word = None, cursor: Version | None = None, limit: Limit = LIMIT,
) -> Json:  # fmt: skip
    return await case_reading.events(desk, case_id, after=max(after, cursor or 0), limit=limit, type_=type)


@router.get("/cases/{case_id}/diff", tags=["cases"], summary="Field changes between two versions")
async def case_diff(
    *,
    desk: AtDesk, case_id: CaseId, first: Annotated[Version, Query(alias="from")], last: Annotated[Version, Query(alias="to")],
) -> Json:  # fmt: skip
    return await case_reading.diff(desk, case_id, first, last)


@router.get("/cases/{case_id}/allowed-commands", tags=["cases"], summary="What the caller may do now")
async def allowed_commands(desk: AtDesk, case_id: CaseId) -> Json:
    return await case_reading.allowed(desk, case_id)


@router.get("/cases/{case_id}/clocks", tags=["cases"], summary="The case's time limits")
async def case_clocks(desk: AtDesk, case_id: CaseId) -> Json:
    return await case_reading.clocks(desk, case_id)


@router.get("/cases/{case_id}/chain", tags=["cases"], summary="The cases before and after this one, as one story")
async def case_chain(desk: AtDesk, case_id: CaseId) -> Json:
    return await case_reading.chain(desk, case_id)


@router.get("/cases/{case_id}/documents", tags=["cases"], summary="The case's documents")
async def case_documents(desk: AtDesk, case_id: CaseId, cursor: Cursor = None, limit: Limit = LIMIT_MAX) -> Json:
    return list_reading.part(await documents.listed(desk, case_id), cursor, limit)


@router.get("/cases/{case_id}/documents/{document_id}", tags=["cases"], summary="A document's content", response_class=Response)
async def document_content(desk: AtDesk, case_id: CaseId, document_id: UUID) -> Response:
    content, media_type = await documents.content(desk, case_id, document_id)
    # What somebody uploaded is never run in our pages' name.
    headers = {"Content-Disposition": f'attachment; filename="{document_id}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)


@router.get("/events", tags=["history"], summary="Events across cases, the newest first")
async def all_events(desk: AtDesk, asked: HistoryFilters, cursor: Cursor = None, limit: Limit = LIMIT) -> Json:
    return await list_reading.events(desk, replace(asked.of(desk.directory), cursor=cursor, limit=limit))


@router.get("/me/queue", tags=["work"], summary="My queue, the most urgent first")
async def my_queue(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT) -> Json:
    return await list_reading.my_queue(desk, cursor, limit)


@router.get("/deadlines", tags=["work"], summary="Time limits across cases")
async def deadlines(
    *,
    desk: AtDesk, state: ClockState | None = None, due_from: FirstDay = None, due_before: Day = None, office: Word = None,
    person: Annotated[str | None, Query(max_length=64, description="The case's owner.")] = None,
    limit_id: Annotated[str | None, Query(max_length=64, description="Which time limit, such as `examine_application`.")] = None,
    cursor: Cursor = None, limit: Limit = LIMIT,
) -> Json:  # fmt: skip
    query = DeadlineQuery(
        state=state, due_from=list_reading.moment_of(due_from, "due_from"), due_before=list_reading.moment_of(due_before, "due_before"),
        office=office, person=person, limit_id=limit_id, cursor=cursor, limit=limit,
    )  # fmt: skip
    return await list_reading.deadlines(desk, query)


@router.get("/inbox", tags=["work"], summary="My messages, the newest first")
async def inbox(desk: AtDesk, unread: bool = False, cursor: Cursor = None, limit: Limit = LIMIT) -> Json:
    return await list_reading.inbox(desk, unread=unread, cursor=cursor, limit=limit)


@router.post("/inbox/{message_id:path}/read", tags=["work"], summary="Mark a message read")
async def read_message(desk: AtDesk, message_id: Annotated[str, Path(max_length=500)]) -> Json:
    return await list_reading.mark_read(desk, message_id)
