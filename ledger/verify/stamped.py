"""Time stamps over checkpoints: each answer against the note beside it, under the certificates that are believed."""

from collections.abc import Iterator
from pathlib import Path

from ledger import stamps
from ledger.stamps import StampFault
from ledger.verify.claims import Trouble
from ledger.verify.findings import Finding
from ledger.verify.said import said


def stamped(anchors: Path, ledger: str, roots: Path | None) -> Iterator[Finding]:
    """What is wrong with a ledger's stamps; a note where they cannot be looked at. Whether the notes themselves hold is looked at as with
    every anchor. Raises `Trouble` for what cannot be read.
    """
    try:
        there = list(stamps.kept(anchors, ledger))
        if not there:
            return
        if roots is None or not stamps.available():
            yield Finding("stamps_unchecked", said("stamps_unchecked", count=len(there)), ledger, place=stamps.FOLDER)
            return
        believed = stamps.roots_of(roots)
        for each in there:
            place = f"anchor {stamps.FOLDER}/{each.note.name}"
            if not each.token.is_file():
                yield Finding("stamp_bad", said("stamp_missing", place=place), ledger, each.size, place)
                continue
            try:
                stamps.moment_of(each.token.read_bytes(), each.note.read_bytes(), believed)
            except StampFault as fault:
                yield Finding("stamp_bad", said("stamp_bad", place=place, why=str(fault)), ledger, each.size, place)
    except (OSError, ValueError) as fault:
        raise Trouble(f"the time stamps in {anchors} cannot be looked at: {fault}") from fault
