"""The pages' backend: the API itself, called in the same process, so that pages and programs get the same answers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

import httpx
from fastapi import FastAPI

from api import court, drafts, editing, exporting, recording, stream
from api import problem as api_problem
from api.court import Bundle
from api.desk import READING, open_desk
from api.exporting import Download, Form
from api.history_filters import Asked
from readmodels.paging import LIMIT_MAX
from texts import Lang
from web.backend import Json, Origin, Problem, part
from web.gone import MARKS, worded

_BASE = "http://api.invalid/api/v1"


class InProcess:
    """A `web.backend.Backend` over the API's own routes."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._lists: dict[str, tuple[str, list[Json]]] = {}
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=_BASE, timeout=None)  # noqa: S113 -- in process

    async def ask(self, session: str | None, method: str, path: str, lang: str = "zh-CN", **more: Any) -> Any:
        return await self._ask(method, path, session, lang, **more)

    async def sign_in(self, username: str, password: str, otp: str | None, lang: str, origin: Origin | None = None) -> Json:
        body = {"username": username, "password": password} | ({"otp": otp} if otp else {})
        return await self._from(origin, "/tokens", body, lang)

    async def oidc_return(self, body: Json, lang: str, origin: Origin | None = None) -> Json:
        return await self._from(origin, "/oidc/sessions", body, lang)

    async def prove(self, session: str, code: str, lang: str, origin: Origin | None = None) -> None:
        await self._from(origin, "/me/second-factor/prove", {"code": code}, lang, session)

    async def status(self, body: Json, lang: str, origin: Origin) -> Json:
        return await self._from(origin, "/status", body, lang)

    async def _from(self, origin: Origin | None, path: str, body: Json, lang: str, session: str = "") -> Json:
        """A call in the name of the browser's own address: guesses are counted by it, and a header could be made up by anybody."""
        at = origin or Origin("127.0.0.1", "")
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False, client=(at.address, 0))
        async with httpx.AsyncClient(transport=transport, base_url=_BASE) as client:
            headers = {"Accept-Language": lang, "User-Agent": at.agent} | ({"Authorization": f"Bearer {session}"} if session else {})
            response = await client.post(path, json=body, headers=headers)
        if response.is_error:
            raise _problem(response)
        return response.json() if response.content else {}

    async def sign_out(self, session: str) -> None:
        await self._ask("DELETE", "/tokens/current", session)

    async def me(self, session: str) -> Json:
        return await self._ask("GET", "/me", session)

    async def queue(self, session: str) -> Json:
        items: list[Json] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self._ask("GET", "/me/queue", session, params={"limit": "200", **cursor})
            items += page["items"]
            if page["next_cursor"] is None:
                return {"items": items, "next_cursor": None}
            cursor = {"cursor": page["next_cursor"]}

    async def cases(self, session: str, filters: Mapping[str, str]) -> Json:
        return await self._ask("GET", "/cases", session, params=filters)

    async def case(self, session: str, case_id: str, version: int | None = None) -> Json:
        return await self._ask("GET", f"/cases/{case_id}", session, params={"version": str(version)} if version else {})

    async def case_to_take(self, session: str, case_id: str, reason: str) -> Json:
        recording.current().via("export")
        return await self._ask("GET", f"/cases/{case_id}", session, headers={recording.REASON_HEADER: quote(reason)})

    async def events(self, session: str, case_id: str, after: int = 0) -> Json:
        items: list[Json] = []
        while True:
            page = await self._ask("GET", f"/cases/{case_id}/events", session, params={"after": str(after), "limit": "200"})
            items += page["items"]
            if page["next_cursor"] is None:
                return {"items": items, "next_cursor": None}
            after = items[-1]["version"]

    async def allowed(self, session: str, case_id: str) -> list[Json]:
        return _items(await self._ask("GET", f"/cases/{case_id}/allowed-commands", session))

    async def clocks(self, session: str, case_id: str) -> list[Json]:
        return _items(await self._ask("GET", f"/cases/{case_id}/clocks", session))

    async def submit(self, session: str, body: Json, key: str, lang: str) -> Json:
        return await self._ask("POST", "/cases", session, lang, json=body, headers={"Idempotency-Key": key})

    async def notice(self, session: str, body: Json, key: str, lang: str) -> Json:
        return await self._ask("POST", "/organ-notices", session, lang, json=body, headers={"Idempotency-Key": key})

    async def command(self, session: str, case_id: str, command: str, body: Json, key: str, if_match: int | None, lang: str) -> Json:  # noqa: PLR0917 -- the façade's shape
        return await self._ask("POST", f"/cases/{case_id}/commands/{command}", session, lang, json=body, headers=_held(key, if_match))

    async def bundle(  # noqa: PLR0917 -- the façade's shape
        self, session: str, case_id: str | None, commands: Sequence[Json], key: str, if_match: int | None, lang: str
    ) -> Json:
        path = f"/cases/{case_id}/bundles" if case_id else "/bundles"
        return await self._ask("POST", path, session, lang, json={"commands": list(commands)}, headers=_held(key, if_match))

    async def continuation(self, session: str, case_id: str, body: Json, key: str, if_match: int | None, lang: str) -> Json:  # noqa: PLR0917 -- the façade's shape
        return await self._ask("POST", f"/cases/{case_id}/continuations", session, lang, json=body, headers=_held(key, if_match))

    async def chain(self, session: str, case_id: str) -> list[Json]:
        return _items(await self._ask("GET", f"/cases/{case_id}/chain", session))

    async def persons(self, session: str, asked: Mapping[str, str]) -> Json:
        return await self._ask("GET", "/persons", session, params=asked)

    async def identity(self, session: str, number: str) -> Json:
        return await self._ask("POST", "/persons/identity", session, json={"id_number": number})

    async def duplicates(self, session: str, asked: Mapping[str, Any], lang: str) -> Json:
        return await self._ask("POST", "/persons/duplicates", session, lang, json=dict(asked))

    async def link_people(self, session: str, kept: str, body: Json, key: str, lang: str) -> Json:
        return await self._ask("POST", f"/persons/{kept}/links", session, lang, json=body, headers={"Idempotency-Key": key})

    async def unlink_people(self, session: str, kept: str, body: Json, key: str, lang: str) -> Json:
        return await self._ask("POST", f"/persons/{kept}/unlinks", session, lang, json=body, headers={"Idempotency-Key": key})

    async def conflicts(self, session: str, case_id: str) -> Json:
        return await self._ask("GET", f"/cases/{case_id}/conflicts", session)

    async def attach(self, session: str, case_id: str, title: str, media_type: str, content: bytes, key: str, lang: str) -> Json:  # noqa: PLR0917 -- the façade's shape
        files = {"file": (title, content, media_type)}
        return await self._ask(
            "POST", f"/cases/{case_id}/documents", session, lang, data={"title": title}, files=files, headers={"Idempotency-Key": key}
        )

    async def document(self, session: str, case_id: str, document_id: str) -> tuple[bytes, str]:
        response = await self._call("GET", f"/cases/{case_id}/documents/{document_id}", session)
        return response.content, response.headers["Content-Type"]

    async def papers(self, session: str, case_id: str, lang: str) -> Json:
        return await self._ask("GET", f"/cases/{case_id}/papers", session, lang)

    async def paper_preview(self, session: str, case_id: str, asked: Mapping[str, str], lang: str) -> bytes:
        return (await self._call("GET", f"/cases/{case_id}/papers/preview", session, lang, params=asked)).content

    async def paper(self, session: str, case_id: str, document_id: str) -> bytes:
        return (await self._call("GET", f"/cases/{case_id}/papers/{document_id}", session)).content

    async def paper_progress(self, session: str, case_id: str, document_id: str) -> Json:
        return await self._ask("GET", f"/cases/{case_id}/papers/{document_id}/progress", session)

    async def papers_print(self, session: str, case_id: str, ids: Sequence[str]) -> bytes:
        return (await self._call("GET", f"/cases/{case_id}/papers/print", session, params={"ids": ",".join(ids)})).content

    async def court_bundle(self, session: str, case_id: str, reason: str, lang: Lang) -> Bundle:
        # Not over the transport, which would hold the whole archive.
        try:
            recording.current().reason = recording.checked_reason(reason, {"pointer": "/reason"})
            return await court.made(self._app.state.services, session, lang, case_id)
        except api_problem.Problem as problem:
            raise Problem(problem.status, problem.code, errors=problem.errors, **problem.values) from problem

    async def across(self, session: str, filters: Mapping[str, str | list[str]]) -> Json:
        return await self._ask("GET", "/events", session, params=filters)

    async def export(self, session: str, form: Form, asked: Asked, lang: Lang, reason: str | None = None) -> Download:
        # Not over the transport, which would wait for the answer's end.
        try:
            if reason is not None:
                recording.current().reason = recording.checked_reason(reason, {"parameter": "reason", "in": "form"})
            async with open_desk(self._app.state.services, session, lang, READING) as desk:
                return await exporting.begin(desk, session, form, asked, identified=reason is not None)
        except api_problem.Problem as problem:
            raise Problem(problem.status, problem.code, errors=problem.errors, **problem.values) from problem

    async def inbox(self, session: str, cursor: str | None = None) -> Json:
        return await self._ask("GET", "/inbox", session, params={"cursor": cursor} if cursor else {})

    async def read(self, session: str, message_id: str) -> None:
        await self._ask("POST", f"/inbox/{message_id}/read", session)

    async def live(self, session: str, cases: Sequence[str], last: str | None, lang: Lang) -> AsyncIterator[bytes]:
        # Not over the transport, which would wait for the answer's end.
        try:
            return await stream.begin(self._app.state.services, session, lang, cases=cases, last=last)
        except api_problem.Problem as problem:
            raise Problem(problem.status, problem.code, errors=problem.errors, **problem.values) from problem

    async def editing(self, session: str, case_id: str, command: str, window: str) -> None:
        try:
            await editing.tell(self._app.state.services, session, case_id, command, window)
        except api_problem.Problem as problem:
            raise Problem(problem.status, problem.code, errors=problem.errors, **problem.values) from problem

    async def draft_key(self, session: str) -> bytes:
        try:
            return await drafts.key_of(self._app.state.services, session)
        except api_problem.Problem as problem:
            raise Problem(problem.status, problem.code, errors=problem.errors, **problem.values) from problem

    async def offices(self, session: str, known: str = "") -> list[Json]:
        return await self._listed("/offices", session, known)

    async def lawyers(self, session: str, known: str = "") -> list[Json]:
        return await self._listed("/lawyers", session, known)

    async def people(self, session: str, known: str = "") -> list[Json]:
        return await self._listed("/people", session, known)

    async def townships(self, session: str, known: str = "") -> list[Json]:
        return [part(each, "entry") for each in await self._listed("/directory/townships", session, known)]

    async def _listed(self, path: str, session: str, known: str) -> list[Json]:
        """A whole list of the directory; kept until the directory is another (`known`), since every page names its people."""
        kept = self._lists.get(path)
        if kept is not None and known and kept[0] == known:
            return kept[1]
        found: list[Json] = []
        more: dict[str, str] = {}
        while True:
            page = await self._ask("GET", path, session, params={"limit": str(LIMIT_MAX), **more})
            found += page["items"]
            if page["next_cursor"] is None:
                break
            more = {"cursor": page["next_cursor"]}
        if known:
            self._lists[path] = known, found
        return found

    async def directory(self, session: str, kind: str, asked: dict[str, str]) -> Json:
        return await self._ask("GET", f"/directory/{kind}", session, params=asked)

    async def directory_entry(self, session: str, kind: str, code: str, asked: dict[str, str]) -> Json:
        return await self._ask("GET", f"/directory/{kind}/{quote(code, safe='')}", session, params=asked)

    async def concerns(self, session: str, asked: dict[str, str]) -> int:
        return (await self._ask("GET", "/directory/concerns", session, params=asked))["cases"]

    async def change_directory(self, session: str, kind: str, body: Json, key: str, lang: str) -> Json:
        return await self._ask("POST", f"/directory/{kind}", session, lang, json=body, headers={"Idempotency-Key": key})

    async def preview_import(self, session: str, form: dict[str, str], name: str, content: bytes, lang: str) -> Json:
        return await self._ask("POST", "/directory/imports", session, lang, data=form, files={"file": (name, content)})

    async def import_report(self, session: str, import_id: str, lang: str) -> Json:
        return await self._ask("GET", f"/directory/imports/{quote(import_id, safe='')}", session, lang)

    async def accept_import(self, session: str, import_id: str, key: str, lang: str) -> Json:
        path = f"/directory/imports/{quote(import_id, safe='')}/accept"
        return await self._ask("POST", path, session, lang, headers={"Idempotency-Key": key})

    async def import_template(self, session: str, kind: str, lang: str) -> bytes:
        return (await self._call("GET", "/directory/imports/template", session, lang, params={"kind": kind})).content

    async def tariffs(self, session: str) -> list[Json]:
        return _items(await self._ask("GET", "/tariffs", session))

    async def work(self, session: str, path: str, asked: Mapping[str, str]) -> Any:
        answer = await self._ask("GET", path, session, params=asked)
        return answer["items"] if set(answer) == {"items", "next_cursor"} else answer

    async def do_work(self, session: str, path: str, body: Json, key: str | None, lang: str) -> Any:
        return await self._ask("POST", path, session, lang, json=body, headers={"Idempotency-Key": key} if key else {})

    async def _ask(self, method: str, path: str, session: str | None, lang: str = "zh-CN", **more: Any) -> Any:
        response = await self._call(method, path, session, lang, **more)
        if not response.content:
            return None
        return worded(response.json()) if any(mark in response.content for mark in MARKS) else response.json()

    async def _call(self, method: str, path: str, session: str | None, lang: str = "zh-CN", **more: Any) -> httpx.Response:
        headers = {"Accept-Language": lang, **more.pop("headers", {})}
        if session:
            headers["Authorization"] = f"Bearer {session}"
        response = await self._client.request(method, path, headers=headers, **more)
        if response.is_error:
            raise _problem(response)
        return response


def _held(key: str, if_match: int | None) -> dict[str, str]:
    return {"Idempotency-Key": key} | ({"If-Match": f'"{if_match}"'} if if_match is not None else {})


def _items(answer: Any) -> list[Json]:
    return cast("Json", answer)["items"] if isinstance(answer, dict) else answer


def _problem(response: httpx.Response) -> Problem:
    said: Json = response.json()
    known = {name: said.pop(name, None) for name in ("status", "code", "detail", "errors")}
    return Problem(known["status"], known["code"], known["detail"] or "", known["errors"] or (), **said)
