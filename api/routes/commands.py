"""The routes that change a case: opening it, a command, an attached document. All of them are commands of the same kind."""

import re
from dataclasses import replace
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, File, Form, Header, Path, Request, UploadFile
from fastapi.responses import JSONResponse

from api.asked import OPENING
from api.auth import lang_of, need_of, services_of, token_of
from api.body import DOCUMENT_LIMIT, read_json
from api.commands import Answer, Ask
from api.desk import open_desk
from api.documents import attachment, storing
from api.problem import Problem, not_found
from api.recording import current
from domain.access import Principal
from ledger.inbox import BUNDLE
from ledger.sessions import Sitting

router = APIRouter(tags=["commands"])

ATTACHING = "attach_document"
CONTINUING = "continue_case"
NOTIFIED = "receive_organ_notice"
_FORM = frozenset({"file", "title", "effective_on", "on_behalf_of", "note"})
_ATTACHED = ("document_id", "title", "digest", "size", "media_type")
_KEY = re.compile(r"[A-Za-z0-9._:-]{8,128}")
_VERSION = re.compile(r'(?:W/)?"(\d{1,9})"')
_ANY_VERSION = "*"

Key = Annotated[
    str | None, Header(alias="Idempotency-Key", description="8 to 128 of `[A-Za-z0-9._:-]`; the same key and body give the same answer.")
]
IfMatch = Annotated[str | None, Header(alias="If-Match", description='`"<version>"`: refuse (412) if the case has moved on since.')]
CaseId = Annotated[str, Path(description="The case's id (UUIDv7).")]


def key_of(given: str | None) -> str:
    """The idempotency key. Raises 400 where it is missing or no key."""
    if given is None:
        raise Problem(400, "idempotency_key_required")
    if not _KEY.fullmatch(given):
        raise Problem(400, "idempotency_key_invalid")
    return given


def version_of(given: str | None) -> int | None:
    """The version of an `If-Match` header; none for `*`, which any case matches. Raises 400 where it holds none."""
    if given is None or given.strip() == _ANY_VERSION:
        return None
    found = _VERSION.fullmatch(given.strip())
    if found is None:
        raise Problem(400, "if_match_invalid")
    return int(found[1])


def id_of(given: str) -> str:
    """A case id in canonical form. Raises 404 for what is none: such a case cannot be."""
    try:
        return str(UUID(given))
    except ValueError as fault:
        raise not_found("case_not_found") from fault


class Caller(NamedTuple):
    """Who is signed in, and whether an approver's sitting is open in their session (None: no code is asked for)."""

    principal: Principal
    sitting: Sitting | None


async def signed_in(request: Request) -> Caller:
    """Who is signed in. The desk is closed again at once: nobody holds a transaction while a command is carried."""
    async with open_desk(services_of(request), token_of(request), lang_of(request), need_of(request)) as desk:
        return Caller(desk.principal, desk.session.sitting if desk.session else None)


def asked(request: Request, caller: Caller, command: str, body: dict[str, Any], key: str | None) -> Ask:
    """The request as it is taken in."""
    correlation_id = request.scope["state"]["correlation_id"]
    return Ask(caller.principal, token_of(request) or "", command, body, key_of(key), correlation_id, sitting=caller.sitting)


def answered(answer: Answer, status: int, **headers: str) -> JSONResponse:
    """A command's answer with its version, and whether it is a repeat; it is recorded as read."""
    current().read("answer", answer.reads)
    headers["ETag"] = f'"{answer.version}"'
    if answer.replayed:
        headers["Idempotent-Replay"] = "true"
    return JSONResponse(answer.body, status_code=status, headers=headers)


@router.post("/cases", status_code=201, summary="Open a case: submit an application")
async def open_case(request: Request, key: Key = None) -> JSONResponse:
    caller = await signed_in(request)
    ask = asked(request, caller, OPENING, await read_json(request), key)
    answer = await services_of(request).commands.carry_out(ask)
    return answered(answer, 201, Location=f"/api/v1/cases/{answer.body['case_id']}")


@router.post("/cases/{case_id}/commands/{command}", summary="Issue a command on a case")
async def issue_command(request: Request, case_id: CaseId, command: str, key: Key = None, if_match: IfMatch = None) -> JSONResponse:
    caller = await signed_in(request)
    if command in (OPENING, NOTIFIED):
        raise not_found("unknown_command", command=command)
    if command == ATTACHING:
        raise Problem(415, "unsupported_media_type", expected="multipart/form-data", at=f"/cases/{case_id}/documents")
    ask = asked(request, caller, command, await read_json(request), key)
    answer = await services_of(request).commands.carry_out(replace(ask, case_id=id_of(case_id), if_match=version_of(if_match)))
    return answered(answer, 200)


