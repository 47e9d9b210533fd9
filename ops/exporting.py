"""`yuanshou export`: histories of the whole city into a file, for process mining; one case as a bundle for a court."""

import asyncio
import os
from collections.abc import AsyncIterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from uuid_utils.compat import uuid7

from api import court
from api.exporting import Form, download, names_of
from api.history_filters import Asked
from api.problem import not_found, unread
from api.recorder import Recorder
from api.recording import Access, checked_reason
from domain.access import Principal, Scope
from ledger.accounts import HOUSE
from ledger.directory import DirectoryCache
from ledger.events import UnknownEventType, UnreadableEvent
from ledger.keys import KeyRing
from ledger.sql import Connection
from ledger.store import WORKER, Database, clock
from readmodels.exports.lines import Export, end

CONSOLE = Principal(HOUSE.id, HOUSE.id, ((HOUSE.role, HOUSE.office),))
"""Who stands in the ledger of reads for the console: nobody is signed in there."""
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
    async with Database(dsn, size=2, name="export") as database:
        async with database.transaction(WORKER) as conn:
            query = asked.of(await DirectoryCache().read(conn))
            upto = query.upto if query.upto is not None else await end(conn)
        open_ = partial(database.transaction, WORKER)
        made = download(Export(EVERYTHING, replace(query, upto=upto), names), form, own=open_, seen=open_)
        async with aclosing(made.parts) as parts:
            await _put(out, parts)
    return upto


async def _put(out: Path, parts: AsyncIterable[bytes], *, total: int | None = None, mode: int = 0o644) -> None:
    """Write a file whole or not at all, with a bar of how far it is; `total` is its length where that is known. Raises OSError."""
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        draft.touch(mode=mode)
        # Blocking writes: nobody else waits for this process.
        with draft.open("wb") as file, _bar(out.name) as bar:
            task = bar.add_task("", total=total)
            async for part in parts:
                file.write(part)
                bar.advance(task, len(part))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class AskedCase:
    """A case, named by its id or one of its numbers, and why it is taken out."""

    case: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bundled:
    """The bundle as it stands now; `manifest` is the SHA-256 by which two people tell whether they hold the same."""

    path: Path
    size: int
    manifest: str
    versions: int
    later: int


def bundle(dsn: str, keys: Path, anchors: Path, asked: AskedCase, out: Path) -> Bundled:
    """Write a case as the bundle that its page gives; that it was read stands in the ledger of reads first.

    Raises `Problem` for what cannot be bundled, `NotRecorded`, `psycopg.OperationalError`, `PoolTimeout`, `KeyFault`, `OSError`.
    """
    return asyncio.run(_bundle(dsn, keys, anchors, asked, out))


async def _bundle(dsn: str, folder: Path, anchors: Path, asked: AskedCase, out: Path) -> Bundled:
    keys = KeyRing.open(folder)
    async with Database(dsn, size=2, name="export") as database:
        async with database.transaction(WORKER) as conn:
            case_id, now = await _case_of(conn, asked.case), await clock(conn)
        access = Access(str(uuid7()), "export", checked_reason(asked.reason, {"parameter": "reason", "in": "console"}), CONSOLE)
        sources = court.Sources(database, DirectoryCache(), keys, folder, anchors)
        try:
            made = await court.made_at_console(sources, case_id, access)
        except (UnreadableEvent, UnknownEventType) as fault:
            raise unread(fault) from fault
        await Recorder(lambda: database).record(access.take("yuanshou export bundle", 200, now, keys.master))
        await _put(out, made.content(), total=made.length, mode=0o600)  # names stand in it
    return Bundled(out, made.length, made.manifest, made.versions, made.later)


async def _case_of(conn: Connection, said: str) -> str:
    """The id of the case with that id, case number or register number. Raises `Problem` 404."""
    row = await (
        await conn.execute(
            "SELECT case_id::text AS id FROM case_list"
            " WHERE case_id::text = lower(%(said)s) OR case_number = %(said)s OR register_number = %(said)s",
            {"said": said},
        )
    ).fetchone()
    if row is None:
        raise not_found("case_not_found")
    return row["id"]


def _bar(name: str) -> Progress:
    """A bar at the terminal; silent where there is none."""
    console = Console(stderr=True)
    columns = (TextColumn(name), DownloadColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
