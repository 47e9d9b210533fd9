"""Where a process finds its engines and keys: environment variables, read once at a composition root."""

import os
from dataclasses import dataclass
from pathlib import Path


class SettingsFault(Exception):  # noqa: N818 -- a fault of the environment
    """A variable that the process cannot do without is absent."""


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    temporal_address: str
    keys: Path
    """The folder with the key files."""
    port: int
    metrics_port: int | None
    example: bool

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
            temporal_address=need("TEMPORAL_ADDRESS"),
            keys=home / "keys",
            port=int(os.environ.get("YUANSHOU_PORT", "8000")),
            metrics_port=int(metrics) if metrics else None,
            example=os.environ.get("YUANSHOU_EXAMPLE", "1") != "0",
        )
