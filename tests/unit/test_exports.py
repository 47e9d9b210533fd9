"""Exports over generated cases: every event exactly once, in order, with its times; the same bytes however read; nothing of the people."""

import csv
import io
import json
import sqlite3
import tracemalloc
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from domain.access import Scope
from domain.command import Happened
from ledger.events import body_of
from readmodels.exports import Line as ExportLine
from readmodels.exports import Plain, Pseudonyms, Writer, moment
from readmodels.exports.lines import Export
from readmodels.exports.ocel2 import Ocel2Json
from readmodels.exports.ocel2_sqlite import Ocel2Sqlite
from readmodels.exports.table import Csv
from readmodels.exports.xes import Xes
from readmodels.history import EventQuery
from tests.unit.test_lifecycle_properties import Life, lives

KEY = bytes(range(32))
BEGAN = datetime(2026, 3, 10, 1, 2, 3, 456789, tzinfo=UTC)
WRITERS: tuple[type[Writer], ...] = (Xes, Ocel2Json, Ocel2Sqlite, Csv)
EVERY = Scope(everything=True, reaches=(), excluded=frozenset())
XES = "{http://www.xes-standard.org/}"

OCEL2: dict[str, Any] = {
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "additionalProperties": False,
    "properties": {
        "eventTypes": {"type": "array", "items": {"$ref": "#/$defs/type"}},
        "objectTypes": {"type": "array", "items": {"$ref": "#/$defs/type"}},
        "events": {"type": "array", "items": {"$ref": "#/$defs/event"}},
        "objects": {"type": "array", "items": {"$ref": "#/$defs/object"}},
    },
    "$defs": {
        "word": {"type": "string", "minLength": 1},
        "type": {
            "type": "object",
            "required": ["name", "attributes"],
            "additionalProperties": False,
            "properties": {
                "name": {"$ref": "#/$defs/word"},
                "attributes": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "type"],
                        "additionalProperties": False,
                        "properties": {
                            "name": {"$ref": "#/$defs/word"},
                            "type": {"enum": ["string", "time", "integer", "float", "boolean"]},
                        },
                    },
                },
            },
        },
        "relationships": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["objectId", "qualifier"],
                "additionalProperties": False,
                "properties": {"objectId": {"$ref": "#/$defs/word"}, "qualifier": {"$ref": "#/$defs/word"}},
            },
        },
        "event": {
            "type": "object",
            "required": ["id", "type", "time"],
            "additionalProperties": False,
            "properties": {
                "id": {"$ref": "#/$defs/word"},
                "type": {"$ref": "#/$defs/word"},
                "time": {"type": "string", "format": "date-time"},
                "attributes": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "value"],
                        "additionalProperties": False,
                        "properties": {"name": {"$ref": "#/$defs/word"}, "value": {"type": ["string", "integer", "number", "boolean"]}},
                    },
                },
                "relationships": {"$ref": "#/$defs/relationships"},
            },
        },
        "object": {
            "type": "object",
            "required": ["id", "type"],
            "additionalProperties": False,
            "properties": {
                "id": {"$ref": "#/$defs/word"},
                "type": {"$ref": "#/$defs/word"},
                "attributes": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "time", "value"],
                        "additionalProperties": False,
                        "properties": {
                            "name": {"$ref": "#/$defs/word"},
                            "time": {"type": "string", "format": "date-time"},
                            "value": {"type": ["string", "integer", "number", "boolean"]},
                        },
                    },
                },
                "relationships": {"$ref": "#/$defs/relationships"},
            },
        },
    },
}
"""What the standard demands of a JSON log (OCEL 2.0, 7.2), in words of our own: the official schema is published without a licence."""


def rows_of(lived: Sequence[Life]) -> list[dict[str, Any]]:
    """The cases as the ledger would hold them, by stream and version; positions as they would have been appended, case by case."""
    rows: list[dict[str, Any]] = []
    for n, life in enumerate(lived):
        stream = f"case/{n:08d}-0000-7000-8000-000000000000"
        rows += [_row(stream, happened, len(rows) + i) for i, happened in enumerate(life.case.history)]
    return rows


def _row(stream: str, happened: Happened, position: int) -> dict[str, Any]:
    at = happened.at
    return {
        "position": position + 1, "stream": stream, "version": at.version, "type": happened.event.type,
        "recorded_at": BEGAN + timedelta(seconds=position, microseconds=at.version), "decided_at": at.decided_at,
        "effective_on": at.effective_on, "actor": at.actor, "on_behalf_of": at.on_behalf_of, "role": at.role, "office": at.office,
        "body": body_of(happened.event),
    }  # fmt: skip


