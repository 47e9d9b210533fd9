"""The centre's papers on pages: what can be issued, its preview, the issued ones and their print run. Works without scripts."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Json, Problem, items
from web.case_view import number, title
from web.page import HEADERS, PageRoute, Visit, guarded, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Signed = Annotated[Visit, Depends(visitor)]
PDF = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
"""A browser's own viewer draws the PDF with styles of its own."""
WAITING_PAGES = 20
"""A paper of more pages is waited for on a page that says so."""
_ASKED = ("template", "language", "about", "voids")


@router.get("/cases/{case_id}/papers/new")
async def new_paper(request: Request, case_id: str, visit: Signed) -> Response:
    """What a paper is to be: its language, the event it carries, the paper it takes the place of; then preview, or issue."""
    case = await visit.backend.case(visit.session, case_id)
    papers = await visit.backend.papers(visit.session, case_id, visit.lang)
    chosen = {name: request.query_params[name] for name in _ASKED if request.query_params.get(name)}
    offer = next((i for i in items(papers, "issuable") if i["template"] == chosen.get("template")), None)
    if offer is None:
        raise Problem(404, "not_found")
    about = [(str(a["version"]), visit.t("pages.paper_about", on=a["effective_on"], type=a["type"])) for a in offer["about"]]
    chosen.setdefault("about", about[0][0])
    chosen.setdefault("language", visit.lang)
    standing = [i for i in items(papers, "issued") if not i.get("voided_by")]
    return render(
        visit, "paper_new.html", case=case, number=number(case), title=title(visit, case), offer=offer, about=about, chosen=chosen,
        standing=standing, key=uuid4().hex,
    )  # fmt: skip


@router.post("/cases/{case_id}/papers/preview")
async def preview(request: Request, case_id: str, visit: Signed) -> Response:
    """The draft of what stands in the form that issues; nothing is recorded by it."""
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    guarded(visit, sent)
    asked = {name: sent[f"/{name}"] for name in _ASKED if sent.get(f"/{name}")}
    pdf = await visit.backend.paper_preview(visit.session, case_id, asked, lang=visit.lang)
    return Response(pdf, media_type="application/pdf", headers=PDF)


@router.get("/cases/{case_id}/papers/print")
async def print_run(request: Request, case_id: str, visit: Signed) -> Response:
    """The papers ticked, one after another; `ids` may come once with commas or once for each."""
    ids = [part for given in request.query_params.getlist("ids") for part in given.split(",") if part]
    if not ids or not all(map(_is_id, ids)):
        raise Problem(404, "document_not_found")
    pdf = await visit.backend.papers_print(visit.session, case_id, ids)
    return Response(pdf, media_type="application/pdf", headers=PDF)


@router.get("/cases/{case_id}/papers/{document_id}")
async def issued_paper(case_id: str, document_id: str, visit: Signed) -> Response:
    """The paper; a long one that is still being drawn is waited for on a page that asks again each second."""
    if not _is_id(document_id):
        raise Problem(404, "document_not_found")
    issued = items(await visit.backend.papers(visit.session, case_id, visit.lang), "issued")
    known = next((i for i in issued if i["document_id"] == document_id), None)
    if known is None:
        raise Problem(404, "document_not_found")
    if len(items(known, "for_recipients")) > WAITING_PAGES:
        progress = await visit.backend.paper_progress(visit.session, case_id, document_id)
        if progress["state"] != "ready":
            return _waiting(visit, case_id, known, progress)
    pdf = await visit.backend.paper(visit.session, case_id, document_id)
    named = f"inline; filename=\"paper.pdf\"; filename*=UTF-8''{quote(str(known['number']) + '.pdf', safe='')}"
    return Response(pdf, media_type="application/pdf", headers={**PDF, "Content-Disposition": named})


def _waiting(visit: Visit, case_id: str, paper: Json, progress: Json) -> Response:
    page = render(visit, "paper_waiting.html", case_id=case_id, paper=paper, progress=progress)
    page.headers["Refresh"] = "1"
    return page


def _is_id(text: Any) -> bool:
    try:
        return str(UUID(str(text))) == text
    except ValueError:
        return False
