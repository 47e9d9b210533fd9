"""What was signed about the ledger: stored checkpoints, notes in the anchor directory, the signer's memory. Each is judged by its signature
before its root counts for anything.
"""

import os
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from ledger import chain, stamps
from ledger.note import COSIGNATURE, Checkpoint, Dated, Note, NoteFault, Vkey, parse_vkeys
from ledger.verify.findings import Finding
from ledger.verify.said import Said, said

_DIGITS = 20
_FIRST = re.compile(rf"\d{{{_DIGITS}}}\.note", re.ASCII)
_AGAIN = re.compile(rf"\d{{{_DIGITS}}}-\d{{8}}T\d{{12}}Z\.note", re.ASCII)


class Trouble(Exception):  # noqa: N818 -- told to whoever verifies
    """The verification cannot be carried out, or not whole: something could not be read. Says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """The public keys that a verification believes: those that signed checkpoints, oldest first, and those of witnesses."""

    keys: tuple[Dated, ...] = ()
    witnesses: tuple[Vkey, ...] = ()

    @property
    def name(self) -> str:
        """What stands before the ledger's name in an origin; empty without a key."""
        return self.keys[-1].key.name if self.keys else ""

    def in_force(self, at: datetime) -> Vkey | None:
        """The key that had to sign at that moment. The first one also answers for what was before it."""
        standing = [dated.key for n, dated in enumerate(self.keys) if n == 0 or dated.since <= at]
        return standing[-1] if standing else None

    @classmethod
    def read(cls, file: Path, witnesses: Sequence[Vkey] = ()) -> "Trusted":
        """The keys of a `checkpoint.vkeys`; none where there is no such file. Raises `Trouble` for one that cannot be read."""
        try:
            keys = parse_vkeys(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            keys = []
        except (OSError, UnicodeDecodeError, NoteFault) as fault:
            raise Trouble(f"{file} cannot be read as a list of public keys: {_why(fault)}; put the file back from a copy") from fault
        return cls(tuple(keys), tuple(witnesses))


type Source = Literal["checkpoint", "anchor", "memory"]


class Claim(NamedTuple):
    """A signed statement that the ledger had this root at this size."""

    size: int
    root: bytes
    at: datetime
    source: Source
    place: str


class Judged(NamedTuple):
    """The claim, where its signature is good; else what is wrong with it."""

    claim: Claim | None
    finding: Finding | None


class Kept(NamedTuple):
    """Where a note is kept, and the size it is kept under."""

    ledger: str
    source: Source
    place: str
    size: int | None = None


class _Bad(Exception):  # noqa: N818 -- a verdict
    def __init__(self, code: str, why: Said) -> None:
        super().__init__(why)
        self.code, self.why = code, why


def judge(text: str | bytes, kept: Kept, trusted: Trusted) -> Judged:
    """What a note is worth. Raises `Trouble` where no public key is known at all."""
    if not trusted.keys:
        raise Trouble(
            f"{kept.place} is signed, but no public key is known: put keys/checkpoint.vkeys back from a copy, or name a copy with --vkeys"
        )
    try:
        checkpoint = _signed(text, kept, trusted)
    except _Bad as bad:
        return Judged(None, Finding(bad.code, bad.why, kept.ledger, kept.size, kept.place))
    except NoteFault as fault:
        return Judged(
            None, Finding("checkpoint_forged", said("note_bad", place=kept.place, why=str(fault)), kept.ledger, kept.size, kept.place)
        )
    return Judged(Claim(checkpoint.size, checkpoint.root, checkpoint.time, kept.source, kept.place), None)


def _signed(text: str | bytes, kept: Kept, trusted: Trusted) -> Checkpoint:
    """The checkpoint, of this ledger and size and signed by the key that had to. Raises `_Bad` or `NoteFault`."""
    note = Note.parse(text)
    checkpoint = Checkpoint.parse(note.text)
    signers = note.signers([*(dated.key for dated in trusted.keys), *trusted.witnesses])
    own = [key for key in signers if key.alg != COSIGNATURE]
    if not own:
        raise _Bad("unknown_key", said("signed_by_none", place=kept.place))
    if checkpoint.origin != f"{trusted.name}/{kept.ledger}":
        raise _Bad(
            "checkpoint_forged", said("other_origin", place=kept.place, origin=checkpoint.origin, wanted=f"{trusted.name}/{kept.ledger}")
        )
    if kept.size is not None and checkpoint.size != kept.size:
        raise _Bad("checkpoint_forged", said("other_size", place=kept.place, size=checkpoint.size, wanted=kept.size))
    if checkpoint.alg != chain.ALG:
        raise _Bad("unknown_alg", said("tree_alg", place=kept.place, alg=checkpoint.alg))
    if trusted.in_force(checkpoint.time) not in own:
        at = f"{checkpoint.time:%Y-%m-%d %H:%M:%S} UTC"
        raise _Bad("wrong_key", said("not_in_force", place=kept.place, key=own[-1].hash.hex(), at=at))
    return checkpoint


class Anchors:
    """The anchor directory of a ledger: `<size in 20 digits>.note`, one a checkpoint; heads that were signed again later lie in `again`,
    the moment behind the size, those that were time-stamped in `timestamps`. Names are kept as sizes where they can be: of a year under
    load there are half a million.

    Raises `Trouble` where a folder is there and cannot be read.
    """

    def __init__(self, folder: Path, ledger: str) -> None:
        self._folder, self._ledger = folder / ledger, ledger
        sizes = (int(name[:_DIGITS]) for name in self._names(self._folder) if _FIRST.fullmatch(name))
        self._sizes = array("q", sorted(size for size in sizes if size < 1 << 63))
        self._again, self._stamped = (
            sorted(name for name in self._names(self._folder / below) if _AGAIN.fullmatch(name)) for below in ("again", stamps.FOLDER)
        )

    def _names(self, folder: Path) -> Iterator[str]:
        try:
            with os.scandir(folder) as entries:
                yield from (entry.name for entry in entries)
        except FileNotFoundError:
            return
        except OSError as fault:
            raise Trouble(f"the anchors in {folder} cannot be read: {_why(fault)}") from fault

    def between(self, first: int, last: int) -> tuple[str, ...]:
        """Names of the notes on sizes from … up to and with …."""
        sizes = self._sizes[bisect_left(self._sizes, first) : bisect_right(self._sizes, last)]
        low, high = f"{first:0{_DIGITS}d}", f"{last + 1:0{_DIGITS}d}"
        later = (
            f"{below}/{name}"
            for below, names in (("again", self._again), (stamps.FOLDER, self._stamped))
            for name in names[bisect_left(names, low) : bisect_left(names, high)]
        )
        return (*(f"{size:0{_DIGITS}d}.note" for size in sizes), *later)

    def judge(self, name: str, trusted: Trusted) -> Judged:
        """Raises `Trouble` for a note that cannot be read."""
        file = self._folder / name
        try:
            text = file.read_bytes()
        except OSError as fault:
            raise Trouble(f"the anchor {file} cannot be read: {_why(fault)}") from fault
        return judge(text, Kept(self._ledger, "anchor", f"anchor {name}", int(file.name[:_DIGITS])), trusted)


def remembered(file: Path, ledger: str, trusted: Trusted) -> Judged | None:
    """What the signer's memory says; None where it is not there. Raises `Trouble` where it cannot be read."""
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise Trouble(f"the signer's memory {file} cannot be read: {_why(fault)}") from fault
    return judge(text, Kept(ledger, "memory", "the signer's memory"), trusted)


def clashing(claims: Iterable[Claim]) -> list[tuple[Claim, Claim]]:
    """Pairs of good claims of one size that have different roots: each was shown another history."""
    first: dict[int, Claim] = {}
    return [(first[c.size], c) for c in claims if first.setdefault(c.size, c).root != c.root]


def _why(fault: Exception) -> str:
    return fault.strerror or str(fault) if isinstance(fault, OSError) else str(fault)
