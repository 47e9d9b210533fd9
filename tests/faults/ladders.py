"""Reminders of a case as the ledger has them: what should have rung, and what rang."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.faults.harness import System

type Rung = tuple[str, int, int]
"""Clock, version of the plan, number of the step."""
type Rows = Sequence[dict[str, Any]]

_EVENTS = "SELECT version, type, decided_at, convert_from(body, 'UTF8')::jsonb AS body FROM events WHERE stream = %s ORDER BY version"


async def owed(system: System, case_id: str, end: datetime) -> Counter[Rung]:
    """What should have rung by `end`, worked out from the plans in the ledger alone: each step whose moment came while its plan was in
    force.
    """
    plans: dict[str, tuple[int, list[dict[str, Any]], datetime]] = {}
    due: Counter[Rung] = Counter()

    def until_then(clock: str, moment: datetime) -> None:
        if clock in plans:
            version, rungs, since = plans.pop(clock)
            due.update((clock, version, r["n"]) for r in rungs if since < datetime.fromisoformat(r["at"]) <= moment and not r.get("fired"))

    for row in await _rows(system, case_id):
        body, kind = row["body"], row["type"]
        clock = body.get("clock_id", "")
        plan = body if kind in ("clock_started", "clock_replanned") else body.get("plan") if kind == "clock_resumed" else None
        if kind in ("clock_paused", "clock_met", "clock_cancelled") or plan:
            until_then(clock, row["decided_at"])
        if plan:
            plans[clock] = (row["version"], plan["rungs"], row["decided_at"])
    for clock in list(plans):
        until_then(clock, end)
    return due


async def fired(system: System, case_id: str) -> Rows:
    """The reminders that were recorded, in order."""
    return [row for row in await _rows(system, case_id) if row["type"].startswith("deadline_")]


def rang(rows: Rows) -> Counter[Rung]:
    return Counter((row["body"]["clock_id"], row["body"]["plan_version"], row["body"]["rung"]) for row in rows)


async def told(system: System, case_id: str) -> Counter[tuple[str, str]]:
    """How often each person was told of each reminder."""
    rows = await system.rows(
        "SELECT m.person, o.id, count(m.id) AS n FROM outbox o LEFT JOIN messages m ON m.id LIKE o.id || '/%%'"
        " WHERE o.case_id = %s GROUP BY m.person, o.id",
        case_id,
    )
    return Counter({(row["id"], row["person"]): row["n"] for row in rows})


async def next_at(system: System, case_id: str) -> datetime:
    """The moment of the reminder that is owed next."""
    rows = await system.rows("SELECT next_rung_at FROM cases WHERE case_id = %s", case_id)
    return rows[0]["next_rung_at"]


async def _rows(system: System, case_id: str) -> Rows:
    return await system.rows(_EVENTS, f"case/{case_id}")