@router.post("/organ-notices", status_code=201, summary="Open the cases of an organ's notice: one for each person it names")
async def receive_organ_notice(request: Request, key: Key = None) -> JSONResponse:
    caller = await signed_in(request)
    ask = asked(request, caller, NOTIFIED, await read_json(request), key)
    answer = await services_of(request).commands.carry_out(ask)
    opened = {str(case["case_id"]): case for case in (answer.body, *answer.others)}
    received = next(event["data"] for event in answer.body["events"] if event["type"] == "organ_notice_received")
    return answered(replace(answer, body={"notice_id": received["notice_id"], "cases": list(opened.values())}), 201)


@router.post("/bundles", status_code=201, summary="Open a case and issue the commands that come with it, all or none")
async def open_bundle(request: Request, key: Key = None) -> JSONResponse:
    caller = await signed_in(request)
    ask = asked(request, caller, BUNDLE, await read_json(request), key)
    answer = await services_of(request).commands.carry_out(ask)
    return answered(answer, 201, Location=f"/api/v1/cases/{answer.body['case_id']}")


@router.post("/cases/{case_id}/bundles", summary="Issue several commands on a case, all or none")
async def issue_bundle(request: Request, case_id: CaseId, key: Key = None, if_match: IfMatch = None) -> JSONResponse:
    caller = await signed_in(request)
    ask = asked(request, caller, BUNDLE, await read_json(request), key)
    answer = await services_of(request).commands.carry_out(replace(ask, case_id=id_of(case_id), if_match=version_of(if_match)))
    return answered(answer, 200)


@router.post("/cases/{case_id}/continuations", status_code=201, summary="Open the case that follows: the next instance, the enforcement, …")
async def open_continuation(request: Request, case_id: CaseId, key: Key = None, if_match: IfMatch = None) -> JSONResponse:
    caller = await signed_in(request)
    ask = asked(request, caller, CONTINUING, await read_json(request), key)
    answer = await services_of(request).commands.carry_out(replace(ask, case_id=id_of(case_id), if_match=version_of(if_match)))
    followed = answer.others[0]
    opened = replace(answer, body=followed, version=followed["version"])
    return answered(opened, 201, Location=f"/api/v1/cases/{followed['case_id']}")


@router.post("/cases/{case_id}/documents", status_code=201, summary="Attach a document to a case")
async def attach_document(
    request: Request,
    case_id: CaseId,
    file: Annotated[UploadFile, File(description="The document, at most 20 MiB.")],
    title: Annotated[str | None, Form(max_length=500, description="The file's name, where absent.")] = None,
    effective_on: Annotated[str | None, Form(description="The legal day, today where absent.")] = None,
    on_behalf_of: Annotated[str | None, Form(description="Whom the caller acts for.")] = None,
    note: Annotated[str | None, Form()] = None,
    key: Key = None,
    if_match: IfMatch = None,
) -> JSONResponse:
    caller = await signed_in(request)
    strangers = sorted({*await request.form()} - _FORM)
    if strangers:
        raise Problem(422, "invalid", errors=[{"pointer": f"/{name}", "code": "unknown_field"} for name in strangers])
    content = await file.read(DOCUMENT_LIMIT + 1)
    if len(content) > DOCUMENT_LIMIT:
        raise Problem(413, "too_large", limit_bytes=DOCUMENT_LIMIT)
    if not content:
        raise Problem(422, "invalid", errors=[{"pointer": "/file", "code": "required"}])
    media_type = (file.content_type or "").partition(";")[0].strip().lower() or "application/octet-stream"
    every = {"effective_on": effective_on, "on_behalf_of": on_behalf_of, "note": note}
    body = attachment(title or file.filename or "-", media_type, content) | {name: said for name, said in every.items() if said}
    ask = replace(asked(request, caller, ATTACHING, body, key), case_id=id_of(case_id), if_match=version_of(if_match))
    answer = await services_of(request).commands.carry_out(replace(ask, store=storing(media_type, content)))
    attached = next(event["data"] for event in answer.body["events"] if event["type"] == "document_attached")
    return answered(replace(answer, body=answer.body | {name: attached[name] for name in _ATTACHED}), 201)
