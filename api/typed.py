"""A JSON body as the model it is meant for, taken at its word: a text is no number, a word no yes or no, a moment no day."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from api.problem import Problem, invalid

_ZONE = ZoneInfo("Asia/Shanghai")
LARGEST = 2**53 - 1
"""The largest integer that every JSON reader holds exactly, and so the ledger."""


def typed[M: BaseModel](kind: type[M], body: Mapping[str, Any], today: date | None = None) -> M:
    """The body as `kind`. `today` bounds days of birth. Raises `Problem` 422 with a pointer to each faulty field."""
    # Personal days are sealed before a command is decided: only here can they be held against the calendar, and nothing recorded follows.
    today = today or datetime.now(_ZONE).date()  # noqa: TID251
    try:
        return kind.model_validate_json(json.dumps(body), strict=True, context={"today": today})
    except ValidationError as fault:
        raise invalid(fault.errors(include_url=False), body) from fault


def check_numbers(body: Mapping[str, Any]) -> None:
    """Raise `Problem` 422 with pointers where a number has no place in the ledger: a fraction, or one beyond `LARGEST`."""
    if errors := list(_unfit(body, "")):
        raise Problem(422, "invalid", errors=errors)


def _unfit(value: Any, pointer: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, float):
        yield {"pointer": pointer, "code": "not_an_integer"}
    elif isinstance(value, int) and abs(value) > LARGEST:
        yield {"pointer": pointer, "code": "too_large" if value > 0 else "too_small"}
    elif isinstance(value, Mapping):
        for name, item in cast("Mapping[str, Any]", value).items():
            yield from _unfit(item, pointer + "/" + name.replace("~", "~0").replace("/", "~1"))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _unfit(item, f"{pointer}/{index}")
