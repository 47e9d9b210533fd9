"""The directory's pages: its books as of any day, an entry with its changes, local days and tariffs, tables taken in as a whole.

Everybody signed in may look things up; the forms are the system administrator's.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Protocol, cast
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile

from api.directory import CHANGES_IT, KINDS, DirectoryKind
from api.imports import KINDS as TABLES
from web import directory_terms
from web.backend import Json, Problem
from web.page import HEADERS, REPEATABLE, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LONGEST_PAGE = 100
"""Entries on one page."""

Signed = Annotated[Visit, Depends(visitor)]


class DirectoryBackend(Protocol):
    """What these pages ask of the interface beside what every page does."""

    async def directory(self, session: str, kind: str, asked: dict[str, str]) -> Json: ...

    async def directory_entry(self, session: str, kind: str, code: str, asked: dict[str, str]) -> Json: ...

    async def concerns(self, session: str, asked: dict[str, str]) -> int: ...

    async def change_directory(self, session: str, kind: str, body: Json, key: str, lang: str) -> Json: ...

    async def preview_import(self, session: str, form: dict[str, str], name: str, content: bytes, lang: str) -> Json: ...

    async def import_report(self, session: str, import_id: str, lang: str) -> Json: ...

    async def accept_import(self, session: str, import_id: str, key: str, lang: str) -> Json: ...

    async def import_template(self, session: str, kind: str, lang: str) -> bytes: ...


def _backend(visit: Visit) -> DirectoryBackend:
    return cast("DirectoryBackend", visit.backend)


def _kind(name: str) -> DirectoryKind:
    found: DirectoryKind | None = next((kind for kind in KINDS if kind == name), None)
    if found is None:
        raise Problem(404, "not_found")
    return found


def _may_change(visit: Visit) -> bool:
    return CHANGES_IT in visit.roles


@router.get("/directory/import")
async def import_page(visit: Signed, table: str = "") -> Response:
    if not _may_change(visit):
        raise Problem(403, "forbidden")
    report = await _backend(visit).import_report(visit.session, table, visit.lang) if table else None
    return _import(visit, report)


def _import(visit: Visit, report: Json | None = None, trouble: str = "", status: int = 200, chosen: str = "offices") -> Response:
    return render(
        visit, "directory_import.html", status, report=report, trouble=trouble, kinds=TABLES, chosen=report["kind"] if report else chosen,
        key=uuid4().hex, changes=report["new"] + report["changed"] if report else 0,
    )  # fmt: skip


@router.post("/directory/import")
async def preview(request: Request, visit: Signed) -> Response:
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    file, form = sent.get("file"), {name: text_of(sent, name) for name in ("kind", "since") if text_of(sent, name)}
    name, content = (file.filename or "", await file.read()) if isinstance(file, UploadFile) else ("", b"")
    try:
        report = await _backend(visit).preview_import(visit.session, form, name or "-", content, visit.lang)
    except Problem as problem:
        if problem.status in (401, 403):
            raise
        return _import(visit, None, problem.detail or problem_sentence(visit, problem), problem.status, form.get("kind", "offices"))
    return go(f"/directory/import?{urlencode({'table': report['import_id']})}")


@router.post("/directory/import/{import_id}")
async def accept(request: Request, import_id: str, visit: Signed) -> Response:
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    try:
        await _backend(visit).accept_import(visit.session, import_id, text_of(sent, "key") or uuid4().hex, visit.lang)
    except Problem as problem:
        if problem.status in (401, 403, 404):
            raise
        report = await _backend(visit).import_report(visit.session, import_id, visit.lang)
        return _import(visit, report, problem.detail or problem_sentence(visit, problem), problem.status)
    return go(f"/directory/import?{urlencode({'table': import_id})}")


@router.get("/directory/template/{kind}.csv")
async def template(kind: str, visit: Signed) -> Response:
    content = await _backend(visit).import_template(visit.session, kind, visit.lang)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{kind}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/directory")
async def front(visit: Signed) -> Response:
    return await book(visit, "offices")


@router.get("/directory/{kind}")
async def book(visit: Signed, kind: str) -> Response:
    return await _show(visit, _kind(kind))


async def _show(visit: Visit, kind: DirectoryKind, typed: Json | None = None, trouble: str = "", status: int = 200) -> Response:
    """One book. `typed` is what stands in the form of a change that was not recorded."""
    if kind in directory_terms.TERMS:
        return await _show_terms(visit, kind, typed or {}, trouble, status)
    query = visit.request.query_params
    asked = {name: query[name] for name in ("on", "q", "office", "cursor") if query.get(name)}
    page = await _backend(visit).directory(visit.session, kind, {**asked, "limit": str(LONGEST_PAGE)})
    onward = f"/directory/{kind}?{urlencode({**asked, 'cursor': page['next_cursor']})}" if page["next_cursor"] else ""
    shown = typed or {}
    concerned: int | None = None
    moves: Json | None = None
    if kind in ("calendar", "tariffs") and _may_change(visit) and shown and not trouble:
        if kind == "calendar":
            moves = await visit.backend.do_work(visit.session, "/replans/preview", _change(kind, shown), key=None, lang=visit.lang)
        else:
            concerned = await _backend(visit).concerns(visit.session, {"kind": kind})
    return render(
        visit, "directory.html", status, kind=kind, kinds=KINDS, rows=page["items"], asked=asked, onward=onward,
        concerned=concerned, moves=moves,
        may_change=_may_change(visit), typed=shown, trouble=trouble, key=shown.get("key") or uuid4().hex, done="done" in query,
        centres=visit.centres,
    )  # fmt: skip


async def _show_terms(visit: Visit, kind: DirectoryKind, typed: Json, trouble: str, status: int) -> Response:
    moves: Json | None = None
    if typed and not trouble and _may_change(visit):
        path = f"/replans/preview?kind={kind}"
        moves = await visit.backend.do_work(visit.session, path, _change(kind, typed), key=None, lang=visit.lang)
    form = {"typed": typed, "trouble": trouble, "status": status, "moves": moves, "may_change": _may_change(visit)}
    return await directory_terms.show(visit, kind, KINDS, {**form, "key": typed.get("key") or uuid4().hex})


@router.post("/directory/{kind}")
async def change(request: Request, kind: str, visit: Signed) -> Response:
    """A local day or a tariff: first how many cases it concerns, with everything that was typed; sent again it is recorded."""
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    typed: Json = {name: value for name, value in sent.items() if isinstance(value, str) and name != "csrf"}
    try:
        if text_of(sent, "step") != "record":
            return await _show(visit, _kind(kind), typed)
        body = _change(kind, sent)
        await _backend(visit).change_directory(visit.session, kind, body, text_of(sent, "key"), visit.lang)
    except Problem as problem:
        if problem.status in (401, 403):
            raise
        kept = typed if problem.status in REPEATABLE else {**typed, "key": uuid4().hex}
        return await _show(visit, _kind(kind), kept, problem.detail or problem_sentence(visit, problem), problem.status)
    return go(f"/directory/{kind}?done=1")


def _change(kind: str, sent: Mapping[str, Any]) -> Json:
    """The change that a form asks for, as the interface takes it."""
    said = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
    since = said.get("since") or ""
    if kind in directory_terms.TERMS:
        return directory_terms.change(kind, said)
    if kind == "calendar":
        data: Json = {name: said[name] for name in ("day", "kept", "name", "office", "source") if said.get(name)}
        return {"change": "calendar_day_set", "since": since, "data": data}
    if kind == "tariffs":
        yuan, _, cents = said.get("amount", "").partition(".")
        whole = f"{yuan}{cents:0<2}" if len(cents) <= 2 else said["amount"]
        amount: int | str = int(whole) if whole.isascii() and whole.isdigit() else said.get("amount", "")
        data = {"code": said.get("code", ""), "amount_fen": amount} | ({"instrument": said["source"]} if said.get("source") else {})
        return {"change": "tariff_set", "since": since, "data": data}
    if kind == "offices":
        data = {name: said[name] for name in ("office", "successor", "reason") if said.get(name)}
        return {"change": "office_closed", "since": since, "data": data}
    if kind == "people":
        data = {name: said[name] for name in ("person", "reason") if said.get(name)}
        return {"change": "person_left", "since": since, "data": data}
    raise Problem(404, "not_found")


@router.get("/directory/{kind}/{code}")
async def entry(visit: Signed, kind: str, code: str) -> Response:
    query = visit.request.query_params
    asked = {"on": query["on"]} if query.get("on") else {}
    found = await _backend(visit).directory_entry(visit.session, _kind(kind), code, asked)
    ends = {"offices": "closed_on", "people": "left_on"}.get(kind)
    may_end = _may_change(visit) and ends is not None and not found["entry"].get(ends)
    return render(
        visit, "directory_entry.html", kind=kind, found=found, asked=asked, may_end=may_end, key=uuid4().hex,
        says=partial(directory_terms.says, visit.lang),
        centres=[o for o in visit.centres if o["code"] != code],
    )  # fmt: skip
