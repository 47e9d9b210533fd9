"""Correcting by page: which records are open to it, which of their fields, and how the value that replaces one is asked for.

A field is chosen from what the record says as it stands, so nobody types a ledger position or a pointer, and the new value is read
as the old one was: text stays text, an amount is typed in yuan, a code is chosen by its word.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, cast

from jsonpointer import JsonPointer, JsonPointerException

import texts
from domain.command import COMMANDS, EVENTS
from domain.stages.correction import DECISIONS, FIXED, CorrectRecord
from texts.speak import Gone, say_date, say_moment
from web.backend import Json
from web.choices import Choices
from web.fields import Field, fields_of, fields_of_event
from web.forms import shown
from web.page import Visit

COMMAND = CorrectRecord.name
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Leaf:
    """One thing a record says: where, what it is called, how it is asked for, and what it says now."""

    pointer: str
    label: str
    field: Field
    value: Any


def correctable(event: Json) -> bool:
    """Whether a record can be corrected at all: decisions are corrected by new ones, corrections by further ones of the same record."""
    kind = EVENTS.get(event["type"])
    open_to_it = kind is not None and not kind.clock and event["type"] not in DECISIONS and event["type"] != "record_corrected"
    return open_to_it and isinstance(event.get("data"), dict)


def as_it_stands(event: Json, events: Sequence[Json]) -> Json:
    """What the record says after the corrections made of it so far."""
    data: Json = deepcopy(event["data"])
    for later in events:
        said = later.get("data")
        if later["type"] == "record_corrected" and said and said.get("corrects") == event["version"]:
            try:
                JsonPointer(said["field"]).set(data, said.get("value"))
            except (JsonPointerException, LookupError, TypeError):
                continue
    return data


def leaves(visit: Visit, event: Json, events: Sequence[Json]) -> list[Leaf]:
    """What of a record may be corrected, in its own order; nothing that identifies or proves, is erased or is not for the visitor."""
    if not correctable(event):
        return []
    command = _command_of(event["type"])
    return list(_leaves(visit, command, fields_of_event(command, EVENTS[event["type"]]), as_it_stands(event, events), ("", "")))


def _leaves(visit: Visit, command: str, fields: Sequence[Field], data: Mapping[str, Any], above: tuple[str, str]) -> Iterator[Leaf]:
    pointer, words = above
    for f in fields:
        held = data.get(f.name)
        label = _label(visit, command, f)
        if held in (None, [], {}) or f.name in FIXED or not label:
            continue
        here, named = f"{pointer}/{f.name}", f"{words} · {label}" if words else label
        if f.kind == "group" and isinstance(held, dict):
            yield from _leaves(visit, command, f.fields, cast("Json", held), (here, named))
        elif f.kind == "rows" and isinstance(held, list):
            for index, row in enumerate(cast("list[Json]", held)):
                yield from _leaves(visit, command, f.fields, row, (f"{here}/{index}", f"{named} {index + 1}"))
        elif f.kind == "pairs" and isinstance(held, dict):
            for name, value in cast("Json", held).items():
                if _plain(value):
                    one = Field(name, f"{f.path}.{name}", "number" if isinstance(value, int) else "text")
                    yield Leaf(f"{here}/{_escaped(name)}", f"{named} · {name}", one, value)
        elif _plain(held) or (isinstance(held, list) and all(map(_plain, cast("list[Any]", held)))):
            yield Leaf(here, named, f, held)


def _plain(value: Any) -> bool:
    """A value as people say one; not one that is erased or restricted."""
    return isinstance(value, str | int | float) and not isinstance(value, Gone)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _label(visit: Visit, command: str, f: Field) -> str:
    """What a field is called; empty for what no form asks for."""
    try:
        return texts.label(visit.lang, command, f.path)
    except texts.MissingText:
        return ""


def asked(visit: Visit, choices: Choices, events: Sequence[Json], position: str, pointer: str) -> tuple[Field, ...]:
    """The form's fields: the record first; then what of it, and what it should have said, asked for as the old value was.

    What may be chosen is put into `choices`.
    """
    own = {f.name: f for f in fields_of(CorrectRecord)}
    found = {str(e["position"]): e for e in events if correctable(e)}
    choices.add("records", [(at, record_name(visit, e)) for at, e in reversed(found.items())])
    which = replace(own.pop("position"), kind="choice", source="records", leads=True)
    event = found.get(position)
    if event is None:
        return (which,)
    offered = leaves(visit, event, events)
    leaf = next((each for each in offered if each.pointer == pointer), None)
    choices.add("leaves", [(each.pointer, _says(visit, choices, each)) for each in offered])
    typed = own.pop("value")
    what = replace(own.pop("field"), kind="choice", source="leaves", leads=True)
    value = replace(typed, kind="text", required=True) if leaf is None else _value(visit, choices, leaf)
    return (which, what, value, *own.values())


def record_name(visit: Visit, event: Json) -> str:
    return f"{event['version']} · {visit.t('event_names.' + event['type'])} · {say_date(visit.lang, event['effective_on'])}"


def _value(visit: Visit, choices: Choices, leaf: Leaf) -> Field:
    """The field that asks for the new value, in the old one's kind and beginning with what it says."""
    f = leaf.field
    source = f.source
    if f.options:
        source = "leaf_words"
        choices.add(source, [(code, visit.word(f.name, code)) for code in f.options])
    held = shown((f,), {f.name: leaf.value})[f.name]
    kind = "yes_no" if f.kind == "tick" else "text" if f.kind == "any" else f.kind
    return replace(
        f, name="value", path="value", command=CorrectRecord.name, kind=kind, source=source, options=(), required=True,
        default=held if isinstance(held, str) else "",
    )  # fmt: skip


