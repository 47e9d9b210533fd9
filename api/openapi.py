"""The OpenAPI 3.1 document: FastAPI's own, with every error and every command's body and example written in from one table each."""

from collections.abc import Mapping
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import texts
from api.examples import EXAMPLES
from api.problem import CODE_OF_STATUS, MEDIA_TYPE, Problem, document
from api.schemas import body_schema, human_commands

type Json = dict[str, Any]

PREFIX = "/api/v1"
COMMAND_PATH = f"{PREFIX}/cases/{{case_id}}/commands/{{command}}"
_OPENING_PATH = f"{PREFIX}/cases"
_ALWAYS = (422, 500, 503)
_SIGNED_IN = (401, 403)
_WRITING = (400, 409, 412, 413, 415, 429)
_OF_A_CASE = (404,)

PROBLEM_SCHEMA: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "Stable URI ending in the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what to do, in the caller's language."},
        "code": {"type": "string", "description": "Stable; programs decide by it."},
        "correlation_id": {"type": "string"},
        "allowed_commands": {"type": "array", "items": {"type": "string"}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "parameter": {"type": "string"},
                    "in": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def statuses_of(method: str, path: str) -> tuple[int, ...]:
    """The error statuses a route of the API may answer with."""
    writes = _WRITING if method == "post" else ()
    signed_in = (401,) if path == f"{PREFIX}/tokens" else _SIGNED_IN
    case = _OF_A_CASE if "{" in path else ()
    return tuple(sorted({*_ALWAYS, *signed_in, *writes, *case}))


def _error(status: int) -> Json:
    code = CODE_OF_STATUS[status]
    example = document(Problem(status, code), "zh-CN")
    answer: Json = {
        "description": example["title"],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return answer


def describe(app: FastAPI) -> Json:
    """The document of the app's routes under `PREFIX` and of the operations' pages."""
    routes = [route for route in app.routes if getattr(route, "include_in_schema", True)]
    found: Json = get_openapi(
        title="援手 Yuanshou",
        version=app.version,
        summary="Legal-aid cases from the door to the archive: commands in, events out, every date explained.",
        description="JSON under /api/v1. Every change carries an Idempotency-Key. Errors are problem details (RFC 9457).",
        routes=routes,
    )
    found["paths"] = _paths(found["paths"])
    components = found.setdefault("components", {})
    schemas = cast("Json", components.setdefault("schemas", {}))
    schemas["Problem"] = PROBLEM_SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for kind in human_commands():
        _add_schema(schemas, kind.name)
    return found


def _paths(paths: Mapping[str, Json]) -> Json:
    shown: Json = {}
    for path, item in paths.items():
        for method, operation in item.items():
            if path.startswith(PREFIX):
                operation["responses"] |= {str(status): _error(status) for status in statuses_of(method, path)}
        if path != COMMAND_PATH:
            shown[path] = item
            continue
        # A path a command: its own body, its own example.
        for kind in human_commands():
            if kind.states and kind.name != "attach_document":
                shown[path.replace("{command}", kind.name)] = {"post": _of_command(item["post"], kind.name, kind.__doc__)}
    opening = shown[_OPENING_PATH]["post"]
    opening["requestBody"] = _body("submit_application")
    return shown


def _of_command(operation: Json, command: str, doc: str | None) -> Json:
    return operation | {
        "operationId": command,
        "summary": f"{texts.text('en', f'commands.{command}')} · {texts.text('zh-CN', f'commands.{command}')}",
        "description": (doc or "").strip(),
        "parameters": [p for p in operation.get("parameters", []) if p.get("name") != "command"],
        "requestBody": _body(command),
    }


def _body(command: str) -> Json:
    content: Json = {"schema": {"$ref": f"#/components/schemas/{command}"}}
    if command in EXAMPLES:
        content["example"] = EXAMPLES[command]
    return {"required": True, "content": {"application/json": content}}


def _add_schema(schemas: Json, command: str) -> None:
    """The command's schema among the components; what it is made of stands beside it under the command's name."""
    own = dict(body_schema(command))
    parts = cast("Json", own.pop("$defs", {}))

    def moved(node: Any) -> Any:
        if isinstance(node, list):
            return [moved(item) for item in cast("list[Any]", node)]
        if not isinstance(node, dict):
            return node
        held = cast("Json", node)
        return {
            name: value.replace("#/$defs/", f"#/components/schemas/{command}.") if name == "$ref" else moved(value)
            for name, value in held.items()
        }

    schemas[command] = moved(own)
    for name, part in parts.items():
        schemas[f"{command}.{name}"] = moved(part)
