"""The routes of the directory: what it held on a day, its history, its changes, and tables taken in as a whole."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response

from api import directory, imports
from api.auth import AtDesk
from api.body import read_json
from api.deeds import answered, do_once
from api.directory import DirectoryKind
from api.imports import Sent
from api.params import LIMIT_MAX, Cursor, LegalDay, Limit, Moment, Word
from api.problem import Problem
from api.routes.commands import Key, id_of, key_of
from domain.directory.sheets import ImportKind

router = APIRouter(tags=["directory"])

type Json = dict[str, Any]

Kind = Annotated[DirectoryKind, Path(description="Which book of the directory.")]
Code = Annotated[str, Path(max_length=64, description="The entry's code; of the calendar the day.")]
ImportId = Annotated[str, Path(description="The id a preview answered with.")]


@router.get("/directory/concerns", summary="How many open cases a change would concern")
async def change_concerns(desk: AtDesk, kind: Literal["calendar", "tariffs"], day: LegalDay | None = None, office: Word = None) -> Json:
    return await directory.concerns(desk, kind, day=day, office=office)


@router.get("/directory/imports/template", summary="An empty table of a kind, as CSV")
async def import_template(desk: AtDesk, kind: ImportKind) -> Response:
    return Response(imports.template(kind, desk.lang), media_type="text/csv")


@router.post("/directory/imports", status_code=201, summary="Send a table and see what it would change; nothing is written")
async def preview_import(
    desk: AtDesk,
    file: Annotated[UploadFile, File(description="CSV (UTF-8, UTF-16 or GBK) or XLSX, at most 20 MiB.")],
    kind: Annotated[ImportKind, Form(description="What the rows are.")],
    since: Annotated[str | None, Form(description="From which legal day rows hold that do not say; today where absent.")] = None,
) -> JSONResponse:
    who = directory.administrator(desk)
    sent = Sent(kind, file.filename or "-", file.file, _day(since) or desk.today)
    report = await imports.preview(desk.conn, desk.services.directory, sent, by=who.id, now=desk.now)
    return JSONResponse(imports.told(report, desk.lang), status_code=201)


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as fault:
        raise Problem(422, "invalid", errors=[{"pointer": "/since", "code": "not_a_date"}]) from fault


@router.get("/directory/imports/{import_id}", summary="What a table would change, or changed")
async def read_import(desk: AtDesk, import_id: ImportId) -> Json:
    directory.administrator(desk)
    return imports.told(await imports.read(desk.conn, id_of(import_id)), desk.lang)


@router.post("/directory/imports/{import_id}/accept", summary="Write a table into the directory, all of it or nothing")
async def accept_import(desk: AtDesk, import_id: ImportId, key: Key = None) -> JSONResponse:
    who, table = directory.administrator(desk), id_of(import_id)

    async def act(_: str) -> Json:
        return await imports.accept(desk.conn, desk.services.directory, table, actor=who, now=desk.now)

    done = await do_once(desk, key_of(key), "accept_import", {"import_id": table}, act)
    return answered(done, imports.told(done.outcome, desk.lang))


@router.get("/directory/people/{code}/duties", summary="What somebody would leave behind")
async def open_duties(desk: AtDesk, code: Code) -> Json:
    return await directory.open_duties(desk, code)


@router.get("/directory/{kind}", summary="What the directory held on a day")
async def directory_entries(
    *,
    desk: AtDesk, kind: Kind, on: LegalDay | None = None, as_of: Moment | None = None, q: Word = None, office: Word = None,
    cursor: Cursor = None, limit: Limit = LIMIT_MAX,
) -> Json:  # fmt: skip
    return directory.entries(desk, kind, on=on, as_of=as_of, q=q, office=office).part(cursor, limit)


@router.get("/directory/{kind}/{code}", summary="An entry of the directory and its changes")
async def directory_entry(
    desk: AtDesk, kind: Kind, code: Code, on: LegalDay | None = None, as_of: Annotated[Moment | None, Query()] = None
) -> Json:
    return directory.entry(desk, kind, code, on=on, as_of=as_of)


@router.post("/directory/{kind}", status_code=201, summary="Change the directory from a day on")
async def change_directory(request: Request, desk: AtDesk, kind: Kind, key: Key = None) -> JSONResponse:
    done = await directory.change(desk, kind, await read_json(request), key_of(key))
    return answered(done, status=201)
