"""XES (IEEE 1849-2016): a log of traces, a trace a case, its events in the order of their versions."""

from collections.abc import Iterator, Sequence
from typing import ClassVar
from xml.sax.saxutils import quoteattr

from readmodels.exports import Case, Line, moment

_EXTENSIONS = (("Concept", "concept"), ("Time", "time"), ("Organizational", "org"), ("Lifecycle", "lifecycle"))
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
    + "".join(
        f'<extension name="{name}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>\n' for name, prefix in _EXTENSIONS
    )
    + '<global scope="trace"><string key="concept:name" value="case"/></global>\n'
    '<global scope="event"><string key="concept:name" value="event"/>'
    '<date key="time:timestamp" value="1970-01-01T00:00:00.000000Z"/>'
    '<string key="lifecycle:transition" value="complete"/></global>\n'
    '<classifier name="Activity" scope="event" keys="concept:name"/>\n'
    '<classifier name="Resource" scope="event" keys="org:resource"/>\n'
    '<string key="concept:name" value="yuanshou"/>\n'
)


class Xes:
    """The log as text, UTF-8. `time:timestamp` is when the event was recorded, which never runs backward within a case."""

    media_type: ClassVar[str] = "application/xml"
    ending: ClassVar[str] = "xes"

    def __init__(self) -> None:
        self._case = ""

    def begin(self) -> bytes:
        return _HEAD.encode()

    def take(self, lines: Sequence[Line]) -> bytes:
        return "".join(self._parts(lines)).encode()

    def end(self) -> Iterator[bytes]:
        yield (b"</trace>\n" if self._case else b"") + b"</log>\n"

    def close(self) -> None:
        """It holds nothing."""

    def _parts(self, lines: Sequence[Line]) -> Iterator[str]:
        for line in lines:
            if line.case.id != self._case:
                yield ("</trace>\n" if self._case else "") + "<trace>\n" + _of_case(line.case)
                self._case = line.case.id
            yield _event(line)


def _string(key: str, value: str | None) -> str:
    return f'<string key="{key}" value={quoteattr(value)}/>' if value is not None else ""


def _of_case(case: Case) -> str:
    named = (("concept:name", case.id), ("kind", case.kind), ("cause", case.cause), ("channel", case.channel), ("centre", case.centre))
    return "".join(_string(key, value) for key, value in named) + "\n"


def _event(line: Line) -> str:
    return (
        "<event>"
        + _string("concept:name", line.type)
        + f'<date key="time:timestamp" value="{moment(line.recorded_at)}"/>'
        + _string("lifecycle:transition", "complete")
        + _string("org:resource", line.actor)
        + _string("org:role", line.role)
        + _string("org:group", line.office)
        + _string("on_behalf_of", line.on_behalf_of)
        + _string("event_id", line.id)
        + f'<int key="version" value="{line.version}"/>'
        + f'<date key="decided_at" value="{moment(line.decided_at)}"/>'
        + _string("effective_on", line.effective_on.isoformat())
        + "</event>\n"
    )
