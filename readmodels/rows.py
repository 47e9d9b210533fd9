"""Rows of read models held against each other: what counts as the same, the digest of a row, and where two rows differ."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

type Values = Mapping[str, Any]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_QUOTED = re.compile(f'"{_MOMENT.pattern}"')
_SHORTEST = len("2026-03-10T10:00Z")
MOST_LEAVES = 20
"""Of two JSON values so many differing places are told at most."""


class Difference(NamedTuple):
    """Where a read model says something else than the ledger.

    `model` is the table; `key` the row's key, the stream's id first; `column` the column, with the place inside a JSON value behind it
    (`snapshot/recipients/0/status`). A row that is missing has `live` None and no column, one that nothing in the ledger calls for
    `rebuilt` None and no column. Where the ledger itself cannot be read, `model` is `events`, `key` the stream, `column` `position`,
    `live` where it stands and `rebuilt` why not. Values are as stored: personal fields sealed.
    """

    model: str
    key: tuple[str, ...]
    column: str
    live: Any
    rebuilt: Any


def normal(value: Any) -> Any:
    """The value as plain JSON in which one moment has one form: the same instant may be stored with another offset from UTC."""
    form = _FORMS.get(value.__class__)
    return form(value) if form else value


def _text(text: str) -> str:
    if len(text) < _SHORTEST or not _MOMENT.fullmatch(text):
        return text
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except ValueError:  # looks like one and is none: a text as any other
        return text


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: normal(each) for name, each in value.items()}


def _list(value: Iterable[Any]) -> list[Any]:
    return [normal(each) for each in value]


_FORMS: Mapping[type, Callable[[Any], Any]] = {
    str: _text,
    dict: _object,
    list: _list,
    tuple: _list,
    datetime: lambda value: value.astimezone(UTC).isoformat(),
    date: date.isoformat,
    UUID: str,
}


def digest(row: Values, columns: Sequence[str]) -> bytes:
    """SHA-256 of a row's values in the order of its columns, as JSON in the normal form: keys sorted, moments of one form."""
    # Moments are normalised in the text: to walk through a snapshot value by value takes several times as long.
    text = json.dumps([row[column] for column in columns], sort_keys=True, separators=(",", ":"), default=normal)
    return hashlib.sha256(_QUOTED.sub(_instant, text).encode()).digest()


def _instant(quoted: re.Match[str]) -> str:
    return _of(quoted[0])


@lru_cache(maxsize=4096)
def _of(quoted: str) -> str:
    return f'"{_text(quoted[1:-1])}"'


def key_of(row: Values, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(str(value) if isinstance(value := row[name], UUID) else value for name in key)


def differences(model: str, key: tuple[Any, ...], columns: Sequence[str], live: Values | None, rebuilt: Values | None) -> list[Difference]:
    """Where two rows of one key differ; None stands for a row that is not there."""
    name = tuple(map(str, key))
    if live is None or rebuilt is None:
        return [Difference(model, name, "", live and normal(dict(live)), rebuilt and normal(dict(rebuilt)))]
    return [
        Difference(model, name, column + place, mine, theirs)
        for column in columns
        for place, mine, theirs in _first(_leaves("", normal(live[column]), normal(rebuilt[column])))
    ]


def _first(found: Iterator[tuple[str, Any, Any]]) -> Iterator[tuple[str, Any, Any]]:
    for n, each in enumerate(found):
        if n == MOST_LEAVES:
            return
        yield each


def _leaves(place: str, live: Any, rebuilt: Any) -> Iterator[tuple[str, Any, Any]]:
    if live == rebuilt and type(live) is type(rebuilt):
        return
    if isinstance(live, dict) and isinstance(rebuilt, dict):
        mine, theirs = cast("dict[str, Any]", live), cast("dict[str, Any]", rebuilt)
        for name in sorted(mine.keys() | theirs.keys()):
            yield from _leaves(f"{place}/{name}", mine.get(name), theirs.get(name))
    elif isinstance(live, list) and isinstance(rebuilt, list) and len(cast("list[Any]", live)) == len(cast("list[Any]", rebuilt)):
        for n, (mine, theirs) in enumerate(zip(cast("list[Any]", live), cast("list[Any]", rebuilt), strict=True)):
            yield from _leaves(f"{place}/{n}", mine, theirs)
    else:
        yield place, live, rebuilt
