"""The clock of the pages: the application's, within the request that is being answered."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime


def host_clock() -> datetime:
    """What this host takes for now; for an application that was given no better clock."""
    return datetime.now(UTC)


_CLOCK: ContextVar[Callable[[], datetime]] = ContextVar("clock", default=host_clock)


def go_by(clock: Callable[[], datetime]) -> None:
    """Let the pages of the request at hand go by this clock."""
    _CLOCK.set(clock)


def read() -> datetime:
    """The present moment (aware)."""
    return _CLOCK.get()()
