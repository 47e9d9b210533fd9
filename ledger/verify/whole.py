"""A ledger from its first event to its last: pieces put together in their order, roots held against everything that was signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import LiteralString

from ledger.merkle import Frontier, Tiler, fold, split, whole
from ledger.verify.claims import Anchors, Claim, Kept, Trouble, clashing, judge, remembered
from ledger.verify.diagnosis import diagnose
from ledger.verify.findings import Finding, LedgerResult, placed
from ledger.verify.piece import Job, Piece, Reader
from ledger.verify.rows import KEPT, Suspect
from ledger.verify.said import Said, said
from ledger.verify.trunk import PIECE

_LAST = 2**63 - 2

type Run = Callable[[Iterable[Job]], Iterator[Piece]]
"""Looks at pieces and gives what it found in their order, in this process or in others."""

_ENDS = "SELECT coalesce(min(position), 1), coalesce(max(position), 0) FROM events WHERE ledger = %s"
_SEALED = "SELECT coalesce(max(size), 0) FROM checkpoints WHERE ledger = %s"
_FIRST = "SELECT min(position) FROM events WHERE ledger = %s AND position >= %s"
_BEYOND = "SELECT size, note FROM checkpoints WHERE ledger = %s AND size > %s ORDER BY size DESC LIMIT 1"
_TILE = "SELECT hashes FROM tiles WHERE ledger = %s AND level = %s AND n = %s"
_SINCE: LiteralString = (
    "SELECT recorded_at FROM events WHERE ledger = %s AND position = %s AND recorded_at BETWEEN '1970-01-01' AND '9999-01-01'"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a verification of one ledger is asked."""

    ledger: str
    memory: Path
    """The signer's last note of this ledger."""
    since: Claim | None = None
    """A checkpoint that is believed: what it holds is not hashed again, only shown to be in the tree still."""


def verify_ledger(reader: Reader, wanted: Wanted, run: Run, told: Callable[[int, int], None]) -> LedgerResult:
    """Verify one ledger; `told` hears how many events of how many were looked at.

    Raises `Trouble` for what cannot be read, `psycopg.Error` where the database is away.
    """
    return _Whole(reader, wanted, told).verify(run)


