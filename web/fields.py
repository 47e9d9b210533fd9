"""What a form asks for: a command's pydantic model as a tree of fields. Labels, kinds and choices follow from the model's own types."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal, TypeAliasType, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from domain.command import Command, Event
from domain.values import Sealed

Kind = Literal[
    "text", "long", "day", "moment", "money", "number", "yes_no", "tick", "choice", "choices", "group", "rows", "lines", "pairs", "any"
]  # fmt: skip

LONG = frozenset(
    {
        "summary",
        "reasons",
        "reason",
        "opinion",
        "detail",
        "note",
        "text",
        "report",
        "explanation",
        "explanations",
        "override_reason",
        "why",
        "question",
        "advice",
        "request",
    }
)
HIDDEN = frozenset({"party_id", "subject_id", "consultation_id", "duty_request_id"})
"""Given by the system, never typed; a command of its own may name somebody of the case by `party_id`."""

SOURCES: dict[str, str] = {
    "papers.kind": "papers", "papers_owed.kind": "papers", "missing.kind": "papers", "handover.kind": "papers", "proof.kind": "papers",
    "centre": "centres", "outlet": "outlets", "on_behalf_of": "people", "taken_by": "people", "person": "people", "read_aloud_by": "people",
    "reviewed_by": "people", "visitors": "people", "agreed_by": "people", "lawyer": "lawyers", "lawyers": "lawyers", "unit": "units",
    "choices": "choices", "choice_not_followed.lawyer": "choices", "who": "everybody", "for_recipients": "recipients",
    "party_id": "recipients",
    "representatives": "applicants", "document_id": "documents", "serve_document.document_id": "servable",
    "agreement": "documents", "county": "counties", "township": "townships",
    "tariff": "tariffs", "about": "events", "issue_document.template": "templates",
    "voids": "standing",
    "hand_over_inquiry.to": "people", "office": "reception_offices", "handed_to": "people",
    "transfer_caseworker.to": "people", "transfer_centre.to": "centres", "accept_first.ground": "accept_first_grounds",
    "waive_hardship_check.ground": "waivers", "ask_extension.clock": "extendable", "approve_extension.clock": "asked_limits",
    "refuse_extension.clock": "asked_limits",
}  # fmt: skip
"""Whose codes a field takes: looked up by command and field, by parent and field, then by the field's name."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `path` is its dotted name within the command, without row numbers; `source` names the list its codes come from."""

    name: str
    path: str
    kind: Kind
    command: str = ""
    """Whose body it is a field of."""
    required: bool = False
    default: str = ""
    options: tuple[str, ...] = ()
    source: str = ""
    whole: bool = False
    """Its values are whole numbers."""
    longest: int | None = None
    leads: bool = False
    """What is asked for next depends on it."""
    fields: tuple["Field", ...] = ()

    @property
    def small(self) -> bool:
        """Rows of few fields stand open with an empty one to type into; large ones are added on demand."""
        return len(self.fields) <= 5 and not any(f.kind in ("group", "rows") for f in self.fields)


@cache
def fields_of(model: type[Command]) -> tuple[Field, ...]:
    """The fields of a command in the model's order; those every command takes come last."""
    own = [name for name in model.written() if name == "party_id" or name not in HIDDEN]
    return tuple(_field(model.name, name, "", model.model_fields[name]) for name in [*own, *Command.model_fields])


def fields_of_event(command: str, model: type[Event]) -> tuple[Field, ...]:
    """The fields an event holds, as the command that records them asks for them."""
    return tuple(_field(command, name, "", info) for name, info in model.model_fields.items() if name not in HIDDEN)


def _field(command: str, attribute: str, parent: str, info: FieldInfo) -> Field:
    name = info.alias or attribute
    path = f"{parent}.{name}" if parent else name
    default = info.default if info.default not in (None, PydanticUndefined) else None
    made = _shape(command, name, path, info.annotation, info.metadata)
    required = info.is_required() or (made.kind == "rows" and _least(info.annotation, info.metadata) > 0)
    kind: Kind = "tick" if made.kind == "yes_no" and default is False else made.kind
    return Field(
        name=name, path=path, kind=kind, command=command, required=required, options=made.options, source=made.source, whole=made.whole,
        longest=made.longest, fields=made.fields, default=str(default) if isinstance(default, str | int) and kind != "tick" else "",
    )  # fmt: skip


def _shape(command: str, name: str, path: str, annotation: Any, metadata: Sequence[Any] = ()) -> Field:
    """A field's kind from its type."""
    annotation, marks = unwrapped(annotation)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (tuple, list):
        return _many(command, name, path, inner[0])
    if origin is Literal:
        return Field(name, path, "choice", options=tuple(str(code) for code in inner), whole=all(isinstance(code, int) for code in inner))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        members = annotation.model_fields.items()
        return Field(name, path, "group", fields=tuple(_field(command, n, path, i) for n, i in members if n not in HIDDEN))
    source = _source(command, path)
    if annotation is int and not (name.endswith("_fen") or name == "income_fen_per_month"):
        return Field(name, path, "choice" if source else "number", source=source, whole=True)
    kind = _KINDS.get(origin or annotation)
    if kind is None and source:
        return Field(name, path, "choice", source=source)
    longest = next((m.max_length for m in (*metadata, *marks) if getattr(m, "max_length", None)), None)
    return Field(name, path, kind or ("long" if name in LONG else "text"), longest=longest)


_KINDS: Mapping[Any, Kind] = {
    Any: "any", bool: "yes_no", int: "money", date: "day", datetime: "moment", AwareDatetime: "moment", dict: "pairs", Mapping: "pairs",
}  # fmt: skip
"""Kinds of the types that need no closer look."""


def _many(command: str, name: str, path: str, item: Any) -> Field:
    one = _shape(command, name, path, item)
    if one.kind == "group":
        return Field(name, path, "rows", fields=one.fields)
    if one.kind == "choice" and one.source not in ("choices", "lawyers"):
        return Field(name, path, "choices", options=one.options, source=one.source, whole=one.whole)
    return Field(name, path, "lines", options=one.options, source=one.source, whole=one.whole, longest=one.longest)


def _source(command: str, path: str) -> str:
    parent, _, leaf = path.rpartition(".")
    keys = (f"{command}.{path}", f"{parent.rpartition('.')[2]}.{leaf}", leaf)
    return next((SOURCES[key] for key in keys if key in SOURCES), "")


def _least(annotation: Any, metadata: Sequence[Any]) -> int:
    _, marks = unwrapped(annotation)
    return max((getattr(m, "min_length", 0) or 0 for m in (*metadata, *marks)), default=0)


def unwrapped(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type within aliases, `Annotated`, `X | None` and `X | Sealed`, with the marks met on the way."""
    marks: list[Any] = []
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation, *found = get_args(annotation)
            for mark in found:
                marks.extend(mark.metadata if isinstance(mark, FieldInfo) else [mark])
        elif get_origin(annotation) in (Union, types.UnionType):
            left = [a for a in get_args(annotation) if a not in (type(None), Sealed)]
            annotation = left[0]
        else:
            return annotation, tuple(marks)
