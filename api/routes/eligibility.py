"""The routes of eligibility: what is worked out at the counter, the standards by day, past decisions made again, spot checks."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from api import eligibility, rerun, standards
from api.auth import AtDesk
from api.body import read_json
from api.params import LegalDay
from api.routes.commands import Key, key_of
from api.routes.reads import CaseId

router = APIRouter(tags=["eligibility"])

type Json = dict[str, Any]


@router.post("/eligibility/hardship", summary="Work out hardship without recording it")
async def hardship(request: Request, desk: AtDesk) -> Json:
    return eligibility.hardship(desk, await read_json(request))


@router.get("/eligibility/limitations", summary="The limitations the calculator knows")
async def limitations(desk: AtDesk) -> Json:
    return eligibility.limitations(desk)


@router.post("/eligibility/limitation", summary="Work out when a right is lost")
async def limitation(request: Request, desk: AtDesk) -> Json:
    return eligibility.limitation(desk, await read_json(request))


@router.post("/eligibility/venue", summary="Find the centres to apply to")
async def competent_centres(request: Request, desk: AtDesk) -> Json:
    return eligibility.competent(desk, await read_json(request))


@router.get("/eligibility/grounds", summary="Waivers and grounds of accepting first, with their basis and papers")
async def grounds(desk: AtDesk) -> Json:
    return eligibility.grounds(desk)


@router.post("/eligibility/rehearsal", summary="Try a standard over past assessments")
async def rehearsal(request: Request, desk: AtDesk) -> Json:
    return await standards.rehearse(desk, await read_json(request))


@router.get("/eligibility/spot-checks", summary="The integrity pledges drawn to be verified")
async def spot_checks(
    desk: AtDesk,
    centre: Annotated[str, Query(max_length=64)],
    month: Annotated[str | None, Query(max_length=7, description="Of the recording, as 2026-11; this month where absent.")] = None,
) -> Json:
    return await rerun.spot_checks(desk, centre=centre, month=month)


@router.get("/cases/{case_id}/eligibility/rerun", summary="Make a past decision about means again, under the rules of its day")
async def rerun_decision(desk: AtDesk, case_id: CaseId, version: Annotated[int, Query(ge=1, le=2**31 - 1)]) -> Json:
    return await rerun.rerun(desk, case_id, version)


@router.get("/directory/standards", summary="The standards by day")
async def read_standards(desk: AtDesk, on: LegalDay | None = None) -> Json:
    return standards.in_force(desk, on)


@router.post("/directory/standards", status_code=201, summary="Set standards from a day on")
async def set_standards(request: Request, desk: AtDesk, key: Key = None) -> JSONResponse:
    done = await standards.enter(desk, await read_json(request), key_of(key))
    return JSONResponse(done.outcome, status_code=201, headers={"Idempotent-Replay": "true"} if done.replayed else None)
