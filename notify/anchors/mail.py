"""The e-mail anchor: once a day the newest checkpoints go to the auditors and to addresses that were named."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import texts
from ledger.note import Checkpoint
from notify.anchor import AnchorFault, Growth, Held, Kind
from notify.channel import Channel, Later, Letter, Refused
from texts import Lang


class Reader(NamedTuple):
    """Who gets the letter."""

    address: str
    language: Lang


@dataclass(frozen=True, slots=True)
class Mail:
    """`readers` says at the moment of sending who they are; `outside` where some are named, so that it is counted on."""

    channel: Channel
    readers: Callable[[], Awaitable[Sequence[Reader]]]
    outside: bool
    kind: Kind = "email"
    place: str = "auditors"
    each: bool = False
    every: timedelta = timedelta(hours=24)

    async def put(self, notes: Sequence[Held], growth: Growth) -> Sequence[Held]:  # noqa: ARG002 -- a letter asks for no proof
        """Nothing is put anywhere while there is no reader. Raises `AnchorFault` where nobody could be sent it (`away`, `smtp_…`)."""
        readers = await self.readers()
        if not readers:
            return []
        at = max(Checkpoint.parse(held.note.text).time for held in notes)
        taken, fault = 0, AnchorFault("away")
        for reader in readers:
            try:
                await self.channel.send(letter(reader, notes, at))
                taken += 1
            except Refused as refused:
                fault = AnchorFault(str(refused))
            except (Later, OSError, TimeoutError) as later:
                fault = AnchorFault(str(later) if isinstance(later, Later) else "away")
                break  # the server is down for all of them
        if not taken:
            raise fault
        return notes


def letter(reader: Reader, notes: Sequence[Held], at: datetime) -> Letter:
    """The checkpoints as a letter: what they are for, and the notes whole, to be kept."""
    day = at.date().isoformat()
    said = texts.text(reader.language, "letters.checkpoints.text")
    body = "\n\n".join([said, *(str(held.note) for held in notes)])
    return Letter(
        id=f"checkpoints/{at.isoformat()}/{reader.address}",
        to=reader.address,
        kind="checkpoints",
        subject=texts.text(reader.language, "letters.checkpoints.subject", day=day),
        text=body,
        short="",
        at=at,
    )
