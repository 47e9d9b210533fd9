"""What a finding says in words: English for a terminal and for programs, and what it is made of, so that a page says it in any language."""

from collections.abc import Mapping
from typing import Any, Self

import texts


class Said(str):
    """An English sentence that knows its key in the catalogue `findings` and its values."""

    __slots__ = ("key", "values")

    def __new__(cls, sentence: str, key: str = "", values: Mapping[str, int | str] | None = None) -> Self:
        made = super().__new__(cls, sentence)
        made.key, made.values = key, dict(values or {})
        return made

    def as_dict(self) -> dict[str, Any]:
        return {"key": self.key, "values": dict(self.values)}


def said(key: str, /, **values: int | str) -> Said:
    """The sentence `findings.<key>` of the catalogue. Raises `texts.MissingText`."""
    return Said(texts.text("en", f"findings.{key}", **values), key, values)
