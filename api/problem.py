"""Problem details (RFC 9457): every error of the HTTP contract, in the caller's language, with a stable code.

Tree: `Problem` (this layer's own answers) and `domain.command.Refusal` (the rules say no) become the same document. What a
person reads comes from the catalogues; codes, pointers and values are the machine's part. Never a stack trace, never a
value the caller typed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from psycopg import OperationalError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope

import texts
from domain.command import Refusal
from ledger.events import UnknownEventType, UnreadableEvent

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:yuanshou:problem:"
RETRY_SECONDS = 2
"""What a 503 tells the caller to wait before repeating the command with its key."""

CODE_OF_STATUS: Mapping[int, str] = {
    400: "malformed",
    401: "authentication_required",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "refused",
    412: "version_mismatch",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    428: "precondition_required",
    429: "too_many_requests",
    500: "internal_error",
    503: "engine_away",
}
"""The code of a status where nothing more special is known; its sentence also stands in for a code that the catalogues do not hold."""

_FIELD_CODES: tuple[tuple[str, str], ...] = (
    (r"missing(_argument)?|none_required", "required"),
    (r"extra_forbidden|unexpected_keyword_argument", "unknown_field"),
    (r"literal_error|enum|union_tag_invalid|union_tag_not_found", "not_one_of"),
    (r"(string_|bytes_)?too_long", "too_long"),
    (r"(string_|bytes_)?too_short", "too_short"),
    (r"string_pattern_mismatch", "pattern"),
    (r"string_(type|sub_type|unicode)", "not_a_text"),
    (r"int_\w+", "not_an_integer"),
    (r"bool_\w+", "not_a_boolean"),
    (r"timezone_\w+", "offset_missing"),
    (r"datetime_\w+", "not_a_moment"),
    (r"date_\w+", "not_a_date"),
    (r"uuid_\w+", "not_a_uuid"),
    (r"greater_than(_equal)?", "too_small"),
    (r"less_than(_equal)?", "too_large"),
    (r"(model|dict|model_attributes|mapping|dataclass)_type", "not_an_object"),
    (r"(list|tuple|set|frozen_set|iterable|sequence)_type", "not_a_list"),
)
"""pydantic's error types (by pattern) → the contract's field codes; what is not listed is a validator's own code, or `invalid_value`."""
_CONSTRAINTS = ("min_length", "max_length", "ge", "gt", "le", "lt", "expected")
_RESERVED = frozenset({"type", "title", "status", "detail", "code", "errors", "correlation_id"})

log = structlog.get_logger("yuanshou.api")


