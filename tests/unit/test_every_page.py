"""The walk of all pages is the walk of all routes: a page that is added is looked at in the browser too, or is said to be none."""

from collections.abc import Iterator
from typing import cast

from fastapi import APIRouter
from fastapi.routing import APIRoute

from tests.e2e.pages import ANSWER_NO_PAGE, WALK
from web.routes import router


def routes(of: APIRouter) -> Iterator[APIRoute]:
    for route in of.routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from routes(cast("APIRouter", vars(route)["original_router"]))


def test_no_page_is_forgotten() -> None:
    answered = {route.path for route in routes(router) if "GET" in (route.methods or ())}
    assert WALK.keys() | ANSWER_NO_PAGE == answered
    assert WALK.keys() & ANSWER_NO_PAGE == set()


def test_every_page_is_looked_at_by_somebody() -> None:
    assert [route for route, stops in WALK.items() if not stops] == []
