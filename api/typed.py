"""A JSON body as the model it is meant for, taken at its word: a text is no number, a word no yes or no, a moment no day."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ValidationError

from api.problem import Problem, invalid

_ZONE = ZoneInfo("Asia/Shanghai")
LARGEST = 2**53 - 1
"""The largest integer that every JSON reader holds exactly, and so the ledger."""


EARLIEST, LATEST = 1900, 2199
"""Years of the days and moments that are taken: dates are counted on from, and the calendar of machines ends with 9999."""


def _in_range(given: date) -> bool:
    return EARLIEST <= given.year <= LATEST


def within_range[D: date](given: D) -> D:
    """A day or moment of a query, as it is. Raises `ValueError` for a year that is not taken."""
    if not _in_range(given):
        raise ValueError("date_out_of_range")
    return given


WithinRange = AfterValidator(within_range)


def typed[M: BaseModel](kind: type[M], body: Mapping[str, Any], today: date | None = None) -> M:
    """The body as `kind`. `today` bounds days of birth. Raises `Problem` 422 with a pointer to each faulty field."""
    # Personal days are sealed before a command is decided: only here can they be held against the calendar, and nothing recorded follows.
    today = today or datetime.now(_ZONE).date()  # noqa: TID251
    try:
        found = kind.model_validate_json(json.dumps(body), strict=True, context={"today": today})
    except ValidationError as fault:
        raise invalid(fault.errors(include_url=False), body) from fault
    if far := list(_far(found, "")):
        raise Problem(
            422, "invalid", errors=[{"pointer": p, "code": "date_out_of_range", "earliest": EARLIEST, "latest": LATEST} for p in far]
        )
    return found


def _far(value: object, pointer: str) -> Iterator[str]:
    """Pointers to the days and moments of years that are not taken."""
    if isinstance(value, date) and not _in_range(value):
        yield pointer
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _far(getattr(value, name), f"{pointer}/{field.alias or name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(cast("tuple[object, ...]", value)):
            yield from _far(item, f"{pointer}/{index}")


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
