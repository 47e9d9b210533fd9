"""`yuanshou up`: PostgreSQL, Temporal, migrations, worker, API and the worked example, kept running until Ctrl-C."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from filelock import FileLock, Timeout

from ops import keyring, postgres, process, temporal
from ops.children import Child, end_leftovers
from ops.home import Home
from ops.migration import migrate, owner_address
from ops.process import BUSY, EngineError, Launch, held_by

FAILED = 1
LOOK_EVERY = 0.2
_ASK_EVERY = 0.5

Say = Callable[[str], None]


class StopRequested(Exception):  # noqa: N818 - a request, not a fault
    """Ctrl-C or SIGTERM came while something was being started."""


@dataclass(frozen=True)
class Programs:
    """What is started as worker, for the duties beside the cases, as API and as seed; tests put their own in."""

    worker: Sequence[str] = (sys.executable, "-m", "workers", "cases")
    duties: Sequence[str] = (sys.executable, "-m", "workers", "duties")
    api: Sequence[str] = (sys.executable, "-m", "workers.serve")
    seed: Sequence[str] | None = (sys.executable, "-m", "ops.cli", "seed")


class Supervisor:
    """One run of the system on one home. `run` returns the exit status: 0 stopped as asked, 1 did not come up, 2 held by another."""

    def __init__(self, home: Home, port: int, say: Say, programs: Programs, announce: Callable[[str], None] | None = None) -> None:
        """Take charge of `home`; the public address is `127.0.0.1:port`. `announce` is called with it once the system can be used."""
        self.home = home
        self.port = port
        self.say = say
        self.programs = programs
        self.announce = announce or self._announce
        self.children: list[Child] = []
        self.seed: Child | None = None
        self.ready = False
        self._stopping = False
        self._interruptible = False
        self._asked_at = 0.0
        self._hurry = False
        self._known: dict[str, Any] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _announce(self, address: str) -> None:
        self.say(f"ready on {address}")

    def run(self) -> int:
        """Hold the home's lock, start all in order, watch, stop all in reverse."""
        self.home.create()
        lock = FileLock(self.home.lock_file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self.say(held_by(self.home))
            return BUSY
        previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            return self._run()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            lock.release()

    def _run(self) -> int:
        before = self.home.running()
        end_leftovers(before.get("children", {}), self.say)
        if not process.is_free(self.port):
            self.say(f"port {self.port} is taken by another program: end it, or choose another port with YUANSHOU_PORT")
            return BUSY
        ports = {name: before[name] for name in ("postgres_port", "temporal_port") if name in before}
        self._known = {**ports, "address": self.address, "since": datetime.now(UTC).isoformat(timespec="seconds")}
        self._note("starting")
        status = 0
        try:
            self._interruptible = True
            self._start_all()
            self._interruptible = False
            self._note("running")
            self._watch()
        except StopRequested:
            self.say("asked to stop while something was being started")
        except EngineError as fault:
            self.say(str(fault))
            status = FAILED
        finally:
            self._interruptible = False
            self._stop_all()
        return status

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._hurry = self._stopping  # asked twice: no more patience
        self._stopping = True
        if self._interruptible:
            self._interruptible = False
            raise StopRequested(signal.Signals(number).name)

    def _start_all(self) -> None:
        dsn = self._start_database()
        address = self._start_temporal()
        self.say("migrating the database")
        if migrate(dsn["owner"]):
            self.say("the wall of row-level security was put up")
        keyring.check(dsn["owner"], self.home.keys)
        engines = {"DATABASE_URL": dsn["app"], "DATABASE_WORKER_URL": dsn["worker"], "TEMPORAL_ADDRESS": address}
        shared = {"YUANSHOU_HOME": str(self.home.path), "YUANSHOU_PORT": str(self.port), **process.THRIFT, **engines}
        os.environ.pop("DATABASE_OWNER_URL", None)  # the application has no business with it
        for name, argv in (("worker", self.programs.worker), ("duties", self.programs.duties), ("api", self.programs.api)):
            metrics = process.free_port()
            self._known[f"{name}_metrics"] = f"http://127.0.0.1:{metrics}/metrics"
            launch = Launch(name, argv, {**shared, "YUANSHOU_METRICS_PORT": str(metrics)})
            self._start(Child(launch, self.home.logs / f"{name}.log", grace=20))
        if self.programs.seed:
            self.seed = Child(Launch("seed", self.programs.seed, shared), self.home.logs / "seed.log", grace=5)

    def _start_database(self) -> dict[str, str]:
        """Start PostgreSQL, unless `DATABASE_URL` names one; its addresses for owner, application and worker."""
        given = os.environ.get("DATABASE_URL")
        if given:
            return {"app": given, "worker": os.environ.get("DATABASE_WORKER_URL") or given, "owner": owner_address(given)}
        self.say("starting PostgreSQL" if (self.home.postgres / "data").exists() else "making the database")
        cluster = postgres.ensure(self.home)
        self._known["postgres_port"] = cluster.port

        def await_ready(server: subprocess.Popen[bytes], log: Path) -> None:
            cluster.wait_ready(server, log)
            cluster.provision()

        log = self.home.logs / "postgres.log"
        self._start(Child(cluster.launch(), log, grace=30, prepare=lambda: postgres.free_data_directory(cluster), await_ready=await_ready))
        return {role: cluster.dsn(role) for role in ("app", "worker", "owner")}

    def _start_temporal(self) -> str:
        """Start Temporal, unless `TEMPORAL_ADDRESS` names one; its address."""
        given = temporal.external()
        if given:
            return given
        self.say("starting Temporal")
        server = temporal.ensure(self.home, self.say)
        self._known |= {"temporal_port": server.port, "temporal_address": server.address}
        self._start(Child(server.launch(), self.home.logs / "temporal.log", grace=15, await_ready=server.wait_ready))
        return server.address

    def _start(self, child: Child) -> None:
        """Add a child; one that does not come up is an EngineError at the first start."""
        self.children.append(child)
        process.rotate(child.log)
        if child.name in {"worker", "duties", "api"}:
            self.say(f"starting the {child.name}")
        child.start(lambda: self._note("starting"))

    def _watch(self) -> None:
        """Until asked to stop: start the dead again, tell when the system is ready, run the worked example once."""
        while not self._stopping:
            for child in self.children:
                self._look_after(child)
            if not self.ready:
                self._ask_ready()
            elif self.seed and self.seed.running and (status := self.seed.died(time.monotonic())) is not None:
                self._seeded(status)
            time.sleep(LOOK_EVERY)

    def _look_after(self, child: Child) -> None:
        status = child.died(time.monotonic())
        if status is not None:
            wait = child.again_at - time.monotonic()
            end = process.tail(child.log, 5)
            self.say(f"{child.name} ended (status {status}); starting it again in {wait:.1f} s. {child.log} ends:\n{end}")
            self._note("running")
        if child.owes_start(time.monotonic()) and not self._stopping:
            child.restarts += 1
            self._interruptible = True
            try:
                child.start(lambda: self._note("running"))
            except EngineError as fault:
                self.say(str(fault))  # it is dead or useless: the next look finds it and waits longer
                child.stop(at_once=True)
                child.again_at = time.monotonic() + 5
            else:
                self.say(f"{child.name} runs again")
            finally:
                self._interruptible = False

    def _ask_ready(self) -> None:
        if time.monotonic() - self._asked_at < _ASK_EVERY:
            return
        self._asked_at = time.monotonic()
        if not answers(self.port, "/readyz"):
            return
        self.ready = True
        if self.seed:
            self.say(f"commands are taken on {self.address}; loading the worked example")
            self.seed.running = process.spawn(self.seed.launch)  # its progress is for the terminal, not for a log
            self.seed.identity = process.identity(self.seed.running.pid)
            self._note("running")
        else:
            self.announce(self.address)

    def _seeded(self, status: int) -> None:
        self.seed = None
        self._note("running")
        if status:
            self.say(f"the worked example is not complete (status {status}); `yuanshou seed` goes on where it ended")
        self.announce(self.address)

    def _stop_all(self) -> None:
        """In reverse order, each after it has drained. Ctrl-C once more cuts the draining short."""
        self._stopping = True
        self._note("stopping")
        everything = [*self.children, *([self.seed] if self.seed else [])]
        for child in reversed(everything):
            if child.running:
                self.say(f"stopping {child.name}")
            if not child.stop(at_once=self._hurry):
                self.say(f"{child.name} did not end in time and was killed")
        self.children.clear()
        self._note("stopped")
        self.say("stopped")

    def _note(self, state: str) -> None:
        """Write `run.json`: who runs, where, since when."""
        everything = [*self.children, *([self.seed] if self.seed else [])]
        alive = {child.name: {**child.identity, "restarts": child.restarts} for child in everything if child.running}
        self.home.write_running({**self._known, "state": state, "supervisor": process.identity(os.getpid()), "children": alive})


def answers(port: int, path: str) -> bool:
    """Whether `127.0.0.1:port` answers 200 there; a server that is not up yet does not."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
