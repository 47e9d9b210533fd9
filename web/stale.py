"""A form over which a colleague was faster: what they did, which of its fields the case now tells otherwise, and taking theirs over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from texts.speak import ZONE, say_date, say_moment
from web.backend import Json
from web.fields import Field
from web.forms import TRUE, Tree, shown
from web.page import Visit
from web.wording import label_of

type Named = Callable[[str], Sequence[tuple[str, str]]]
"""The choices of a source, as (code, name)."""


@dataclass(frozen=True, slots=True)
class Differing:
    """A field that the case told in one way when the form was opened, and tells in another now."""

    name: str
    label: str
    theirs: str
    mine: str


def differing(visit: Visit, fields: Sequence[Field], named: Named, bodies: tuple[Json, Json], typed: Tree) -> list[Differing]:
    """`bodies`: what the form began with when it was opened, and what it would begin with now. What is typed alike is no matter."""
    before, now = (shown(fields, body) for body in bodies)
    say = Saying(visit, named)
    return [
        Differing(f.name, label_of(visit, f), say.value(f, now.get(f.name)), say.value(f, typed.get(f.name)))
        for f in fields
        if before.get(f.name) != now.get(f.name) and not _alike(typed.get(f.name), now.get(f.name))
    ]


def _alike(mine: Any, theirs: Any) -> bool:
    return _bare(mine) == _bare(theirs)


def _bare(held: Any) -> Any:
    """What was typed without what is empty: a form sends its empty fields too."""
    if isinstance(held, dict):
        return {name: bare for name, value in cast("Tree", held).items() if (bare := _bare(value))}
    if isinstance(held, list):
        return [bare for value in cast("list[Any]", held) if (bare := _bare(value))]
    return held or None


def taken(fields: Sequence[Field], body: Json, typed: Tree, name: str) -> Tree:
    """What is typed, with one field as the case tells it now."""
    theirs = shown(fields, body).get(name)
    return {field: held for field, held in typed.items() if field != name} | ({} if theirs is None else {name: theirs})


@dataclass(frozen=True, slots=True)
class Saying:
    """Says what stands in a field, as it was typed, in words."""

    visit: Visit
    named: Named

    def value(self, f: Field, held: Any) -> str:
        """Rows as their fields' values, codes as their words; the word for nothing where nothing stands."""
        return self._said(f, held) or self.visit.t("pages.optional_none")

    def _said(self, f: Field, held: Any) -> str:
        comma = self.visit.t("words.comma")
        if f.kind == "rows":
            rows = [self._group(f, row) for row in cast("list[Tree]", held or [])]
            return self.visit.t("stale.semicolon").join(filter(None, rows))
        if f.kind == "group":
            return self._group(f, cast("Tree", held or {}))
        if isinstance(held, list):
            return comma.join(self._leaf(f, str(each)) for each in cast("list[Any]", held))
        return self._leaf(f, str(held)) if held else ""

    def _group(self, f: Field, held: Tree) -> str:
        return self.visit.t("words.comma").join(filter(None, (self._said(inner, held.get(inner.name)) for inner in f.fields)))

    def _leaf(self, f: Field, code: str) -> str:
        if f.source:
            return dict(self.named(f.source)).get(code, self.visit.names.get(code, code))
        if f.options:
            return self.visit.word(f.name, code, f.command)
        if f.kind in ("yes_no", "tick"):
            return self.visit.t("pages.yes" if code == TRUE else "pages.no")
        try:
            if f.kind == "day":
                return say_date(self.visit.lang, code)
            if f.kind == "moment":  # typed without an offset it is one of the office's own
                at = datetime.fromisoformat(code)
                return say_moment(self.visit.lang, at if at.tzinfo else at.replace(tzinfo=ZONE))
        except ValueError:
            pass  # as it was typed
        return code
