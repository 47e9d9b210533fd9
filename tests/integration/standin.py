"""Stand-ins for the worker and the API, so that the supervisor can be watched by itself, and a supervisor that starts them.

`python -m tests.integration.standin up` runs a supervisor on `YUANSHOU_HOME` and `YUANSHOU_PORT`; it starts the same module as
`worker`, `duties`, `api` and `seed`.
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import FrameType

from ops.home import Home
from ops.supervisor import Programs, Supervisor


def _note(what: str) -> None:
    """Append to the home's diary: lines this short are written whole."""
    with (Path(os.environ["YUANSHOU_HOME"]) / "diary").open("a", encoding="ascii") as diary:
        diary.write(f"{what}\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _end(_number: int, _frame: FrameType | None) -> None:
    _note(f"{sys.argv[1]} ended")
    sys.exit(0)


def main() -> int:
    role = sys.argv[1]
    if role == "up":
        programs = Programs(*([sys.executable, "-m", "tests.integration.standin", name] for name in ("worker", "duties", "api", "seed")))
        return Supervisor(Home.of(), int(os.environ["YUANSHOU_PORT"]), _say, programs).run()
    signal.signal(signal.SIGTERM, _end)
    _note(f"{role} started")
    if role == "api":
        HTTPServer(("127.0.0.1", int(os.environ["YUANSHOU_PORT"])), _Ready).serve_forever()
    while role in {"worker", "duties"}:
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
