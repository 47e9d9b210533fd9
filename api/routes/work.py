"""The routes of giving work to people: candidates, the next case, workload, rotas, the load of a leaver."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from api import assignment, reassignment, reassignment_preview, rota
from api.auth import AtDesk, lang_of, need_of, services_of, token_of
from api.body import read_json
from api.deeds import answered
from api.desk import Desk, open_desk
from api.params import Cursor, Limit
from api.routes.commands import Key, key_of
from api.routes.reads import CaseId
from api.typed import typed
from api.work_shapes import CoverAsked, PlanAsked, PreviewAsked, PublishAsked, ReassignAsked, SwapAnswered, SwapAsked, UndoAsked

router = APIRouter(tags=["work"])

type Json = dict[str, Any]

Office = Annotated[str, Query(max_length=64)]
MonthOf = Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="`YYYY-MM`.")]
Person = Annotated[str, Query(alias="from", max_length=64, description="A person, or a lawyer of the panel.")]
Named = Annotated[str, Path(max_length=64)]


@router.get("/cases/{case_id}/candidates", summary="The panel as seen from the case, best first, with reasons")
async def case_candidates(desk: AtDesk, case_id: CaseId, limit: Limit = 20) -> Json:
    return await assignment.ranked(desk, case_id, limit)


@router.get("/assignments/open", summary="Cases that wait for a unit or a lawyer, each with its best candidates")
async def open_assignments(desk: AtDesk, cursor: Cursor = None, limit: Limit = 20) -> Json:
    return await assignment.unassigned(desk, cursor, limit, best=3)


@router.post("/queue/next", summary="Take the oldest case that fits me; null where none does")
async def take_next(desk: AtDesk) -> Json:
    return await assignment.take_next(desk)


@router.post("/queue/{case_id}/let-go", summary="Give a case taken from the queue back")
async def let_go(desk: AtDesk, case_id: CaseId) -> Json:
    return await assignment.let_go(desk, case_id)


@router.get("/workload", summary="Who has how much in hand")
async def read_workload(desk: AtDesk, office: Annotated[str | None, Query(max_length=64)] = None, cursor: Cursor = None) -> Json:
    del cursor
    return await assignment.loads(desk, office)


@router.get("/rota", summary="An office's rota of a month")
async def read_rota(desk: AtDesk, office: Office, month: MonthOf) -> Json:
    return await rota.month(desk, office, month)


@router.post("/rota/plan", summary="A month shared out fairly, recorded nowhere")
async def plan_rota(request: Request, desk: AtDesk) -> Json:
    return await rota.planned(desk, typed(PlanAsked, await read_json(request)))


@router.post("/rota/publish", summary="Publish a month's rota")
async def publish_rota(request: Request, desk: AtDesk, key: Key = None) -> JSONResponse:
    return answered(await rota.published(desk, key_of(key), typed(PublishAsked, await read_json(request))))


@router.post("/rota/swaps", summary="Offer a shift of mine to a colleague")
async def propose_swap(request: Request, desk: AtDesk, key: Key = None) -> JSONResponse:
    return answered(await rota.proposed(desk, key_of(key), typed(SwapAsked, await read_json(request))))


@router.post("/rota/swaps/{swap}/{answer}", summary="Accept a swap, or refuse it or take it back")
async def answer_swap(request: Request, desk: AtDesk, swap: Named, answer: Literal["accept", "refuse"], key: Key = None) -> JSONResponse:
    return answered(await rota.answered(desk, key_of(key), swap, typed(SwapAnswered, await read_json(request)), answer))


@router.post("/rota/cover", summary="Put another person on a shift at once")
async def cover_shift(request: Request, desk: AtDesk, key: Key = None) -> JSONResponse:
    return answered(await rota.covered(desk, key_of(key), typed(CoverAsked, await read_json(request))))


@router.get("/reassignments/proposal", summary="All that somebody has in hand, with who might take it over")
async def leaver_load(desk: AtDesk, leaver: Person) -> Json:
    return await reassignment.proposal(desk, leaver)


@router.get("/reassignments/{batch}", summary="How far a reassignment came")
async def read_batch(desk: AtDesk, batch: Named) -> Json:
    return await reassignment.progress(desk, batch)


@router.post("/reassignments/preview", summary="What a reassignment would do, case by case; nothing is written")
async def preview_reassignment(request: Request, desk: AtDesk) -> Json:
    asked = typed(PreviewAsked, await read_json(request))
    return await reassignment_preview.preview(desk, asked.moves, asked.reason)


@router.post("/reassignments", summary="Hand on cases; sent again with its key, it goes on where it stopped")
async def reassign(request: Request, key: Key = None) -> Json:
    async def begin(desk: Desk) -> str:
        body = await read_json(request)
        typed(ReassignAsked, body)
        return await reassignment.begin(desk, key_of(key), body)

    return await _carried_out(request, begin)


@router.post("/reassignments/{batch}/undo", summary="Give back the cases that a reassignment moved and that still stand there")
async def undo_reassignment(request: Request, batch: Named, key: Key = None) -> Json:
    async def begin(desk: Desk) -> str:
        asked = typed(UndoAsked, await read_json(request))
        return await reassignment.undo(desk, key_of(key), batch, asked.reason)

    return await _carried_out(request, begin)


async def _carried_out(request: Request, begin: Callable[[Desk], Awaitable[str]]) -> Json:
    """Begin a batch, or find the one that its key began, and move what waits of it, as much as one request does."""
    services, token, lang = services_of(request), token_of(request), lang_of(request)
    async with open_desk(services, token, lang, need_of(request)) as desk:
        batch = await begin(desk)
    async with open_desk(services, token, lang, need_of(request)) as desk:
        event, _ = await reassignment.batch_of(desk, batch)
        before = await reassignment.progress(desk, batch)
    waiting = [m["case_id"] for m in before["moves"] if m["state"] == "waiting"]
    carrier = reassignment.Carrier(services.commands, desk.principal, token or "", request.scope["state"]["correlation_id"])
    failed = await carrier.move(event, waiting)
    async with open_desk(services, token, lang, need_of(request)) as desk:
        return await reassignment.progress(desk, batch) | {"failed": failed}
