"""OCEL 2.0: events with the objects they touch: the case, who acted and for whom, the office. As JSON; as SQLite in `ocel2_sqlite`."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from readmodels.exports import Case, Line, moment

EVENT_ATTRIBUTES: Mapping[str, str] = {"version": "integer", "role": "string", "effective_on": "string", "decided_at": "time"}
CASE_ATTRIBUTES: Mapping[str, str] = {"kind": "string", "cause": "string", "channel": "string"}
OBJECT_TYPES: Mapping[str, Mapping[str, str]] = {"case": CASE_ATTRIBUTES, "person": {}, "office": {}}
_CHUNK = 1 << 16


def attributes_of(line: Line) -> dict[str, Any]:
    """Of an event: what `EVENT_ATTRIBUTES` names."""
    return {
        "version": line.version, "role": line.role, "effective_on": line.effective_on.isoformat(), "decided_at": moment(line.decided_at),
    }  # fmt: skip


def case_attributes(case: Case) -> dict[str, str]:
    """What is known of it by `CASE_ATTRIBUTES`."""
    held = {"kind": case.kind, "cause": case.cause, "channel": case.channel}
    return {name: value for name, value in held.items() if value is not None}


def object_id(kind: str, code: str) -> str:
    """An object's id: codes of a person and of an office may be one word, ids of objects may not."""
    return f"{kind}/{code}"


def touched(line: Line) -> Iterator[tuple[str, str, str]]:
    """The objects of an event: type, code, in what it stands to the event."""
    yield "case", line.case.id, "of"
    yield "person", line.actor, "by"
    if line.on_behalf_of is not None:
        yield "person", line.on_behalf_of, "for"
    yield "office", line.office, "at"


class Met:
    """Which objects were met: cases one by one, as they come in order; people and offices together, being no more than the directory's."""

    def __init__(self) -> None:
        self.types: dict[str, None] = {}
        self.people_and_offices: dict[tuple[str, str], None] = {}
        self._case = ""

    def new_case(self, line: Line) -> bool:
        """Whether the line is the first of its case."""
        self.types.setdefault(line.type)
        self.people_and_offices.update(((kind, code), None) for kind, code, _ in touched(line) if kind != "case")
        if line.case.centre is not None:
            self.people_and_offices.setdefault(("office", line.case.centre))
        first, self._case = line.case.id != self._case, line.case.id
        return first


class Ocel2Json:
    """One object; `events` come first, and their types, which are known only then, last. Objects wait on the disk, not in memory."""

    media_type: ClassVar[str] = "application/json"
    ending: ClassVar[str] = "json"

    def __init__(self) -> None:
        self._met = Met()
        self._objects = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `close`
        self._events = self._cases = 0

    def begin(self) -> bytes:
        return b'{"events":['

    def take(self, lines: Sequence[Line]) -> bytes:
        out: list[bytes] = []
        for line in lines:
            if self._met.new_case(line):
                self._objects.write((b",\n" if self._cases else b"\n") + _json(_case(line.case)))
                self._cases += 1
            out.append((b",\n" if self._events else b"\n") + _json(_event(line)))
            self._events += 1
        return b"".join(out)

    def end(self) -> Iterator[bytes]:
        yield b'\n],"objects":['
        self._objects.seek(0)
        while part := self._objects.read(_CHUNK):
            yield part
        others: list[dict[str, Any]] = [
            {"id": object_id(kind, code), "type": kind, "attributes": [], "relationships": []}
            for kind, code in sorted(self._met.people_and_offices)
        ]
        yield b"".join((b",\n" if self._cases or n else b"\n") + _json(other) for n, other in enumerate(others))
        kinds = [{"name": name, "attributes": _declared(given)} for name, given in OBJECT_TYPES.items()]
        types = [{"name": name, "attributes": _declared(EVENT_ATTRIBUTES)} for name in sorted(self._met.types)]
        yield b'\n],"objectTypes":' + _json(kinds) + b',"eventTypes":' + _json(types) + b"}\n"

    def close(self) -> None:
        """The objects kept on the disk are gone with it."""
        self._objects.close()


def _declared(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in attributes.items()]


def _case(case: Case) -> dict[str, Any]:
    at = moment(case.opened_at)
    return {
        "id": object_id("case", case.id),
        "type": "case",
        "attributes": [{"name": name, "time": at, "value": value} for name, value in case_attributes(case).items()],
        "relationships": [{"objectId": object_id("office", case.centre), "qualifier": "centre"}] if case.centre is not None else [],
    }


def _event(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "type": line.type,
        "time": moment(line.recorded_at),
        "attributes": [{"name": name, "value": value} for name, value in attributes_of(line).items()],
        "relationships": [{"objectId": object_id(kind, code), "qualifier": how} for kind, code, how in touched(line)],
    }


def _json(value: Iterable[Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