def lines_of(rows: Sequence[dict[str, Any]], export: Export) -> list[ExportLine]:
    cases = {row["stream"]: export._case(row) for row in rows if row["version"] == 1}
    return [export._line(row, cases[row["stream"]]) for row in rows]


def written(kind: type[Writer], lines: Sequence[ExportLine], cuts: Sequence[int] = ()) -> bytes:
    """The export whose lines come in pages that end at `cuts`."""
    writer = kind()
    try:
        parts = [writer.begin()]
        places = sorted({0, len(lines), *(cut % (len(lines) + 1) for cut in cuts)})
        parts += [writer.take(lines[first:last]) for first, last in pairwise(places)]
        parts += list(writer.end())
    finally:
        writer.close()
    return b"".join(parts)


type Read = list[tuple[str, int, str, str, str]]
"""case, version, type, recorded_at, actor: in the order of the file."""


def read_xes(content: bytes) -> Read:
    log = ET.fromstring(content)  # noqa: S314 -- made here
    assert log.tag == f"{XES}log"
    float(log.attrib["xes.version"])
    order = [each.tag.removeprefix(XES) for each in log]
    ranks = [("extension", "global", "classifier", "string", "trace").index(tag) for tag in order]
    assert ranks == sorted(ranks)  # a sequence in the schema
    prefixes = {each.attrib["prefix"] for each in log if each.tag == f"{XES}extension"}
    found: Read = []
    for trace in log.iter(f"{XES}trace"):
        tags = [each.tag == f"{XES}event" for each in trace]
        assert tags == sorted(tags)  # attributes first
        case = {each.attrib["key"]: each.attrib["value"] for each in trace if each.tag != f"{XES}event"}["concept:name"]
        for event in trace.iter(f"{XES}event"):
            held = {each.attrib["key"]: each.attrib["value"] for each in event}
            assert len(held) == len(event)
            assert {key.partition(":")[0] for key in held if ":" in key} <= prefixes
            for each in event:
                if each.tag == f"{XES}date":
                    assert datetime.fromisoformat(each.attrib["value"]).tzinfo
            found.append((case, int(held["version"]), held["concept:name"], held["time:timestamp"], held["org:resource"]))
    return found


def read_json(content: bytes) -> Read:
    log = json.loads(content)
    faults = [
        f"{fault.json_path}: {fault.message[:200]}"
        for fault in Draft202012Validator(OCEL2, format_checker=FormatChecker()).iter_errors(log)
    ]
    assert not faults
    objects = {each["id"]: each for each in log["objects"]}
    assert len(objects) == len(log["objects"])
    declared = {of: {each["name"]: {a["name"] for a in each["attributes"]} for each in log[of]} for of in ("eventTypes", "objectTypes")}
    for each in log["objects"]:
        assert {a["name"] for a in each["attributes"]} <= declared["objectTypes"][each["type"]]
        assert {r["objectId"] for r in each["relationships"]} <= objects.keys()
    found: Read = []
    for event in log["events"]:
        held = {a["name"]: a["value"] for a in event["attributes"]}
        assert held.keys() <= declared["eventTypes"][event["type"]]
        by = {r["qualifier"]: objects[r["objectId"]]["id"].partition("/")[2] for r in event["relationships"]}
        found.append((by["of"], held["version"], event["type"], event["time"], by["by"]))
    assert len({event["id"] for event in log["events"]}) == len(log["events"])
    return found


def read_sqlite(content: bytes, place: Path) -> Read:
    place.write_bytes(content)
    db = sqlite3.connect(place)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        maps = {of: dict(db.execute(f"SELECT * FROM {of}_map_type")) for of in ("event", "object")}  # noqa: S608 -- a word of ours
        assert tables == {
            "event", "object", "event_object", "object_object", "event_map_type", "object_map_type",
            *(f"event_{name}" for name in maps["event"].values()), *(f"object_{name}" for name in maps["object"].values()),
        }  # fmt: skip
        found: Read = []
        for event, type_ in db.execute("SELECT ocel_id, ocel_type FROM event ORDER BY rowid"):
            table = maps["event"][type_]
            asked = f'SELECT ocel_time, version FROM "event_{table}" WHERE ocel_id = ?'  # noqa: S608 -- a word of ours
            at, version = db.execute(asked, (event,)).fetchone()
            by = dict(db.execute("SELECT ocel_qualifier, ocel_object_id FROM event_object WHERE ocel_event_id = ?", (event,)))
            found.append((by["of"].partition("/")[2], version, type_, at, by["by"].partition("/")[2]))
        return found
    finally:
        db.close()


