"""What of a text fits the words searched for, in <mark>."""

import unicodedata
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from markupsafe import Markup, escape

from ledger.tokens import readings
from readmodels.case_numbers import as_written

_INITIALS = 2
"""Letters from which on initials are searched for."""


def marked(text: str, q: str) -> Markup:
    """The text with what fits the words in <mark>: as written, else by its pinyin or its initials; else as it is."""
    span = _written(text, q) or _spoken(text, q)
    if span is None:
        return escape(text)
    first, end = span
    return escape(text[:first]) + Markup("<mark>{}</mark>").format(text[first:end]) + escape(text[end:])


def marked_row(row: Mapping[str, Any], q: str) -> dict[str, Any]:
    """A row of a list with its number and its people marked too (`marked_number`, `marked_who`)."""
    return {**row, "marked_number": marked(row["number"], q), "marked_who": marked(row["who"], q)}


def _written(text: str, q: str) -> tuple[int, int] | None:
    """Where the words stand, whatever their width, their case and their brackets."""
    wanted = as_written(q).casefold()
    # Character by character, so that places in the folded text are places in the text.
    folded = [as_written(unicodedata.normalize("NFKC", char)).casefold() for char in text]
    at = "".join(folded).find(wanted)
    if at < 0 or not wanted:
        return None
    ends = list(accumulate(map(len, folded)))
    first = next(n for n, end in enumerate(ends) if end > at)
    return first, next(n for n, end in enumerate(ends) if end >= at + len(wanted)) + 1


def _spoken(name: str, q: str) -> tuple[int, int] | None:
    """How many of the first characters are what was typed as pinyin or as initials."""
    typed = "".join(q.split()).casefold().replace("ü", "v")
    if len(typed) < _INITIALS or not typed.isascii():
        return None
    for syllables in readings(name):
        if "".join(s[0] for s in syllables).startswith(typed):
            return 0, len(typed)
        ends = list(accumulate(map(len, syllables)))
        if "".join(syllables).startswith(typed):
            return 0, next(n for n, end in enumerate(ends) if end >= len(typed)) + 1
    return None
