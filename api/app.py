"""The HTTP application: routes of the contract, errors as problems, health, around it the guard and the envelope."""

from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import JSONResponse

from api import problem
from api.body import BodyGuard
from api.envelope import Envelope
from api.openapi import PREFIX, describe
from api.problem import RETRY_SECONDS
from api.recorder import Recorder
from api.recording import Recording
from api.routes import (
    access,
    accounts,
    audit,
    commands,
    court,
    deadlines,
    directory,
    eligibility,
    history,
    inquiries,
    ledger,
    notices,
    papers,
    persons,
    reads,
    reference,
    replans,
    saved_filters,
    status,
    stream,
    work,
)
from api.services import Services


def create_app(services: Services) -> FastAPI:
    """The API over its services. Pages may be put beside it: `/` and everything outside `/api/v1` is free."""
    app = FastAPI(
        title="Yuanshou", version="1", openapi_url=f"{PREFIX}/openapi.json", docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.services = services
    problem.install(app, PREFIX)
    for part in (
        reference.router,
        accounts.router,
        access.router,
        eligibility.router,
        reads.router,
        audit.router,
        ledger.router,
        history.router,
        deadlines.router,
        work.router,
        stream.router,
        persons.router,
        papers.router,
        court.router,
        commands.router,
        inquiries.router,
        directory.router,
        replans.router,
        notices.router,
        saved_filters.router,
        status.router,
    ):
        app.include_router(part, prefix=PREFIX)
    app.include_router(_operations(services))
    app.state.recorder = recorder = Recorder(lambda: services.database)
    app.add_middleware(Recording, api_prefix=PREFIX, recorder=recorder, services=services)
    app.add_middleware(BodyGuard, api_prefix=PREFIX)
    app.add_middleware(Envelope, api_prefix=PREFIX)
    described: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not described:
            described.update(describe(app))
        return described

    app.openapi = openapi
    return app


def _operations(services: Services) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Alive")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz", summary="Commands can be taken: database, Temporal, a worker seen", responses={503: {"description": "Not yet"}})
    async def readyz() -> JSONResponse:
        checks = dict(await services.ready())
        if all(checks.values()):
            return JSONResponse({"status": "ready", "checks": checks})
        return JSONResponse({"status": "not_ready", "checks": checks}, status_code=503, headers={"Retry-After": str(RETRY_SECONDS)})

    return router
