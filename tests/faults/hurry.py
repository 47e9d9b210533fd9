"""Rules for the tests' worker: a clock that falls due at once, changed in the data, not in the product."""

from dataclasses import replace

from domain.rules import Rules

LIMIT = "urgent_assign"


def hurried(rules: Rules) -> Rules:
    """The rules in force, with `urgent_assign` due the moment it starts: its one rung, the miss, comes a second later."""
    limits = rules.limits
    missed = tuple(step for step in limits.ladders["own_promise_hours"] if step.kind == "missed")
    rows = {**limits.rows, LIMIT: tuple(replace(row, n=0, ladder="at_once") for row in limits.rows[LIMIT])}
    return replace(rules, limits=replace(limits, rows=rows, ladders={**limits.ladders, "at_once_hours": missed}))
