"""What the OpenAPI document says, held against what is answered."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

import httpx
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

type Json = dict[str, Any]

HERE = "urn:yuanshou:openapi"
OPEN = frozenset({"Problem", "FieldFault"})
"""Components to whose fields a code's own values are added."""


class Described:
    """The document as a judge. It is stricter than what clients are told: a field that it does not name is a fault."""

    def __init__(self, document: Json) -> None:
        self.document = document
        schemas = document["components"]["schemas"]
        self.schemas: Json = {name: part if name in OPEN else _closed(part) for name, part in schemas.items()}
        document_of = Resource.from_contents({"components": {"schemas": self.schemas}}, default_specification=DRAFT202012)
        self._registry = cast("Any", Registry()).with_resource(HERE, document_of).crawl()
        self._judges: dict[str, Any] = {}
        templates = sorted(document["paths"], key=lambda path: ("{" in path, path))
        self._paths = [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path) for path in templates]

    def faults(self, schema: Json, value: Any) -> list[str]:
        """What is wrong with a value by a schema of the document."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._judges:
            self._judges[key] = Draft202012Validator(_closed(_absolute(schema)), registry=self._registry, format_checker=FormatChecker())
        judge = self._judges[key]
        return [f"{fault.json_path}: {fault.message[:300]}" for fault in judge.iter_errors(value)]

    def component(self, name: str, value: Any) -> list[str]:
        return self.faults({"$ref": f"#/components/schemas/{name}"}, value)

    def event(self, event: Json) -> list[str]:
        """What is wrong with an event's data by the component named after its type."""
        name = "".join(word.capitalize() for word in event["type"].split("_"))
        return self.component(name, event["data"]) if "data" in event else []

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Path, method, operation."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def operation(self, operation_id: str) -> Json:
        return next(operation for _, _, operation in self.operations() if operation["operationId"] == operation_id)

    def answer(self, operation_id: str, value: Any) -> list[str]:
        """What is wrong with the body of an operation's success."""
        responses = self.operation(operation_id)["responses"]
        content = next(response for status, response in responses.items() if status.startswith("2"))["content"]
        return self.faults(content["application/json"]["schema"], value)

    def at(self, method: str, path: str) -> Json | None:
        """The operation a request meets; None where the document has none."""
        template = next((template for pattern, template in self._paths if pattern.fullmatch(path)), None)
        return self.document["paths"][template].get(method.lower()) if template else None

    async def check(self, response: httpx.Response) -> None:
        """An httpx hook: the answer's status is declared, its body is of the declared media type and shape."""
        request = response.request
        operation = self.at(request.method, request.url.path)
        if operation is None or request.url.path.endswith("/openapi.json"):
            return
        where = f"{request.method} {request.url.path} {response.status_code}"
        declared = operation["responses"].get(str(response.status_code))
        assert declared is not None, f"{where} is not declared"
        await response.aread()
        content = cast("Json", declared.get("content", {}))
        media = response.headers.get("content-type", "").partition(";")[0]
        if not response.content or "*/*" in content:
            return
        assert media in content, f"{where}: {media} is not declared"
        if content[media]["schema"].get("format") != "binary":
            faults = self.faults(content[media]["schema"], response.json())
            assert not faults, f"{where}: {faults}"
        assert all(name in response.headers for name, header in declared.get("headers", {}).items() if header.get("required")), where


def _absolute(schema: Any) -> Any:
    """The schema with its references into the document, as one that stands outside it has them."""
    if isinstance(schema, list):
        return [_absolute(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    held = cast("Json", schema)
    return {name: HERE + value if name == "$ref" else _absolute(value) for name, value in held.items()}


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    held = {name: _closed(value) for name, value in cast("Json", schema).items()}
    return {"additionalProperties": False} | held if isinstance(held.get("properties"), dict) and "type" in held else held
