"""Personal values that are no longer there to be read, in words: pages show a text where the interface answers an object that says so."""

from contextvars import ContextVar
from typing import Any, cast

import texts
from texts import Lang
from texts.speak import Gone

MARKS = (b'"erased":true', b'"restricted":true')
"""What stands in an answer that holds such a value; most hold none and are left as they are."""
_LANGUAGE: ContextVar[Lang] = ContextVar("language", default="zh-CN")


def speak_in(lang: Lang) -> None:
    """Let what is gone be told in this language within the request at hand."""
    _LANGUAGE.set(lang)


def worded(held: Any) -> Any:
    """The JSON with words in the place of every value that is erased or restricted."""
    if isinstance(held, list):
        return [worded(each) for each in cast("list[Any]", held)]
    if not isinstance(held, dict):
        return held
    fields = cast("dict[str, Any]", held)
    if fields.get("erased") is True and fields.keys() == {"erased", "at"}:
        return Gone(texts.text(_LANGUAGE.get(), "erasure.value_erased"))
    if fields == {"restricted": True}:
        return Gone(texts.text(_LANGUAGE.get(), "erasure.value_restricted"))
    return {name: worded(value) for name, value in fields.items()}
