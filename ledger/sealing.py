"""Sealing a ledger: its new events go under the tree, the signer signs the head, the note is stored.

Each step may be the last one before the process dies: tiles are whole or not there, what was signed is remembered before it is stored, and
what was remembered and not stored is stored by the next run.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql as pg

from ledger import merkle, tiles
from ledger.note import Checkpoint, Note, NoteFault
from ledger.schema import checkpoints
from ledger.signer import SealRefused, Signer
from ledger.sql import Connection, Row, Statement
from ledger.store import WORKER, Database
from ledger.tiles import LedgerGap

_log = structlog.get_logger(__name__)

IDLE = timedelta(hours=1)
"""A head that stays is signed again after this time: so it is known of every hour that nothing was removed in it."""

_NEWEST = Statement(
    sa.select(checkpoints).where(checkpoints.c.ledger == sa.bindparam("ledger")).order_by(checkpoints.c.size.desc()).limit(1)
)
_AT = Statement(
    sa.select(checkpoints).where(
        checkpoints.c.ledger == sa.bindparam("ledger"), checkpoints.c.size == sa.bindparam("size", type_=sa.BigInteger)
    )
)
_STORE = Statement(
    pg.insert(checkpoints)
    .values(
        ledger=sa.bindparam("ledger"),
        size=sa.bindparam("size"),
        root=sa.bindparam("root"),
        note=sa.bindparam("note"),
        signed_at=sa.bindparam("signed_at"),
    )
    .on_conflict_do_nothing()  # a head signed again: the first note of a size stays the one that is stored
)


async def newest(conn: Connection, ledger: str) -> Row | None:
    """The row of the ledger's last checkpoint."""
    return await (await _NEWEST.run(conn, ledger=ledger)).fetchone()


async def stored_at(conn: Connection, ledger: str, size: int) -> Row | None:
    """The row of the ledger's checkpoint of that size."""
    return await (await _AT.run(conn, ledger=ledger, size=size)).fetchone()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ledger's head, signed. `new` where this run signed it."""

    checkpoint: Checkpoint
    note: Note
    new: bool


