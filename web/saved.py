"""Filters that a person keeps: chips on the pages they belong to, saved, renamed and taken away from there."""

from typing import Annotated
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from api.saved_filters import FILTERS, NAME_MOST, FilterPage
from web.backend import Json, Problem
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, reasons, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PAGES: dict[str, FilterPage] = {"cases": "cases", "history": "history", "deadlines": "deadlines"}

Signed = Annotated[Visit, Depends(visitor)]


async def saved_of(visit: Visit, page: FilterPage) -> Json:
    """What the chips of a page need: its filters, which of them is in force, and what there would be to save."""
    pairs = visit.request.query_params.multi_items()
    given = [(name, value) for name, value in pairs if name in FILTERS[page] and value.strip()]
    kept: list[Json] = (await visit.ask("GET", f"/me/filters?page={page}"))["items"]
    here = sorted(given)
    for each in kept:
        each["here"] = sorted(parse_qsl(str(each["query"]))) == here
    return {
        "page": page, "kept": kept, "query": urlencode(given), "words": bool(visit.request.query_params.get("q")), "most": NAME_MOST,
        "key": uuid4().hex, "known": any(each["here"] for each in kept),
    }  # fmt: skip


@router.post("/filters")
async def save(request: Request, visit: Signed) -> Response:
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    page, query = _page(sent), text_of(sent, "query")
    body = {"page": page, "name": text_of(sent, "name"), "query": query}
    try:
        await visit.ask("POST", "/me/filters", body, text_of(sent, "key") or uuid4().hex)
    except Problem as problem:
        return _again(visit, sent, problem, "/filters")
    return go(f"/{page}?{query}")


@router.post("/filters/{filter_id}")
async def change(request: Request, filter_id: str, visit: Signed) -> Response:
    """Rename a filter, or take it away where the form's other button was pressed."""
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    page, query = _page(sent), text_of(sent, "query")
    try:
        if text_of(sent, "remove"):
            await visit.ask("DELETE", f"/me/filters/{filter_id}")
        else:
            await visit.ask("PUT", f"/me/filters/{filter_id}", {"name": text_of(sent, "name")})
    except Problem as problem:
        return _again(visit, sent, problem, f"/filters/{filter_id}")
    return go(f"/{page}?{query}" if query else f"/{page}")


def _page(sent: FormData) -> FilterPage:
    page = text_of(sent, "page")
    if page not in PAGES:
        raise Problem(404, "not_found")
    return PAGES[page]


def _again(visit: Visit, sent: FormData, problem: Problem, action: str) -> Response:
    """The form once more, with what was typed and why it could not be done."""
    if problem.status == 401:
        raise problem
    key = text_of(sent, "key") if problem.status in REPEATABLE else uuid4().hex
    return render(
        visit, "saved_filter.html", problem.status, trouble=reasons(visit, problem), action=action, page=_page(sent),
        query=text_of(sent, "query"), name=text_of(sent, "name"), key=key, most=NAME_MOST,
    )  # fmt: skip
