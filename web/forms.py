"""From what was typed to a command's body and back again: input names are JSON pointers, so a fault finds its field.

Nothing typed is lost: what cannot be read stays in the tree that the form is drawn from, beside its fault. Rows left empty are
dropped and the others numbered anew, so that pointers of faults meet the rows shown.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from texts.speak import ZONE, moment
from web.fields import Field

type Tree = dict[str, Any]
"""What a form holds: groups by name, rows as lists, leaves as the strings typed (lists of strings where several are chosen)."""

TRUE, FALSE = "true", "false"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A form that was sent: the command's body, the faults found in reading it, and all that was typed, rows numbered anew."""

    body: dict[str, Any]
    errors: list[dict[str, Any]]
    typed: Tree


@dataclass(slots=True)
class _Reading:
    errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def fault(self, pointer: str, code: str) -> None:
        self.errors.append({"pointer": pointer, "code": code})


def parse(fields: Sequence[Field], sent: Iterable[tuple[str, str]]) -> Parsed:
    """Read the pairs of a sent form. Names that are no pointers (csrf, key, …) are left aside."""
    typed = _tidied(fields, _tree(sent))
    reading = _Reading()
    return Parsed(_group(fields, typed, "", reading), reading.errors, typed)


def shown(fields: Sequence[Field], body: Mapping[str, Any]) -> Tree:
    """The tree a form is drawn from for values already known, as they would have been typed."""
    return {f.name: _typed(f, body[f.name]) for f in fields if body.get(f.name) is not None}


def grown(typed: Tree, pointer: str) -> Tree:
    """The tree with one more empty row at a pointer, for the button that works without JavaScript."""
    *steps, last = pointer.strip("/").split("/")
    here: Any = typed
    for step in steps:
        here = cast("list[Any]", here)[int(step)] if isinstance(here, list) else cast("Tree", here).setdefault(step, {})
    rows: list[Any] = cast("Tree", here).setdefault(last, [])
    rows.append({} if not rows or isinstance(rows[-1], dict) else "")
    return typed


def _tree(sent: Iterable[tuple[str, str]]) -> Tree:
    tree: Tree = {}
    for name, value in sent:
        if not name.startswith("/"):
            continue
        *steps, last = name[1:].split("/")
        here = tree
        for step in steps:
            here = here.setdefault(step, {})
        here.setdefault(last, []).append(value)
    return tree


def _tidied(fields: Sequence[Field], tree: Tree) -> Tree:
    """Rows as dense lists without the empty ones; single leaves as their string."""
    tidy: Tree = {}
    for f in fields:
        held: Any = tree.get(f.name)
        if held is None:
            continue
        if f.kind == "group":
            tidy[f.name] = _tidied(f.fields, held)
        elif f.kind == "rows":
            rows = [_tidied(f.fields, held[i]) for i in sorted(held, key=int)]
            tidy[f.name] = [row for row in rows if not _blank(f.fields, row)]
        elif f.kind == "lines":
            values = [held[i][-1] for i in sorted(held, key=int)]
            tidy[f.name] = [v for v in values if v.strip()]
        elif f.kind == "choices":
            tidy[f.name] = [v for v in held if v]
        else:
            tidy[f.name] = held[-1]
    return tidy


def _blank(fields: Sequence[Field], tree: Tree) -> bool:
    for f in fields:
        held: Any = tree.get(f.name)
        if f.kind == "group":
            if held and not _blank(f.fields, held):
                return False
        elif held and held != f.default and (not isinstance(held, str) or held.strip()):
            return False
    return True


def _group(fields: Sequence[Field], typed: Tree, pointer: str, reading: _Reading) -> dict[str, Any]:
    read = ((f, _read(f, typed.get(f.name), f"{pointer}/{f.name}", reading)) for f in fields)
    return {f.name: value for f, value in read if value is not None}


def _read(f: Field, held: Any, pointer: str, reading: _Reading) -> Any:
    """The value of a field; None where nothing was typed."""
    if f.kind == "group":
        if not held or (not f.required and _blank(f.fields, held)):
            return None
        return _group(f.fields, held, pointer, reading)
    if not held or (isinstance(held, str) and not held.strip()):
        return None
    if f.kind == "rows":
        return [_group(f.fields, row, f"{pointer}/{i}", reading) for i, row in enumerate(cast("list[Tree]", held))]
    if f.kind in ("choices", "lines"):
        return [_leaf(f, value, f"{pointer}/{i}", reading) for i, value in enumerate(cast("list[str]", held))]
    return _leaf(f, cast("str", held), pointer, reading)


def _leaf(f: Field, value: str, pointer: str, reading: _Reading) -> Any:
    text = value.strip()
    read = _READERS.get("number" if f.whole else f.kind)
    if read is None:
        return text
    try:
        return read(text)
    except (ValueError, InvalidOperation):
        reading.fault(pointer, _FAULTS["number" if f.whole else f.kind])
        return text


def fen_of(text: str) -> int:
    """Yuan as typed (thousands separators and the sign allowed) as fen. Raises `ValueError` for what is no amount."""
    plain = re.sub(r"[,，\s¥￥元]", "", text)
    if not re.fullmatch(r"\d{1,13}(\.\d{1,2})?", plain):
        raise ValueError(text)
    return int(Decimal(plain) * 100)


def _moment(text: str) -> str:
    """Local time of the office as typed, with its offset."""
    typed = datetime.fromisoformat(text)
    return (typed if typed.tzinfo else typed.replace(tzinfo=ZONE)).isoformat()


def _pairs(text: str) -> dict[str, str]:
    """One `name: value` a line."""
    pairs: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        name, separator, value = line.replace("：", ":").partition(":")
        if not separator or not name.strip():
            raise ValueError(line)
        pairs[name.strip()] = value.strip()
    return pairs


def _yes(text: str) -> bool:
    return text == TRUE


_READERS: Mapping[str, Callable[[str], Any]] = {
    "money": fen_of, "number": int, "moment": _moment, "yes_no": _yes, "tick": _yes, "pairs": _pairs,
}  # fmt: skip
_FAULTS = {"money": "not_an_amount", "number": "not_an_integer", "moment": "not_a_moment", "pairs": "not_pairs"}


def _typed(f: Field, value: Any) -> Any:
    """A value as it would have been typed."""
    if f.kind in ("group", "rows"):
        return shown(f.fields, value) if f.kind == "group" else [shown(f.fields, row) for row in value]
    if f.kind in ("choices", "lines"):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return TRUE if value else FALSE
    write = _WRITERS.get(f.kind)
    if write:
        return write(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "money": lambda fen: f"{Decimal(fen) / 100:,.2f}",
    "moment": lambda at: moment(at).strftime("%Y-%m-%dT%H:%M"),
    "pairs": lambda pairs: "\n".join(f"{name}: {held}" for name, held in pairs.items()),
}


def day_of(typed: str | None) -> str | None:
    """The day, where it is one."""
    try:
        return date.fromisoformat(typed or "").isoformat()
    except ValueError:
        return None
