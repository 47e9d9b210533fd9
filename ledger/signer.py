"""The signer: signs a ledger's head only where it provably grew from the last one that it signed itself.

What it signed last stands in a file of its own, outside the database, on the disk before the note is given away. So whoever changes the
database, or puts back an older one, gets no signature for it. One process signs at a time, and no size is ever signed with two roots.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ledger import merkle
from ledger.durable import replace_file
from ledger.note import Checkpoint, Note, NoteFault
from ledger.signing_keys import SigningKeys, signed_by

_PATIENCE = 10.0
"""Seconds to wait for another who signs just now: an operator's `yuanshou seal` beside the schedule."""
_PAUSE = 0.05


class SealRefused(Exception):  # noqa: N818 -- an answer
    """Nothing is signed. `code` says what happened, `told` what is known of it (sizes and positions only).

    `two_signers`: another process signs for this home and does not end · `memory_ahead`: more was signed than the ledger holds, so it was
    restored or its end was removed · `inconsistent`: the ledger is not the one that was signed before · `memory_lost`: there are
    checkpoints, but the signer remembers none · `memory_damaged`: what it remembers is not what it wrote · `foreign_checkpoint`: the
    database holds a checkpoint that none of our keys signed · `ledger_gap`: a position has no event.
    """

    def __init__(self, code: str, ledger: str | None = None, **told: int | str) -> None:
        of = f" of ledger {ledger}" if ledger else ""
        said = "".join(f", {name} {value}" for name, value in told.items())
        super().__init__(f"no checkpoint{of} is signed: {code}{said}")
        self.code, self.ledger, self.told = code, ledger, told


class Signer:
    """Remembers in a folder what it signed with an installation's keys. Use its methods while it is `held` only."""

    def __init__(self, folder: Path, keys: SigningKeys) -> None:
        self._folder, self.keys = folder, keys

    @asynccontextmanager
    async def held(self, patience: float = _PATIENCE) -> AsyncGenerator[None]:
        """Be the one that signs. Raises `SealRefused` (`two_signers`) where somebody else stays it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(self._folder / "lock", timeout=0)
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while True:
            try:
                lock.acquire()
                break
            except Timeout:
                if loop.time() >= until:
                    raise SealRefused("two_signers") from None
                await asyncio.sleep(_PAUSE)
        try:
            yield
        finally:
            lock.release()

    def _path(self, ledger: str) -> Path:
        return self._folder / f"{ledger}.note"

    def remembered(self, ledger: str) -> Note | None:
        """The last note that it signed for the ledger; None for none. Raises `SealRefused` (`memory_damaged`)."""
        try:
            found = Note.parse(self._path(ledger).read_bytes())
        except FileNotFoundError:
            return None
        except NoteFault as fault:
            raise SealRefused("memory_damaged", ledger) from fault
        if self.checkpoint_of(found, ledger) is None:
            raise SealRefused("memory_damaged", ledger)
        return found

    def checkpoint_of(self, note: Note, ledger: str) -> Checkpoint | None:
        """What the note says, if it is one of ours for the ledger."""
        return signed_by(note, self.keys.vkeys, [self.keys.origin(ledger)])

    def sign(self, checkpoint: Checkpoint, growth: Sequence[bytes]) -> Note:
        """Sign the head, remember it, give the note away.

        `growth` proves that the tree of what is remembered is its beginning (empty where nothing is remembered). Raises `SealRefused`
        (`memory_ahead`, `inconsistent`).
        """
        ledger = checkpoint.ledger
        before = self.remembered(ledger)
        if before is not None:
            self._check_growth(Checkpoint.parse(before.text), checkpoint, growth)
        signed = self.keys.sign(checkpoint.text, checkpoint.time, before)
        replace_file(self._path(ledger), str(signed))
        return signed

    def adopt(self, note: Note, ledger: str) -> None:
        """Take a checkpoint for what was signed last, of which nothing is remembered, or less. Raises `SealRefused`."""
        taken, before = self.checkpoint_of(note, ledger), self.remembered(ledger)
        if taken is None:
            raise SealRefused("foreign_checkpoint", ledger)
        if before is not None and Checkpoint.parse(before.text).size >= taken.size:
            raise SealRefused("memory_ahead", ledger, signed=Checkpoint.parse(before.text).size, offered=taken.size)
        replace_file(self._path(ledger), str(note))

    @staticmethod
    def _check_growth(before: Checkpoint, now: Checkpoint, growth: Sequence[bytes]) -> None:
        if before.size > now.size:
            raise SealRefused("memory_ahead", now.ledger, signed=before.size, ledger_end=now.size)
        if not merkle.consistent(before.size, now.size, before.root, now.root, growth):
            raise SealRefused("inconsistent", now.ledger, signed=before.size, ledger_end=now.size)
