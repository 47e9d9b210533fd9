"""PostgreSQL and Temporal on a home, without the rest of the system: for tests and benchmarks."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ops import postgres, temporal
from ops.home import Home
from ops.migration import migrate
from ops.temporal_binary import Say


@dataclass(frozen=True)
class Engines:
    """Where the engines of one home answer. Addresses of the database hold passwords."""

    home: Path
    owner_dsn: str
    app_dsn: str
    worker_dsn: str
    reader_dsn: str
    auditor_dsn: str
    temporal_address: str

    def environment(self) -> dict[str, str]:
        """What a worker or API needs in its environment to use them."""
        return {
            "YUANSHOU_HOME": str(self.home),
            "DATABASE_URL": self.app_dsn,
            "DATABASE_WORKER_URL": self.worker_dsn,
            "TEMPORAL_ADDRESS": self.temporal_address,
        }

    def as_dict(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, str]) -> "Engines":
        return cls(**{**values, "home": Path(values["home"])})  # type: ignore[arg-type]


@contextmanager
def running(home: Home, say: Say) -> Generator[Engines]:
    """Start both, migrate, and stop both at the end. The environment's `DATABASE_URL` and `TEMPORAL_ADDRESS` play no part."""
    cluster = postgres.ensure(home)
    database = postgres.start(cluster)
    try:
        migrate(cluster.dsn("owner"))
        server = temporal.ensure(home, say)
        process = temporal.start(server)
        try:
            yield Engines(home.path, *(cluster.dsn(role) for role in postgres.ROLES), temporal_address=server.address)
        finally:
            temporal.stop(process)
    finally:
        postgres.stop(database)
