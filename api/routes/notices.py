"""The routes of notices: my wishes, the offices' programs and bots, deliveries and dead letters."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from api import notices
from api.auth import OWN, AtDesk
from api.body import read_json
from api.deeds import answered
from api.notices import DeliveryState, NewEndpoint
from api.params import LIMIT, LIMIT_MAX, Cursor, Limit
from api.routes.commands import Key, key_of
from api.routes.reads import CaseId
from api.typed import typed
from domain.notices import Channel, Wishes
from texts import Lang

router = APIRouter()
type Json = dict[str, Any]
NOTICES = "notices"


@router.get("/me/notifications", tags=[OWN], summary="How I want to be told beside the inbox")
async def my_wishes(desk: AtDesk) -> Json:
    return await notices.my_wishes(desk)


@router.put("/me/notifications", tags=[OWN], summary="Say how I want to be told")
async def say_my_wishes(request: Request, desk: AtDesk) -> Json:
    return await notices.wish(desk, typed(Wishes, await read_json(request)))


@router.get("/notifications/preview", tags=[NOTICES], summary="Every kind of letter, in words")
async def preview_letters(desk: AtDesk, language: Annotated[Lang | None, Query(description="The caller's where absent.")] = None) -> Json:
    return notices.preview(language or desk.lang)


@router.get("/endpoints", tags=[NOTICES], summary="Programs and chat bots of offices")
async def list_endpoints(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT_MAX) -> Json:
    del cursor, limit
    return await notices.endpoints(desk)


@router.post("/endpoints", tags=[NOTICES], summary="Enter a program or chat bot", status_code=201)
async def make_endpoint(request: Request, desk: AtDesk, key: Key = None) -> JSONResponse:
    body = await read_json(request)
    outcome, done = await notices.make(desk, key_of(key), body, typed(NewEndpoint, body))
    return answered(done, outcome, 201)


@router.post("/endpoints/{endpoint}/rotate", tags=[NOTICES], summary="A new signing key for a webhook")
async def rotate_endpoint(desk: AtDesk, endpoint: UUID, key: Key = None) -> JSONResponse:
    outcome, done = await notices.rotate(desk, key_of(key), str(endpoint))
    return answered(done, outcome)


@router.post("/endpoints/{endpoint}/{what}", tags=[NOTICES], summary="Pause, resume or remove a program or bot")
async def switch_endpoint(desk: AtDesk, endpoint: UUID, what: Literal["pause", "resume", "remove"], key: Key = None) -> JSONResponse:
    return answered(await notices.switch(desk, key_of(key), str(endpoint), what))


@router.get("/deliveries", tags=[NOTICES], summary="What left the house or could not, the newest first")
async def list_deliveries(
    desk: AtDesk, state: DeliveryState | None = None, channel: Channel | None = None, cursor: Cursor = None, limit: Limit = LIMIT
) -> Json:
    return await notices.deliveries(desk, state=state, channel=channel, cursor=cursor, limit=limit)


@router.post("/deliveries/{delivery:path}/replay", tags=[NOTICES], summary="Send a dead letter again")
async def replay_delivery(desk: AtDesk, delivery: Annotated[str, Path(max_length=300)], key: Key = None) -> JSONResponse:
    return answered(await notices.replay(desk, key_of(key), delivery))


@router.get("/cases/{case_id}/told", tags=[NOTICES], summary="Who was told what of the case, when, by which channel")
async def case_told(desk: AtDesk, case_id: CaseId) -> Json:
    return await notices.of_case(desk, case_id)
