"""Percentiles, ratios to budgets, and the tables they are shown in."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

import psutil

type Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""A heading and its rows."""


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, by linear interpolation; `values` is not empty."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=1000, method="inclusive")[min(max(round(share * 1000) - 1, 0), 998)]


def ms(seconds: float, digits: int = 1) -> str:
    return f"{seconds * 1000:.{digits}f} ms"


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure beside the budget it has: `at_most` for costs, `at_least` for throughput."""

    value: float
    budget: float
    way: Literal["at_most", "at_least"]
    unit: str = "×"

    @property
    def kept(self) -> bool:
        return self.value <= self.budget if self.way == "at_most" else self.value >= self.budget

    def cells(self) -> tuple[str, str, str]:
        """Value, budget, and whether it is kept."""
        digits = {"×": 2, "s": 1}.get(self.unit, 0)
        sign = "≤" if self.way == "at_most" else "≥"
        return f"{self.value:.{digits}f} {self.unit}", f"{sign} {self.budget:g} {self.unit}", "kept" if self.kept else "**not kept**"


@dataclass(frozen=True, slots=True)
class Report:
    """What one benchmark found: how it was measured, its table, and whether every budget was kept."""

    title: str
    command: str
    how: str
    table: Table
    kept: bool

    def markdown(self) -> str:
        head, rows = self.table
        lines = [head, ["---"] * len(head), *rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"## {self.title}\n\n`{self.command}`. {self.how}\n\n{table}\n"

    def text(self) -> str:
        head, rows = self.table
        widths = [max(len(line[i]) for line in (head, *rows)) for i in range(len(head))]
        table = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *rows))
        return f"{self.title}\n{self.command}\n{table}\n"


def machine() -> str:
    """What the figures were taken on, without names or paths."""
    memory = psutil.virtual_memory().total / 1024**3
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, temporalio {version('temporalio')}; load before the start {load:.1f}"
    )
