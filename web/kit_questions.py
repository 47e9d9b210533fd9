"""What a home visit still has to ask: the fields of the application that nobody has filled in, and what is known of it already.

Both follow from the application command's own fields, held against the record as it stands. An answer goes into the record as a correction
of it (`correct_record`), so each question knows its place there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import texts
from domain.command import EVENTS
from domain.stages.correction import FIXED
from texts.speak import Gone
from web.backend import Json
from web.choices import Choices
from web.correction import as_it_stands, told
from web.fields import Field, fields_of_event
from web.page import Visit

OPENED_BY = "application_submitted"
COMMAND = "submit_application"
ASKED = ("applicant", "proxy", "opponents", "matter")
"""The parts of an application that a visit asks about; people of a group have their grid."""
_NOT_ASKED = frozenset({"kind", "title", "relation", "forum"})
"""Left to the office: which law and which way it goes by is not asked at somebody's bedside."""
_OF_OPPONENTS = frozenset({"name", "phone", "address"})
_MASKED_FROM, _MASKED_TO = 6, -4
"""Of an identity number a file that leaves the house shows the place and the last characters: enough to compare a card with."""
_OPEN: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the application: where it stands in the record, about whom, how it is asked for, what it says (None: nothing)."""

    pointer: str
    about: str
    field: Field
    held: Any = None

    @property
    def name(self) -> str:
        """Its name in a form: a pointer without the strokes that would make it a tree."""
        return self.pointer[1:].replace("/", ".")

    @property
    def open(self) -> bool:
        return self.held in _OPEN

    @property
    def asked(self) -> Field:
        """The field as a form of questions asks for it: by that name, never required."""
        return replace(self.field, name=self.name, required=False, default="", leads=False)


@dataclass(frozen=True, slots=True)
class Record:
    """The application as recorded: at which position of the ledger, and everything of it that may be asked about."""

    position: int
    questions: tuple[Question, ...]

    @property
    def open(self) -> tuple[Question, ...]:
        return tuple(q for q in self.questions if q.open)

    @property
    def by_name(self) -> Mapping[str, Question]:
        return {q.name: q for q in self.questions}


def record_of(events: Sequence[Json]) -> Record | None:
    """The application of a case's history; None where it was opened otherwise, or may not be read."""
    event = next((e for e in events if e["type"] == OPENED_BY and isinstance(e.get("data"), dict)), None)
    if event is None:
        return None
    data = as_it_stands(event, events)
    fields = [f for f in fields_of_event(COMMAND, EVENTS[OPENED_BY]) if f.name in ASKED]
    return Record(int(event["position"]), tuple(_walked(fields, data, "", "")))


def _walked(fields: Sequence[Field], data: Mapping[str, Any], pointer: str, about: str) -> Iterator[Question]:
    for f in fields:
        held, here = data.get(f.name), f"{pointer}/{f.name}"
        if f.name in FIXED or (f.name in _NOT_ASKED and about) or (about.startswith("opponents") and f.name not in _OF_OPPONENTS):
            continue
        if f.name == "phone" and data.get("safe_contact"):
            continue  # who is reached safely only is asked for no other number
        if f.kind == "group":
            if isinstance(held, dict):
                yield from _walked(f.fields, cast("Json", held), here, about or f.name)
        elif f.kind == "rows":
            for index, row in enumerate(cast("list[Json]", held or [])):
                yield from _walked(f.fields, row, f"{here}/{index}", f"{f.name}/{index}")
        else:
            yield Question(here, about, f, held)


def known_facts(visit: Visit, record: Record, choices: Choices) -> list[tuple[str, str, str]]:
    """What is known, as (about, label, words). Numbers are shortened; whoever is reached safely only is told of by that alone."""
    guarded = {q.about for q in record.questions if "/safe_contact/" in q.pointer and not q.open}
    shown: list[tuple[str, str, str]] = []
    for q in record.questions:
        if q.open or isinstance(q.held, Gone) or "/safe_contact/" in q.pointer:
            continue
        if q.about in guarded and q.field.name in ("phone", "address"):
            continue
        names = dict(choices.of({}, q.field.source)) if q.field.source else {}
        words = told(visit, q.field, masked(str(q.held)) if q.field.name == "id_number" else q.held, names)
        shown.append((q.about, texts.label(visit.lang, COMMAND, q.field.path), words))
    return shown


def masked(number: str) -> str:
    """An identity number without its middle."""
    kept = len(number) - _MASKED_FROM + _MASKED_TO
    return f"{number[:_MASKED_FROM]}{'*' * kept}{number[_MASKED_TO:]}" if kept > 0 else number
