"""The tests' own engines, in a process of their own: started once however many pytest processes share them.

`python -m tests.engines HOME PID` starts them on HOME, writes `HOME/engines.json` when they can be used, and stops them on
SIGTERM or when the process PID, the test session, is gone.
"""

import json
import os
import shutil
import signal
import sys
import threading
import traceback
from pathlib import Path

import psutil

from ops.engines import Engines, running
from ops.home import ROOT, Home
from ops.process import tail


def start(home: Path, session: int) -> int:
    """Start the process and give its number; it ends when `session` does, and may outlive the pytest process that started it."""
    home.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "tests.engines", str(home), str(session)]
    output = (os.POSIX_SPAWN_OPEN, 1, str(home / "engines.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    errors = (os.POSIX_SPAWN_DUP2, 1, 2)
    return os.posix_spawn(sys.executable, argv, {**os.environ, "PYTHONPATH": str(ROOT)}, file_actions=[output, errors], setsid=True)


def stop(process: int) -> None:
    """Stop the engines and wait until they are down."""
    os.kill(process, signal.SIGTERM)
    os.waitpid(process, 0)


def await_ready(home: Path, process: int) -> Engines:
    """The engines' addresses, as soon as they can be used; RuntimeError with the reason where they do not come up."""
    while not (home / "engines.json").exists():
        if os.waitpid(process, os.WNOHANG)[0]:
            raise RuntimeError(f"the tests' engines did not start:\n{tail(home / 'engines.log', 40)}")
        threading.Event().wait(0.05)
    return read(home)


def read(home: Path) -> Engines:
    return Engines.from_dict(json.loads((home / "engines.json").read_text(encoding="utf-8")))


def serve(home: Path, session: int) -> None:
    """Keep the engines until told to stop or the session is gone; then leave nothing behind."""
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    with running(Home(home), lambda text: sys.stderr.write(f"{text}\n")) as engines:
        ready = home / "engines.ready"
        ready.write_text(json.dumps(engines.as_dict()), encoding="utf-8")
        ready.rename(home / "engines.json")
        while not end.wait(0.5) and psutil.pid_exists(session):
            pass
    shutil.rmtree(home / "postgres")


if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]), int(sys.argv[2]))
    except Exception:  # noqa: BLE001 - whatever it is, the session reads it in the log
        traceback.print_exc()
        sys.exit(1)
