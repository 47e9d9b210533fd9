"""The routes of consultations, requests to duty lawyers, and the logs of the duty offices."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from api import inquiry_reading, shift_log
from api.auth import AtDesk, services_of
from api.body import read_json
from api.commands import Answer
from api.inquiry_views import ID_OF
from api.list_reading import moment_of
from api.params import LIMIT, Cursor, Day, DayOrMoment, Limit, Word
from api.problem import not_found
from api.routes.commands import IfMatch, Key, answered, asked, key_of, signed_in, version_of
from domain.consultation.state import State as ConsultationStates
from domain.duty.state import State as DutyStates
from domain.values import Channel
from readmodels.inquiries import InquiryQuery, Kind, Sort

router = APIRouter()

type Json = dict[str, Any]

OPENINGS: dict[Kind, str] = {"consultation": "register_consultation", "duty": "receive_duty_request"}
PATHS: dict[Kind, str] = {"consultation": "consultations", "duty": "duty-requests"}
_Q = Annotated[str | None, Query(max_length=200, description="A number, a name, its pinyin or initials, an ID number, a phone's end.")]
_MINE = Annotated[bool, Query(description="Those whose hand-over waits for the caller.")]


def _id(given: str, kind: Kind) -> str:
    try:
        return str(UUID(given))
    except ValueError as fault:
        raise not_found(inquiry_reading.NOT_FOUND[kind]) from fault


def _consultation_id(consultation_id: Annotated[str, Path(description="The consultation's id (UUIDv7).")]) -> str:
    return _id(consultation_id, "consultation")


def _duty_request_id(duty_request_id: Annotated[str, Path(description="The request's id (UUIDv7).")]) -> str:
    return _id(duty_request_id, "duty")


ConsultationId = Annotated[str, Depends(_consultation_id)]
DutyRequestId = Annotated[str, Depends(_duty_request_id)]


async def _open(request: Request, kind: Kind, key: str | None) -> JSONResponse:
    ask = asked(request, await signed_in(request), OPENINGS[kind], await read_json(request), key)
    answer = await services_of(request).commands.carry_out(replace(ask, kind=kind))
    return answered(answer, 201, Location=f"/api/v1/{PATHS[kind]}/{answer.body[ID_OF[kind]]}")


async def _command(request: Request, kind: Kind, inquiry_id: str, command: str, key: str | None, if_match: str | None) -> JSONResponse:
    caller = await signed_in(request)
    if command in OPENINGS.values():
        raise not_found("unknown_command", command=command)
    ask = replace(asked(request, caller, command, await read_json(request), key), kind=kind, case_id=inquiry_id)
    answer = await services_of(request).commands.carry_out(replace(ask, if_match=version_of(if_match)))
    return answered(_with_case(answer), 200)


def _with_case(answer: Answer) -> Answer:
    """The answer with the case that the command opened, if it opened one, as `POST /cases` would have answered it."""
    return replace(answer, body=answer.body | {"case": answer.others[0]}) if answer.others else answer


@router.post("/consultations", status_code=201, tags=["commands"], summary="Register a consultation")
async def register_consultation(request: Request, key: Key = None) -> JSONResponse:
    return await _open(request, "consultation", key)


@router.post("/consultations/{consultation_id}/commands/{command}", tags=["commands"], summary="Issue a command on a consultation")
async def consultation_command(
    request: Request, consultation_id: ConsultationId, command: str, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    return await _command(request, "consultation", consultation_id, command, key, if_match)


@router.get("/consultations", tags=["inquiries"], summary="Find consultations")
async def find_consultations(
    *,
    desk: AtDesk,
    office: Word = None,
    state: ConsultationStates | None = None,
    owner: Word = None,
    handed_to_me: _MINE = False,
    channel: Channel | None = None,
    due_before: Day = None,
    q: _Q = None,
    sort: Sort = "-received_at",
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> Json:
    awaited = desk.principal.person if handed_to_me else None
    query = InquiryQuery(
        "consultation", office=office, state=state, owner=owner, awaited=awaited, channel=channel,
        due_before=moment_of(due_before, "due_before"), q=(q or "").strip() or None, sort=sort, cursor=cursor, limit=limit,
    )  # fmt: skip
    return await inquiry_reading.listed(desk, query)


@router.get("/consultations/{consultation_id}", tags=["inquiries"], summary="A consultation with its history")
async def read_consultation(desk: AtDesk, response: Response, consultation_id: ConsultationId) -> Json:
    found = await inquiry_reading.one(desk, "consultation", consultation_id)
    response.headers["ETag"] = f'"{found["version"]}"'
    return found


@router.get("/consultations/{consultation_id}/allowed-commands", tags=["inquiries"], summary="What the caller may do with it now")
async def allowed_on_consultation(desk: AtDesk, consultation_id: ConsultationId) -> Json:
    return await inquiry_reading.allowed(desk, "consultation", consultation_id)


@router.post("/duty-requests", status_code=201, tags=["commands"], summary="Receive a request at a duty office")
async def receive_duty_request(request: Request, key: Key = None) -> JSONResponse:
    return await _open(request, "duty", key)


@router.post("/duty-requests/{duty_request_id}/commands/{command}", tags=["commands"], summary="Issue a command on a duty request")
async def duty_command(
    request: Request, duty_request_id: DutyRequestId, command: str, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    return await _command(request, "duty", duty_request_id, command, key, if_match)


@router.get("/duty-requests", tags=["inquiries"], summary="Find requests to duty lawyers")
async def find_duty_requests(
    *,
    desk: AtDesk,
    office: Word = None,
    state: DutyStates | None = None,
    owner: Word = None,
    due_before: Day = None,
    q: _Q = None,
    sort: Sort = "-received_at",
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> Json:
    query = InquiryQuery(
        "duty", office=office, state=state, owner=owner, due_before=moment_of(due_before, "due_before"), q=(q or "").strip() or None,
        sort=sort, cursor=cursor, limit=limit,
    )  # fmt: skip
    return await inquiry_reading.listed(desk, query)


@router.get("/duty-requests/{duty_request_id}", tags=["inquiries"], summary="A request to a duty lawyer with its history")
async def read_duty_request(desk: AtDesk, response: Response, duty_request_id: DutyRequestId) -> Json:
    found = await inquiry_reading.one(desk, "duty", duty_request_id)
    response.headers["ETag"] = f'"{found["version"]}"'
    return found


@router.get("/duty-requests/{duty_request_id}/allowed-commands", tags=["inquiries"], summary="What the caller may do with it now")
async def allowed_on_duty_request(desk: AtDesk, duty_request_id: DutyRequestId) -> Json:
    return await inquiry_reading.allowed(desk, "duty", duty_request_id)


Office = Annotated[str, Path(max_length=64, description="The duty office's code.")]


@router.get("/duty-offices/{office}/log", tags=["inquiries"], summary="Who was on duty, and what came in")
async def duty_log(
    *,
    desk: AtDesk,
    office: Office,
    from_: Annotated[DayOrMoment | None, Query(alias="from", description="From this day, or moment; seven days ago where absent.")] = None,
    to: Annotated[DayOrMoment | None, Query(description="To the end of this day, or this moment; now where absent.")] = None,
) -> Json:
    last = moment_of(to, "to", end=True) or desk.now
    first = moment_of(from_, "from") or last - timedelta(days=7)
    return await inquiry_reading.log(desk, office, first, last)


@router.post("/duty-offices/{office}/shifts", status_code=201, tags=["inquiries"], summary="Go on duty")
async def open_shift(request: Request, desk: AtDesk, office: Office, key: Key = None) -> JSONResponse:
    done = await shift_log.opened(desk, office, await read_json(request), key_of(key))
    return JSONResponse(done.outcome, status_code=201, headers={"Idempotent-Replay": "true"} if done.replayed else {})


@router.post("/duty-offices/{office}/shifts/{shift_id}/close", tags=["inquiries"], summary="End a shift and hand over")
async def close_shift(
    request: Request, desk: AtDesk, office: Office, shift_id: Annotated[str, Path(max_length=64)], key: Key = None
) -> JSONResponse:
    done = await shift_log.closed(desk, office, shift_id, await read_json(request), key_of(key))
    return JSONResponse(done.outcome, headers={"Idempotent-Replay": "true"} if done.replayed else {})
