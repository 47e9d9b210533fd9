"""Fixtures that every kind of test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from filelock import FileLock
from hypothesis import settings

from ops.engines import Engines
from tests import engines as own_engines

pytest_plugins = ["tests.house"]

# A property is no stop-watch: on a busy machine an example may take its time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Tracebacks as the product's own logs have them: drawn with every frame's variables one takes seconds, in which a worker does nothing else.
structlog.configure(processors=[
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="%H:%M:%S"),
    structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
])  # fmt: skip


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Engines]:
    """Real PostgreSQL (migrated) and Temporal, started once a session and only when asked for.

    `owner_dsn`, `app_dsn`, `reader_dsn`, `temporal_address`, `home`. Parallel pytest processes share them; the database
    is not emptied between tests: use ids of your own.
    """
    base = tmp_path_factory.getbasetemp()
    if worker_id == "master":
        process = own_engines.start(base / "engines", os.getpid())
        ready = own_engines.await_ready(base / "engines", process)
        yield ready
        own_engines.stop(process)
        return
    home: Path = base.parent / "engines"
    with FileLock(base.parent / "engines.lock"):
        if not (home / "engines.json").exists():
            own_engines.await_ready(home, own_engines.start(home, os.getppid()))
    yield own_engines.read(home)
