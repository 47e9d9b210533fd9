"""Names as two of them are compared: the same, written otherwise, mistaken for another character, or sounding alike.

A name typed from hearing or from handwriting differs from the one on the card in one of a few ways. Each of them is told by its word, so
that whoever decides sees why two entries are offered as one person. Latin names match in any order of their parts and without accents.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Literal

from ledger.tokens import normal, readings

Alike = Literal["name", "variant", "look_alike", "sound"]
"""The same name; written in variant forms; a character mistaken for one that looks like it; other characters of the same sound."""

_FOLDER = Path(__file__).parent / "characters"
_LATIN = re.compile(r"[a-z' -]+")


@cache
def _groups(file: str) -> dict[str, str]:
    """Each character of a table's groups to the first of its group."""
    lines = (line.replace(" ", "") for line in (_FOLDER / file).read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {character: line[0] for line in lines for character in line}


def _plain_latin(name: str) -> str | None:
    """A name in Latin letters without accents, its parts in one order; None for any other name."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    parts = sorted(filter(None, re.split(r"[^a-z]+", bare)))
    return " ".join(parts) if parts and _LATIN.fullmatch(re.sub(r"[\s,.·•‧∙⋅・･]+", " ", bare)) else None


def variant(name: str) -> str:
    """The name with every character in the form that is compared: simplified; Latin names by their parts."""
    latin = _plain_latin("".join(c for c in name if not unicodedata.category(c).startswith("C")))
    if latin is not None:
        return latin
    table = _groups("variants.txt")
    return "".join(table.get(c, c) for c in normal(name))


def shape(name: str) -> str:
    """The same, with characters that are mistaken for one another as one."""
    table = _groups("lookalikes.txt")
    return "".join(table.get(c, c) for c in variant(name))


def _sounds(name: str) -> frozenset[tuple[str, ...]]:
    return frozenset(readings(variant(name)))


def alike(one: str, other: str) -> Alike | None:
    """In which way two names are alike, the nearest one; None where they are not, or where one of them is empty."""
    if not normal(one) or not normal(other):
        return None
    if normal(one) == normal(other):
        return "name"
    if variant(one) == variant(other):
        return "variant"
    if shape(one) == shape(other):
        return "look_alike"
    return "sound" if len(variant(one)) == len(variant(other)) and _sounds(one) & _sounds(other) else None
