"""OCEL 2.0 as a relational file: SQLite, the tables that the standard names, one of each event type and object type."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from readmodels.exports import Line, moment
from readmodels.exports.ocel2 import EVENT_ATTRIBUTES, OBJECT_TYPES, Met, attributes_of, case_attributes, object_id, touched

_TABLES = """
    CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
    CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
    CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT NOT NULL REFERENCES event_map_type (ocel_type));
    CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT NOT NULL REFERENCES object_map_type (ocel_type));
    CREATE TABLE event_object (
        ocel_event_id TEXT NOT NULL REFERENCES event (ocel_id), ocel_object_id TEXT NOT NULL REFERENCES object (ocel_id),
        ocel_qualifier TEXT NOT NULL, PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
    CREATE TABLE object_object (
        ocel_source_id TEXT NOT NULL REFERENCES object (ocel_id), ocel_target_id TEXT NOT NULL REFERENCES object (ocel_id),
        ocel_qualifier TEXT NOT NULL, PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
"""
_COLUMN = {"integer": "INTEGER", "string": "TEXT", "time": "TIMESTAMP"}
_CHUNK = 1 << 16


class Ocel2Sqlite:
    """The file is made on the disk and comes whole at the end. Tables are named by the types of events and objects, words of our own."""

    media_type: ClassVar[str] = "application/vnd.sqlite3"
    ending: ClassVar[str] = "sqlite"

    def __init__(self) -> None:
        self._met = Met()
        self._folder = tempfile.TemporaryDirectory(prefix="yuanshou-export-")
        self._path = Path(self._folder.name) / "log.sqlite"
        # Whoever began the export may go on in another thread; never two at once.
        self._db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        self._types: set[str] = set()

    def begin(self) -> bytes:
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192; BEGIN;" + _TABLES)
        for kind, attributes in OBJECT_TYPES.items():
            columns = "ocel_id TEXT NOT NULL, ocel_time TIMESTAMP, ocel_changed_field TEXT" + _columns(attributes)
            self._type("object", kind, columns)
        return b""

    def take(self, lines: Sequence[Line]) -> bytes:
        for line in lines:
            if self._met.new_case(line):
                self._case(line)
            self._event(line)
        return b""

    def end(self) -> Iterator[bytes]:
        for kind, code in sorted(self._met.people_and_offices):
            self._db.execute("INSERT INTO object VALUES (?, ?)", (object_id(kind, code), kind))
            self._db.execute(
                f'INSERT INTO "object_{kind}" (ocel_id, ocel_time) VALUES (?, ?)',  # noqa: S608 -- one of OBJECT_TYPES
                (object_id(kind, code), "1970-01-01T00:00:00Z"),
            )
        self._db.execute("COMMIT")
        self._db.close()
        with self._path.open("rb") as made:
            while part := made.read(_CHUNK):
                yield part

    def close(self) -> None:
        """The file is gone with it."""
        self._db.close()
        self._folder.cleanup()

    def _type(self, of: str, name: str, columns: str) -> None:
        self._db.execute(f"INSERT INTO {of}_map_type VALUES (?, ?)", (name, name))  # noqa: S608 -- event or object
        self._db.execute(f'CREATE TABLE "{of}_{name}" ({columns}, FOREIGN KEY (ocel_id) REFERENCES {of} (ocel_id))')

    def _case(self, line: Line) -> None:
        case, held, code = line.case, case_attributes(line.case), object_id("case", line.case.id)
        named, marks = "".join(f', "{name}"' for name in held), ", ?" * len(held)
        self._db.execute("INSERT INTO object VALUES (?, 'case')", (code,))
        self._db.execute(
            f'INSERT INTO "object_case" (ocel_id, ocel_time{named}) VALUES (?, ?{marks})',  # noqa: S608 -- names of CASE_ATTRIBUTES
            (code, moment(case.opened_at), *held.values()),
        )
        if case.centre is not None:
            self._db.execute("INSERT INTO object_object VALUES (?, ?, 'centre')", (code, object_id("office", case.centre)))

    def _event(self, line: Line) -> None:
        if line.type not in self._types:
            self._types.add(line.type)
            self._type("event", line.type, "ocel_id TEXT PRIMARY KEY, ocel_time TIMESTAMP NOT NULL" + _columns(EVENT_ATTRIBUTES))
        self._db.execute("INSERT INTO event VALUES (?, ?)", (line.id, line.type))
        given = attributes_of(line)
        self._db.execute(
            f'INSERT INTO "event_{line.type}" VALUES (?, ?{", ?" * len(given)})',  # noqa: S608 -- an event's type is a word of the program's
            (line.id, moment(line.recorded_at), *given.values()),
        )
        self._db.executemany(
            "INSERT INTO event_object VALUES (?, ?, ?)", [(line.id, object_id(kind, code), how) for kind, code, how in touched(line)]
        )


def _columns(attributes: Mapping[str, str]) -> str:
    return "".join(f', "{name}" {_COLUMN[kind]}' for name, kind in attributes.items())
