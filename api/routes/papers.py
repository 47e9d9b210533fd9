"""The routes of the centre's papers. Issuing one is a command like any other; here they are previewed, fetched and put together."""

from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api import papers
from api.auth import BEARER, AtDesk, lang_of, services_of, token_of
from api.problem import Problem
from api.routes.reads import CaseId
from domain.stages.papers import IssueDocument

router = APIRouter(tags=["papers"])

type Json = dict[str, Any]

_CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
DocumentId = Annotated[UUID, Path(description="The paper's id: that of the command that issued it.")]
Ids = Annotated[str, Query(max_length=2000, description="Ids of issued papers, with commas, in the order to print.")]


@router.get("/cases/{case_id}/papers", summary="Papers issued, and those the caller could issue now")
async def case_papers(desk: AtDesk, case_id: CaseId) -> Json:
    return await papers.listed(desk, case_id)


@router.get("/cases/{case_id}/papers/preview", summary="A paper as it would be issued now, marked as a draft", response_class=Response)
async def preview_paper(
    *,
    desk: AtDesk,
    case_id: CaseId,
    template: Annotated[str, Query(max_length=64, pattern=_CODE)],
    language: Literal["zh-CN", "en"] = "zh-CN",
    about: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Version of the event that it carries.")] = None,
    voids: Annotated[UUID | None, Query(description="The paper whose place it takes.")] = None,
    for_recipients: Annotated[
        list[int] | None, Query(max_length=1000, description="For whom, where the paper has a page for each.")
    ] = None,
) -> Response:
    wanted = IssueDocument(
        template=template, language=language, about=about, voids=voids, for_recipients=tuple(p for p in for_recipients or () if p >= 0)
    )
    return _pdf(await papers.preview(desk, case_id, wanted))


@router.get("/cases/{case_id}/papers/print", summary="Issued papers as one PDF", response_class=Response, dependencies=[Depends(BEARER)])
async def print_papers(request: Request, case_id: CaseId, ids: Ids) -> Response:
    pdf = await papers.run(services_of(request), token_of(request), lang_of(request), case_id, _ids(ids))
    return Response(pdf, media_type=papers.MEDIA_TYPE, headers=_headers("papers"))


@router.get("/cases/{case_id}/papers/{document_id}", summary="An issued paper", response_class=Response, dependencies=[Depends(BEARER)])
async def issued_paper(request: Request, case_id: CaseId, document_id: DocumentId) -> Response:
    return _pdf(await papers.printed(services_of(request), token_of(request), lang_of(request), case_id, document_id))


@router.get("/cases/{case_id}/papers/{document_id}/progress", summary="How far an issued paper is drawn", dependencies=[Depends(BEARER)])
async def paper_progress(request: Request, case_id: CaseId, document_id: DocumentId) -> Json:
    return await papers.progress(services_of(request), token_of(request), lang_of(request), case_id, document_id)


def _ids(given: str) -> list[UUID]:
    """The ids of a print run. Raises 422 for none, for what is no id, for more than a run holds."""
    try:
        found = [UUID(part) for part in given.split(",")]
    except ValueError as fault:
        raise Problem(422, "invalid", errors=[{"parameter": "ids", "in": "query", "code": "not_a_uuid"}]) from fault
    if len(found) > papers.MAX_RUN:
        raise Problem(422, "invalid", errors=[{"parameter": "ids", "in": "query", "code": "too_long"}])
    return found


def _pdf(paper: papers.Printed) -> Response:
    about = {"Paper-About": str(paper.about)} if paper.about else {}
    missing = {"Paper-Missing-Glyphs": ", ".join(paper.missing)} if paper.missing else {}
    headers = {"Template-Version": str(paper.template_version), "Paper-Void": "true" if paper.void else "false", **about, **missing}
    return Response(paper.pdf, media_type=papers.MEDIA_TYPE, headers=_headers(paper.name) | headers)


def _headers(name: str) -> dict[str, str]:
    """To be shown by the browser and saved under the paper's number; kept by no cache between."""
    named = f"inline; filename=\"paper.pdf\"; filename*=UTF-8''{quote(name + '.pdf', safe='')}"
    return {"Content-Disposition": named, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
