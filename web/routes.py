"""All pages. A path that is none of them, nor the interface's, answers with the page that says so."""

import re
from typing import override

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.convertors import Convertor, register_url_convertor

from web import (
    access_records,
    account,
    accounts,
    assigning,
    attach_page,
    audit,
    bulk,
    case_page,
    command_page,
    compare,
    court,
    day_notes,
    deadlines,
    desk,
    directory_page,
    door,
    duty_office,
    figures,
    find,
    forecast,
    glass,
    group,
    group_add,
    handing_on,
    history,
    inquiry_page,
    kit_photos,
    lawyer_notes,
    lists,
    live,
    notices,
    paper_page,
    person_data,
    persons,
    pocket,
    promise,
    proof,
    reasons,
    reception,
    reckoning,
    replans,
    rerun,
    rota,
    same_day,
    saved,
    spot_checks,
    standards,
    status,
    tour,
    visit_done,
    visit_kit,
)
from web.backend import Problem
from web.page import PageRoute


class PagePath(Convertor[str]):
    """Any path but those of the interface, the probes and the assets."""

    regex = r"(?!(?:api|static|healthz|readyz|metrics)(?:/|$)).*"

    @override
    def convert(self, value: str) -> str:
        return value

    @override
    def to_string(self, value: str) -> str:
        return re.sub(r"^/+", "", value)


register_url_convertor("page", PagePath())
router = APIRouter(route_class=PageRoute, include_in_schema=False)
for room in (
    door,
    account,
    accounts,
    access_records,
    notices,
    glass,
    lists,
    history,
    live,
    court,
    audit,
    deadlines,
    directory_page,
    replans,
    assigning,
    rota,
    bulk,
    handing_on,
    find,
    saved,
    pocket,
    promise,
    forecast,
    figures,
    desk,
    same_day,
    visit_done,
    visit_kit,
    kit_photos,
    reception,
    reckoning,
    standards,
    spot_checks,
    duty_office,
    inquiry_page,
    group,
    group_add,
    persons,
    person_data,
    reasons,
    attach_page,
    command_page,
    day_notes,
    lawyer_notes,
    paper_page,
    proof,
    compare,
    rerun,
    status,
    tour,
    case_page,
):
    router.include_router(room.router)


@router.get("/favicon.ico")
async def icon() -> Response:
    """Where a browser looks for the icon of what is no page of ours: a paper it shows."""
    return RedirectResponse("/static/icon.svg", status_code=308)


@router.get("/{path:page}")
async def nowhere(request: Request, path: str) -> Response:
    del request
    raise Problem(404, "not_found", path=path)