def _says(visit: Visit, choices: Choices, leaf: Leaf) -> str:
    names = dict(choices.of({}, leaf.field.source)) if leaf.field.source else {}
    return visit.t("pages.field_says", field=leaf.label, value=_shortened(told(visit, leaf.field, leaf.value, names)))


def told(visit: Visit, f: Field, held: Any, names: Mapping[str, str]) -> str:
    """A value in words; `names` are those of its codes."""
    many = cast("list[Any]", held) if isinstance(held, list) else [held]
    return visit.t("words.comma").join(_told(visit, f, one, names) for one in many)


def _told(visit: Visit, f: Field, value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return visit.t(f"pages.{'yes' if value else 'no'}")
    if f.kind == "money":
        return visit.t("pages.amount_of", amount=value)
    said = str(value)
    if f.kind == "day":
        return say_date(visit.lang, value)
    if f.kind == "moment":
        return say_moment(visit.lang, value)
    if f.options:
        return visit.word(f.name, value)
    return names.get(said, said) if f.source else said


def said_of(visit: Visit, correction: Json) -> Json:
    """What a correction's sentence speaks of: its field by its name, its value in words."""
    kind = EVENTS.get(str(correction.get("event")))
    if kind is None:
        return correction
    command = _command_of(kind.type)
    fields, words = fields_of_event(command, kind), list[str]()
    found: Field | None = None
    for step in JsonPointer(correction["field"]).parts:
        inner = next((f for f in fields if f.name == step), None)
        found, fields = (inner, inner.fields) if inner else (found, fields)
        words.append(_label(visit, command, inner) if inner else str(int(step) + 1) if step.isdecimal() else step)
    value = correction.get("value")
    in_words = told(visit, found, value, visit.names) if found and (_plain(value) or isinstance(value, list)) else None
    return {**correction, "field": " · ".join(filter(None, words)), "value": in_words}


def _command_of(event: str) -> str:
    """The command that records an event."""
    return next((name for name, kind in COMMANDS.items() if event in kind.emits), "")


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST_SHOWN else f"{words[:LONGEST_SHOWN]}…"
