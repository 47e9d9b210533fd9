"""What a request may weigh and how its JSON is read: limits and media types are settled before anything is parsed."""

import json
from collections.abc import Iterable
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem import Problem, shown

JSON_LIMIT = 1024 * 1024
"""Bytes of a request's body: some two thousand workers of one group, each fully described."""
DOCUMENT_LIMIT = 20 * 1024 * 1024
"""Bytes of an attached document."""
MULTIPART_ROOM = 64 * 1024
"""Bytes of a multipart body beside the document itself."""
DEPTH_LIMIT = 32
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class _TooLarge(Exception):  # noqa: N818 -- a signal between two functions of this file
    pass


class BodyGuard:
    """ASGI middleware: 413 over the limit (by Content-Length or while it streams), 415 for what the path does not take."""

    def __init__(self, app: ASGIApp, api_prefix: str) -> None:
        self.app, self.api_prefix = app, api_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        limit = DOCUMENT_LIMIT + MULTIPART_ROOM if media == "multipart/form-data" else JSON_LIMIT
        declared = headers.get("content-length", "0")
        fault: Problem | None = None
        if b"%00" in scope.get("query_string", b"") or "\0" in scope["path"] or not declared.isdecimal():
            fault = Problem(400, "malformed")
        elif int(declared) > limit:
            fault = Problem(413, "too_large", limit_bytes=limit)
        elif self._wrong_media(scope, headers, media):
            fault = Problem(415, "unsupported_media_type", expected=_expected(scope))
        if fault:
            await self._refused(scope, receive, send, fault)
            return
        await self._pass(scope, receive, send, limit)

    def _wrong_media(self, scope: Scope, headers: Headers, media: str) -> bool:
        if not scope["path"].startswith(self.api_prefix) or scope["method"] not in ("POST", "PUT", "PATCH"):
            return False
        if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
            return False
        return media != _expected(scope)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            # The framework turns any fault while it reads a body into a 400 of its own: the limit's answer goes first.
            if message["type"] == "http.response.start" and seen > limit and not started:
                raise _TooLarge
            started = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except _TooLarge:
            if started:
                raise
            await self._refused(scope, receive, send, Problem(413, "too_large", limit_bytes=limit))

    async def _refused(self, scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
        response = await shown(scope, receive, problem, self.api_prefix)
        await response(scope, receive, send)


def _expected(scope: Scope) -> str:
    return "multipart/form-data" if scope["path"].endswith(("/documents", "/directory/imports")) else "application/json"


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError("duplicate key")
        found[key] = value
    return found


def _constant(name: str) -> Any:
    raise ValueError(name)


def _check(value: Any, depth: int) -> None:
    """No NUL and no lone surrogate (the database and UTF-8 refuse them), nothing nested beyond sense."""
    if depth > DEPTH_LIMIT:
        raise ValueError("too deep")
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("NUL in a text")
        value.encode()
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            _check(key, depth + 1)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            _check(item, depth + 1)


def parse_json(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`; an empty body is an empty object.

    Raises `Problem` 400 `malformed` for anything else: no JSON, no object, NaN, duplicate keys, NUL, lone surrogates, depth.
    """
    try:
        value: Any = json.loads(raw.decode() or "{}", object_pairs_hook=_object, parse_constant=_constant)
        _check(value, 0)
    except (ValueError, RecursionError) as exc:
        raise Problem(400, "malformed") from exc
    if not isinstance(value, dict):
        raise Problem(400, "malformed")
    return cast("dict[str, Any]", value)


async def read_json(request: Request) -> dict[str, Any]:
    """The request's JSON object. Raises as `parse_json`; the size was settled by `BodyGuard`."""
    return parse_json(await request.body())
