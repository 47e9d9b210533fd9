"""The product's worker with one change in its data: the one reminder of every application's limit is a miss at `BENCH_AT` (RFC 3339)."""

import os
from datetime import datetime
from typing import Any

from domain.clocks import engine
from domain.clocks.limits import Limit, Step
from domain.stream import Rung
from workers import app

LIMIT = "examine_application"


def at_once(moment: datetime) -> None:
    """Let the limit's ladder have one step, at that moment; what else the worker does stays as it is."""
    climb = engine.rungs

    def rungs(ladder: tuple[Step, ...], limit: Limit, *facts: Any, **more: Any) -> tuple[Rung, ...]:
        if limit.id == LIMIT:
            return (Rung(n=1, at=moment, to=("owner", "supervisor"), kind="missed"),)
        return climb(ladder, limit, *facts, **more)

    engine.rungs = rungs


if __name__ == "__main__":
    at_once(datetime.fromisoformat(os.environ["BENCH_AT"]))
    app.main("cases")
