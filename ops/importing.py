"""`yuanshou import`: a table for the directory, judged and (unless a preview was asked for) written as a whole, at the terminal."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api import imports
from api.imports import Sent
from domain.command import Actor
from ledger.directory import DirectoryCache
from ledger.store import WORKER, Database

_CLERK = Actor("system", "system_administrator", "system")
"""Whoever has the machine's terminal and the database's address is its administrator."""


def take_in(dsn: str, sent: Sent, *, only_preview: bool, now: datetime) -> dict[str, Any]:
    """The report; with `accepted_at` where the table was written. A table with a fault is left out whole.

    Raises `Problem` for a file that is no table, `psycopg.OperationalError` where the database is away.
    """
    return asyncio.run(_take_in(dsn, sent, only_preview=only_preview, now=now))


async def _take_in(dsn: str, sent: Sent, *, only_preview: bool, now: datetime) -> dict[str, Any]:
    cache = DirectoryCache()
    async with Database(dsn, size=2, name="import") as database:
        with _bar("reading") as advance:
            async with database.transaction(WORKER, pipeline=True) as conn:
                report = await imports.preview(conn, cache, sent, by=_CLERK.id, now=now, progress=advance)
        if only_preview or report["faulty"] or not report["new"] + report["changed"]:
            return report
        with _bar("writing", report["new"] + report["changed"]) as advance:
            async with database.transaction(WORKER, pipeline=True) as conn:
                return await imports.accept(conn, cache, report["import_id"], actor=_CLERK, now=now, progress=advance)


@contextmanager
def _bar(what: str, total: int | None = None) -> Generator[Callable[[int], None]]:
    """A bar at the terminal; silent where there is none. How many rows there are is not known before the last was read."""
    console = Console(stderr=True)
    columns = (TextColumn(f"{what} {{task.completed}} rows"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)


def lines(report: dict[str, Any]) -> list[str]:
    """The report as lines for the terminal."""
    counts = ", ".join(f"{report[state]} {state}" for state in ("new", "changed", "unchanged", "faulty"))
    faults = [
        f"  row {f['row']}{', ' + f['column'] if f['column'] else ''}: {f['code']} -- {imports.sentence('en', f['code'], f['values'])}"
        for f in report["faults"]
    ]
    more = [f"  and {report['more_faults']} more"] if report["more_faults"] else []
    end = "written" if report["accepted_at"] else "nothing was written"
    return [f"{report['file']}: {report['rows']} rows, {counts}; {end}", *faults, *more]
