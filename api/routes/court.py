"""The routes of the court bundle: how far it would go, and the bundle itself, sent as it is read."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from api import court
from api.auth import BEARER, AtDesk, lang_of, services_of, token_of
from api.routes.access import Reason
from api.routes.reads import CaseId

router = APIRouter(tags=["cases"])

type Json = dict[str, Any]


@router.get("/cases/{case_id}/court-bundle/coverage", summary="How far a court bundle made now would go")
async def court_bundle_coverage(desk: AtDesk, case_id: CaseId) -> Json:
    return await court.coverage(desk, case_id)


@router.get(
    "/cases/{case_id}/court-bundle",
    summary="The case for a court: records as stored, proofs, checkpoint, evidence, verifier",
    response_class=Response,
    dependencies=[Depends(BEARER)],
)
async def court_bundle(request: Request, case_id: CaseId, reason: Reason = None) -> Response:
    del reason  # whoever stands around the application has heard it
    return sent(await court.made(services_of(request), token_of(request), lang_of(request), case_id))


def sent(bundle: court.Bundle) -> Response:
    """The bundle as an answer; it breaks off where a file is no longer what it was when it was summed up."""
    headers = {
        "Content-Disposition": f'attachment; filename="{bundle.name}"',
        "Content-Length": str(bundle.length),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Bundle-Manifest": bundle.manifest,
        "Bundle-Versions": str(bundle.versions),
        "Bundle-Later": str(bundle.later),
    }
    return StreamingResponse(bundle.content(), media_type=court.MEDIA_TYPE, headers=headers)
