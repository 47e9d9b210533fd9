"""What the fields of a command's form are called, what helps to fill them in, and what is wrong with them, in the visitor's language."""

from typing import Any

import texts
from web.fields import Field
from web.page import Visit


def fault_of(visit: Visit, error: Any) -> str:
    code = error.get("code", "invalid_value")
    said: str = error.get("detail") or ""
    known = f"faults.{code}" if texts.has(visit.lang, f"faults.{code}") else f"problems.{code}"
    return said or visit.t(
        known if texts.has(visit.lang, known) else "faults.invalid_value", **{n: v for n, v in error.items() if n != "code"}
    )


def label_of(visit: Visit, f: Field) -> str:
    return texts.label(visit.lang, f.command, f.path)


def word_of(visit: Visit, f: Field, code: str) -> str:
    """The word for a code that can be chosen in a field."""
    return visit.word(f.name, code, f.command)


def hint_of(visit: Visit, f: Field) -> str:
    """What helps to fill in a field, if anything is said about it."""
    keys = (f"hints.{f.command}.{f.path}", f"hints.{f.name}")
    return next((visit.t(key) for key in keys if texts.has(visit.lang, key)), "")
