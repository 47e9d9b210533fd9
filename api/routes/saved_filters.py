"""The routes of one's own named filters."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api import saved_filters
from api.auth import AtDesk
from api.body import read_json
from api.deeds import answered
from api.list_reading import part
from api.params import LIMIT_MAX, Cursor, Limit
from api.routes.commands import Key, key_of
from api.saved_filters import FilterName, FilterPage, NewFilter
from api.typed import typed

router = APIRouter(prefix="/me/filters", tags=["work"])
type Json = dict[str, Any]


@router.get("", summary="My saved filters")
async def my_filters(desk: AtDesk, page: FilterPage | None = None, cursor: Cursor = None, limit: Limit = LIMIT_MAX) -> Json:
    return part({"items": await saved_filters.listed(desk, page)}, cursor, limit)


@router.post("", summary="Give a filter a name and keep it", status_code=201)
async def save_filter(request: Request, desk: AtDesk, key: Key = None) -> JSONResponse:
    return answered(await saved_filters.save(desk, key_of(key), typed(NewFilter, await read_json(request))), status=201)


@router.put("/{filter_id}", summary="Call a saved filter otherwise")
async def rename_filter(request: Request, desk: AtDesk, filter_id: UUID) -> Json:
    return await saved_filters.rename(desk, filter_id, typed(FilterName, await read_json(request)))


@router.delete("/{filter_id}", summary="Take a saved filter away", status_code=204)
async def remove_filter(desk: AtDesk, filter_id: UUID) -> None:
    await saved_filters.remove(desk, filter_id)
