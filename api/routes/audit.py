"""The routes of the audit: how the ledgers are sealed and verified, and what proves a case's history."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api import audit
from api.auth import AtDesk
from api.case_proof import case_proof as proof_of
from api.deeds import answered
from api.params import LIMIT, Cursor, Limit
from api.routes.commands import Key, key_of
from api.routes.reads import CaseId

router = APIRouter()
type Json = dict[str, Any]
HISTORY = "history"
Size = Annotated[int | None, Query(ge=0, lt=2**53, description="How many events it covers.")]


@router.get("/cases/{case_id}/proof", tags=["cases"], summary="The case's events as stored, with what proves that they are unchanged")
async def case_proof(
    desk: AtDesk,
    case_id: CaseId,
    seen: Annotated[int | None, Query(ge=0, lt=2**53, description="Size of a checkpoint the caller knows: proves growth from it.")] = None,
) -> Json:
    return await proof_of(desk, case_id, seen)


@router.get("/audit", tags=[HISTORY], summary="How the ledgers are sealed, anchored and verified")
async def read_audit(desk: AtDesk) -> Json:
    return await audit.overview(desk)


@router.get("/audit/checkpoints", tags=[HISTORY], summary="A ledger's checkpoints, the greatest first")
async def list_checkpoints(
    *, desk: AtDesk, ledger: Annotated[str, Query(max_length=16)] = "case", size: Size = None, cursor: Cursor = None, limit: Limit = LIMIT
) -> Json:
    return await audit.checkpoints(desk, ledger, size=size, cursor=cursor, limit=limit)


@router.post("/audit/verifications", tags=[HISTORY], summary="Have all ledgers verified", status_code=202)
async def begin_verification(desk: AtDesk, key: Key = None) -> JSONResponse:
    return answered(await audit.verify(desk, key_of(key)), status=202)
