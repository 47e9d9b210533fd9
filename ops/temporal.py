"""Temporal: a server named by `TEMPORAL_ADDRESS`, else the dev server on a file under the home, on 127.0.0.1 alone."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ops import process
from ops.home import Home
from ops.process import EngineError, Launch
from ops.temporal_binary import Say, locate, provide
from workflows.contract import SEARCH_ATTRIBUTES

NAMESPACE = "default"
DYNAMIC_CONFIG = {"history.transferProcessorMaxPollRPS": 200}
"""A shard of the dev server loads transfer tasks 20 times a second by default: an ordinary activity then waits 50 ms for nothing."""
_TYPES = {1: "Text", 2: "Keyword", 3: "Int", 4: "Double", 5: "Bool", 6: "Datetime", 7: "KeywordList"}
"""temporal.api.enums.v1.IndexedValueType, as the command line names them."""


@dataclass(frozen=True)
class Server:
    """One home's dev server."""

    home: Home
    binary: Path
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def launch(self) -> Launch:
        """How the server is started. Its file survives it, so cases go on after a restart."""
        argv = [str(self.binary), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.port)]
        argv += ["--db-filename", str(self.home.temporal_file), "--sqlite-pragma", "journal_mode=WAL", "--namespace", NAMESPACE]
        argv += ["--log-level", "warn", "--log-format", "json"]
        for key in SEARCH_ATTRIBUTES:
            argv += ["--search-attribute", f"{key.name}={_TYPES[int(key.indexed_value_type)]}"]
        for name, value in DYNAMIC_CONFIG.items():
            argv += ["--dynamic-config-value", f"{name}={json.dumps(value)}"]
        return Launch("temporal", argv)

    def wait_ready(self, server: subprocess.Popen[bytes], log: Path, patience: float = 90) -> None:
        """Until it answers with the namespace and every search attribute in place. Raises EngineError if it ends or does not."""
        until = time.monotonic() + patience
        wanted = {key.name for key in SEARCH_ATTRIBUTES}
        while True:
            if server.poll() is not None:
                raise EngineError(f"Temporal ended at once (status {server.returncode}); its log {log} says:\n{process.tail(log)}")
            known = self._known_attributes()
            if known is not None and wanted <= known:
                return
            if time.monotonic() > until:
                raise EngineError(f"Temporal is not ready on {self.address}; its log {log} says:\n{process.tail(log)}")
            time.sleep(0.1)

    def _known_attributes(self) -> set[str] | None:
        """The namespace's search attributes, or None while the server does not answer."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
        argv = [
            str(self.binary),
            "operator",
            "search-attribute",
            "list",
            "--namespace",
            NAMESPACE,
            "--address",
            self.address,
            "--output",
            "json",
        ]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env, timeout=10)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode:
            return None
        return set(json.loads(done.stdout)["customAttributes"])


def external() -> str | None:
    """The server that replaces the embedded one, from `TEMPORAL_ADDRESS`."""
    return os.environ.get("TEMPORAL_ADDRESS") or None


def ensure(home: Home, say: Say, port: int | None = None) -> Server:
    """The home's server, its program provided. Keeps the port of the last run where that is free. Raises EngineError."""
    home.create()
    before = home.running().get("temporal_port")
    kept = before if isinstance(before, int) and process.is_free(before) else None
    return Server(home, provide(say), port or kept or process.free_port())


def start(server: Server) -> subprocess.Popen[bytes]:
    """Start it and wait until it can be used. The caller stops it."""
    log = server.home.logs / "temporal.log"
    running = process.spawn(server.launch(), log)
    try:
        server.wait_ready(running, log)
    except BaseException:
        stop(running)
        raise
    return running


def stop(running: subprocess.Popen[bytes], grace: float = 15) -> bool:
    """Let it close its file; False if it had to be killed (its file is a journal and stands that)."""
    return process.stop(running, Launch("temporal", []).stop_signal, grace)


__all__ = ["DYNAMIC_CONFIG", "NAMESPACE", "Server", "ensure", "external", "locate", "start", "stop"]
