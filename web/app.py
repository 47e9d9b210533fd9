"""Puts the pages beside the interface, in one application."""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI

from api.openapi import PREFIX
from domain.eligibility.policy import Policy
from web.assets import STATIC, Assets
from web.backend import Backend
from web.clock import host_clock
from web.guide import Guidebook
from web.page import problem_page
from web.routes import router
from web.safe import SafeHeaders


def with_pages(
    app: FastAPI,
    backend: Backend,
    policy: Policy,
    *,
    now: Callable[[], datetime] = host_clock,
    oidc: bool = False,
    guidebook: Guidebook | None = None,
) -> FastAPI:
    """The application with its pages. `now`: the moment against which they say how long is left. `oidc`: there is a provider to
    sign in through. `guidebook`: where the tour of a house that has one is read.
    """
    app.state.backend, app.state.policy = backend, policy
    app.state.oidc, app.state.now, app.state.guidebook = oidc, now, guidebook
    app.state.problem_page = problem_page
    app.mount("/static", Assets(directory=STATIC), name="static")
    app.include_router(router)
    app.add_middleware(SafeHeaders, api_prefix=f"{PREFIX}/")
    return app
