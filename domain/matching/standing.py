"""How each lawyer of the panel stands when a case is to be given: what they have in hand, how long they waited, what was given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Standing:
    """`load` counts open cases; `declined` and `replaced` those given back or taken away within the window of the rules' row."""

    load: int = 0
    last_named_on: date | None = None
    """The legal day of the last assignment; none for who never had one."""
    declined: int = 0
    replaced: int = 0

    def waiting(self, on: date) -> int | None:
        """Days since the last assignment; none for who never had one."""
        return max((on - self.last_named_on).days, 0) if self.last_named_on else None


NEW = Standing()
"""Somebody who was never given a case."""


def carrying(loads: Mapping[str, int]) -> dict[str, Standing]:
    """Standings of which no more is known than the open cases."""
    return {lawyer: Standing(load=load) for lawyer, load in loads.items()}
