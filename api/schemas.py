"""JSON Schema drawn from models: each command's body as a caller may send it, and the components of the OpenAPI document."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeAliasType, cast, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import core_schema

import domain.stages  # noqa: F401 # pyright: ignore[reportUnusedImport] -- fills the registry
from domain.case import AcceptFirst, Status
from domain.clocks.reading import Shown
from domain.command import COMMANDS, Command, Role
from domain.directory import OfficeKind
from domain.lifecycle import Lane, Stage, State
from domain.matching import Candidate, Explanation
from domain.matching.explanation import PassedOver
from domain.values import CaseStage, Category, Cause, Channel, Forum, MatterKind, Proof, Residence, Sealed

type Json = dict[str, Any]

REF = "#/components/schemas/"
_VOCABULARIES: Mapping[str, Any] = {
    "Stage": Stage, "State": State, "Lane": Lane, "Role": Role, "Category": Category, "Cause": Cause, "ProcedureStage": CaseStage,
    "Channel": Channel, "MatterKind": MatterKind, "Forum": Forum, "Residence": Residence, "ReadingProof": Proof,
    "RecipientStatus": Status, "ClockState": Shown, "OfficeKind": OfficeKind,
}  # fmt: skip
"""Vocabularies that stand in many places, each a component of its own."""
_NAMES: Mapping[str, str] = {AcceptFirst.__name__: "Acceptance", Sealed.__name__: "Erased"}
"""Components of answers named otherwise than their class: a command has the one name, and nothing sealed leaves the house."""
_NULLS_KEPT = (Explanation, Candidate, PassedOver)
"""The case keeps these as they were dumped, nulls and all."""
ERASED: Json = {
    "description": "In place of a personal value: its key was destroyed on the person's demand or at the end of its time; or, in a list, it"
    " is of a person under a restriction.",
    "anyOf": [
        {
            "type": "object",
            "required": ["erased", "at"],
            "properties": {"erased": {"type": "boolean", "const": True}, "at": {"type": "string", "format": "date-time"}},
        },
        {"type": "object", "required": ["restricted"], "properties": {"restricted": {"type": "boolean", "const": True}}},
    ],
}


@cache
def body_schema(command: str) -> Mapping[str, Any]:
    """The schema of a command's body. What only the product itself writes (sealed values, subject ids) is not in it."""
    return cast("Mapping[str, Any]", _cleaned(COMMANDS[command].model_json_schema(), drop=("Sealed",)))


def human_commands() -> list[type[Command]]:
    """Every command a person may issue, in the rooms' order."""
    return [kind for kind in COMMANDS.values() if "system" not in kind.roles]


