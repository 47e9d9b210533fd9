"""Temporal as in production: its server on PostgreSQL, in the database server that holds the ledger, as `docker-compose.yml` has it.

The dev server keeps everything in one process on SQLite; a budget measured against the one says little about the other. Only the
lists of workflows, which no command waits for, stay on SQLite here: their PostgreSQL schema wants an extension (btree_gin) that the
embedded PostgreSQL does not carry.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import yaml
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bench import stand
from bench.stand import BenchError
from ops import process, temporal_binary
from ops.engines import Engines
from ops.home import Home, user_cache
from ops.postgres import SUPERUSER
from ops.process import Launch
from ops.temporal import DYNAMIC_CONFIG

VERSION = "1.29.1"
SHARDS = 4
_MODULES = tuple(f"go.temporal.io/server/cmd/{name}@v{VERSION}" for name in ("server", "tools/sql"))
_DATABASE = "temporal"
_SERVICES = ("frontend", "matching", "history", "worker")
_PATIENCE = 90.0


def programs() -> Path:
    """The folder with `server` and `sql`, built on first use and kept for the user."""
    kept = user_cache() / f"temporal-server-{VERSION}"
    if not all((kept / name).exists() for name in ("server", "sql")):
        stand.say(f"building the Temporal server {VERSION} with Go, once for this user: some minutes")
        temporal_binary.build(_MODULES, kept, stand.say)
    return kept


def _call(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)  # noqa: S603 - words of ours


def _schema(tools: Path, port: str, password: str) -> None:
    """A role and a database of its own, brought to the server's schema."""
    with psycopg.connect(f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres", autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE temporal LOGIN PASSWORD {}").format(sql.Literal(password)))
        owner.execute(sql.SQL("CREATE DATABASE {} OWNER temporal").format(sql.Identifier(_DATABASE)))
    tool = (tools / "sql", "--plugin", "postgres12", "--endpoint", "127.0.0.1", "--port", port, "--user", "temporal",
            "--password", password, "--database", _DATABASE)  # fmt: skip
    for step in (("setup-schema", "--version", "0.0"), ("update-schema", "--schema-name", "postgresql/v12/temporal")):
        done = _call(*tool, *step)
        if done.returncode:
            raise BenchError(f"{' '.join(step)}: {(done.stderr or done.stdout)[-2000:]}")


def _port() -> int:
    """A free port that fits the column in which the server keeps its own, a smallint."""
    return next(port for port in random.sample(range(20_000, 32_000), 1_000) if process.is_free(port))


def _settings(folder: Path, port: str, password: str, frontend: int) -> Path:
    """The server's own configuration, all four services in one process."""
    address = {"connectAddr": f"127.0.0.1:{port}", "connectProtocol": "tcp", "user": "temporal", "password": password}
    cases = {"pluginName": "postgres12", "databaseName": _DATABASE, **address, "maxConns": 20, "maxIdleConns": 20}
    lists = {"pluginName": "sqlite", "databaseName": str(folder / "visibility.db"), "connectAddr": "localhost", "connectProtocol": "tcp"}

    def service(rpc: int) -> dict[str, object]:
        return {"rpc": {"grpcPort": rpc, "membershipPort": _port(), "bindOnLocalHost": True}}

    here = {"enabled": True, "initialFailoverVersion": 1, "rpcName": "frontend", "rpcAddress": f"127.0.0.1:{frontend}"}
    values = {key: [{"value": value}] for key, value in DYNAMIC_CONFIG.items()}
    (folder / "dynamic.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    settings = {
        "log": {"stdout": True, "level": "warn"},
        "persistence": {
            "defaultStore": "default",
            "visibilityStore": "visibility",
            "numHistoryShards": SHARDS,
            "datastores": {
                "default": {"sql": cases},
                "visibility": {"sql": {**lists, "connectAttributes": {"mode": "rwc", "setup": "true", "journal_mode": "wal"}}},
            },
        },
        "global": {"membership": {"maxJoinDuration": "30s", "broadcastAddress": "127.0.0.1"}},
        "services": {name: service(frontend if name == "frontend" else _port()) for name in ("frontend", "matching", "history", "worker")},
        "clusterMetadata": {
            "enableGlobalNamespace": False,
            "failoverVersionIncrement": 10,
            "masterClusterName": "active",
            "currentClusterName": "active",
            "clusterInformation": {"active": here},
        },
        "dcRedirectionPolicy": {"policy": "noop"},
        "dynamicConfigClient": {"filepath": str(folder / "dynamic.yaml"), "pollInterval": "60s"},
    }
    file = folder / "bench.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return file


def _until(*words: object, log: Path) -> None:
    """Until the command line's call is answered; at first the server is not there, then it does not know its namespace yet."""
    until = time.monotonic() + _PATIENCE
    while (done := _call(*words)).returncode:
        if time.monotonic() > until:
            raise BenchError(f"{done.stderr}; the server's log says:\n{process.tail(log)[-2000:]}")
        time.sleep(0.2)


@contextmanager
def temporal_on_postgres(engines: Engines) -> Generator[Engines]:
    """The same engines, with a Temporal on their PostgreSQL in place of the dev server."""
    tools, folder = programs(), engines.home / "production"
    folder.mkdir()
    port, password = str(conninfo_to_dict(engines.app_dsn)["port"]), Home(engines.home).secret(f"postgres-{SUPERUSER}")
    _schema(tools, port, password)
    frontend, log = _port(), engines.home / "logs" / "temporal-server.log"
    _settings(folder, port, password, frontend)
    argv = [str(tools / "server"), "--root", str(folder), "--config", ".", "--env", "bench", "start"]
    running = process.spawn(Launch("temporal-server", argv), log)
    try:
        cli, at = temporal_binary.provide(stand.say), ("--address", f"127.0.0.1:{frontend}")
        _until(cli, "operator", "cluster", "health", *at, log=log)
        _until(cli, "operator", "namespace", "create", *at, "--namespace", "default", "--retention", "1d", log=log)
        _until(cli, "operator", "search-attribute", "list", *at, "--namespace", "default", log=log)
        yield replace(engines, temporal_address=at[1])
    finally:
        process.stop(running, Launch("", []).stop_signal, 20)
