"""Pages that go on exactly where the last one ended: keyset cursors, opaque to the caller."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from ledger.sql import Row

LIMIT = 50
LIMIT_MAX = 200


class BadCursor(ValueError):  # noqa: N818 -- what it is, in the contract's word
    """No cursor of ours, or one of another order."""


def case_id(text: str) -> str:
    """A case's id out of a cursor. Raises ValueError."""
    return str(UUID(text))


def position(text: str) -> int:
    """A ledger position out of a cursor. Raises ValueError."""
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number


class Page(NamedTuple):
    rows: list[Row]
    next_cursor: str | None


class Key(NamedTuple):
    """A column of the order, with its type and the way its values are read back from a cursor."""

    column: sa.ColumnElement[Any]
    read: Callable[[str], Any]
    type: sa.types.TypeEngine[Any]


class Order(NamedTuple):
    """A total order of rows: the last key is unique. Its name stands in the cursor."""

    name: str
    keys: tuple[Key, ...]
    descending: bool = False

    def by(self) -> list[sa.ColumnElement[Any]]:
        return [k.column.desc() if self.descending else k.column.asc() for k in self.keys]

    def columns(self) -> list[sa.ColumnElement[Any]]:
        """The keys' values as they go into the cursor."""
        return [sa.cast(k.column, sa.Text).label(f"_key{i}") for i, k in enumerate(self.keys)]

    def after(self, cursor: str) -> sa.ColumnElement[bool]:
        """Rows that come after the cursor. Raises `BadCursor`."""
        held = _open(cursor, self.name, len(self.keys))
        try:
            values = [sa.literal(key.read(text), key.type) for key, text in zip(self.keys, held, strict=True)]
        except ValueError as exc:
            raise BadCursor from exc
        here, there = sa.tuple_(*(k.column for k in self.keys)), sa.tuple_(*values)
        return here < there if self.descending else here > there

    def page(self, rows: Sequence[Row], limit: int) -> Page:
        """The page out of `limit + 1` rows asked for; the helper columns are taken out."""
        shown = [{k: v for k, v in row.items() if not k.startswith("_key")} for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(shown, None)
        return Page(shown, _close(self.name, [rows[limit - 1][f"_key{i}"] for i in range(len(self.keys))]))


_WHOLE = "whole"


def after(cursor: str | None) -> int:
    """Where a page of a list that is read as a whole begins. Raises `BadCursor`."""
    try:
        return position(_open(cursor, _WHOLE, 1)[0]) if cursor else 0
    except ValueError as exc:
        raise BadCursor from exc


def onward(place: int) -> str:
    """The cursor of the page of such a list that begins at `place`."""
    return _close(_WHOLE, [str(place)])


def _close(name: str, values: Sequence[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, *values], ensure_ascii=False).encode()).rstrip(b"=").decode()


def _open(cursor: str, name: str, count: int) -> list[str]:
    try:
        held: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as exc:
        raise BadCursor from exc
    if not isinstance(held, list) or len(held) != count + 1 or held[0] != name or not all(isinstance(v, str) for v in held):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        raise BadCursor
    return held[1:]  # pyright: ignore[reportUnknownVariableType]
