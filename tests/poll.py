"""Waiting for a condition, never for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress


async def until[T](condition: Callable[[], Awaitable[T]], *, seconds: float = 30) -> T:
    """Ask again and again until the answer is true, and return it; TimeoutError after `seconds`."""
    never = asyncio.Event()
    async with asyncio.timeout(seconds):
        while not (answer := await condition()):
            with suppress(TimeoutError):
                await asyncio.wait_for(never.wait(), 0.02)
        return answer
