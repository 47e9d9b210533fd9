"""What of a body the record itself says, and what was filled in."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from ops.example.script import CaseId, Told


class Said(NamedTuple):
    """A value of a body that the record itself says. What a body holds beside such values was filled in."""

    value: Any


def plain(value: Any) -> Any:
    """The same value without the marks of what is said."""
    if isinstance(value, Said):
        return plain(value.value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    return value


def filled_in(value: Any, pointer: str = "") -> Iterator[str]:
    """JSON pointers of what is not marked as said; one for a whole object or list where nothing in it is."""
    if isinstance(value, (Said, Told, CaseId)):
        return
    items: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        items = list(cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        items = [(str(n), item) for n, item in enumerate(cast("list[Any]", value))]
    if pointer and not any(_speaks(item) for _, item in items):
        yield pointer
    else:
        for name, item in items:
            yield from filled_in(item, f"{pointer}/{name}")


def _speaks(value: Any) -> bool:
    """Whether the record says anything of it."""
    if isinstance(value, (Said, Told, CaseId)):
        return True
    if isinstance(value, dict):
        return any(map(_speaks, cast("dict[str, Any]", value).values()))
    return isinstance(value, list) and any(map(_speaks, cast("list[Any]", value)))
