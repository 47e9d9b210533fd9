"""A run of the sealing: every ledger's head signed and stored, then put wherever there is an anchor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from ledger import anchored, tiles
from ledger.anchored import Age
from ledger.events import LEDGERS
from ledger.note import Note
from ledger.sealing import Sealed, Sealer
from ledger.settings import SealingSettings
from ledger.signer import SealRefused, Signer
from ledger.signing_keys import SigningKeys
from ledger.sql import Row
from ledger.store import WORKER, Database, clock
from notify.anchor import Anchor, AnchorFault, Held
from notify.anchors import directory

_log = structlog.get_logger(__name__)
_MANY = 200
"""Checkpoints taken to one place in one go; what is left is the next run's."""


def _nothing(_: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did: by ledger what was sealed, why one was not, what could not be anchored, and how old things are."""

    sealed: Mapping[str, Sealed]
    refused: Mapping[str, SealRefused]
    missed: Mapping[str, AnchorFault]
    """By kind and place of the anchor."""
    ages: Sequence[Age]


@dataclass(slots=True)
class Sealing:
    """Everything that a run needs. `point` is called at the named places where a process may die."""

    database: Database
    keys: Path
    settings: SealingSettings
    anchors: Sequence[Anchor]
    point: Callable[[str], None] = _nothing
    ledgers: tuple[str, ...] = LEDGERS
    _looked: set[str] = field(default_factory=set[str])
    """Ledgers whose anchored files this process has looked at: a home or a database is put back while nothing runs."""

    async def run(self, *, adopt: bool = False, at_once: bool = False) -> Run:
        """Seal and anchor. Raises `SealRefused` (`two_signers`), `KeyFault`; what befalls one ledger or anchor holds up no other."""
        signer = await self.signer()
        async with signer.held():
            sealed, refused = await self._seal(signer, adopt=adopt, at_once=at_once)
        # The signer is free again: a witness or a mail server that hangs holds up no other sealing, only this run's anchors.
        missed = await self._anchor(sealed)
        async with self.database.transaction(WORKER) as conn:
            ages = await anchored.ages(conn, self.ledgers, [anchor.kind for anchor in self.anchors if anchor.outside])
        self._warn(ages)
        return Run(sealed, refused, missed, ages)

    async def signer(self) -> Signer:
        """The signer of this home, its keys made where there are none yet. Raises `KeyFault`."""
        async with self.database.transaction(WORKER) as conn:
            now = await clock(conn)
        return open_signer(self.keys, self.settings.signer, now)

    async def _seal(self, signer: Signer, *, adopt: bool, at_once: bool) -> tuple[dict[str, Sealed], dict[str, SealRefused]]:
        sealer = Sealer(self.database, signer, self.point)
        sealed: dict[str, Sealed] = {}
        refused: dict[str, SealRefused] = {}
        for ledger in self.ledgers:
            elsewhere = self._elsewhere(signer, ledger)
            try:
                found = await sealer.seal(ledger, elsewhere, adopt=adopt, at_once=at_once)
            except SealRefused as fault:
                _log.error("a ledger is not sealed", ledger=ledger, code=fault.code, **fault.told)
                refused[ledger] = fault
                continue
            self._looked.add(ledger)
            if found is not None:
                sealed[ledger] = found
        return sealed, refused

    def _elsewhere(self, signer: Signer, ledger: str) -> list[Note]:
        if ledger in self._looked and signer.remembered(ledger) is not None:
            return []
        found = directory.newest(self.settings.anchors, ledger)
        return [found] if found else []

    async def _anchor(self, sealed: Mapping[str, Sealed]) -> dict[str, AnchorFault]:
        """Take each ledger's head to the anchors, in their order: what one adds to the note, the next ones keep too."""
        heads = {ledger: each.note for ledger, each in sealed.items()}
        missed: dict[str, AnchorFault] = {}
        for anchor in self.anchors:
            try:
                for held in await self._put(anchor, heads):
                    if held.note.text == heads[held.ledger].text:
                        heads[held.ledger] = held.note
            except AnchorFault as fault:
                _log.error("checkpoints are not anchored", anchor=anchor.kind, place=anchor.place, code=fault.code, **fault.told)
                missed[f"{anchor.kind}/{anchor.place}"] = fault
        return missed

    async def _put(self, anchor: Anchor, heads: Mapping[str, Note]) -> Sequence[Held]:
        async with self.database.transaction(WORKER) as conn:
            before, now = await anchored.last(conn, anchor.kind, anchor.place), await clock(conn)
            due = [ledger for ledger, head in heads.items() if _due(anchor, before.get(ledger), head, now)]
            notes: list[Held] = []
            for ledger in due:
                skipped = await anchored.stored_after(conn, ledger, _size(before.get(ledger)), _MANY) if anchor.each else []
                notes += [Held(ledger, note) for note in skipped if note.text != heads[ledger].text]
                if len(skipped) < _MANY:
                    notes.append(Held(ledger, heads[ledger]))
        if not notes:
            return []
        put = await anchor.put(notes, self._growth)
        self.point("seal_anchored")
        async with self.database.transaction(WORKER) as conn:
            for held in put:
                await anchored.put_down(conn, anchor.kind, anchor.place, held.ledger, held.note)
        return put

    async def _growth(self, ledger: str, first: int, second: int) -> list[bytes]:
        async with self.database.transaction(WORKER) as conn:
            return await tiles.consistency(conn, ledger, first, second)

    def _warn(self, ages: Sequence[Age]) -> None:
        outside = any(anchor.outside for anchor in self.anchors)
        for age in ages:
            if age.waiting is not None and age.waiting > self.settings.checkpoint_max_age:
                _log.error("events wait for a checkpoint", ledger=age.ledger, seconds=round(age.waiting.total_seconds()))
            if outside and age.anchored is not None and age.anchored > self.settings.anchor_max_age:
                _log.error("the last anchor outside is too old", ledger=age.ledger, seconds=round(age.anchored.total_seconds()))


def _size(row: Row | None) -> int:
    return row["size"] if row else 0


def _due(anchor: Anchor, before: Row | None, head: Note, now: datetime) -> bool:
    """Whether the head is news to the anchor, and its time has come."""
    if before is None:
        return True
    return now - before["anchored_at"] >= anchor.every and Note.parse(before["receipt"]).text != head.text


def open_signer(keys: Path, memory: Path, now: datetime) -> Signer:
    """The signer of a home. Raises `KeyFault` where its key is gone though it signed."""
    signed_before = memory.is_dir() and any(memory.glob("*.note"))
    return Signer(memory, SigningKeys.open(keys, now, signed_before=signed_before))
