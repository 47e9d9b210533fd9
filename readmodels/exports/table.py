"""CSV (RFC 4180), UTF-8: a line an event, what is said of its case beside it."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import ClassVar

from readmodels.exports import Line, moment

COLUMNS = (
    "case", "version", "type", "recorded_at", "decided_at", "effective_on", "actor", "on_behalf_of", "role", "office", "event_id",
    "case_kind", "case_cause", "case_channel", "case_centre",
)  # fmt: skip


class Csv:
    """The table as text."""

    media_type: ClassVar[str] = "text/csv; charset=utf-8"
    ending: ClassVar[str] = "csv"

    def begin(self) -> bytes:
        return _rows([COLUMNS])

    def take(self, lines: Sequence[Line]) -> bytes:
        return _rows(
            (
                line.case.id, line.version, line.type, moment(line.recorded_at), moment(line.decided_at), line.effective_on.isoformat(),
                line.actor, line.on_behalf_of, line.role, line.office, line.id,
                line.case.kind, line.case.cause, line.case.channel, line.case.centre,
            )
            for line in lines
        )  # fmt: skip

    def end(self) -> Iterator[bytes]:
        yield b""

    def close(self) -> None:
        """It holds nothing."""


def _rows(rows: object) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)  # pyright: ignore[reportArgumentType] -- rows of texts and numbers
    return out.getvalue().encode()
