"""The directory anchor: one file a checkpoint, written whole, never overwritten. Another disk, or a bucket that keeps what it is given."""

import asyncio
import errno
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ledger.durable import draft_of, sync_folder
from ledger.note import Checkpoint, Note, NoteFault
from notify.anchor import AnchorFault, Growth, Held, Kind

_NAME = re.compile(r"\d{20}\.note")
_AGAIN = "again"
"""Beside a ledger's checkpoints: those of a size that has a file already, signed anew later."""
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}


def path_of(folder: Path, ledger: str, size: int) -> Path:
    return folder / ledger / f"{size:020d}.note"


def newest(folder: Path, ledger: str) -> Note | None:
    """The note of the greatest size that lies there; None for none. A file that is no note counts as none: it is not ours."""
    try:
        names = sorted((entry.name for entry in os.scandir(folder / ledger) if _NAME.fullmatch(entry.name)), reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        return None
    for name in names:
        try:
            return Note.parse((folder / ledger / name).read_bytes())
        except NoteFault:
            continue
    return None


@dataclass(frozen=True, slots=True)
class Directory:
    """`outside`: the folder lies elsewhere than the installation's own files."""

    folder: Path
    outside: bool
    kind: Kind = "directory"
    each: bool = True
    every: timedelta = timedelta(0)

    @property
    def place(self) -> str:
        return "named" if self.outside else "home"

    async def put(self, notes: Sequence[Held], growth: Growth) -> Sequence[Held]:  # noqa: ARG002 -- files ask for no proof
        """Raises `AnchorFault` (`anchor_conflict`, `full`, `away`)."""
        try:
            return await asyncio.to_thread(lambda: [self._put(held) for held in notes])
        except OSError as fault:
            raise AnchorFault.of_disk(fault) from fault

    def _put(self, held: Held) -> Held:
        checkpoint = Checkpoint.parse(held.note.text)
        path = path_of(self.folder, held.ledger, checkpoint.size)
        path.parent.mkdir(parents=True, exist_ok=True)
        if _written(path, str(held.note)):
            return held
        try:
            there = Note.parse(path.read_bytes())
            same = Checkpoint.parse(there.text)
        except NoteFault as fault:
            raise AnchorFault("anchor_conflict", ledger=held.ledger, size=checkpoint.size) from fault
        if (same.origin, same.root) != (checkpoint.origin, checkpoint.root):
            raise AnchorFault("anchor_conflict", ledger=held.ledger, size=checkpoint.size)
        if there.text == held.note.text:
            return Held(held.ledger, there)
        again = path.parent / _AGAIN / f"{path.stem}-{checkpoint.time:%Y%m%dT%H%M%S%fZ}.note"
        again.parent.mkdir(exist_ok=True)
        _written(again, str(held.note))
        return held


def _written(path: Path, text: str) -> bool:
    """Put a new file there, whole; False where there is one."""
    if path.exists():
        return False
    draft = draft_of(path, text)
    draft.chmod(0o644)  # a checkpoint is for whoever wants to check
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    except OSError as fault:
        if fault.errno not in _NO_LINKS:
            raise
        draft.rename(path)  # a mount without links: nobody else writes there, the signer is one
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True
