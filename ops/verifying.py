"""`yuanshou verify`: the ledger read again from its first byte, held against what was signed, and said so."""

import asyncio
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ledger.events import LEDGERS
from ledger.settings import SealingSettings, SettingsFault
from ledger.verify.claims import Trouble
from ledger.verify.findings import CLASSES, NOTES, Finding
from ledger.verify.run import NOT_RUN, TAMPERED, Outcome, Request, Told, silent, store, verify
from ledger.verify.said import said
from ops.home import Home

_MOST_JOBS = 8
_SHOWN = 50
"""Findings that are shown to a person; `--json` gives them all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the terminal asks for beside the ledgers' own bytes."""

    ledgers: tuple[str, ...] = ()
    since: Path | None = None
    vkeys: Path | None = None
    jobs: int | None = None
    canonical: bool = False
    personal: bool = False
    files: bool = False
    read_models: bool = False
    schema: bool = False

    @property
    def whole(self) -> bool:
        """Whether every event of every ledger is read: only such a verification is kept for the audit page."""
        return not self.ledgers and self.since is None


def run(home: Home, worker: str | None, asked: Asked, *, quiet: bool) -> Outcome:
    """Verify and keep what it came to in the home. `worker` is the address of the role that reads every row.

    Raises `Trouble` where it cannot be carried out.
    """
    if not worker:
        raise Trouble("there is no database yet: start the system first, or set DATABASE_URL")
    strange = [name for name in asked.ledgers if name not in LEDGERS]
    if strange:
        raise Trouble(f"there is no ledger {strange[0]}: {', '.join(LEDGERS)}")
    try:
        settings = SealingSettings.of(home.path)
    except SettingsFault as fault:
        raise Trouble(str(fault)) from fault
    erased = os.environ.get("YUANSHOU_SHRED_LIST")
    request = replace(
        Request.of(worker, home.path, settings),
        erased=Path(erased) if erased else None,
        only=asked.ledgers,
        vkeys=asked.vkeys,
        since=asked.since,
        jobs=asked.jobs or min(os.cpu_count() or 1, _MOST_JOBS),
        canonical=asked.canonical,
        personal=asked.personal,
        files=asked.files,
    )
    with _progress(quiet=quiet) as told:
        with _light_children():
            outcome = verify(request, told)
        if asked.schema:
            outcome.beside += _schema(worker)
        if asked.read_models:
            asyncio.run(_read_models(outcome, request, told))
    if asked.whole:
        try:
            store(home.path, outcome.as_dict())
        except OSError as fault:
            raise Trouble(f"the result cannot be kept in {home.path}: {fault.strerror}") from fault
    return outcome


@contextmanager
def _light_children() -> Generator[None]:
    """Processes begun meanwhile do not read the program of the command line, as they would by themselves: none of it is for them, and it
    weighs as much as all they need.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _schema(dsn: str) -> Iterator[Finding]:
    from ops import guards

    try:
        with psycopg.connect(dsn) as connection:
            for line in guards.drift(connection):
                yield Finding("schema_drift", said("schema_drift", line=line), place=line.partition(" on ")[0])
    except psycopg.Error as fault:
        raise Trouble(f"the database's shape cannot be looked at: {str(fault).strip().splitlines()[0]}") from fault


async def _read_models(outcome: Outcome, request: Request, told: Told) -> None:
    from readmodels.verifying import differing

    try:
        async for finding in differing(request.dsn, request.jobs if request.jobs > 1 else 0, partial(told, "read models")):
            (outcome.noted if finding.code in NOTES else outcome.beside).append(finding)
    except psycopg.Error as fault:
        raise Trouble(f"read models cannot be compared: {str(fault).strip().splitlines()[0]}") from fault


@contextmanager
def _progress(*, quiet: bool) -> Generator[Told]:
    """A bar a ledger on a terminal; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    columns = (TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), TextColumn("events"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=min(done, of), total=of)

        yield told


def lines(outcome: Outcome) -> Iterator[str]:
    """The outcome for a person."""
    for result in outcome.ledgers:
        rate = f", {result.hashed / outcome.seconds:,.0f} a second" if outcome.seconds and result.hashed > 10_000 else ""
        sealed = f"whole up to {result.size}" if result.size else "no checkpoint holds"
        anchored = f"anchored up to {result.anchored}" if result.anchored else "no anchor"
        yield f"{result.ledger:>8}  {result.events} events, {result.hashed} read again{rate}; {sealed}; {anchored}"
    findings = outcome.findings
    for finding in findings[:_SHOWN]:
        yield f"     BAD  {_where(finding)}: {finding.detail}"
        yield f"          {finding.code}: {CLASSES[finding.code]}{_good(finding)}"
    more = len(findings) - _SHOWN + sum(result.more for result in outcome.ledgers)
    if len(findings) > _SHOWN or more > 0:
        yield f"          and {max(more, 0)} more"
    for note in outcome.notes:
        yield f"    note  {_where(note)}: {note.detail} ({NOTES[note.code]})"
    yield f"{_VERDICT[outcome.status]} ({outcome.seconds:.1f} s)"


_VERDICT = {
    0: "clean: every event is as it was recorded, and the checkpoints hold",
    TAMPERED: "TAMPERED: something is not as it was recorded. Keep the database and the anchors as they are, and tell the auditor",
    3: "clean, but the last anchor is older than the policy allows: look why nothing is anchored any more",
}


def _where(finding: Finding) -> str:
    at = f" {finding.position}" if finding.position is not None else ""
    beside = f" ({finding.place})" if finding.place and finding.ledger else finding.place
    return f"{finding.ledger}{at}{beside}" or "database"


def _good(finding: Finding) -> str:
    return f"; the last good checkpoint before it holds {finding.nearest_good} events" if finding.nearest_good else ""


def could_not_run(home: Home, asked: Asked, fault: Trouble, at: str) -> dict[str, Any]:
    """What is shown, and kept like any other outcome, of a verification that could not be carried out."""
    told: dict[str, Any] = {"at": at, "exit": NOT_RUN, "ledgers": {}, "findings": [], "notes": [], "seconds": 0.0, "trouble": str(fault)}
    if asked.whole and home.path.is_dir():
        store(home.path, told)
    return told
