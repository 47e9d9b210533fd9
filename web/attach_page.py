"""The form that adds a file to a case; from the lawyer's pocket it opens the camera."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData, UploadFile

from web import origin
from web.backend import Json, Problem
from web.case_view import now, number, title
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
COMMAND = "attach_document"

Signed = Annotated[Visit, Depends(visitor)]


@router.get(f"/cases/{{case_id}}/commands/{COMMAND}")
async def form(request: Request, case_id: str, visit: Signed) -> Response:
    case = await visit.backend.case(visit.session, case_id)
    came_from = origin.known(request.query_params.get("from", ""))
    name = visit.t("pocket.photo_title", at=now()) if came_from == origin.POCKET else ""
    return _show(visit, case, came_from, name, uuid4().hex)


@router.post(f"/cases/{{case_id}}/commands/{COMMAND}")
async def send(request: Request, case_id: str, visit: Signed) -> Response:
    case = await visit.backend.case(visit.session, case_id)
    async with request.form() as sent:
        return await _attached(visit, case, sent)


def _show(visit: Visit, case: Json, came_from: str, name: str, key: str, trouble: str = "", status: int = 200) -> Response:  # noqa: PLR0917 -- the parts of one page
    return render(
        visit, "attach.html", status, case=case, number=number(case), title=title(visit, case), key=key, trouble=trouble, name=name,
        origin=came_from, back=origin.back(came_from, case["case_id"], case=case["case_id"] if came_from == origin.POCKET else ""),
    )  # fmt: skip


async def _attached(visit: Visit, case: Json, sent: FormData) -> Response:
    key = text_of(sent, "key") or uuid4().hex
    came_from = origin.known(text_of(sent, "from"))
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        given = _file(visit, sent)
        name = text_of(sent, "title") or str(given.filename)
        media_type = given.content_type or "application/octet-stream"
        await visit.backend.attach(
            visit.session, case["case_id"], title=name, media_type=media_type, content=await given.read(), key=key, lang=visit.lang
        )
    except Problem as problem:
        if problem.status == 401:
            raise
        trouble = problem.detail or problem_sentence(visit, problem)
        key = key if problem.status in REPEATABLE else uuid4().hex
        return _show(visit, case, came_from, text_of(sent, "title"), key, trouble, problem.status)
    said = {"done": COMMAND, "case": case["case_id"]} if came_from else {"done": COMMAND, "tab": "documents"}
    return go(origin.back(came_from, case["case_id"], **said))


def _file(visit: Visit, sent: FormData) -> UploadFile:
    given = sent.get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        raise Problem(422, "invalid", visit.t("faults.required"))
    return given