class Sealer:
    """Seals ledgers of one database with one signer. `point` is called at each named place where a process may die."""

    def __init__(self, database: Database, signer: Signer, point: Callable[[str], None]) -> None:
        self._database, self._signer, self._point = database, signer, point

    async def seal(self, ledger: str, elsewhere: Iterable[Note] = (), *, adopt: bool = False, at_once: bool = False) -> Sealed | None:
        """Seal what the ledger holds; None while it holds nothing. To be called while the signer is held.

        `elsewhere` are notes found outside the database. With `adopt` a signer that remembers nothing takes the greatest checkpoint that
        one of its keys signed for what it signed last, provided that the ledger still agrees with it. `at_once`: sign an unchanged head
        again, too. Raises `SealRefused`.
        """
        try:
            return await self._seal(ledger, elsewhere, adopt=adopt, at_once=at_once)
        except LedgerGap as fault:
            raise SealRefused("ledger_gap", ledger, position=fault.position) from fault

    async def _seal(self, ledger: str, elsewhere: Iterable[Note], *, adopt: bool, at_once: bool) -> Sealed | None:
        async with self._database.transaction(WORKER) as conn:
            stored, end = await newest(conn, ledger), await tiles.end(conn, ledger)
        known = self._known(ledger, stored, elsewhere)
        remembered = self._signer.remembered(ledger)
        if remembered is None and known is not None and not adopt:
            raise SealRefused("memory_lost", ledger, signed=Checkpoint.parse(known.text).size)
        signed = max((Checkpoint.parse(note.text) for note in (remembered, known) if note), key=lambda head: head.size, default=None)
        if signed is not None and signed.size > end.position:
            raise SealRefused("memory_ahead", ledger, signed=signed.size, ledger_end=end.position)
        if end.position == 0:
            return None
        self._point("seal_tiles")
        await tiles.fill(self._database, ledger, end.position)
        self._point("seal_tiled")
        await self._catch_up(ledger, remembered, known)
        return await self._sign(ledger, end, at_once=at_once)

    def _known(self, ledger: str, stored: Row | None, elsewhere: Iterable[Note]) -> Note | None:
        """The greatest checkpoint of ours that is to be found outside the signer's memory. Raises `SealRefused`."""
        found = [note for note in elsewhere if self._signer.checkpoint_of(note, ledger)]
        if stored is not None:
            try:
                note = Note.parse(stored["note"])
            except NoteFault as fault:
                raise SealRefused("foreign_checkpoint", ledger, size=stored["size"]) from fault
            if self._signer.checkpoint_of(note, ledger) is None:
                raise SealRefused("foreign_checkpoint", ledger, size=stored["size"])
            found.append(note)
        return max(found, key=lambda note: Checkpoint.parse(note.text).size, default=None)

    async def _catch_up(self, ledger: str, remembered: Note | None, known: Note | None) -> None:
        """Let the signer remember the greatest checkpoint that it signed, where it lost some. Raises `SealRefused`."""
        if known is None:
            return
        newer = Checkpoint.parse(known.text)
        if remembered is not None and Checkpoint.parse(remembered.text).size >= newer.size:
            return
        async with self._database.transaction(WORKER) as conn:
            root = await tiles.root(conn, ledger, newer.size)
            growth = await self._growth(conn, ledger, remembered, newer.size)
        if root != newer.root:
            raise SealRefused("inconsistent", ledger, signed=newer.size)
        if remembered is not None:
            before = Checkpoint.parse(remembered.text)
            if not merkle.consistent(before.size, newer.size, before.root, newer.root, growth):
                raise SealRefused("inconsistent", ledger, signed=before.size)
        self._signer.adopt(known, ledger)
        was = Checkpoint.parse(remembered.text).size if remembered else 0
        _log.error("the signer had lost its memory and took over a checkpoint of its own keys", ledger=ledger, size=newer.size, was=was)

    async def _growth(self, conn: Connection, ledger: str, before: Note | None, size: int) -> list[bytes]:
        return await tiles.consistency(conn, ledger, Checkpoint.parse(before.text).size, size) if before else []

    async def _sign(self, ledger: str, end: tiles.End, *, at_once: bool) -> Sealed:
        before = self._signer.remembered(ledger)
        async with self._database.transaction(WORKER) as conn:
            root = await tiles.root(conn, ledger, end.position)
            growth = await self._growth(conn, ledger, before, end.position)
        head = Checkpoint(self._signer.keys.origin(ledger), end.position, root, end.now)
        if before is not None:
            last = Checkpoint.parse(before.text)
            head = Checkpoint(head.origin, head.size, head.root, max(head.time, last.time))  # a clock that was turned back
            if (last.size, last.root) == (head.size, head.root) and not at_once and not _stale(last.time, end.now):
                await self._store(ledger, before)
                return Sealed(last, before, new=False)
        signed = self._signer.sign(head, growth)
        self._point("seal_signed")
        # What was signed before and could not be stored comes first: nothing that was signed is kept from whoever verifies.
        for note in filter(None, (before, signed)):
            await self._store(ledger, note)
        self._point("seal_stored")
        return Sealed(head, signed, new=True)

    async def _store(self, ledger: str, note: Note) -> None:
        """Store the note where its size has none. Raises `SealRefused` (`inconsistent`) where another root stands there."""
        head = Checkpoint.parse(note.text)
        async with self._database.transaction(WORKER) as conn:
            await _STORE.run(conn, ledger=ledger, size=head.size, root=head.root, note=str(note), signed_at=head.time)
            row = await stored_at(conn, ledger, head.size)
        if row is None or bytes(row["root"]) != head.root:
            raise SealRefused("inconsistent", ledger, signed=head.size)


def _stale(signed: datetime, now: datetime) -> bool:
    """Whether the head is to be signed again though it stays."""
    return now - signed >= IDLE
