"""Every sentence a person reads, in zh-CN and en: one folder a language, one file a subject; a key is `<file>.<name>`.

A sentence carries places for values, `{name}` or `{name:spec}`. `name` may walk into a value (`{applicant.name}`); `spec` says how it
reads in the language: `date`, `moment`, `fen` (as yuan), `papers`, `list`, `count`, `name` (a directory code), `v` (a code of the
contract), or a subject of the catalogue (`states`, `limits`, `commands`, …) whose sentence the value names. A part in double brackets is
dropped when one of its values is absent; `[[name?…]]` and `[[name!…]]` stand only where the value is true or false.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from texts.speak import Lookup, speak

Lang = Literal["zh-CN", "en"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)


class MissingText(KeyError):  # noqa: N818 -- a plain word, as KeyError's own kind
    """No catalogue holds the key."""


@cache
def catalogue(lang: Lang) -> Mapping[str, str]:
    """All sentences of a language by key."""
    found: dict[str, str] = {}
    for file in sorted((Path(__file__).parent / lang).glob("*.yaml")):
        entries: dict[str, str] = yaml.safe_load(file.read_text(encoding="utf-8"))
        found.update({f"{file.stem}.{name}": sentence for name, sentence in entries.items()})
    return found


def has(lang: Lang, key: str) -> bool:
    return key in catalogue(lang)


def text(lang: Lang, key: str, /, **values: Any) -> str:
    """The sentence of `key` with its values in it. `names` among the values is a mapping of directory codes to names.

    Raises `MissingText`. A value that is absent where the sentence does not allow it reads as withheld, never as a fault.
    """
    sentences = catalogue(lang)
    if key not in sentences:
        raise MissingText(key)
    return speak(lang, sentences[key], values, Lookup(sentences))


def first(lang: Lang, *keys: str) -> str:
    """The sentence of the first key that the catalogue holds. Raises `MissingText` naming the last."""
    return text(lang, next((key for key in keys if has(lang, key)), keys[-1]))


def label(lang: Lang, command: str, path: str) -> str:
    """The label of a field: `path` is its dotted name within the command; the most special label wins."""
    parent, _, leaf = path.rpartition(".")
    return first(lang, f"fields.{command}.{path}", f"fields.{parent.rpartition('.')[2]}.{leaf}", f"fields.{leaf}")


def value(lang: Lang, field: str, code: str, command: str = "") -> str:
    """The word for a code of the contract that stands in `field`; the most special one wins."""
    return first(lang, f"values.{command}.{field}.{code}", f"values.{field}.{code}", f"values.{code}")


def refusal(lang: Lang, code: str, /, **detail: Any) -> tuple[str, str]:
    """Title and detail of a problem: what happened, and what to do."""
    return text(lang, f"problems.{code}.title"), text(lang, f"problems.{code}", **detail)


def preferred(accept_language: str | None) -> Lang:
    """The language of an `Accept-Language` header; zh-CN where none of ours is asked for."""
    weighed: list[tuple[float, str]] = []
    for part in (accept_language or "").lower().split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighed.append((-weight, tag.strip()))
    for _, tag in sorted(weighed, key=lambda pair: pair[0]):
        if tag.startswith("en"):
            return "en"
        if tag.startswith("zh"):
            return "zh-CN"
    return "zh-CN"
