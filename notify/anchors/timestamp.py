"""The time-stamp anchor: an authority (RFC 3161) that is told a checkpoint's SHA-256 signs it with the time of day."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.x509 import Certificate

from ledger import stamps
from ledger.stamps import StampFault
from notify.anchor import AnchorFault, Growth, Held, Kind

SECONDS = 15
_ASKED, _ANSWERED = "application/timestamp-query", "application/timestamp-reply"
_MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Timestamp:
    """`url` is the authority's; `roots` whom it is believed under; answers lie in `folder`, the anchor directory.

    `outside`: that directory lies elsewhere than the installation's own files. An authority keeps no copy: a stamp proves its time as long
    as somebody has it.
    """

    url: str
    roots: tuple[Certificate, ...]
    folder: Path
    outside: bool
    transport: httpx.AsyncBaseTransport | None = None
    kind: Kind = "timestamp"
    each: bool = False
    every: timedelta = timedelta(hours=1)

    @property
    def place(self) -> str:
        return urlsplit(self.url).hostname or self.url

    async def put(self, notes: Sequence[Held], growth: Growth) -> Sequence[Held]:  # noqa: ARG002 -- an authority asks for no proof
        """Raises `AnchorFault` (`away`, `tsa_…`, `full`)."""
        async with httpx.AsyncClient(timeout=SECONDS, transport=self.transport) as client:
            try:
                for held in notes:
                    answer = await self._stamped(client, str(held.note).encode())
                    await asyncio.to_thread(stamps.keep, self.folder, held.ledger, held.note, answer)
            except httpx.HTTPError as fault:
                raise AnchorFault("away", fault=type(fault).__name__) from fault
            except OSError as fault:
                raise AnchorFault.of_disk(fault) from fault
        return notes

    async def _stamped(self, client: httpx.AsyncClient, data: bytes) -> bytes:
        request, nonce = stamps.request_over(data)
        answer = await client.post(self.url, content=request, headers={"Content-Type": _ASKED, "Accept": _ANSWERED})
        if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
            raise AnchorFault(f"tsa_{answer.status_code}")
        try:
            stamps.moment_of(answer.content, data, self.roots, nonce)
        except StampFault as fault:
            raise AnchorFault("tsa_not_believed", why=str(fault)) from fault
        return answer.content
