"""After a visit: what was saved, what waits for whom, and its papers in one print run."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from domain.stages.papers import IssueDocument
from web.backend import Json, items
from web.case_page import whole_history
from web.case_view import CLOCK_EVENTS, entry, number, title
from web.page import PageRoute, Visit, go, guarded, render, text_of, visitor
from web.prepared import prepared

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PAPERS = ("receipt", "accept_first_notice", "grant_decision", "assignment_notice", "assignment_letter")
"""What a visit is handed over, in the order of the print run."""

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/same-day/{case_id}")
async def done(request: Request, case_id: str, visit: Signed) -> Response:
    case = await visit.backend.case(visit.session, case_id)
    papers = await visit.backend.papers(visit.session, case_id, visit.lang)
    events = [e for e in await whole_history(visit, case_id) if not e["type"].startswith(CLOCK_EVENTS)]
    return render(
        visit, "same_day_done.html", case=case, number=number(case), title=title(visit, case), entries=[entry(visit, e) for e in events],
        prepared=prepared(visit, case), missing=missing(papers), printable=[p["title"] for p in standing(papers)],
        print_at=_print_at(case_id, papers), key=uuid4().hex, sent=request.query_params.get("sent", ""),
    )  # fmt: skip


@router.post("/same-day/{case_id}/papers")
async def issue(request: Request, case_id: str, visit: Signed) -> Response:
    """Issue what the visit is still to be handed over, all or none, and print everything in one run."""
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    papers = await visit.backend.papers(visit.session, case_id, visit.lang)
    steps: list[Json] = [{"command": IssueDocument.name, "body": {"template": p["template"], "about": _about(p)}} for p in missing(papers)]
    if steps:
        await visit.backend.bundle(visit.session, case_id, steps, key=text_of(sent, "key") or uuid4().hex, if_match=None, lang=visit.lang)
        papers = await visit.backend.papers(visit.session, case_id, visit.lang)
    return go(_print_at(case_id, papers) or f"/same-day/{case_id}")


def missing(papers: Json) -> list[Json]:
    """The visit's papers that the visitor may issue and that nobody has issued yet for what they carry, in the order of the run."""
    there = {(p["template"], p.get("about")) for p in items(papers, "issued") if not p.get("voided_by")}
    offers = [p for p in items(papers, "issuable") if p["template"] in PAPERS and (p["template"], _about(p)) not in there]
    return sorted(offers, key=lambda p: PAPERS.index(p["template"]))


def standing(papers: Json) -> list[Json]:
    """The visit's papers that were issued and are not void, in the order of the run."""
    issued = [p for p in items(papers, "issued") if p["template"] in PAPERS and not p.get("voided_by") and p.get("readable")]
    return sorted(issued, key=lambda p: PAPERS.index(p["template"]))


def _about(offer: Json) -> int:
    """The event the paper would carry: the one that is meant."""
    about: Sequence[Json] = items(offer, "about")
    return int(about[0]["version"])


def _print_at(case_id: str, papers: Json) -> str:
    """The address of the print run; empty where there is nothing to print."""
    ids = [str(p["document_id"]) for p in standing(papers)]
    return f"/cases/{case_id}/papers/print?{urlencode({'ids': ','.join(ids)})}" if ids else ""