def read_csv(content: bytes) -> Read:
    rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return [(row["case"], int(row["version"]), row["type"], row["recorded_at"], row["actor"]) for row in rows]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export") / "log.sqlite"


SOME = settings(max_examples=12, deadline=None)
logs = st.lists(lives(), min_size=1, max_size=3)


@SOME
@given(logs, st.lists(st.integers(0, 200), max_size=4))
def test_every_event_stands_once_in_order_with_its_moment(place: Path, lived: list[Life], cuts: list[int]) -> None:
    rows = rows_of(lived)
    export = Export(EVERY, EventQuery(upto=len(rows)), Pseudonyms(KEY))
    lines = lines_of(rows, export)
    wanted = [(line.case.id, line.version, line.type, moment(line.recorded_at), line.actor) for line in lines]
    readers: dict[type[Writer], Callable[[bytes], Read]] = {
        Xes: read_xes, Ocel2Json: read_json, Ocel2Sqlite: lambda content: read_sqlite(content, place), Csv: read_csv,
    }  # fmt: skip
    for kind, read in readers.items():
        content = written(kind, lines)
        assert read(content) == wanted, kind
        assert written(kind, lines, cuts) == content, kind  # the same bytes, wherever the pages end


def words_of(value: Any) -> Iterator[str]:
    """Every personal text in a body: what the models mark and the property tests' people are called."""
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, str) and name in PERSONAL and not (each.isascii() and each.isidentifier()):  # codes are nobody's words
                yield each
            yield from words_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from words_of(each)


PERSONAL = {"name", "id_number", "phone", "address", "summary", "reason", "reasons", "detail", "opinion", "advice", "note", "birth_date"}


@SOME
@given(logs)
def test_nothing_of_the_people_and_no_code_of_case_or_colleague_goes_out(lived: list[Life]) -> None:
    rows = rows_of(lived)
    lines = lines_of(rows, Export(EVERY, EventQuery(upto=len(rows)), Pseudonyms(KEY)))
    personal = {word for row in rows for word in words_of(json.loads(row["body"])) if len(word) > 1}
    codes = {row["stream"].partition("/")[2] for row in rows} | {row["actor"] for row in rows} - {"system"}
    for kind in WRITERS:
        content = written(kind, lines)
        assert not [word for word in personal | codes if word.encode() in content], kind


def test_stand_ins_are_the_same_under_a_key_and_others_under_another() -> None:
    one, other = Pseudonyms(KEY), Pseudonyms(bytes(32))
    code = str(uuid4())
    assert one.of("case", code) == Pseudonyms(KEY).of("case", code)
    assert len({one.of("case", code), other.of("case", code), one.of("person", code), one.of("case", code + "x")}) == 4
    assert Plain().of("person", code) == code


def test_what_xml_gives_a_meaning_is_a_letter_in_a_code() -> None:
    odd = _row(f"case/{uuid4()}", lived_once(), 0) | {"office": "C<&\"'>", "actor": "a\tb"}
    lines = lines_of([odd], Export(EVERY, EventQuery(upto=1), Plain()))
    log = ET.fromstring(written(Xes, lines))  # noqa: S314 -- made here
    event = next(log.iter(f"{XES}event"))
    held = {each.attrib["key"]: each.attrib["value"] for each in event}
    assert (held["org:group"], held["org:resource"]) == ("C<&\"'>", "a\tb")


def lived_once() -> Happened:
    from tests.unit.world import Case, submit  # noqa: PLC0415 -- the story of one event

    return Case().then(submit()).history[0]


def test_an_export_broken_off_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lines = lines_of([_row(f"case/{uuid4()}", lived_once(), 0)], Export(EVERY, EventQuery(upto=1), Plain()))
    for kind in WRITERS:
        writer = kind()
        writer.begin()
        writer.take(lines)
        writer.close()
    assert list(tmp_path.iterdir()) == []


def peak_of(kind: type[Writer], pages: int) -> int:
    """Bytes held at most while so many pages of a thousand lines are written."""
    happened = lived_once()
    export = Export(EVERY, EventQuery(upto=1), Pseudonyms(KEY))
    writer = kind()
    tracemalloc.start()
    try:
        writer.begin()
        for n in range(pages):
            rows = [_row(f"case/{n:08d}-0000-7000-8000-{i:012d}", happened, n * 1000 + i) for i in range(1000)]
            writer.take(lines_of(rows, export))
        for _ in writer.end():
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        writer.close()


@pytest.mark.parametrize("kind", WRITERS)
def test_many_pages_need_no_more_memory_than_few(kind: type[Writer]) -> None:
    assert peak_of(kind, 8) < 1.3 * peak_of(kind, 2)