class _Whole:
    def __init__(self, reader: Reader, wanted: Wanted, told: Callable[[int, int], None]) -> None:
        self._reader, self._wanted, self._told = reader, wanted, told
        self._ledger = wanted.ledger
        self.result = LedgerResult(self._ledger)
        self._edge = Frontier()
        """Over the roots of full pieces."""
        self._high = Tiler()
        self._broken = False
        """Whether an event is missing: from there on no root can be made."""
        self._bad: int | None = None
        """The first size whose root is not the signed one."""
        self._changed: list[tuple[int, Said]] = []
        """Positions that differ from a tile, behind the last good size."""
        self._suspects: list[Suspect] = []
        self._last_at: int | None = None

    def verify(self, run: Run) -> LedgerResult:
        reader, result, source = self._reader, self.result, self._reader.source
        [(low, end)] = reader.ask(_ENDS, self._ledger)
        [(sealed,)] = reader.ask(_SEALED, self._ledger)
        result.events = end
        if low < 1:
            self._find("reordered", said("before_beginning", position=low), low)
        anchors = Anchors(source.anchors, self._ledger)
        more = self._memory(sealed)
        start = self._begin(end)
        if self._wanted.since is not None:
            more.append(self._wanted.since)
        expected = start + 1
        for piece in run(self._jobs(start, end, sealed, anchors, more)):
            if piece.job.first > expected:
                self._find("event_missing", said("no_events", first=expected, last=piece.job.first - 1), expected)
                self._broken = True
            expected = piece.job.last + 1
            self._add(piece)
            self._told(min(piece.job.last, end), end)
        self._settle(None)
        self._beyond(end, anchors, more)
        self._covered(end)
        return self._finished()

    def _begin(self, end: int) -> int:
        """How many events are not hashed again: whole pieces of what a believed checkpoint holds, their roots taken from the tiles."""
        since = self._wanted.since
        if since is None or since.size > end:
            return 0
        start = since.size // PIECE * PIECE
        for n in range(start // PIECE):
            held = self._reader.ask(_TILE, self._ledger, 1, n)
            if not held:
                raise Trouble(f"tile 1/{n} is not stored: verify the whole ledger, without --since")
            self._full(whole(split(bytes(held[0][0]))))
        if start and start == since.size:
            self._weigh(fold(self._edge.edge), [since])
        return start

    def _jobs(self, start: int, end: int, sealed: int, anchors: Anchors, more: list[Claim]) -> Iterator[Job]:
        """Pieces that have any events; a ledger with a hole a mile wide has few."""
        first = start + 1
        while first <= end:
            [(low,)] = self._reader.ask(_FIRST, self._ledger, first)
            if low is None:
                return
            begin = (low - 1) // PIECE * PIECE + 1
            last = min(begin + PIECE - 1, end)
            here = tuple(claim for claim in more if begin <= claim.size <= last)
            yield Job(self._ledger, begin, last, sealed, anchors.between(begin, last), here)
            first = last + 1

    def _add(self, piece: Piece) -> None:
        """Take in the next piece."""
        walked, result = piece.walked, self.result
        result.hashed += walked.rows
        result.more += walked.more
        result.checkpoints += len(piece.claims)
        result.findings += piece.findings
        self._suspects += walked.suspects[: KEPT - len(self._suspects)]
        for kind, position in walked.kinds.items():
            result.kinds.setdefault(kind, position)
        if self._last_at is not None and walked.first_at is not None and walked.first_at < self._last_at:
            self._find("clock_back", said("clock_back"), piece.job.first)
        self._last_at = walked.last_at
        self._changed += piece.changed
        for size, claims in groupby(piece.claims, key=lambda claim: claim.size):
            if not self._broken and size in piece.roots:
                self._weigh(fold([*self._edge.edge, piece.roots[size]]), list(claims))
        if walked.holes:
            self._broken = True
        if not self._broken and piece.upto - piece.job.first + 1 == PIECE:
            self._full(piece.edge[0])

    def _full(self, root: bytes) -> None:
        """Take in the root of a full piece: the tree grows, and tiles of higher levels with it."""
        self._edge.append(root)
        for tile in self._high.add(root):
            held = self._reader.ask(_TILE, self._ledger, tile.level + 2, tile.n)
            if not held or bytes(held[0][0]) != tile.hashes:
                self._changed.append((self._edge.size * PIECE, said("tile_other", tile=f"{tile.level + 2}/{tile.n}")))

    def _weigh(self, root: bytes, claims: list[Claim]) -> None:
        """Hold what was signed of one size against the root that the events have."""
        size = claims[0].size
        bad = [claim for claim in claims if claim.root != root]
        for one, other in clashing(claims):
            self._find("two_histories", said("both_signed", place=one.place, other=other.place), size)
        if not bad:
            if self._bad is None:
                self._settle(size)
                self.result.good.append(size)
                self.result.size, self.result.root = size, root
                anchored = [claim.at for claim in claims if claim.source == "anchor"]
                if anchored:
                    self.result.anchored, self.result.anchored_at = size, max(anchored)
            return
        if self._bad is None:
            self._bad = size
            good = self.result.good[-1] if self.result.good else 0
            known = sorted(position for position, _ in self._changed if good < position <= size)
            there = {"size": size, "place": bad[0].place}
            why = said("root_first_at", **there, position=known[0]) if known else said("root_between", **there, first=good + 1, last=size)
            self._find("rewritten", why, known[0] if known else good + 1)

    def _settle(self, good: int | None) -> None:
        """Tiles that differ though the events are those that were signed up to a good size, or that nothing signed speaks of."""
        if self._bad is None and not self._broken:
            for position, why in self._changed:
                if good is None or position <= good:
                    self._find("tile_changed", why, position)
        self._changed = [] if good is None else [(position, why) for position, why in self._changed if position > good]

    def _memory(self, sealed: int) -> list[Claim]:
        """What the signer remembers, to be held against the tree."""
        judged = remembered(self._wanted.memory, self._ledger, self._reader.source.trusted)
        if judged is None:
            if sealed:
                self._note("memory_lost", said("memory_lost", file=str(self._wanted.memory), size=sealed))
            return []
        if judged.finding is not None:
            self.result.findings.append(judged.finding)
        if judged.claim is None:
            return []
        if judged.claim.size < sealed:
            self._note("memory_behind", said("memory_behind", remembered=judged.claim.size, size=sealed))
        return [judged.claim]

    def _beyond(self, end: int, anchors: Anchors, more: list[Claim]) -> None:
        """Signed claims on more events than there are."""
        trusted = self._reader.source.trusted
        ahead: list[Claim] = [claim for claim in more if claim.size > end]
        for name in sorted(anchors.between(end + 1, _LAST), key=lambda name: name.rpartition("/")[2])[-1:]:
            judged = anchors.judge(name, trusted)
            self.result.findings += [judged.finding] if judged.finding else []
            ahead += [judged.claim] if judged.claim else []
        stored = self._reader.ask(_BEYOND, self._ledger, end)
        for size, note in stored:
            judged = judge(note, Kept(self._ledger, "checkpoint", f"checkpoint {size}", size), trusted)
            self.result.findings += [judged.finding] if judged.finding else []
            self._find("tail_missing", said("ends_before", place=f"checkpoint {size}", size=size, end=end), end + 1)
        if ahead and not stored:
            first = max(ahead, key=lambda claim: claim.size)
            self._find("older_backup", said("ends_before", place=first.place, size=first.size, end=end), end + 1)

    def _covered(self, end: int) -> None:
        """Since when events wait for an anchor."""
        if self.result.anchored < end:
            found = self._reader.ask(_SINCE, self._ledger, self.result.anchored + 1)
            self.result.unanchored_since = found[0][0] if found else None

    def _finished(self) -> LedgerResult:
        result = self.result
        result.findings += diagnose(self._reader, self._ledger, self._suspects, result.findings)
        result.findings.sort(key=lambda finding: (finding.position or 0, finding.code))
        result.more += max(0, len(result.findings) - KEPT)
        result.findings = [placed(finding, result.good) for finding in result.findings[:KEPT]]
        return result

    def _find(self, code: str, detail: str, position: int | None = None) -> None:
        self.result.findings.append(Finding(code, detail, self._ledger, position))

    def _note(self, code: str, detail: str) -> None:
        self.result.notes.append(Finding(code, detail, self._ledger))
