"""What a command's body says, field by field in words: how somebody reads what a colleague prepared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import texts
from domain.command import COMMANDS
from texts.speak import Lookup, paper, say_date, say_moment
from web.backend import Json, items, part
from web.fields import Field, fields_of
from web.page import Visit


@dataclass(frozen=True, slots=True)
class Told:
    """A command by name, and what its body says as (label, words)."""

    command: str
    lines: tuple[tuple[str, str], ...]


def told(visit: Visit, case: Json, command: str, body: Mapping[str, Any]) -> Told:
    """The body in the visitor's language; people of the case by name. A command this build does not know is told by its name alone."""
    kind = COMMANDS.get(command)
    if kind is None:
        return Told(command, ())
    people = {str(p.get("party_id")): str(p.get("name") or "") for p in [part(case, "applicant"), *items(case, "co_applicants")]}
    reader = _Reader(visit, command, people)
    return Told(command, tuple(reader.lines(fields_of(kind), body)))


@dataclass(frozen=True, slots=True)
class _Reader:
    visit: Visit
    command: str
    people: Mapping[str, str]

    def lines(self, fields: Sequence[Field], body: Mapping[str, Any]) -> list[tuple[str, str]]:
        given = [(f, body[f.name]) for f in fields if body.get(f.name) not in (None, "", [], {})]
        return [(texts.label(self.visit.lang, self.command, f.path), self._words(f, held)) for f, held in given]

    def _words(self, f: Field, held: Any) -> str:
        if isinstance(held, list):
            return self.visit.t("words.comma").join(self._words(f, each) for each in cast("list[Any]", held))
        if isinstance(held, dict):
            return self._object(f, cast("Json", held))
        if isinstance(held, bool):
            return self.visit.t("pages.yes" if held else "pages.no")
        if f.kind == "money":
            return self.visit.t("pages.amount_of", amount=held)
        if f.kind in ("day", "moment"):
            return (say_date if f.kind == "day" else say_moment)(self.visit.lang, held)
        return self._code(f, str(held))

    def _object(self, f: Field, held: Json) -> str:
        if any(inner.source == "papers" for inner in f.fields):
            return paper(self.visit.lang, held, Lookup(texts.catalogue(self.visit.lang)))
        return "; ".join(f"{label} {words}" for label, words in self.lines(f.fields, held))

    def _code(self, f: Field, held: str) -> str:
        if f.source in ("recipients", "applicants"):
            return self.people.get(held, held)
        if f.source in ("accept_first_grounds", "waivers"):
            return self.visit.word("ground", held)
        if f.source == "tariffs":
            return self.visit.t(f"tariffs.{held}") if texts.has(self.visit.lang, f"tariffs.{held}") else held
        if f.options:
            return self.visit.word(f.name, held, self.command)
        return self.visit.names.get(held, held) if f.source else held
