"""What `yuanshou up` promises, on real engines; worker and API are stand-ins that keep a diary."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from ops import postgres, process
from ops.children import LONGEST_PAUSE, SHORTEST_PAUSE, pause
from ops.home import ROOT, Home

PATIENCE = 90.0
ALL = ["postgres", "temporal", "worker", "duties", "api"]


class System:
    """A home and the supervisors that a test starts on it."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = Home(home)
        self.port = port
        self.started: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        given = {"DATABASE_URL", "DATABASE_WORKER_URL", "TEMPORAL_ADDRESS"}
        env = {name: value for name, value in os.environ.items() if name not in given}
        env |= {"YUANSHOU_HOME": str(self.home.path), "YUANSHOU_PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        argv = [sys.executable, "-m", "tests.integration.standin", "up"]
        running = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.started.append(running)
        return running

    def up(self) -> subprocess.Popen[str]:
        running = self.start()
        eventually(lambda: running.poll() is not None or (self.diary()[-1:] == ["seed started"] and list(self.run()["children"]) == ALL))
        assert running.poll() is None, running.communicate()[0]
        return running

    def run(self) -> dict[str, Any]:
        return self.home.running()

    def children(self) -> dict[str, psutil.Process]:
        return {name: psutil.Process(known["pid"]) for name, known in self.run()["children"].items()}

    def diary(self) -> list[str]:
        place = self.home.path / "diary"
        return place.read_text(encoding="ascii").splitlines() if place.exists() else []

    def connect(self, role: str = "owner") -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(postgres.Cluster(self.home, Path(), self.run()["postgres_port"], None, None).dsn(role), connect_timeout=3)

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def end(self) -> None:
        for running in self.started:
            if running.poll() is None:
                running.send_signal(signal.SIGTERM)
            running.communicate(timeout=PATIENCE)


def eventually(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Look until it holds."""
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        threading.Event().wait(0.05)


def interrupt(running: subprocess.Popen[str]) -> str:
    """Ctrl-C as a terminal gives it: to the whole foreground group. What the supervisor said."""
    os.killpg(running.pid, signal.SIGINT)
    return running.communicate(timeout=PATIENCE)[0]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    made = System(tmp_path / "closed" / "home", process.free_port())
    (tmp_path / "closed").mkdir(mode=0o700)
    yield made
    made.end()


def test_ctrl_c_stops_all_in_reverse_and_the_next_start_goes_on(system: System) -> None:
    running = system.up()
    with system.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    children = system.children()
    assert sorted(children, key=lambda name: children[name].create_time()) == ALL

    said = interrupt(running)

    assert running.returncode == 0, said
    assert sorted(system.diary()[:3]) == ["api started", "duties started", "worker started"]  # each when it has come so far itself
    assert system.diary()[3:] == ["seed started", "api ended", "duties ended", "worker ended"]
    stops = [line.removeprefix("stopping ") for line in said.splitlines() if line.startswith("stopping ")]
    assert stops == ["api", "duties", "worker", "temporal", "postgres"]
    assert not [name for name, child in children.items() if child.is_running()]
    assert system.run()["state"] == "stopped"
    control = postgres.ensure(system.home).run("pg_controldata", "-D", "/proc/self/cwd" if os.geteuid() == 0 else ".")
    assert "shut down\n" in control.stdout, "a clean shutdown, not a crash to recover from"

    system.up()

    with system.connect() as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_second_start_says_who_holds_the_home(system: System) -> None:
    running = system.up()

    second = system.start()
    said = second.communicate(timeout=PATIENCE)[0]

    assert second.returncode == 2
    assert f"process {running.pid}" in said
    assert f"http://127.0.0.1:{system.port}" in said
    assert system.run()["since"] in said
    assert running.poll() is None


def test_a_taken_port_is_said_plainly(system: System) -> None:
    with socket.create_server(("127.0.0.1", system.port)):
        start = system.start()
        said = start.communicate(timeout=PATIENCE)[0]

    assert start.returncode == 2
    assert f"port {system.port} is taken" in said
    assert "YUANSHOU_PORT" in said


def test_killed_children_come_back_at_the_same_addresses(system: System) -> None:
    system.up()
    before = system.run()

    for name in ("postgres", "temporal", "worker", "duties"):
        system.children()[name].kill()
    eventually(
        lambda: all(system.run()["children"].get(name, {}).get("restarts") == 1 for name in ("postgres", "temporal", "worker", "duties"))
    )

    eventually(system.answers)
    assert system.run()["postgres_port"] == before["postgres_port"]
    assert system.run()["temporal_address"] == before["temporal_address"]
    assert system.children()["api"].pid == before["children"]["api"]["pid"], "what lives is left alone"


def test_a_killed_supervisor_leaves_nobody_behind_and_the_next_one_starts(system: System) -> None:
    running = system.up()
    children = system.children()

    running.kill()
    running.communicate()
    system.up()

    assert not [name for name, child in children.items() if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert system.answers()


def test_a_stale_note_never_ends_a_stranger(system: System) -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as stranger:
        system.home.write_running({"state": "running", "children": {"postgres": {"pid": stranger.pid, "started": 1.0}}})

        system.up()

        assert stranger.poll() is None
        stranger.kill()


def test_an_unreadable_note_does_not_stop_a_start(system: System) -> None:
    system.home.create()
    system.home.run_file.write_text('{"half": ', encoding="utf-8")

    system.up()

    assert system.run()["state"] == "running"


def test_nobody_else_can_read_the_home_and_no_parent_is_opened(system: System, tmp_path: Path) -> None:
    parents = [tmp_path, tmp_path / "closed", *tmp_path.parents]
    before = [stat.S_IMODE(place.stat().st_mode) for place in parents]

    system.up()

    assert [stat.S_IMODE(place.stat().st_mode) for place in parents] == before
    assert stat.S_IMODE(system.home.keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(key.stat().st_mode) for key in system.home.keys.iterdir()} == {0o600}
    assert system.children()["postgres"].uids().effective != 0
    assert "password" not in json.dumps(system.run())


def test_the_application_is_no_superuser_and_may_create_nothing(system: System) -> None:
    system.up()

    with system.connect("app") as connection:
        row = connection.execute("SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'app'").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (x int)")

    assert row == (False, False, False, False)


def test_pauses_between_starts_grow_and_end_growing() -> None:
    pauses = [pause(deaths) for deaths in range(1, 12)]

    assert pauses[0] == SHORTEST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
