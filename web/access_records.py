"""Who read personal data, and who was refused: for auditors, and for supervisors of one case at a time."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

import texts
from api.access_reading import READERS
from api.recording import REASON_HEADER, REASON_MOST
from readmodels.access_reads import Kind
from web.backend import Json, Problem
from web.page import PageRoute, Visit, guarded, render, text_of, visitor
from web.table import as_csv

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FILTERS = ("case", "subject", "person", "type", "from", "to")
KINDS = get_args(Kind.__value__)
PAGE = 50
_CSV_PAGE, MOST_LINES = 200, 10_000
"""Lines of a table to take along: the newest."""
_COLUMNS = (
    "position", "at", "type", "person", "name", "role", "office", "channel", "what", "cases", "people", "opened", "reason", "code",
    "request_id",
)  # fmt: skip

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/audit/access")
async def access_records(request: Request, visit: Signed) -> Response:
    return await _page(visit, _given(request), request.query_params.get("cursor", ""))


@router.post("/audit/access")
async def for_a_reason(request: Request, visit: Signed) -> Response:
    """The same with a reason, which stands in no address."""
    sent = await request.form()
    guarded(visit, {"csrf": sent.get("csrf", "")})
    return await _page(visit, _given(request), text_of(sent, "cursor"), text_of(sent, "reason").strip())


@router.get("/audit/access.csv")
async def table(request: Request, visit: Signed) -> Response:
    return await _table(visit, _given(request))


@router.post("/audit/access.csv")
async def table_for_a_reason(request: Request, visit: Signed) -> Response:
    sent = await request.form()
    guarded(visit, {"csrf": sent.get("csrf", "")})
    return await _table(visit, _given(request), text_of(sent, "reason").strip())


def _given(request: Request) -> dict[str, str]:
    return {name: value for name in FILTERS if (value := request.query_params.get(name, "").strip())}


async def _page(visit: Visit, filters: Mapping[str, str], cursor: str, reason: str = "") -> Response:
    if not visit.roles_include(READERS):
        raise Problem(403, "forbidden")
    everything = "auditor" in visit.roles
    shown: Json = {
        "filters": filters, "kinds": KINDS, "everything": everything, "reason": reason, "most": REASON_MOST, "older": bool(cursor),
        "address": f"/audit/access?{urlencode(filters)}", "table": f"/audit/access.csv?{urlencode(filters)}", "lines": MOST_LINES,
        "asks": False, "rows": None, "readers": [], "cursor": "", "trouble": "", "person": visit.names.get(filters.get("person", ""), ""),
    }  # fmt: skip
    if not everything and "case" not in filters:
        return render(visit, "access_records.html", **shown)
    try:
        found = await _ask(visit, filters, PAGE, cursor, reason)
        readers = await _readers(visit, filters.get("case", ""))
    except Problem as problem:
        if problem.code == "access_reason_required":
            return render(visit, "access_records.html", **shown | {"asks": True})
        if problem.status == 422 or problem.code == "case_not_found":
            told = [str(error.get("detail") or "") for error in problem.errors]
            trouble = visit.t("words.comma").join(filter(None, told)) or problem.detail or visit.t(f"problems.{problem.code}")
            return render(visit, "access_records.html", problem.status, **shown | {"trouble": trouble, "asks": bool(reason)})
        raise
    rows = [_row(visit, record) for record in found["items"]]
    return render(visit, "access_records.html", **shown | {"rows": rows, "readers": readers, "cursor": found["next_cursor"] or ""})


async def _ask(visit: Visit, filters: Mapping[str, str], limit: int, cursor: str, reason: str) -> Json:
    asked = {**filters, "limit": str(limit)} | ({"cursor": cursor} if cursor else {})
    headers = {REASON_HEADER: quote(reason)} if reason else {}
    return await visit.backend.ask(visit.session, "GET", "/access", lang=visit.lang, params=asked, headers=headers)


async def _readers(visit: Visit, case: str) -> list[Json]:
    """Who read of the case, where the filter names it by its id."""
    try:
        case_id = str(UUID(case))
    except ValueError:
        return []
    found: list[Json] = (await visit.ask("GET", f"/cases/{case_id}/readers"))["items"]
    return [{**each, "channels": [visit.t(f"access.channel_{name}") for name in each["channels"]]} for each in found]


def _row(visit: Visit, record: Json) -> Json:
    """An entry in words."""
    refused = record["type"] == "access_refused"
    if refused:
        title = f"problems.{record['code']}.title"
        what = [texts.text(visit.lang, title) if texts.has(visit.lang, title) else str(record["code"])]
    else:
        what = [visit.t(key) if texts.has(visit.lang, key := f"access.what_{word}") else str(word) for word in record["what"]]
    return {**record, "refused": refused, "said": visit.t("words.comma").join(what), "route": record["what"][0] if refused else "",
            "way": visit.t(f"access.channel_{record['channel']}") if record["channel"] else ""}  # fmt: skip


async def _table(visit: Visit, filters: Mapping[str, str], reason: str = "") -> Response:
    if not visit.roles_include(READERS):
        raise Problem(403, "forbidden")
    records: list[Json] = []
    cursor = ""
    while len(records) < MOST_LINES:
        page = await _ask(visit, filters, _CSV_PAGE, cursor, reason)
        records += page["items"]
        if not page["next_cursor"]:
            break
        cursor = str(page["next_cursor"])
    return as_csv("access", _COLUMNS, [[_cell(record, name) for name in _COLUMNS] for record in records])


def _cell(record: Json, name: str) -> str:
    value: Any = record[name]
    if name == "cases":
        value = " ".join(str(case["number"] or case["case_id"]) for case in record["cases"])
    elif name == "what":
        value = " ".join(value)
    elif isinstance(value, dict):
        value = ""  # a reason that is shown no more
    return "" if value is None else str(value)
