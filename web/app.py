"""Puts the pages beside the interface, in one application."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api.openapi import PREFIX
from domain.eligibility.policy import Policy
from web.backend import Backend
from web.clock import host_clock
from web.page import problem_page
from web.routes import router
from web.safe import SafeHeaders


def with_pages(
    app: FastAPI,
    backend: Backend,
    policy: Policy,
    *,
    now: Callable[[], datetime] = host_clock,
    example: bool = False,
    oidc: bool = False,
) -> FastAPI:
    """The application with its pages. `now`: the moment against which they say how long is left. `example`: the worked example is
    loaded, and the door says who may sign in. `oidc`: there is a provider to sign in through.
    """
    app.state.backend, app.state.policy, app.state.example = backend, policy, example
    app.state.oidc, app.state.now = oidc, now
    app.state.problem_page = problem_page
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.include_router(router)
    app.add_middleware(SafeHeaders, api_prefix=f"{PREFIX}/")
    return app
