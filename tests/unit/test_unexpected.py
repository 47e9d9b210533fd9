"""What nobody expected, met by a browser: a page that says so and gives the number to look for in the log, never a program's document."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api import problem
from api.envelope import Envelope
from api.openapi import PREFIX
from ledger import rules
from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import CLERK, backend, enter
from web.app import with_pages

__all__ = ["backend"]
TICKET = {"X-Request-Id": "ticket-0001"}


async def _broken(*_: object, **__: object) -> None:
    raise RuntimeError("身份证号 110101199003070038")


@pytest.fixture
async def browser(backend: InMemory) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problem.install(app, PREFIX)
    with_pages(app, backend, rules.current().policy)
    app.add_middleware(Envelope, api_prefix=PREFIX)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers={"Accept-Language": "en"}) as client:
        await enter(client, CLERK)
        yield client


async def test_a_fault_in_a_page_is_a_page_with_the_way_back_and_a_number(
    browser: httpx.AsyncClient, backend: InMemory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backend, "queue", _broken)
    shown = await browser.get("/", headers=TICKET)
    assert (shown.status_code, shown.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert "ticket-0001" in shown.text
    assert 'action="/sign-out"' in shown.text  # still in their own session, with its menu
    assert "RuntimeError" not in shown.text
    assert "110101199003070038" not in shown.text + "".join(capsys.readouterr())


async def test_where_no_page_can_be_made_the_document_says_so(
    browser: httpx.AsyncClient, backend: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "me", _broken)
    shown = await browser.get("/", headers=TICKET)
    assert (shown.status_code, shown.headers["content-type"]) == (500, "application/problem+json")
    assert (shown.json()["code"], shown.json()["correlation_id"]) == ("internal_error", "ticket-0001")


async def test_an_address_with_a_word_too_long_for_it_is_answered_by_a_page(browser: httpx.AsyncClient) -> None:
    shown = await browser.get("/audit/checkpoints?ledger=" + "x" * 17)
    assert (shown.status_code, shown.headers["content-type"]) == (422, "text/html; charset=utf-8")


async def test_programs_still_get_documents(browser: httpx.AsyncClient) -> None:
    shown = await browser.get(f"{PREFIX}/nowhere")
    assert (shown.status_code, shown.headers["content-type"]) == (404, "application/problem+json")
