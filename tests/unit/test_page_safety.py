"""What keeps the pages safe, held against their routes: no form is taken without its token, no answer goes out without its headers."""

# ruff: noqa: ARG002 -- a backend keeps the façade's signatures

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from jinja2 import Environment, FunctionLoader

from ledger import rules
from tests.unit.pages_backend import InMemory
from tests.unit.test_every_page import routes
from tests.unit.test_pages import CLERK, backend, browser, enter, hidden, opened
from web import page
from web.app import with_pages
from web.routes import router

__all__ = ["backend", "browser"]
FILLED = {
    "case_id": str(UUID(int=1)),
    "kind": "offices",
    "form": "csv",
    "answer": "return",
    "what": "close",
    "deed": "restrict",
    "command": "add_note",
    "version": "1",
}
"""Steps of addresses that must be ones the page knows; any other is filled with a word."""
OTHERWISE = {
    "/consultations/{inquiry_id}/commands/{command}": {"command": "close_consultation"},
    "/duty-requests/{inquiry_id}/commands/{command}": {"command": "forward_request"},
    "/accounts/{username}/{deed:path}": {"deed": "disable"},
}
WRITING = re.compile(
    r"submit|notice$|command|bundle|continuation|attach|link|unlink|read$|do_|change|accept|preview_import|sign_in|sign_out|^POST|^DELETE|^PUT"
)


class Loose(dict[str, Any]):
    """A document that has whatever is looked for in it."""

    def __missing__(self, name: str) -> Any:
        return "none"


@dataclass
class Watched:
    """A backend that answers anything it is asked, and remembers what was asked."""

    asked: list[str] = field(default_factory=list[str])

    async def me(self, session: str) -> dict[str, Any]:
        roles = ("approver", "auditor", "caseworker", "receptionist", "security_administrator", "supervisor", "system_administrator")
        return {"id": "p", "name": "某", "roles": [{"role": role, "office": "C"} for role in roles], "office": "C", "unread": 0}

    async def ask(self, session: str, method: str, path: str, **more: Any) -> Any:
        self.asked.append(f"{method} {path}")
        return Loose(items=[], events=[], clocks=[], may=[], moves=[], shifts=[], next_cursor=None, version=1)

    def __getattr__(self, name: str) -> Any:
        async def answered(*_: Any, **__: Any) -> Any:
            self.asked.append(name)
            return (
                []
                if name in {"offices", "lawyers", "people", "townships", "tariffs", "allowed", "clocks", "chain"}
                else await self.ask("", "GET", name)
            )

        return answered


def taking() -> list[str]:
    """The paths of all routes that take a form."""
    return sorted({route.path for route in routes(router) if "POST" in (route.methods or ())})


def address(path: str) -> str:
    def step(found: re.Match[str]) -> str:
        name = found.group(1).partition(":")[0]
        return {**FILLED, **OTHERWISE.get(path, {})}.get(name, "some")

    return re.sub(r"{([^}]*)}", step, path)


@pytest.mark.parametrize("path", taking())
async def test_a_form_without_its_token_is_refused_and_nothing_is_done(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Which page tells of it is each room's; here it is left blank, so that what it would show need not be made up.
    monkeypatch.setattr(page, "_templates", Environment(loader=FunctionLoader(lambda _: ""), autoescape=True))
    watched = Watched()
    app = with_pages(FastAPI(), watched, rules.current().policy)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        client.cookies.set("yuanshou_session", "session")
        for token in ({}, {"csrf": "forged"}):
            answer = await client.post(address(path), data={**token, "username": "x", "password": "x"})
            assert answer.status_code == httpx.codes.FORBIDDEN, answer.text
            assert [asked for asked in watched.asked if WRITING.search(asked)] == []


async def test_every_answer_carries_its_headers(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    for place in (
        "/",
        "/cases",
        f"/cases/{case_id}",
        "/sign-in",
        "/nowhere",
        "/accounts",
        "/language/en",
        "/static/yuanshou.css",
        "/static/none",
    ):
        headers = (await browser.get(place)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, place
        assert "frame-ancestors 'none'" in policy, place
        assert "unsafe" not in policy, place
        assert headers["x-content-type-options"] == "nosniff", place
        assert headers["referrer-policy"] == "same-origin", place
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin", place
        assert "geolocation=()" in headers["permissions-policy"], place
        assert "strict-transport-security" not in headers, place


async def test_over_https_cookies_and_pages_stay_there(backend: InMemory) -> None:
    app = with_pages(FastAPI(), backend, rules.current().policy)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://test") as client:
        door = await client.get("/sign-in")
        sent = {"username": CLERK, "password": "password", "csrf": hidden(door, "csrf")}
        answer = await client.post("/sign-in", data=sent)
        chosen = await client.get("/language/en")
    assert door.headers["strict-transport-security"] == "max-age=31536000"
    for cookie in (*door.headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie"), *chosen.headers.get_list("set-cookie")):
        if "Max-Age=0" not in cookie:
            assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/")), cookie


async def test_what_another_tab_signed_in_as_is_not_signed_with_and_nothing_typed_is_lost(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    form = await browser.get(f"/cases/{case_id}/commands/add_note")
    typed = {"/text": "写在第一个标签页里", **{name: hidden(form, name) for name in ("csrf", "key", "version")}}
    await enter(browser, "he.jing")

    answer = await browser.post(f"/cases/{case_id}/commands/add_note", data=typed)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "写在第一个标签页里" in answer.text
    assert "Nothing was sent" in answer.text
    assert backend.states[case_id].version == len(backend.histories[case_id]) == int(typed["version"])


async def test_a_role_taken_away_while_signed_in_closes_its_rooms_and_keeps_what_was_typed(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    form = await browser.get(f"/cases/{case_id}/commands/declare_conflict_check")
    typed = {"/cleared": "true", "/note": "已核对当事人名单", **{name: hidden(form, name) for name in ("csrf", "key", "version")}}
    backend.staff[CLERK].role = "finance_officer"

    answer = await browser.post(f"/cases/{case_id}/commands/declare_conflict_check", data=typed)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "已核对当事人名单" in answer.text
    assert len(backend.histories[case_id]) == int(typed["version"])
    today = await browser.get("/")
    assert 'href="/assignments"' not in today.text
    assert 'href="/intake"' not in today.text
    assert (await browser.get("/intake")).status_code == httpx.codes.FORBIDDEN
