"""Taking a table into the directory: first what it would change, row by row, then all of it or nothing.

The table is read, judged and staged some rows at a time, so that its length costs time and no memory. It can only be accepted while the
directory is the one it was judged against, and without a single fault.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, get_args

from uuid_utils.compat import uuid7

import texts
from api.problem import Problem, not_found
from api.sheet_reading import SheetFault, SheetRow, rows_of
from domain.command import Actor
from domain.directory import DirectoryEvent, Gender, OfficeKind, Quality, UnitKind
from domain.directory.imports import Judge
from domain.directory.sheets import SHEETS, Column, Fault, ImportKind, Words, columns_of, plain
from domain.values import Cause
from ledger import imports, registers
from ledger.directory import DirectoryCache
from ledger.sql import Connection

type Json = dict[str, Any]

KINDS: tuple[ImportKind, ...] = get_args(ImportKind)
_SHOWN_FAULTS = 200
_CHUNK = 500


class Sent(NamedTuple):
    """A table as it was sent: what of, under which name, and the legal day from which its rows hold where they do not say."""

    kind: ImportKind
    name: str
    file: BinaryIO
    since: date


@dataclass(slots=True)
class _Tally:
    """What was found so far."""

    rows: int = 0
    states: Counter[str] = field(default_factory=Counter[str])
    faults: list[Fault] = field(default_factory=list[Fault])
    more_faults: int = 0

    def add(self, faults: tuple[Fault, ...] | list[Fault]) -> None:
        room = _SHOWN_FAULTS - len(self.faults)
        self.faults += faults[:room]
        self.more_faults += max(0, len(faults) - room)

    def as_json(self) -> Json:
        counted = {state: self.states[state] for state in ("new", "changed", "unchanged", "faulty")}
        faults = [{"row": f.row, "column": f.column, "code": f.code, "values": dict(f.values)} for f in self.faults]
        return {"rows": self.rows, **counted, "faults": faults, "more_faults": self.more_faults}


async def preview(
    conn: Connection, cache: DirectoryCache, sent: Sent, *, by: str, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> Json:
    """Judge and stage a table in the caller's transaction; the report with the import's id. Raises `Problem` 422 where it is no table.

    `progress` is told the number of rows read so far.
    """
    await cache.read(conn)
    import_id = str(uuid7())
    await imports.begin(conn, import_id, kind=sent.kind, principal=by, directory=cache.newest.size, now=now)
    tally, staged = _Tally(), 0
    reading = _Reading(sent, cache, tally)
    while (changes := await asyncio.to_thread(reading.some)) is not None:  # the loop goes on serving others
        await imports.stage(conn, import_id, staged, changes)
        staged += len(changes)
        progress(tally.rows)
    said = {"kind": sent.kind, "file": sent.name[:200], "since": sent.since.isoformat(), **tally.as_json()}
    await imports.report(conn, import_id, said)
    return {"import_id": import_id, **said, "accepted_at": None}


class _Reading:
    """A table under the judge, some rows at a time."""

    def __init__(self, sent: Sent, cache: DirectoryCache, tally: _Tally) -> None:
        self._sent, self._directory, self._tally = sent, cache.newest, tally
        self._rows: Iterator[SheetRow] | None = None
        self._judge: Judge | None = None
        self._columns: list[Column | None] = []

    def some(self) -> list[DirectoryEvent] | None:
        """The changes of the next rows; None after the last. Raises `Problem` 422."""
        try:
            if self._rows is None:
                self._rows = rows_of(self._sent.file)
                self._begin(next(self._rows, None))
            rows = [*islice(self._rows, _CHUNK)] if self._judge else []
        except SheetFault as fault:
            raise Problem(422, fault.code, errors=[{"pointer": "/file", "code": fault.code}]) from fault
        return [event for row in rows if (event := self._judged(row))] if rows else None

    def _begin(self, header: SheetRow | None) -> None:
        if header is None:
            raise SheetFault("sheet_empty")
        self._columns, faults = columns_of(self._sent.kind, header.cells, header.number)
        faults += [Fault(header.number, None, f.code) for f in header.faults]
        if faults:
            self._tally.states["faulty"] += 1
            self._tally.add(faults)
        else:
            self._judge = Judge(self._sent.kind, self._directory, self._columns, since=self._sent.since, words=words())

    def _judged(self, row: SheetRow) -> DirectoryEvent | None:
        tally, judge = self._tally, self._judge
        assert judge is not None  # noqa: S101 -- rows are read only where there is one
        tally.rows += 1
        if row.faults:
            tally.states["faulty"] += 1
            tally.add([Fault(row.number, self._called(f.column), f.code) for f in row.faults])
            return None
        verdict = judge.judge(row.number, row.cells)
        tally.states[verdict.state] += 1
        tally.add(verdict.faults)
        return verdict.event

    def _called(self, place: int) -> str | None:
        column = self._columns[place] if place < len(self._columns) else None
        return column.zh if column else None


async def accept(
    conn: Connection,
    cache: DirectoryCache,
    import_id: str,
    *,
    actor: Actor,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> Json:  # fmt: skip
    """Enter every change of a judged table in the caller's transaction, or none.

    Raises `Problem` 404 `import_not_found`, 409 `import_has_faults`, `import_accepted_before`, `directory_changed_since` (judge it again).
    """
    await registers.lock(conn)
    found = await imports.find(conn, import_id)
    if found is None:
        raise not_found("import_not_found")
    said: Json = found["report"]
    if found["accepted_at"] is not None:
        raise Problem(409, "import_accepted_before")
    if said["faulty"]:
        raise Problem(409, "import_has_faults", rows=said["faulty"])
    await cache.read(conn)
    if cache.newest.size != found["directory"]:
        raise Problem(409, "directory_changed_since")
    entered = 0
    async for changes in imports.staged(conn, import_id):
        await registers.append(conn, changes, actor=actor, now=now, command_id=import_id)
        entered += len(changes)
        progress(entered)
    await imports.accepted(conn, import_id, said, now)
    return {"import_id": import_id, **said, "accepted_at": now.isoformat()}


async def read(conn: Connection, import_id: str) -> Json:
    """The report of a table. Raises `Problem` 404 `import_not_found`."""
    found = await imports.find(conn, import_id)
    if found is None:
        raise not_found("import_not_found")
    at = found["accepted_at"]
    return {"import_id": import_id, **found["report"], "accepted_at": at and at.isoformat()}


def told(report: Json, lang: texts.Lang) -> Json:
    """The report with a sentence to each fault: what is wrong and what to do."""
    faults = [f | {"detail": sentence(lang, f["code"], f["values"])} for f in report["faults"]]
    return report | {"faults": faults}


def sentence(lang: texts.Lang, code: str, values: Json) -> str:
    key = next(k for k in (f"imports.{code}", f"problems.{code}", "imports.value_not_allowed") if texts.has(lang, k))
    return texts.text(lang, key, **values)


@cache
def words() -> Words:
    """What people write in the cells of a column: the catalogues' words in both languages, and the codes themselves."""
    spoken: dict[str, dict[str, str]] = {}
    fields: dict[str, tuple[str, tuple[str, ...]]] = {
        "kind": ("office_kind", (*get_args(OfficeKind), *get_args(UnitKind))), "gender": ("gender", get_args(Gender)),
        "quality": ("quality", get_args(Quality)), "specialities": ("cause", get_args(Cause)), "level": ("level", ("city", "county")),
        "residence": ("residence", ("urban", "rural")), "languages": ("language", ()),
    }  # fmt: skip
    for field_, (subject, codes) in fields.items():
        spoken[field_] = {plain(code): code for code in codes}
        for lang in texts.LANGUAGES:
            spoken[field_] |= {plain(_word(lang, subject, code)): code for code in codes}
    return spoken


def _word(lang: texts.Lang, subject: str, code: str) -> str:
    key = f"directory.{subject}.{code}"
    return texts.text(lang, key) if texts.has(lang, key) else texts.value(lang, subject, code)


def template(kind: ImportKind, lang: texts.Lang) -> str:
    """An empty table of a kind as CSV that spreadsheets open rightly: the header alone."""
    return "\ufeff" + ",".join(c.zh if lang == "zh-CN" else c.en for c in SHEETS[kind]) + "\r\n"
