"""What tells whether two entries are of one person, made where names can be read and compared where they cannot.

Beside the terms a person is searched by, an entry bears three marks: of the identity number, of the whole name, and of the name with
variant and mistaken characters as one. Conflicts and duplicates are found by equal marks; who holds the database alone reads none of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from domain.values import Party, Sealed
from ledger.keys import Keys
from ledger.names import shape
from ledger.tokens import normal, token, tokens_for


class Marks(NamedTuple):
    """Tokens of one entry; None for what it does not say."""

    number: int | None = None
    name: int | None = None
    shape: int | None = None


def _said(value: object) -> str:
    if isinstance(value, Sealed):
        raise TypeError("marks are made before a person's fields are sealed")
    return value if isinstance(value, str) else ""


def marks_of(key: bytes, party: Party) -> Marks:
    """The entry's marks. Raises `TypeError` for a party whose fields are sealed already."""
    name, number = _said(party.name), normal(_said(getattr(party, "id_number", None)))
    return Marks(
        number=token(key, "id_number", number) if number else None,
        name=token(key, "whole_name", normal(name)) if normal(name) else None,
        shape=token(key, "shape", shape(name)) if normal(name) else None,
    )


class Found(NamedTuple):
    """What a subject is found by: search terms and marks."""

    terms: tuple[int, ...]
    marks: Marks


def kept(keys: Keys, people: Iterable[Party]) -> dict[str, list[Any]] | None:
    """What people are found by, as the inbox keeps it: by subject, three marks and the terms. What a later entry says goes before."""
    found: dict[str, tuple[Marks, dict[int, None]]] = {}
    for party in people:
        marks, terms = found.get(str(party.subject_id), (Marks(), {}))
        new = marks_of(keys.key(), party)
        whole = (mark for mark in (new.name, new.shape) if mark is not None)
        said = Marks(*(mine if mine is not None else theirs for mine, theirs in zip(new, marks, strict=True)))
        found[str(party.subject_id)] = said, terms | dict.fromkeys([*(term for _, term in tokens_for(keys, party)), *whole])
    return {subject: [list(marks), list(terms)] for subject, (marks, terms) in found.items()} or None


def read(held: Mapping[str, Any] | None) -> dict[str, Found]:
    """What the inbox kept, by subject."""
    rows = cast("Mapping[str, tuple[list[int | None], list[int]]]", held or {})
    return {subject: Found(tuple(terms), Marks(*marks)) for subject, (marks, terms) in rows.items()}
