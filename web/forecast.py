"""The forecast as a page: limits of the coming days by how likely they are missed at the present pace. The filters stand in the address."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from web.backend import Json
from web.page import PageRoute, Visit, render, visitor
from web.table import as_csv

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FILTERS = ("days", "office", "limit")
WINDOWS = ("3", "7", "14", "31")
"""Days ahead that the page offers; the first that is asked for is the interface's own."""
HEAD = (
    *("case", "limit", "due_on", "workdays_left", "chance", "age_days", "due_age_days", "comparable", "basis", "centre", "owner"),
    "waiting_for",
)
_PLACE = {"case": "/cases/{}/deadlines", "consultation": "/consultations/{}", "duty": "/duty-requests/{}"}
_EVERYTHING = "1000"

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/reports/forecast")
async def forecast(request: Request, visit: Signed) -> Response:
    """Raises `Problem` 403 for who supervises nothing, 422 for days that are no number."""
    filters = _filters(request)
    found = await _report(visit, filters)
    # A limit that was chosen hides the others: one may change one's mind.
    choices = await _report(visit, {k: v for k, v in filters.items() if k != "limit"}, "1") if filters.get("limit") else found
    rows = [row | {"said": _said(visit, row), "place": _PLACE[row["kind"]].format(row["case_id"])} for row in found["items"]]
    return render(
        visit, "forecast.html", found=found, rows=rows, filters=filters, asked=urlencode(filters), windows=WINDOWS,
        limits=[each["key"] for each in choices["limits"]], totals=(("office", found["offices"]), ("limit", found["limits"])),
        without={by: urlencode({k: v for k, v in filters.items() if k != by}) for by in ("office", "limit")},
    )  # fmt: skip


@router.get("/reports/forecast.csv")
async def table(request: Request, visit: Signed) -> Response:
    """The likeliest thousand, a row a limit."""
    found = await _report(visit, _filters(request), _EVERYTHING)
    return as_csv("forecast", [visit.t(f"forecast.{name}") for name in HEAD], [_line(visit, row) for row in found["items"]])


def _filters(request: Request) -> dict[str, str]:
    return {name: request.query_params[name] for name in FILTERS if request.query_params.get(name)}


async def _report(visit: Visit, filters: dict[str, str], most: str | None = None) -> Json:
    return await visit.ask("GET", f"/reports/forecast?{urlencode({**filters, **({'most': most} if most else {})})}")


def _said(visit: Visit, row: Json) -> dict[str, str]:
    """A row's chance in tenths, on what it is based, and whom it waits for, in words."""
    if row["chance"] is None:
        return {"chance": visit.t("forecast.too_few"), "basis": visit.t("forecast.basis_none"), "waits": _waits(visit, row)}
    word, tenths = in_tenths(row["chance"])
    basis = visit.t(f"forecast.basis_{row['basis']}", n=row["comparable"], age=row["age_days"], last=row["due_age_days"])
    return {"chance": visit.t(f"forecast.{word}", n=tenths), "basis": basis, "waits": _waits(visit, row)}


def in_tenths(chance: float) -> tuple[str, int]:
    """The word for a chance, and its tenths, half rounded up; never none or all of ten where that is not so."""
    if chance in (0, 1):
        return "surely" if chance else "never", round(chance) * 10
    tenths = int(chance * 10 + 0.5)
    return ("under", 1) if tenths == 0 else ("over", 9) if tenths == 10 else ("tenths", tenths)


def _waits(visit: Visit, row: Json) -> str:
    side = row["waiting_for"]
    if side in (None, "owner"):
        return visit.t("forecast.its_owner") if side else visit.t("deadlines.nobody")
    return visit.t("deadlines.applicant") if side == "applicant" else visit.t(f"roles.{side}")


def _line(visit: Visit, row: Json) -> list[Any]:
    number = row["case_number"] or row["register_number"] or row["case_id"]
    basis = visit.t(f"forecast.of_{row['basis']}") if row["basis"] else visit.t("forecast.too_few")
    names = [visit.names.get(row[who] or "", row[who] or "") for who in ("centre", "owner")]
    figures = [row[name] if row[name] is not None else "" for name in ("chance", "age_days", "due_age_days", "comparable")]
    return [number, visit.t(f"limits.{row['limit']}"), row["due_on"], row["workdays_left"], *figures, basis, *names, _waits(visit, row)]
