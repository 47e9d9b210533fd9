"""Child processes that neither outlive their supervisor nor are taken for another's."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from ops.home import Home

BUSY = 2
"""Exit status when somebody else holds the home or the port."""
THRIFT: Mapping[str, str] = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""Environment of long-lived children: the C library gives back what bursts took (the HTTP process held 220 MB instead of 170)."""
_PR_SET_PDEATHSIG = 1


class EngineError(Exception):
    """An engine cannot be provided or does not come up; the message says why and what would mend it."""


@dataclass(frozen=True)
class Launch:
    """How a program is started: everything but its log file."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: Path | None = None
    user: int | None = None
    group: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on that port now (connections of an earlier one that are still winding down do not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


@cache
def _libc() -> ctypes.CDLL:
    """The C library, opened before any fork."""
    return ctypes.CDLL(None)


def _follow(parent: int, death: signal.Signals) -> Callable[[], None] | None:
    """What the child does before exec: ask the kernel to end it when its parent dies.

    After the change of user, which clears the request. The parent's *thread* counts: children are started from a
    thread that lives as long as the process.
    """
    if sys.platform != "linux":
        return None
    prctl = _libc().prctl

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death))
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def spawn(launch: Launch, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own, so that a terminal's Ctrl-C does not reach it.

    Its output goes to the log, without one to the caller's. Raises EngineError where it cannot be started.
    """
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            list(launch.argv),
            env={**os.environ, **launch.env},
            cwd=launch.cwd,
            user=launch.user,
            group=launch.group,
            extra_groups=[] if launch.user is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
            preexec_fn=_follow(os.getpid(), launch.stop_signal),  # noqa: PLW1509 - two system calls, no locks taken
        )
    except OSError as fault:
        raise EngineError(f"{launch.name} does not start: {fault}") from fault
    finally:
        if output:
            output.close()


def stop(process: subprocess.Popen[bytes], how: signal.Signals, grace: float) -> bool:
    """Ask the child to end, wait `grace` seconds, then kill it with its whole group. True if it went by itself."""
    if process.poll() is not None:
        return True
    process.send_signal(how)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait()
        return False
    return True


def kill_group(leader: int) -> None:
    """SIGKILL to the session's process group; one that is gone is what was wanted."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def identity(pid: int) -> dict[str, Any]:
    """What tells a process from a later one with the same number."""
    return {"pid": pid, "started": psutil.Process(pid).create_time()}


def find(recorded: Mapping[str, Any] | None) -> psutil.Process | None:
    """The very process that was recorded by `identity`, if it is alive."""
    if not recorded or "pid" not in recorded:
        return None
    try:
        process = psutil.Process(int(recorded["pid"]))
        # some systems count start times in ticks of the boot clock: equal within a second is the same process
        alive = abs(process.create_time() - float(recorded["started"])) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if alive else None


def held_by(home: Home) -> str:
    """Who holds the home, for the one who came second."""
    run = home.running()
    if find(run.get("supervisor")) is None:
        return f"{home.path} is held by another start that has not said more yet; try again in a moment"
    return (
        f"{home.path} is held by process {run['supervisor']['pid']}, on {run['address']}, since {run['since']}; "
        "stop that one first, or choose another home with YUANSHOU_HOME"
    )


def end(process: psutil.Process, how: signal.Signals, grace: float) -> None:
    """End a process that is not our child (a supervisor's that was killed)."""
    try:
        process.send_signal(how)
        process.wait(grace)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(grace)
    except psutil.NoSuchProcess:
        return


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for a message that says why something did not come up."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def rotate(log: Path, keep: int = 3) -> None:
    """Move `x.log` to `x.log.1`, `x.log.1` to `x.log.2`, … and drop the oldest."""
    for number in range(keep, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log.with_name(f"{log.name}.{number - 1}") if number > 1 else log
        if newer.exists():
            newer.replace(older)
