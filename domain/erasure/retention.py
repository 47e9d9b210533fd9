"""How long files are kept, and what bars that a person in one be erased: a hold, an open file, its period, a command under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from domain.case import CaseState
from domain.stream import StreamState

What = Literal["aided", "not_aided", "consultation", "duty"]
Why = Literal["under_hold", "case_open", "retention_runs", "command_pending"]
BARS: tuple[Why, ...] = get_args(Why)
"""In the order in which they weigh: a hold before all."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of `retention.yaml`; its header says what the keys mean. `years` None: for ever."""

    what: What
    from_: date
    years: int | None
    source: str
    confirmed: bool


class Period(NamedTuple):
    """Until when a file is kept, that day included; None for ever. `row` is what says so."""

    until: date | None
    row: Kept


class Bar(NamedTuple):
    """What keeps a person of a file from being erased. `until`: the last day of its period."""

    why: Why
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """All rows by what they are about, newest first."""

    rows: Mapping[str, tuple[Kept, ...]]

    def of(self, file: StreamState) -> Period | None:
        """How long an ended file is kept; None while it is open. A file older than every row is held to the oldest."""
        ended = ended_on(file)
        if ended is None:
            return None
        rows = self.rows[what_of(file)]
        row = next((r for r in rows if r.from_ <= ended), rows[-1])
        return Period(None if row.years is None else _years_after(ended, row.years), row)


def _years_after(day: date, years: int) -> date:
    """The day of the same date so many years on; from 29 February the last of a February that has none (民法典 art. 202)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def read_retention(data: Mapping[str, Any]) -> Retention:
    """The rows of a parsed `retention.yaml`. Raises `KeyError` or `ValueError` where it cannot be read."""
    rows: dict[str, list[Kept]] = {}
    for raw in data["retention"]:
        what: What = raw["what"]
        if what not in get_args(What):
            raise ValueError(f"retention knows no {what}")
        rows.setdefault(what, []).append(Kept(what, raw["from"], raw["years"], raw["source"], bool(raw["confirmed"])))
    return Retention({what: tuple(sorted(kept, key=lambda r: r.from_, reverse=True)) for what, kept in rows.items()})


def what_of(file: StreamState) -> What:
    """Which period a file has: by its kind, and a case by whether anybody in it was ever given aid."""
    if not isinstance(file, CaseState):
        return "duty" if file.kind == "duty" else "consultation"
    return "aided" if file.assignment or file.accept_first or file.state == "archived" else "not_aided"


def ended_on(file: StreamState) -> date | None:
    """The legal day on which the line of an ended file last moved: later notes, papers and holds do not lengthen its period."""
    if not file.ended:
        return None
    days = [day for lane, day in file.lane_days.items() if lane != "margin"]
    return max(days, default=file.opened_on)


def bars_of(file: StreamState, retention: Retention, today: date, *, pending: bool = False) -> Iterator[Bar]:
    """Everything that bars an erasure today, in the order of `BARS`. `pending`: a command on the file is not decided yet."""
    if isinstance(file, CaseState) and any(not hold.lifted for hold in file.holds):
        yield Bar("under_hold")
    if not file.ended:
        yield Bar("case_open")
    elif (period := retention.of(file)) and (period.until is None or today <= period.until):
        yield Bar("retention_runs", period.until)
    if pending:
        yield Bar("command_pending")
