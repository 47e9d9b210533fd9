"""Those who look on: one line to the database a process, on which is heard whose inbox changed and which case moved.

What is heard only wakes who waits for it; what there is to tell they read from the ledger, so that an announcement that was lost
costs a heartbeat's time and nothing else.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Self

import psycopg
import structlog
from prometheus_client import Gauge

from api.envelope import REGISTRY
from api.open_forms import OpenForms
from ledger.live import CASE_NOTICE, EDITING_NOTICE, MESSAGE_NOTICE

_log = structlog.get_logger(__name__)
_OPEN = Gauge("yuanshou_streams", "Streams of server-sent events that are open", registry=REGISTRY)
HEARTBEAT_SECONDS = 15.0
MOST_EACH = 8
"""Streams of one person in one process: a page holds one while it is looked at."""

type Topic = tuple[str, str]


class Ear:
    """Wakes when one of its topics is announced. What is announced while nobody waits is not lost."""

    def __init__(self) -> None:
        self._heard = asyncio.Event()

    def wake(self) -> None:
        self._heard.set()

    async def wait(self, seconds: float) -> bool:
        """Whether something was announced since the last time, or is within so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), seconds)
        heard = self._heard.is_set()
        self._heard.clear()
        return heard


class Live:
    """The ears of a process. Without `listening` they wake by their heartbeat alone."""

    def __init__(self, *, heartbeat: float = HEARTBEAT_SECONDS, most_each: int = MOST_EACH) -> None:
        self.heartbeat, self.most_each = heartbeat, most_each
        self.closed = False
        """Set once the process is to end: every stream says good-bye."""
        self.forms = OpenForms()
        """Who has which form of a case open, as far as this process heard."""
        self._ears: dict[Topic, set[Ear]] = defaultdict(set)
        self._of_person: Counter[str] = Counter()
        self._looking: set[asyncio.Task[bytes]] = set()

    def full(self, person: str) -> bool:
        return self._of_person[person] >= self.most_each

    def keep(self, looking: asyncio.Task[bytes]) -> None:
        """Hold a look that is under way, also when whoever looks on has gone meanwhile and nobody asks for what it found."""
        self._looking.add(looking)
        looking.add_done_callback(self._looked)

    def _looked(self, looking: asyncio.Task[bytes]) -> None:
        self._looking.discard(looking)
        if not looking.cancelled() and (fault := looking.exception()) is not None:
            _log.debug("a look ended", fault=type(fault).__name__)

    def looks_on(self, person: str) -> bool:
        return person in self._of_person

    @contextmanager
    def ear(self, person: str, cases: Iterable[str]) -> Generator[Ear]:
        """An ear for a person's inbox and for cases, for as long as the stream is open."""
        ear = Ear()
        topics = [(MESSAGE_NOTICE, person), *((CASE_NOTICE, case) for case in cases)]
        for topic in topics:
            self._ears[topic].add(ear)
        self._of_person[person] += 1
        _OPEN.inc()
        try:
            yield ear
        finally:
            _OPEN.dec()
            self._of_person[person] -= 1
            if not self._of_person[person]:
                del self._of_person[person]
            for topic in topics:
                self._ears[topic].discard(ear)
                if not self._ears[topic]:
                    del self._ears[topic]

    def heard(self, channel: str, name: str) -> None:
        """Wake those to whom an announcement matters."""
        if channel == EDITING_NOTICE:
            channel, name = CASE_NOTICE, self.forms.heard(name)
        for ear in self._ears.get((channel, name), ()):
            ear.wake()

    def close(self) -> None:
        self.closed = True
        self._wake_all()

    @asynccontextmanager
    async def listening(self, dsn: str) -> AsyncGenerator[Self]:
        """Hear of what is announced, on a connection of its own that is opened again whenever it breaks."""
        line = asyncio.create_task(self._listen(dsn))
        try:
            yield self
        finally:
            self.close()
            line.cancel()
            with suppress(asyncio.CancelledError):
                await line

    async def _listen(self, dsn: str) -> None:
        wait = 0.1
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, application_name="yuanshou-live") as conn:
                    for channel in (MESSAGE_NOTICE, CASE_NOTICE, EDITING_NOTICE):
                        await conn.execute(f"LISTEN {channel}".encode())
                    self._wake_all()  # what was announced while the line was down nobody heard
                    wait = 0.1
                    async for notice in conn.notifies():
                        self.heard(notice.channel, notice.payload)
            except psycopg.OperationalError:
                _log.warning("the line for those who look on is down")
                await asyncio.sleep(wait)
                wait = min(wait * 2, 2.0)

    def _wake_all(self) -> None:
        for ear in {ear for ears in self._ears.values() for ear in ears}:
            ear.wake()
