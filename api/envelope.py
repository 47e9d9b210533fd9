"""Around every request: a correlation id, one log line that names nobody, metrics, and the last net for what nobody expected."""

import re
import time
import traceback
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from api.problem import Problem, answer, shown

REGISTRY = CollectorRegistry()
_REQUESTS = Counter("yuanshou_http_requests", "HTTP requests answered", ["method", "route", "status"], registry=REGISTRY)
_SECONDS = Histogram("yuanshou_http_seconds", "Seconds from request to answer", ["method", "route"], registry=REGISTRY)
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{8,128}")
_QUIET = frozenset({"/healthz", "/readyz"})

log = structlog.get_logger("yuanshou.api")


def serve_metrics(port: int, address: str = "127.0.0.1") -> None:
    """Serve Prometheus metrics on an address of their own, in a daemon thread."""
    start_http_server(port, address, registry=REGISTRY)


def route_of(scope: Scope, api_prefix: str) -> str:
    """The route's template, so that no id, name or query of a person stands in logs or metrics."""
    path = getattr(scope.get("route"), "path", None)
    if path is None:
        return "unmatched"
    # A router's own template lacks the prefix it was included under.
    return api_prefix + path if scope["path"].startswith(api_prefix) and not path.startswith(api_prefix) else str(path)


class Envelope:
    """The outermost ASGI middleware: nothing passes it but an answer."""

    def __init__(self, app: ASGIApp, api_prefix: str = "") -> None:
        self.app, self.api_prefix = app, api_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        correlation_id = given if _CORRELATION.fullmatch(given) else str(uuid7())
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        started = time.perf_counter()
        status = 500
        answering = False
        begun: float | None = None

        async def marked(message: Message) -> None:
            nonlocal status, answering, begun
            if message["type"] == "http.response.start":
                status, answering = message["status"], True
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/event-stream"):
                    begun = time.perf_counter() - started  # how long it stays open says nothing of how fast it is
                headers["X-Request-Id"] = correlation_id
                if self.api_prefix and scope["path"].startswith(self.api_prefix):
                    headers.setdefault("Cache-Control", "no-store")  # answers hold personal data
                    headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            try:
                await self.app(scope, receive, marked)
            except Exception as exc:
                log.error("unexpected", fault=type(exc).__name__, place=place_of(exc), route=route_of(scope, self.api_prefix))  # noqa: TRY400 -- messages may be personal
                if answering:
                    raise
                response = await self._unexpected(scope, receive)
                await response(scope, receive, marked)
            finally:
                self._note(scope, status, time.perf_counter() - started if begun is None else begun)

    async def _unexpected(self, scope: Scope, receive: Receive) -> Response:
        """The page that says so, or the document; the document, too, where what broke is what every page needs."""
        problem = Problem(500, "internal_error")
        try:
            return await shown(scope, receive, problem, self.api_prefix)
        except Exception as exc:  # noqa: BLE001 -- whatever keeps the page from being made
            log.error("no_page", fault=type(exc).__name__, place=place_of(exc))  # noqa: TRY400 -- as above
            return answer(scope, problem)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope, self.api_prefix)
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
        _REQUESTS.labels(method, route, str(status)).inc()
        _SECONDS.labels(method, route).observe(seconds)
        if route not in _QUIET:
            log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), **_case_of(scope))


def _case_of(scope: Scope) -> dict[str, Any]:
    try:
        return {"case": str(UUID(str(scope.get("path_params", {})["case_id"])))}
    except (KeyError, ValueError):
        return {}


def place_of(exc: BaseException) -> list[str]:
    """Where it happened, innermost last: `file:line function`, without values."""
    frames = traceback.extract_tb(exc.__traceback__)
    return [f"{'/'.join(f.filename.rsplit('/', 2)[-2:])}:{f.lineno} {f.name}" for f in frames[-8:]]
