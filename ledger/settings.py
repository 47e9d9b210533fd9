"""Where a process finds its engines and keys: environment variables, read once at a composition root."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class SettingsFault(Exception):  # noqa: N818 -- a fault of the environment
    """A variable that the process cannot do without is absent."""


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    worker_url: str
    """The same database as the role `worker`; `database_url` where the installation has one role for everything."""
    temporal_address: str
    keys: Path
    """The folder with the key files."""
    host: str
    port: int
    metrics_port: int | None
    example: bool
    answer_from: Literal["ledger", "temporal"]
    """Whose word a command's caller waits for: the ledger's commit, or Temporal's acknowledgement."""

    @classmethod
    def from_environment(cls) -> "Settings":
        """Raises `SettingsFault` naming the first variable that is missing."""

        def need(name: str) -> str:
            value = os.environ.get(name)
            if not value:
                raise SettingsFault(f"{name} is not set; `yuanshou up` sets it for the processes it starts")
            return value

        home = Path(os.environ.get("YUANSHOU_HOME", "var"))
        metrics = os.environ.get("YUANSHOU_METRICS_PORT")
        return cls(
            database_url=need("DATABASE_URL"),
            worker_url=os.environ.get("DATABASE_WORKER_URL") or need("DATABASE_URL"),
            temporal_address=need("TEMPORAL_ADDRESS"),
            keys=home / "keys",
            host=os.environ.get("YUANSHOU_HOST", "127.0.0.1"),
            port=int(os.environ.get("YUANSHOU_PORT", "8000")),
            metrics_port=int(metrics) if metrics else None,
            example=os.environ.get("YUANSHOU_EXAMPLE", "1") != "0",
            answer_from="temporal" if os.environ.get("YUANSHOU_ANSWER_FROM") == "temporal" else "ledger",
        )
