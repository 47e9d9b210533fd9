"""`yuanshou export`: histories of the whole city into a file, for process mining."""

import asyncio
import os
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from api.exporting import Form, download, names_of
from api.history_filters import Asked
from domain.access import Scope
from ledger.directory import DirectoryCache
from ledger.keys import KeyRing
from ledger.store import WORKER, Database
from readmodels.exports.lines import Export, end

EVERYTHING = Scope(everything=True, reaches=(), excluded=frozenset())
"""Whoever has the machine's terminal and the database's address is its administrator; what goes out bears stand-ins."""


@dataclass(frozen=True, slots=True)
class Written:
    """The file as it stands now; `upto` is the last position looked at, with which the same file is made again."""

    path: Path
    size: int
    upto: int


def write(dsn: str, keys: Path, form: Form, asked: Asked, out: Path) -> Written:
    """Write the export beside its place and put it there whole: where it is broken off, what stood there stands.

    Raises `psycopg.OperationalError` where the database is away, `KeyFault` for a damaged key file, `OSError` where it cannot be written.
    """
    upto = asyncio.run(_write(dsn, keys, form, asked, out))
    return Written(out, out.stat().st_size, upto)


async def _write(dsn: str, keys: Path, form: Form, asked: Asked, out: Path) -> int:
    names = names_of(KeyRing.open(keys).search, identified=False)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    async with Database(dsn, size=2, name="export") as database:
        async with database.transaction(WORKER) as conn:
            query = asked.of(await DirectoryCache().read(conn))
            upto = query.upto if query.upto is not None else await end(conn)
        open_ = partial(database.transaction, WORKER)
        made = download(Export(EVERYTHING, replace(query, upto=upto), names), form, own=open_, seen=open_)
        try:
            # Blocking writes: nobody else waits for this process.
            with draft.open("wb") as file, _bar(out.name) as bar:
                task = bar.add_task("", total=None)
                async with aclosing(made.parts) as parts:
                    async for part in parts:
                        file.write(part)
                        bar.advance(task, len(part))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
    return upto


def _bar(name: str) -> Progress:
    """A bar at the terminal; silent where there is none."""
    console = Console(stderr=True)
    columns = (TextColumn(name), DownloadColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
