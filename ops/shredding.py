"""`yuanshou shred`: how far the erasures have come, and those carried out that a crash or an outage left."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from activities.shred import Carried, Shredder
from ledger import rules
from ledger.shredlist import ShredList, ShredListFault
from ledger.store import Database
from ops.process import EngineError

_WAITING = (
    "SELECT subject_id::text, version, state, ground, asked_by, asked_on::text, decided_by, decided_on::text, cardinality(subjects)"
    " FROM erasures WHERE state IN ('open', 'approved') ORDER BY asked_on, subject_id"
)
_NAMES = ("subject_id", "request", "state", "ground", "asked_by", "asked_on", "decided_by", "decided_on", "entries")
_SWEPT = ("subject_keys", "search_tokens", "people", "files")


@dataclass(frozen=True)
class Report:
    """What waits (`waiting`: requests as dicts), how many people are erased, and what this run did about it.

    `brought_back` are subjects on the list whose key is in the database all the same, `unlisted` those erased and not on the list.
    """

    waiting: list[dict[str, Any]]
    erased: int
    brought_back: list[str]
    unlisted: int
    completed: int = 0
    forbidden: int = 0
    swept: bool = False

    @property
    def clean(self) -> bool:
        """Nothing is left to be carried out, and list and database agree; what waits for a decision is nobody's fault."""
        left = any(each["state"] == "approved" for each in self.waiting)
        return not (left or self.brought_back or self.unlisted or self.forbidden)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "clean": self.clean}


def report(worker: str, owner: str | None, path: Path, *, complete: bool) -> Report:
    """How things stand, after carrying out what is approved where `complete`, and sweeping the tables where an `owner` is given.

    Raises `EngineError` for a list that was changed, `OSError` where it cannot be written, `psycopg.OperationalError`.
    """
    listed = ShredList(path)
    try:
        done = asyncio.run(_carry_out(worker, listed)) if complete else Carried(0, 0)
        if owner:
            _sweep(owner)
        return _look(worker, listed, done, swept=owner is not None)
    except ShredListFault as fault:
        raise EngineError(str(fault)) from fault


async def _carry_out(worker: str, listed: ShredList) -> Carried:
    async with Database(worker, size=2, name="yuanshou-shred") as database:
        return await Shredder(database, rules.current, listed).carry_out()


def _sweep(owner: str) -> None:
    """Write the tables anew: what was deleted lies in their old files until then."""
    with psycopg.connect(owner, autocommit=True) as connection:
        for table in _SWEPT:
            connection.execute(f"VACUUM (FULL) {table}".encode())


def brought_back(worker: str, listed: ShredList) -> list[str]:
    """Subjects on the list whose key is in the database. Raises `ShredListFault`, `psycopg.Error`."""
    with psycopg.connect(worker, connect_timeout=5) as connection:
        query = "SELECT subject_id::text FROM subject_keys WHERE wrapped IS NOT NULL AND subject_id = ANY(%s::uuid[]) ORDER BY 1"
        return [str(row[0]) for row in connection.execute(query, [list(listed.read())])]


def _look(worker: str, listed: ShredList, done: Carried, *, swept: bool) -> Report:
    known = listed.read()
    with psycopg.connect(worker) as connection:
        waiting: list[dict[str, Any]] = [dict(zip(_NAMES, row, strict=True)) for row in connection.execute(_WAITING)]
        gone = [str(row[0]) for row in connection.execute("SELECT subject_id::text FROM subject_keys WHERE wrapped IS NULL")]
    return Report(
        waiting=waiting,
        erased=len(gone),
        brought_back=brought_back(worker, listed),
        unlisted=sum(subject not in known for subject in gone),
        completed=done.done,
        forbidden=done.refused,
        swept=swept,
    )


def lines(found: Report) -> Iterator[str]:
    """The report for a terminal."""
    if found.completed or found.forbidden:
        yield f"completed: {found.completed}; forbidden by the files meanwhile: {found.forbidden}"
    if found.swept:
        yield "the tables of keys, search terms, marks and files were written anew"
    yield f"erased: {found.erased}"
    for each in found.waiting:
        yield f"{each['state']:<9} {each['subject_id']}  asked {each['asked_on']} by {each['asked_by']} ({each['ground']})"
    if found.brought_back:
        yield f"{len(found.brought_back)} keys of erased people are in this database: start the system again, it destroys them first"
    if found.unlisted:
        yield f"{found.unlisted} erased people are not on the list: start the system again, it puts them there"
    if found.clean:
        yield "nothing is left to be carried out"
