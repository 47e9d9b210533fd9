"""The routes of histories across cases: reports on stages and skipped steps, who touched a case, exports."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from api import exporting, figures, reports
from api.auth import AtDesk, lang_of, need_of, services_of, token_of
from api.desk import open_desk
from api.exporting import Form
from api.figure_filters import Month
from api.history_filters import Asked, HistoryFilters
from api.list_reading import moment_of
from api.params import LIMIT, Cursor, DayOrMoment, LegalDay, Limit, Word
from api.reports import Period
from api.routes.reads import CaseId
from readmodels.refusals import RefusalQuery
from readmodels.skipped import Kind
from readmodels.stages import GroupBy

router = APIRouter(tags=["history"])
type Json = dict[str, Any]

First = Annotated[LegalDay | None, Query(alias="from", description="The first of January of the last day's year where absent.")]
Office = Annotated[str | None, Query(max_length=64, description="An office, those below it included.")]
Identified = Annotated[
    bool, Query(description="Under the house's own codes of cases and people: for a reason (`X-Access-Reason`), which is recorded.")
]
MatterKind = Annotated[str | None, Query(max_length=64, description="Of the matter, such as `civil`.")]


@router.get("/cases/{case_id}/actors", summary="Who acted on the case, how often, first and last")
async def case_actors(desk: AtDesk, case_id: CaseId) -> Json:
    return await reports.touched(desk, case_id)


@router.get("/reports/stages", summary="Days that cases spent in each stage, of the stages left in a period")
async def days_by_stage(
    *, desk: AtDesk, first: First = None, to: LegalDay | None = None, office: Office = None, category: Word = None, kind: MatterKind = None,
    group_by: GroupBy = "stage",
) -> Json:  # fmt: skip
    return await reports.by_stage(desk, Period(first, to, office), by=group_by, category=category, kind=kind)


@router.get("/reports/figures", summary="The statistics: what the work of some months came to, each number with the filters of its cases")
async def work_figures(
    *,
    desk: AtDesk,
    first: Annotated[Month, Query(alias="from", description="A month, such as 2026-01; January where absent.")] = None,
    to: Month = None,
    office: Office = None,
    kind: MatterKind = None,
) -> Json:
    return await figures.report(desk, first=first, last=to, office=office, kind=kind)


@router.get("/reports/process-map", summary="The ways cases took through the states in a period, with counts and days")
async def process_map(
    *, desk: AtDesk, first: First = None, to: LegalDay | None = None, office: Office = None, category: Word = None, kind: MatterKind = None,
) -> Json:  # fmt: skip
    return await reports.process_map(desk, Period(first, to, office), category=category, kind=kind)


@router.get("/reports/skipped", summary="Cases that skipped a step or broke a limit in a period, the latest first")
async def skipped_steps(
    *,
    desk: AtDesk,
    first: First = None,
    to: LegalDay | None = None,
    office: Office = None,
    kind: Kind | None = None,
    step: Word = None,
    open_only: Annotated[bool, Query(alias="open", description="Only what was not made good since.")] = False,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> Json:
    period = Period(first, to, office)
    return await reports.skipped_steps(desk, period, kind=kind, step=step, open_only=open_only, cursor=cursor, limit=limit)


@router.get("/refusals", summary="Commands on cases that the rules refused, the newest first")
async def refused_commands(
    *,
    desk: AtDesk,
    case: UUID | None = None,
    command: Word = None,
    code: Annotated[str | None, Query(max_length=64, description="Of the refusal, such as `wrong_state`.")] = None,
    actor: Word = None,
    office: Office = None,
    from_: Annotated[DayOrMoment | None, Query(alias="from", description="Received on or after this day, or moment.")] = None,
    to: Annotated[DayOrMoment | None, Query(description="Received on or before this day, or before this moment.")] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> Json:
    query = RefusalQuery(
        case=str(case) if case else None, command=command, code=code, actor=actor, from_at=moment_of(from_, "from"),
        to_at=moment_of(to, "to", end=True), cursor=cursor, limit=limit,
    )  # fmt: skip
    return await reports.refused(desk, query, office)


@router.get("/exports/xes", summary="Histories as XES (IEEE 1849), pseudonymised", response_class=Response)
async def export_xes(request: Request, asked: HistoryFilters, identified: Identified = False) -> Response:
    return await _exported(request, "xes", asked, identified=identified)


@router.get("/exports/ocel2", summary="Histories as OCEL 2.0, JSON or SQLite, pseudonymised", response_class=Response)
async def export_ocel2(
    request: Request,
    asked: HistoryFilters,
    written_as: Annotated[Literal["json", "sqlite"], Query(alias="format")] = "json",
    identified: Identified = False,
) -> Response:
    return await _exported(request, "ocel2-sqlite" if written_as == "sqlite" else "ocel2", asked, identified=identified)


@router.get("/exports/csv", summary="Histories as a table, pseudonymised", response_class=Response)
async def export_csv(request: Request, asked: HistoryFilters, identified: Identified = False) -> Response:
    return await _exported(request, "csv", asked, identified=identified)


async def _exported(request: Request, form: Form, asked: Asked, *, identified: bool) -> Response:
    services, token = services_of(request), token_of(request)
    async with open_desk(services, token, lang_of(request), need_of(request)) as desk:
        made = await exporting.begin(desk, token or "", form, asked, identified=identified)
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "X-Content-Type-Options": "nosniff",
        "Ledger-Position": str(made.upto),
    }
    return StreamingResponse(made.parts, media_type=made.media_type, headers=headers)