class Problem(Exception):  # noqa: N818 -- the standard's word; most of these are answers, not faults
    """An error answer. `values` fill the sentence of `code` and travel in the document; `errors` are field faults with JSON pointers.

    `correlation_id` is that of the request that was first answered so, where it was an earlier one.
    """

    correlation_id: str | None = None
    hides: str | None = None
    """Id of the case that is there and is said not to be, since it is not for the caller."""

    def __init__(
        self, status: int, code: str, *, errors: Sequence[Mapping[str, Any]] = (), headers: Mapping[str, str] | None = None, **values: Any
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.errors, self.headers, self.values = status, code, tuple(errors), dict(headers or {}), values


def not_found(code: str = "not_found", **values: Any) -> Problem:
    """404: it is not there, or not for the caller to know of."""
    return Problem(404, code, **values)


def retry(status: int, code: str, seconds: int = RETRY_SECONDS) -> Problem:
    """429 or 503: the same request may be repeated after `seconds`; nothing is half done."""
    return Problem(status, code, headers={"Retry-After": str(seconds)}, retry_after=seconds)


def invalid(faults: Iterable[Mapping[str, Any]], body: Any) -> Problem:
    """422 from pydantic's errors about a JSON body. `body` is what was sent, used only to tell field names from union branches."""
    return Problem(422, "invalid", errors=field_errors(faults, body))


def field_errors(faults: Iterable[Mapping[str, Any]], body: Any) -> list[dict[str, Any]]:
    """Errors of pydantic as `{pointer, code, …constraints}`, one a pointer, in their order."""
    found: dict[str, dict[str, Any]] = {}
    for fault in sorted(faults, key=lambda f: "Sealed" in f["loc"]):
        pointer = _pointer(fault["loc"], body, missing=fault["type"].endswith("missing") or fault["type"] == "extra_forbidden")
        if "Sealed" in fault["loc"] and any(known.startswith(pointer) or pointer.startswith(known) for known in found):
            continue
        context = cast("Mapping[str, Any]", fault.get("ctx") or {})
        limits = {name: jsonable_encoder(context[name]) for name in _CONSTRAINTS if name in context}
        found.setdefault(pointer, {"pointer": pointer, "code": _field_code(fault), **limits})
    return list(found.values())


def _field_code(fault: Mapping[str, Any]) -> str:
    kind = str(fault["type"])
    for pattern, code in _FIELD_CODES:
        if re.fullmatch(pattern, kind):
            return code
    # A validator of ours raises ValueError("some_code"): that code is the contract's.
    context = cast("Mapping[str, Any]", fault.get("ctx") or {})
    said = str(context.get("error", "")) if kind == "value_error" else kind
    return said if re.fullmatch(r"[a-z][a-z0-9_]*", said) and kind != "assertion_error" else "invalid_value"


def _pointer(loc: Sequence[str | int], body: Any, *, missing: bool) -> str:
    """The JSON pointer of pydantic's location: its union branches (`constrained-str`, `Sealed`) are no part of the document."""
    steps: list[str] = []
    here = body
    last = len(loc) - 1
    for index, step in enumerate(loc):
        if isinstance(here, Mapping):
            held = cast("Mapping[str, Any]", here)
            if step in held:
                steps.append(str(step))
                here = held[str(step)]
            elif missing and index == last:
                steps.append(str(step))
        elif isinstance(here, list) and isinstance(step, int):
            items = cast("list[Any]", here)
            steps.append(str(step))
            here = items[step] if step < len(items) else None
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def of_refusal(refusal: Refusal) -> Problem:
    """The refusal of a command as a problem; its detail values travel as members."""
    errors = [{"pointer": refusal.pointer, "code": refusal.code}] if refusal.pointer is not None else []
    return Problem(refusal.status, refusal.code, errors=errors, **refusal.detail)


def document(problem: Problem, lang: texts.Lang, correlation_id: str | None = None) -> dict[str, Any]:
    """The problem document in a language."""
    phrase = HTTPStatus(problem.status).phrase
    spoken = problem.code if texts.has(lang, f"problems.{problem.code}") else CODE_OF_STATUS.get(problem.status, "refused")
    found: dict[str, Any] = {
        "type": TYPE_PREFIX + problem.code,
        "title": _sentence(lang, f"problems.{spoken}.title", {}, phrase),
        "status": problem.status,
        "detail": _sentence(lang, f"problems.{spoken}", problem.values, phrase),
        "code": problem.code,
        **{name: jsonable_encoder(value) for name, value in problem.values.items() if name not in _RESERVED},
    }
    if problem.errors:
        found["errors"] = [_said(error, lang) for error in problem.errors]
    if correlation_id:
        found["correlation_id"] = correlation_id
    return found


def _sentence(lang: texts.Lang, key: str, values: Mapping[str, Any], otherwise: str) -> str:
    return texts.text(lang, key, **values) if texts.has(lang, key) else otherwise


def _said(error: Mapping[str, Any], lang: texts.Lang) -> dict[str, Any]:
    key = f"faults.{error['code']}"
    return {**error, "detail": texts.text(lang, key, **error)} if texts.has(lang, key) else dict(error)


def answer(scope: Scope, problem: Problem) -> Response:
    """The HTTP answer to the request of `scope`, which is told what it is answered."""
    scope.setdefault("state", {})["problem"] = problem
    lang = texts.preferred(Headers(scope=scope).get("accept-language"))
    headers = {"Content-Language": lang, **problem.headers}
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    correlation_id = problem.correlation_id or scope.get("state", {}).get("correlation_id")
    return JSONResponse(
        document(problem, lang, correlation_id), status_code=problem.status, headers=headers, media_type=MEDIA_TYPE
    )  # fmt: skip


async def shown(scope: Scope, receive: Receive, problem: Problem, api_prefix: str) -> Response:
    """The answer to a request that no route answers: a document to programs, on a path of the pages the page that says so."""
    page = None if scope["path"].startswith(api_prefix) else getattr(scope["app"].state, "problem_page", None)
    return answer(scope, problem) if page is None else await page(Request(scope, receive), problem)


def of_http(exc: HTTPException) -> Problem:
    """What the framework itself answers: no such path, wrong method, unreadable body."""
    return Problem(exc.status_code, CODE_OF_STATUS.get(exc.status_code, "refused"), headers=exc.headers)


def of_request(exc: RequestValidationError) -> Problem:
    """A request that FastAPI refused: 400 where it is no JSON, 422 with pointers otherwise; parameters by `in` and name."""
    faults = cast("Sequence[Mapping[str, Any]]", exc.errors())
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Problem(400, "malformed")
    inside = [{**fault, "loc": fault["loc"][1:]} for fault in faults if fault["loc"][0] == "body"]
    outside = [
        {"parameter": str(fault["loc"][1]), "in": str(fault["loc"][0]), "code": _field_code(fault)}
        for fault in faults
        if fault["loc"][0] != "body"
    ]
    # A parameter that may be of two types is faulty once, however many of them it fails to be.
    once = {error["parameter"]: error for error in reversed(outside)}
    return Problem(422, "invalid", errors=[*field_errors(inside, exc.body), *reversed(once.values())])


def unread(fault: UnreadableEvent | UnknownEventType) -> Problem:
    """What is answered where a stored record cannot be read: 409 and its place, 503 for one of a newer program; the log is told."""
    log.error("a record cannot be read", fault=str(fault))
    if isinstance(fault, UnreadableEvent):
        return Problem(409, "record_unreadable", ledger=fault.ledger, position=fault.position)
    return retry(503, "record_too_new", 60)


def install(app: FastAPI, api_prefix: str) -> None:
    """Let the app answer every expected error as a problem; the unexpected is caught outside (`api.envelope`)."""

    async def said(request: Request, problem: Problem) -> Response:
        return await shown(request.scope, request.receive, problem, api_prefix)

    async def problem(request: Request, exc: Exception) -> Response:
        return await said(request, cast("Problem", exc))

    async def refusal(request: Request, exc: Exception) -> Response:
        return await said(request, of_refusal(cast("Refusal", exc)))

    async def http(request: Request, exc: Exception) -> Response:
        return await said(request, of_http(cast("HTTPException", exc)))

    async def request_fault(request: Request, exc: Exception) -> Response:
        return await said(request, of_request(cast("RequestValidationError", exc)))

    async def unreadable(request: Request, exc: Exception) -> Response:
        return await said(request, unread(cast("UnreadableEvent | UnknownEventType", exc)))

    async def away(request: Request, exc: Exception) -> Response:
        log.warning("engine_away", engine="database", fault=type(exc).__name__)
        return await said(request, retry(503, "engine_away"))

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(Refusal, refusal)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, request_fault)
    app.add_exception_handler(OperationalError, away)
    app.add_exception_handler(UnreadableEvent, unreadable)
    app.add_exception_handler(UnknownEventType, unreadable)
