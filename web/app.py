"""Puts the pages beside the interface, in one application."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from domain.eligibility.policy import Policy
from web.backend import Backend
from web.routes import router


def with_pages(app: FastAPI, backend: Backend, policy: Policy, *, example: bool = False, oidc: bool = False) -> FastAPI:
    """The application with its pages. `example`: the worked example is loaded, and the door says who may
    sign in. `oidc`: there is a provider to sign in through.
    """
    app.state.backend, app.state.policy, app.state.example = backend, policy, example
    app.state.oidc = oidc
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.include_router(router)
    return app