def _cleaned(node: Any, drop: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_cleaned(item, drop) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    held = cast("dict[str, Any]", node)
    found: dict[str, Any] = {}
    for name, value in held.items():
        if name == "anyOf":
            found |= _choice([_cleaned(v, drop) for v in value if not _names(v, drop)])
        elif name in ("properties", "$defs"):
            found[name] = {k: _cleaned(v, drop) for k, v in value.items() if k not in (*drop, "subject_id")}
        elif name not in found:
            found[name] = _cleaned(value, drop)
    return found


def _choice(branches: list[dict[str, Any]]) -> dict[str, Any]:
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _names(branch: Mapping[str, Any], drop: tuple[str, ...]) -> bool:
    return str(branch.get("$ref", "")).rsplit("/", 1)[-1] in drop


class _Plain(GenerateJsonSchema):
    """Pydantic's schema without a title for each field."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


class _AsAnswered(_Plain):
    """The schema of what `views.plain` gives: a field that nobody filled is absent, never null, and more fields may come."""

    _of: type[BaseModel] = BaseModel

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Json:
        found = {name: value for name, value in super().default_schema(schema).items() if name != "default"}
        return without_null(found) if schema.get("default", ...) is None and self._of not in _NULLS_KEPT else found

    def field_is_required(self, field: Any, total: bool) -> bool:
        del total
        held: Mapping[str, Any] = field["schema"]
        return held["type"] != "default" or held.get("default", ...) is not None

    def model_schema(self, schema: core_schema.ModelSchema) -> Json:
        if schema["cls"] is Sealed:
            return dict(ERASED)
        outer, self._of = self._of, schema["cls"]
        found = super().model_schema(schema)
        self._of = outer
        return {name: value for name, value in found.items() if name != "additionalProperties"}


def without_null(schema: Mapping[str, Any]) -> Json:
    """The schema without its branch for null."""
    if "anyOf" not in schema:
        return dict(schema)
    branches = [branch for branch in schema["anyOf"] if branch != {"type": "null"}]
    return {name: value for name, value in schema.items() if name != "anyOf"} | _choice(branches)


type Refs = Mapping[type[BaseModel], Json]


def body_components(models: Iterable[type[BaseModel]]) -> tuple[Refs, Json]:
    """Where each body's schema stands, and the components it takes; what a body is made of bears the suffix `Input`."""
    wanted = list(models)
    named = {kind.__name__: kind.__name__ for kind in wanted}
    refs, parts = _components(wanted, "validation", _Plain, lambda name: named.get(name, f"{name}Input"))
    return refs, {name: _cleaned(part, drop=("SealedInput",)) for name, part in parts.items() if name != "SealedInput"}


def answer_components(models: Iterable[type[BaseModel]]) -> tuple[Refs, Json]:
    """Where the schema of each shape of an answer stands, and the components it takes."""

    def name(of: str) -> str:
        # `Page[ListRow]` is `Page_ListRow_` to pydantic.
        page = of.removeprefix("Page_")
        return f"{page.removesuffix('_')}Page" if page != of else _NAMES.get(of, of)

    return _components(list(models), "serialization", _AsAnswered, name)


def vocabularies() -> Json:
    """The components of the vocabularies."""
    return {name: {"type": "string", "enum": list(_words(words))} for name, words in _VOCABULARIES.items()}


def _words(alias: Any) -> tuple[str, ...]:
    return get_args(alias.__value__ if isinstance(alias, TypeAliasType) else alias)


def _components(
    models: list[type[BaseModel]], mode: JsonSchemaMode, generator: type[GenerateJsonSchema], name: Callable[[str], str]
) -> tuple[Refs, Json]:
    refs, found = models_json_schema([(model, mode) for model in models], ref_template=f"{REF}{{model}}", schema_generator=generator)
    parts = cast("Json", found.get("$defs", {}))
    # What is no object (a list of ids, of papers) stands where it is used.
    inline = {f"{REF}{of}": part for of, part in parts.items() if "properties" not in part and part.get("type") != "object"}

    def placed(node: Any) -> Any:
        if isinstance(node, list):
            return [placed(item) for item in cast("list[Any]", node)]
        if not isinstance(node, dict):
            return node
        held = cast("Json", node)
        ref = held.get("$ref")
        if isinstance(ref, str):
            beside = {key: placed(value) for key, value in held.items() if key != "$ref"}
            return placed(inline[ref]) | beside if ref in inline else {"$ref": REF + name(ref.removeprefix(REF))} | beside
        return spoken({key: placed(value) for key, value in held.items()})

    components: Json = {}
    for of, part in parts.items():
        if f"{REF}{of}" not in inline:
            called = name(of)
            if called in components:
                raise ValueError(f"two components are called {called}")
            components[called] = placed(part) | {"title": called}
    return {model: placed(refs[model, mode]) for model in models}, components


def spoken(schema: Json) -> Json:
    """The schema, or the vocabulary it spells out."""
    words = schema.get("enum")
    for name, vocabulary in _VOCABULARIES.items():
        if words is not None and tuple(words) == _words(vocabulary):
            return {"$ref": REF + name} | {key: value for key, value in schema.items() if key not in ("enum", "type")}
    return schema
