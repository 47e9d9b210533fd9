"""The routes of the ledgers' checkpoints and proofs (`docs/ledger.md`)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import PlainTextResponse

from api import checkpoints
from api.auth import AtDesk
from api.ledger_shapes import LedgerName

router = APIRouter(tags=["history"])

type Json = dict[str, Any]

_MOST = 2**63 - 1
Ledger = Annotated[LedgerName, Query(description="Which ledger: the cases', or that of reads and refusals.")]
Size = Annotated[int, Query(ge=1, le=_MOST, description="How many events.")]


@router.get("/ledger/checkpoint", summary="The newest checkpoint, a C2SP signed note", response_class=PlainTextResponse)
async def read_checkpoint(desk: AtDesk, ledger: Ledger = "case") -> PlainTextResponse:
    return PlainTextResponse(await checkpoints.note(desk, ledger))


@router.get("/ledger/proof/{position}", summary="The proof that an event stands under a checkpoint")
async def inclusion_proof(
    desk: AtDesk,
    position: Annotated[int, Path(ge=1, le=_MOST, description="The event's position.")],
    ledger: Ledger = "case",
    size: Annotated[int | None, Query(ge=1, le=_MOST, description="Which checkpoint, by its size; else the newest.")] = None,
) -> Json:
    return await checkpoints.inclusion(desk, ledger, position, size)


@router.get("/ledger/consistency", summary="The proof that the ledger only grew from one size to another")
async def consistency_proof(
    desk: AtDesk, first: Annotated[Size, Query(alias="from")], last: Annotated[Size, Query(alias="to")], ledger: Ledger = "case"
) -> Json:
    return await checkpoints.consistency(desk, ledger, first, last)
