"""A supervised program: started, watched, started again with growing pauses when it dies, stopped."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import process
from ops.process import Launch

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
SETTLED = 60.0
"""Seconds alive after which earlier deaths no longer count."""


def no_preparation() -> None:
    """For programs that need nothing put in order before they start."""


def no_waiting(running: subprocess.Popen[bytes], log: Path) -> None:
    """For programs that nobody has to wait for."""


@dataclass
class Child:
    """One program of the system. `prepare` runs before each start, `await_ready` after it and raises EngineError."""

    launch: Launch
    log: Path
    grace: float
    prepare: Callable[[], None] = no_preparation
    await_ready: Callable[[subprocess.Popen[bytes], Path], None] = no_waiting
    running: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    deaths: int = 0
    started_at: float = 0.0
    again_at: float = 0.0
    identity: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        return self.launch.name

    def start(self, noted: Callable[[], None]) -> None:
        """Start it and wait until it is ready. `noted` is called once its process is known: a killed supervisor's successor finds it."""
        self.prepare()
        self.running = process.spawn(self.launch, self.log)
        self.started_at = time.monotonic()
        self.identity = process.identity(self.running.pid)
        noted()
        self.await_ready(self.running, self.log)

    def died(self, now: float) -> int | None:
        """Its exit status if it has ended since the last look; a time to start it again is then set. `now`: seconds, monotonic."""
        if self.running is None or self.running.poll() is None:
            return None
        status = self.running.returncode
        self.running = None
        self.deaths = 1 if now - self.started_at > SETTLED else self.deaths + 1
        self.again_at = now + pause(self.deaths)
        return status

    def owes_start(self, now: float) -> bool:
        return self.running is None and now >= self.again_at

    def stop(self, *, at_once: bool = False) -> bool:
        """Ask it to end, kill it after its grace. True if it went by itself."""
        if self.running is None:
            return True
        well = process.stop(self.running, self.launch.stop_signal, 0.2 if at_once else self.grace)
        self.running = None
        return well


def pause(deaths: int) -> float:
    """Seconds to wait before the next start after that many deaths in a row."""
    return min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** (deaths - 1))


def end_leftovers(recorded: dict[str, dict[str, Any]], say: Callable[[str], None], grace: float = 20) -> None:
    """End what a killed supervisor left running: by number and start time, so that nobody else's process is touched."""
    for name, identity in reversed(recorded.items()):
        left = process.find(identity)
        if left is not None:
            say(f"ending {name} (process {left.pid}), left by a supervisor that was killed")
            process.end(left, signal.SIGINT if name == "postgres" else signal.SIGTERM, grace)
