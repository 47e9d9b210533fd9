"""The routes of re-planning: what a change of calendar or rules would move, and how far one has come."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from api import replans
from api.auth import AtDesk
from api.body import read_json
from api.directory import DirectoryKind
from api.params import LIMIT, Cursor, Limit

router = APIRouter(tags=["directory"])

type Json = dict[str, Any]


@router.get("/replans", summary="Changes of calendar and rules, and how far open cases have been planned anew")
async def list_replans(desk: AtDesk, cursor: Cursor = None, limit: Limit = LIMIT) -> Json:
    del cursor
    return await replans.listed(desk, limit)


@router.post("/replans/preview", summary="Which open cases a change would move from which date to which; nothing is recorded")
async def preview_replan(
    request: Request, desk: AtDesk, kind: Annotated[DirectoryKind, Query(description="Which book of the directory.")] = "calendar"
) -> Json:
    return await replans.preview(desk, kind, await read_json(request))


@router.get("/replans/{cause}/{what}", summary="A change, and the cases it moved")
async def read_replan(
    desk: AtDesk,
    cause: Annotated[str, Path(max_length=16)],
    what: Annotated[str, Path(pattern=replans.WHAT, description="The change's position in the ledger, or which data of the program.")],
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> Json:
    return await replans.one(desk, f"{cause}/{what}", cursor, limit)
