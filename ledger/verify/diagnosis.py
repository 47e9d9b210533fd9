"""What happened to a row that does not hold: it is hashed once more as if it stood elsewhere, and where that fits, it was moved from there.

Nothing here decides whether something is wrong, only how it is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import LiteralString

from ledger.chain import GENESIS
from ledger.verify.findings import Finding
from ledger.verify.piece import Reader
from ledger.verify.rows import COLUMNS, Suspect, reference
from ledger.verify.said import Said, said

_TRIED = 200
"""Rows for which the cause is looked for; a ledger that was rewritten whole has a million, all of one cause."""
_NEAR = 64
"""Positions on either side at which a row is tried."""
_STREAM, _VERSION, _COMMAND = (COLUMNS.index(name) for name in ("stream", "version", "command_id"))
_CHAIN = "SELECT version, chain_hash FROM events WHERE stream = %s AND version = ANY(%s)"
_TIMES = "SELECT count(*) FROM events WHERE stream = %s AND version = %s"
_HEAD = "SELECT coalesce(max(version), 0) FROM events WHERE stream = %s"
_ASKED = "SELECT kind || '/' || case_id FROM inbox WHERE command_id = %s"
_EMPTY = (
    "SELECT c.kind || '/' || c.case_id, c.version FROM cases c WHERE c.version > 0"
    " AND NOT EXISTS (SELECT FROM events e WHERE e.stream = c.kind || '/' || c.case_id) ORDER BY c.case_id LIMIT 100"
)
_LEDGERS: LiteralString = "SELECT DISTINCT ledger FROM checkpoints"


def diagnose(reader: Reader, ledger: str, suspects: Sequence[Suspect], findings: Sequence[Finding]) -> list[Finding]:
    """Findings for the rows that do not hold. `findings` are those there are already: holes tell where something came from."""
    found = list(dict.fromkeys(_rows(reader, ledger, suspects, findings)))
    holes = [finding.position for finding in findings if finding.code == "event_missing" and finding.position is not None]
    if holes:
        for stream, version in reader.ask(_EMPTY):
            found.append(Finding("case_missing", said("stream_empty", stream=stream, count=version), ledger, min(holes), stream))
    return found


def _rows(reader: Reader, ledger: str, suspects: Sequence[Suspect], findings: Sequence[Finding]) -> Iterator[Finding]:
    if not suspects:
        return
    places = sorted({s.position for s in suspects[:_TRIED]} | {f.position for f in findings if f.code == "event_missing" and f.position})
    streams = [s.raw[_STREAM].decode() for s in suspects[:_TRIED] if s.code == "version_gap"]
    others = [str(row[0]) for row in reader.ask(_LEDGERS) if row[0] != ledger]
    for n, suspect in enumerate(suspects):
        cause = _Elsewhere(reader, suspect).cause(places, streams, others) if n < _TRIED and _may_be_elsewhere(suspect) else None
        stream, version = suspect.raw[_STREAM].decode(), int.from_bytes(suspect.raw[_VERSION], signed=True)
        code, why = cause or (suspect.code, said(suspect.code) if suspect.code in _WORDS else None)
        if code == "duplicate" and reader.ask(_TIMES, stream, version)[0][0] < 2:
            code, why = "reordered", said("behind_later")
        if why:
            yield Finding(code, why, ledger, suspect.position, f"{stream} version {version}")


_WORDS = frozenset({"row_changed", "body_changed", "duplicate", "unknown_alg"})
"""Of which something is said where no cause was found; a gap before a row was told of already."""


def _may_be_elsewhere(suspect: Suspect) -> bool:
    return suspect.code in ("row_changed", "version_gap", "duplicate")


class _Elsewhere:
    """One row, tried at other places."""

    def __init__(self, reader: Reader, suspect: Suspect) -> None:
        self._reader, self._suspect = reader, suspect
        self._stream = suspect.raw[_STREAM].decode()
        self._version = int.from_bytes(suspect.raw[_VERSION], signed=True)
        self._chained: bytes = suspect.raw[-1]

    def cause(self, places: Sequence[int], streams: Sequence[str], ledgers: Sequence[str]) -> tuple[str, Said] | None:
        """Class and words, where the row holds at another position, in another ledger or stream."""
        own, raw = self._suspect.position, self._suspect.raw
        near = range(max(1, own - _NEAR), own + _NEAR + 1)
        known = self._before(self._stream, {self._version})
        before = [self._suspect.previous] if self._suspect.previous is not None else []
        for previous in dict.fromkeys((*before, *known.values())):
            for position in (*near, *places):
                if position != own and reference(raw, previous, position=position) == self._chained:
                    return "reordered", said("was_at", position=position)
            for ledger in ledgers:
                for position in {own, *places}:
                    if reference(raw, previous, ledger=ledger, position=position) == self._chained:
                        return "moved", said("was_in_ledger", ledger=ledger, position=position)
        return self._moved(streams)

    def _moved(self, streams: Sequence[str]) -> tuple[str, Said] | None:
        asked = (str(row[0]) for row in self._reader.ask(_ASKED, self._suspect.raw[_COMMAND].decode()))
        for stream in dict.fromkeys((*asked, *streams)):
            [(head,)] = self._reader.ask(_HEAD, stream)
            for version, previous in self._before(stream, {self._version, head + 1, *range(1, min(head, _NEAR) + 2)}).items():
                if reference(self._suspect.raw, previous, stream=stream, version=version) == self._chained:
                    return "moved", said("was_version", version=version, stream=stream)
        return None

    def _before(self, stream: str, versions: set[int]) -> dict[int, bytes]:
        """By version the chain hash of the one before it."""
        found = {version + 1: bytes(chained) for version, chained in self._reader.ask(_CHAIN, stream, [v - 1 for v in versions])}
        return {**found, **({1: GENESIS} if 1 in versions else {})}
