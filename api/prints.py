"""Papers being drawn now: each once, in a thread of its own, whoever asks meanwhile waits for the same.

Drawing is the filling of a cache: one that was broken off is begun anew by the next who asks.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID


@dataclass(slots=True)
class Drawing:
    """One paper on its way: `pages` it is at least going to have, `since` when (monotonic seconds)."""

    task: asyncio.Task[bytes]
    pages: int
    since: float = field(default_factory=monotonic)

    @property
    def seconds(self) -> int:
        return int(monotonic() - self.since)


class Prints:
    """The papers this process is drawing, by document id. To be used within one event loop."""

    def __init__(self) -> None:
        self._drawings: dict[UUID, Drawing] = {}

    def of(self, document_id: UUID) -> Drawing | None:
        return self._drawings.get(document_id)

    def start(self, document_id: UUID, pages: int, draw: Callable[[], Awaitable[bytes]]) -> Drawing:
        """The drawing of a paper: the one under way, else one begun now by `draw`."""
        found = self._drawings.get(document_id)
        if found is None:

            async def run() -> bytes:
                return await draw()

            found = Drawing(asyncio.create_task(run(), name=f"draw {document_id}"), pages)
            self._drawings[document_id] = found
            found.task.add_done_callback(lambda task: self._done(document_id, task))
        return found

    def _done(self, document_id: UUID, task: asyncio.Task[bytes]) -> None:
        self._drawings.pop(document_id, None)
        if not task.cancelled():
            task.exception()  # told to whoever waited; nobody may have
