"""Typed text that runs from right to left, standing among our own: it must not turn round what stands beside it (UAX 9)."""

import unicodedata
from collections.abc import Mapping
from typing import Any, cast

_FIRST_STRONG, _END = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "RLE", "RLO", "RLI", "AN"})


def isolated[T](held: T) -> T:
    """The same value with every text in it that runs from right to left set apart; what else it holds stays as it is."""
    given: Any = held
    if type(given) is str:
        return cast("T", f"{_FIRST_STRONG}{given}{_END}") if _turns(given) else held
    if isinstance(given, Mapping):
        return cast("T", {name: isolated(value) for name, value in cast("Mapping[str, Any]", given).items()})
    if isinstance(given, list):
        return cast("T", [isolated(value) for value in cast("list[Any]", given)])
    return held


def _turns(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text)
