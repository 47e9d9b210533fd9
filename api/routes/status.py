"""The routes of the public page: how a case stands, for who knows its number and code; and the code, for who tells it to applicants."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from api import status, status_giving
from api.auth import AtDesk, lang_of, origin_of, services_of
from api.deeds import answered
from api.routes.commands import Key, key_of
from api.routes.reads import CaseId
from api.status_shapes import Renewing, StatusQuestion

router = APIRouter(tags=["status"])

type Json = dict[str, Any]

KEPT_NOWHERE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.post("/status", summary="How a case stands, by its number and its code; without signing in")
async def read_status(request: Request, question: StatusQuestion, response: Response) -> Json:
    response.headers.update(KEPT_NOWHERE)
    return await status.asked(services_of(request), question, origin_of(request), lang_of(request))


@router.get("/cases/{case_id}/status-code", summary="The code to be told to the applicant")
async def status_code(desk: AtDesk, case_id: CaseId, response: Response) -> Json:
    response.headers.update(KEPT_NOWHERE)
    return await status_giving.read(desk, case_id)


@router.post("/cases/{case_id}/status-code", summary="Make the code anew; the one given before is worthless")
async def renew_status_code(desk: AtDesk, case_id: CaseId, asked: Renewing, key: Key = None) -> JSONResponse:
    answer = answered(await status_giving.renew(desk, key_of(key), case_id, asked))
    answer.headers.update(KEPT_NOWHERE)
    return answer
